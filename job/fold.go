package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"sparkless/storage"
	"sparkless/storage/event"
)

// note is what the job keeps in a partial or profile beside the state.
type note struct {
	Key       string      `json:"key"`                  // of the shard or the plan
	ShardSize int64       `json:"shard_size,omitempty"` // of a profile: that was chosen for the day
	Stats     event.Stats `json:"stats"`
}

// Partial is what a shard holds, as it is in the work store.
type Partial[S any] struct {
	State  S
	Stats  event.Stats
	Reused bool // an earlier fold has read the shard
}

// Fold makes sure that the partial of one shard of the plan is in the work
// store, and returns it: it is there already, or the shard is read. Two folds of
// the same shard write the same bytes.
func (h *Hunt[S]) Fold(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	p, err := h.load(ctx, plan, shard)
	if !errors.Is(err, errNoFile) {
		return p, err
	}
	if p, err = h.fold(ctx, plan, shard); err != nil {
		return p, err
	}
	s := plan.Shards[shard]
	return p, h.put(ctx, h.partialName(plan, s), note{Key: s.Key, Stats: p.Stats}, p.State)
}

// fold reads a shard, in lanes.
func (h *Hunt[S]) fold(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	lanes := h.Lanes
	if lanes == nil {
		lanes = event.NewLanes(1, 1)
	}
	reading := lanes.Read(h.Input, h.spec().Query, event.Day(plan.Date), plan.Shards[shard].Parts)
	states := make([]S, reading.Lanes())
	err := Local(len(states)).Run(ctx, len(states), func(ctx context.Context, lane int) error {
		states[lane] = h.Detector.New()
		return reading.Lane(ctx, states[lane].Add)
	})
	if err != nil {
		return Partial[S]{}, stale(err)
	}
	for _, other := range states[1:] {
		states[0].Merge(other)
	}
	return Partial[S]{State: states[0], Stats: reading.Stats()}, nil
}

// errStale: the plan names a version of a blob that is there no more.
var errStale = errors.New("the export changed")

func stale(err error) error {
	if errors.Is(err, storage.ErrChanged) || errors.Is(err, storage.ErrNotExist) {
		return fmt.Errorf("%w: %w", errStale, err)
	}
	return err
}

func (h *Hunt[S]) put(ctx context.Context, name string, n note, state S) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	file, err := state.Encode(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := h.Work.Put(ctx, name, file); err != nil {
		return fmt.Errorf("writing to the work store: %w", err)
	}
	return nil
}

// errNoFile: no file that can be used; it has to be made.
var errNoFile = errors.New("no usable file")

// load returns the partial of a shard from the work store, or errNoFile.
func (h *Hunt[S]) load(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	s := plan.Shards[shard]
	name := h.partialName(plan, s)
	state, n, err := h.get(ctx, name)
	if err == nil && n.Key != s.Key {
		err = fmt.Errorf("%w: %s: made for something else", errNoFile, name)
	}
	return Partial[S]{state, n.Stats, true}, err
}

// get reads a state that was put under name. A file that is missing or damaged
// gives errNoFile.
func (h *Hunt[S]) get(ctx context.Context, name string) (S, note, error) {
	state := h.Detector.New()
	var n note
	file, err := storage.ReadAll(ctx, h.Work, name)
	if errors.Is(err, storage.ErrNotExist) || errors.Is(err, storage.ErrChanged) {
		return state, n, fmt.Errorf("%w: %v", errNoFile, err)
	}
	if err != nil {
		return state, n, fmt.Errorf("reading from the work store: %w", err)
	}
	text, err := state.Decode(file)
	if err == nil {
		err = json.Unmarshal([]byte(text), &n)
	}
	if err != nil {
		return state, note{}, fmt.Errorf("%w: %s: %v", errNoFile, name, err)
	}
	return state, n, nil
}
