package job

import (
	"context"
	"slices"
	"sync"

	"sparkless/storage/event"
)

// merging merges the partials of a plan in whatever order they come. Partials
// that are made in this process need not be read back.
type merging[S State[S]] struct {
	mu     sync.Mutex
	state  S
	memory *account // of state
	stats  event.Stats
	lost   []Unreadable
	merged []bool // by shard: an engine may run one more than once
}

func (h *Hunt[S]) merging(p Plan) *merging[S] {
	zero := h.empty()
	return &merging[S]{state: zero.State, memory: zero.memory, merged: make([]bool, len(p.Shards))}
}

// has reports whether a shard is merged.
func (m *merging[S]) has(shard int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.merged[shard]
}

// whole reports whether all shards are merged.
func (m *merging[S]) whole() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !slices.Contains(m.merged, false)
}

// add merges a partial, of which nothing is left to use afterwards.
func (m *merging[S]) add(shard int, p Partial[S]) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.merged[shard] {
		p.memory.close()
		return nil
	}
	if err := mergeInto(m.state, m.memory, p.State, p.memory); err != nil {
		return err
	}
	m.merged[shard] = true
	m.stats.Merge(p.Stats)
	m.lost = append(m.lost, p.Unreadable...)
	slices.SortFunc(m.lost, byBlob)
	m.lost = slices.Compact(m.lost) // two shards may hold parts of one blob
	return nil
}

// Merge returns the state of all shards of the plan. A shard whose partial is
// missing or damaged is folded again: nothing is ever merged without it.
func (h *Hunt[S]) Merge(ctx context.Context, plan Plan) (S, event.Stats, error) {
	m := h.merging(plan)
	err := h.mergeRest(ctx, plan, m)
	return m.state, m.stats, err
}

// mergeRest merges the shards that are not merged yet.
func (h *Hunt[S]) mergeRest(ctx context.Context, plan Plan, m *merging[S]) error {
	return Local(h.Workers).Run(ctx, len(plan.Shards), func(ctx context.Context, shard int) error {
		if m.has(shard) {
			return nil
		}
		p, err := h.Fold(ctx, plan, shard)
		if err == nil {
			err = m.add(shard, p)
		}
		return err
	})
}
