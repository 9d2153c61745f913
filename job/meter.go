package job

import (
	"sync"

	"sparkless/storage/event"
)

// meter adds up how far the shards of a plan are, which many goroutines report.
type meter struct {
	plan   Plan
	report func(Progress)
	order  sync.Mutex // held while something is reported

	mu       sync.Mutex
	progress Progress // of finished shards
	shards   []shardMeter
	cut      map[string]int         // the unfinished ranges of blobs that are cut
	open     map[*event.Reading]int // of which shard
	least    Progress               // what was told already
}

// shardMeter is the most that any reading of a shard has reached: an engine may run
// one more than once, and some blobs make it begin anew.
type shardMeter struct {
	finished bool // counted in progress
	event.Reached
}

// newMeter begins to measure a plan. Before measured an earlier plan of the same day,
// or is nil.
func newMeter(p Plan, blobs int, before *meter, report func(Progress)) *meter {
	m := &meter{plan: p, report: report, shards: make([]shardMeter, len(p.Shards)), cut: map[string]int{}, open: map[*event.Reading]int{}}
	m.progress = Progress{Phase: Reading, Shards: len(p.Shards), Bytes: p.Bytes, Blobs: blobs, Now: m.now}
	for _, s := range p.Shards {
		for _, part := range s.Parts {
			if part != event.Whole(part.Blob) {
				m.cut[part.Blob.Name]++
			}
		}
	}
	if before != nil {
		m.least = before.now()
	}
	m.report(m.now())
	return m
}

// now is the progress, with what is read of unfinished shards.
func (m *meter) now() Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	for reading, shard := range m.open {
		m.shards[shard].atLeast(reading.Reached())
	}
	p := m.progress
	for i := range m.shards {
		s := &m.shards[i]
		p.Lines += s.Lines
		if s.finished {
			continue
		}
		p.BytesDone += s.Bytes
		if m.plan.Shards[i].whole() {
			p.BlobsDone += s.Ranges
		}
	}
	// A plan that was made anew begins with what the one before had read.
	p.BytesDone = min(max(p.BytesDone, m.least.BytesDone), p.Bytes)
	p.BlobsDone = min(max(p.BlobsDone, m.least.BlobsDone), p.Blobs)
	p.Lines = max(p.Lines, m.least.Lines)
	m.least = p
	return p
}

func (s *shardMeter) atLeast(r event.Reached) {
	s.Bytes, s.Ranges, s.Lines = max(s.Bytes, r.Bytes), max(s.Ranges, r.Ranges), max(s.Lines, r.Lines)
}

// whole reports whether the shard has whole blobs, or a range of one.
func (s Shard) whole() bool {
	return len(s.Parts) != 1 || s.Parts[0] == event.Whole(s.Parts[0].Blob)
}

// watch counts what is read of a shard, until the function it returns is called. A
// nil meter measures nothing.
func (m *meter) watch(shard int, r *event.Reading) (stop func()) {
	if m == nil {
		return func() {}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[r] = shard
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.shards[shard].atLeast(r.Reached())
		delete(m.open, r)
	}
}

// done counts a shard as read, and reports it.
func (m *meter) done(shard int, reused bool) {
	m.order.Lock()
	defer m.order.Unlock()
	if m.finish(shard, reused) {
		m.report(m.now())
	}
}

// finish is false if the shard was finished before.
func (m *meter) finish(shard int, reused bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.shards[shard]
	if s.finished {
		return false
	}
	s.finished = true
	m.progress.Done++
	m.progress.BytesDone += m.plan.Shards[shard].Bytes()
	if reused {
		m.progress.Reused++
	}
	for _, part := range m.plan.Shards[shard].Parts {
		name := part.Blob.Name
		if m.cut[name]--; m.cut[name] <= 0 { // -1 of one that is whole
			m.progress.BlobsDone++
		}
	}
	return true
}
