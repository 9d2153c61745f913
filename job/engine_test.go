package job_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"sparkless/job"
)

func TestLocalRunsEachItemOnce(t *testing.T) {
	for _, workers := range []int{-1, 0, 1, 3, 100} {
		for _, items := range []int{0, 1, 50} {
			var mu sync.Mutex
			var done []int
			var running, most atomic.Int64
			err := job.Local(workers).Run(t.Context(), items, func(ctx context.Context, item int) error {
				n := running.Add(1)
				defer running.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				mu.Lock()
				defer mu.Unlock()
				done = append(done, item)
				return ctx.Err()
			})
			slices.Sort(done)
			if err != nil || len(done) != items || len(slices.Compact(done)) != items || most.Load() > int64(max(workers, 1)) {
				t.Errorf("%d workers, %d items: %v, at most %d at once, %v", workers, items, done, most.Load(), err)
			}
		}
	}
}

func TestLocalStopsAtTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where a wait without end is a failure
		broken := errors.New("broken")
		var started atomic.Int64
		err := job.Local(2).Run(t.Context(), 1000, func(ctx context.Context, item int) error {
			started.Add(1)
			if item == 3 {
				return broken
			}
			if item > 3 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		if err != broken || started.Load() > 10 {
			t.Errorf("%v after %d items", err, started.Load())
		}
	})
}

func TestLocalStopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := 0
	err := job.Local(1).Run(ctx, 1000, func(context.Context, int) error {
		if started++; started == 5 {
			cancel()
		}
		return nil // an item that does not look at its context
	})
	if !errors.Is(err, context.Canceled) || started > 6 {
		t.Errorf("%v after %d items", err, started)
	}
	if err := job.Local(1).Run(ctx, 5, func(context.Context, int) error { t.Error("started"); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
