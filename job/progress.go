package job

import "sync"

// Phase is what a run is doing.
type Phase string

// The phases of a day, in order.
const (
	Waiting    Phase = "waiting for another run of the same day to end"
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
	finished []bool // by shard: an engine may run one more than once
	report   func(Progress)
}

func (h *Hunt[S]) meter(p Plan) *meter {
	m := &meter{
		Progress: Progress{Phase: Reading, Shards: len(p.Shards), Bytes: p.Bytes},
		finished: make([]bool, len(p.Shards)),
		report:   h.report,
	}
	m.report(m.Progress)
	return m
}

func (m *meter) done(p Plan, shard int, reused bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.finished[shard] {
		return
	}
	m.finished[shard] = true
	m.Done++
	m.BytesDone += p.Shards[shard].Bytes()
	if reused {
		m.Reused++
	}
	m.report(m.Progress)
}
