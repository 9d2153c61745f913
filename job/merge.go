package job

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"sparkless/storage/event"
)

// Merge returns the state of all shards of the plan. A shard whose partial is
// missing or damaged is folded again: nothing is ever merged without it.
func (h *Hunt[S]) Merge(ctx context.Context, plan Plan) (S, event.Stats, error) {
	// A few goroutines merge every n-th shard each; then their results meet.
	lanes := max(1, min(h.Workers, len(plan.Shards), runtime.GOMAXPROCS(0)))
	states := make([]S, lanes)
	stats := make([]event.Stats, lanes)
	err := Local(lanes).Run(ctx, lanes, func(ctx context.Context, lane int) error {
		states[lane] = h.Detector.New()
		for shard := lane; shard < len(plan.Shards); shard += lanes {
			state, seen, err := h.loadOrFold(ctx, plan, shard)
			if err != nil {
				return err
			}
			states[lane].Merge(state)
			stats[lane].Merge(seen)
		}
		return nil
	})
	if err != nil {
		return states[0], stats[0], err
	}
	for lane := 1; lane < lanes; lane++ {
		states[0].Merge(states[lane])
		stats[0].Merge(stats[lane])
	}
	return states[0], stats[0], nil
}

func (h *Hunt[S]) loadOrFold(ctx context.Context, plan Plan, shard int) (S, event.Stats, error) {
	state, stats, err := h.load(ctx, plan, shard)
	if !errors.Is(err, errNoFile) {
		return state, stats, err
	}
	if err := h.fold(ctx, plan, shard); err != nil {
		return state, stats, err
	}
	state, stats, err = h.load(ctx, plan, shard)
	if err != nil {
		return state, stats, fmt.Errorf("the work store does not return what was written to it: %w", err)
	}
	return state, stats, nil
}
