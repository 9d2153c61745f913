package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sparkless/job"
	"sparkless/storage/event"
)

// fakeSteps does in memory what a hunt does in the work store, and keeps what it was
// asked for. A piece of it names the batches that went into it.
type fakeSteps struct {
	mu  sync.Mutex
	did asked

	// Optional, called before the step does anything; call counts from 1.
	onFold     func(ctx context.Context, f job.Frozen, batch, call int, beat func(job.Beat)) error
	onMerge    func(ctx context.Context, pieces []job.Piece, call int) error
	onConclude func(ctx context.Context, f job.Frozen, call int) error
	onFreeze   func(ctx context.Context, window string, call int) error
	batches    int // of what Freeze returns; 0 for 3
}

// asked is what steps were asked for.
type asked struct {
	folds     map[int]int // batch to how often
	merges    []string    // "0-31,32-63"
	concluded []string    // the whole pieces
	freezes   []string    // windows
	order     []string    // windows as they were concluded
}

// asked is what it was so far: a step may be under way when its workflow has ended.
func (s *fakeSteps) asked() asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.did
	d.folds = maps.Clone(d.folds)
	return d
}

func (s *fakeSteps) FoldBatch(ctx context.Context, f job.Frozen, batch int, beat func(job.Beat)) (job.Piece, error) {
	s.mu.Lock()
	if s.did.folds == nil {
		s.did.folds = map[int]int{}
	}
	s.did.folds[batch]++
	call := s.did.folds[batch]
	s.mu.Unlock()
	if s.onFold != nil {
		if err := s.onFold(ctx, f, batch, call, beat); err != nil {
			return job.Piece{}, err
		}
	}
	return piece(batch, batch+1), nil
}

// piece is the one of some batches, of numbers that a sum can be checked with.
func piece(first, last int) job.Piece {
	n := int64(last - first)
	return job.Piece{Ref: job.Ref{Object: fmt.Sprintf("runs/all/fake/2026-11-20/0123/part-%d-%d.parquet", first, last-1), SHA256: strings.Repeat("ab", 32), Size: 1 << 20},
		First: first, Last: last, Shards: int(2 * n), Bytes: 1000 * n, Reused: int(n), Read: 500 * n, Lines: 10 * n, Records: 7 * n}
}

func (s *fakeSteps) MergePieces(ctx context.Context, _ job.Frozen, pieces []job.Piece) (job.Piece, error) {
	var spans []string
	for _, p := range pieces {
		spans = append(spans, fmt.Sprintf("%d-%d", p.First, p.Last-1))
	}
	s.mu.Lock()
	s.did.merges = append(s.did.merges, strings.Join(spans, ","))
	call := len(s.did.merges)
	s.mu.Unlock()
	if s.onMerge != nil {
		if err := s.onMerge(ctx, pieces, call); err != nil {
			return job.Piece{}, err
		}
	}
	return piece(pieces[0].First, pieces[len(pieces)-1].Last), nil
}

func (s *fakeSteps) Conclude(ctx context.Context, f job.Frozen, all job.Piece) (job.Conclusion, error) {
	s.mu.Lock()
	s.did.concluded = append(s.did.concluded, fmt.Sprintf("%d-%d", all.First, all.Last-1))
	call := len(s.did.concluded)
	s.mu.Unlock()
	if s.onConclude != nil {
		if err := s.onConclude(ctx, f, call); err != nil {
			return job.Conclusion{}, err
		}
	}
	s.mu.Lock()
	s.did.order = append(s.did.order, f.Window)
	s.mu.Unlock()
	return job.Conclusion{Ref: job.Ref{Object: "runs/all/fake/" + f.Window + "/" + f.Run + "/result.json", SHA256: strings.Repeat("cd", 32), Size: 77}, By: "worker", Findings: 5}, nil
}

func (s *fakeSteps) Freeze(ctx context.Context, w event.Window) (job.Frozen, error) {
	s.mu.Lock()
	s.did.freezes = append(s.did.freezes, w.Label())
	call := 0
	for _, f := range s.did.freezes {
		if f == w.Label() {
			call++
		}
	}
	s.mu.Unlock()
	if s.onFreeze != nil {
		if err := s.onFreeze(ctx, w.Label(), call); err != nil {
			return job.Frozen{}, err
		}
	}
	f := frozen(w.Label(), max(s.batches, 3))
	f.Run = fmt.Sprintf("%s%d", f.Run[:len(f.Run)-1], call)
	return f, nil
}

// frozen is a plan of so many batches, with names as long as real ones.
func frozen(window string, batches int) job.Frozen {
	run := strings.Repeat("0123456789abcdef", 4)
	return job.Frozen{Run: run, Window: window, Batches: batches, Shards: 2 * batches, Blobs: 3 * batches, Bytes: 1000 * int64(batches),
		Plan:  job.Ref{Object: "runs/contoso-soc-weu-0123abcd/fake/" + window + "/" + run + "/plan.json", SHA256: strings.Repeat("ef", 32), Size: 12345},
		Known: batches == 0}
}

// sortedMerges is what was merged, whatever the order.
func (s *fakeSteps) sortedMerges() []string {
	return slices.Sorted(slices.Values(s.asked().merges))
}
