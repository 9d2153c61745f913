package job

import "sync"

// Phase is what a run is doing.
type Phase string

// The phases of a day, in order.
const (
	Listing    Phase = "listing"
	Reading    Phase = "reading"
	Merging    Phase = "merging"
	Finishing  Phase = "finishing"
	Delivering Phase = "delivering"
)

// Progress is how far a day is.
type Progress struct {
	Phase Phase
	// While reading:
	Shards, Done int
	Reused       int // of Done, those an earlier run had read
	Bytes        int64
	BytesDone    int64
}

func (h *Hunt[S]) report(p Progress) {
	if h.Observe != nil {
		h.Observe(p)
	}
}

// meter counts finished shards, which many goroutines report.
type meter struct {
	mu sync.Mutex
	Progress
	report func(Progress)
}

func (h *Hunt[S]) meter(p Plan) *meter {
	m := &meter{Progress: Progress{Phase: Reading, Shards: len(p.Shards), Bytes: p.Bytes}, report: h.report}
	m.report(m.Progress)
	return m
}

func (m *meter) done(s Shard, reused bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Done++
	m.BytesDone += s.Bytes()
	if reused {
		m.Reused++
	}
	m.report(m.Progress)
}
