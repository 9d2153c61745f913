package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"sparkless/storage"
	"sparkless/storage/event"
)

// note is what the job keeps in a partial or profile beside the state.
type note struct {
	Key       string      `json:"key"`                  // of the shard or the plan
	ShardSize int64       `json:"shard_size,omitempty"` // of a profile: that was chosen for the day
	Stats     event.Stats `json:"stats"`
	// Unreadable are the blobs that the state is without.
	Unreadable []Unreadable `json:"unreadable,omitempty"`
	Listed     *Listed      `json:"listed,omitempty"` // of a profile; those of before there was this have none
}

// Partial is what a shard holds, as it is in the work store.
type Partial[S any] struct {
	State  S
	Stats  event.Stats
	Reused bool // an earlier fold has read the shard
	// Unreadable are the blobs of the shard that the state is without.
	Unreadable []Unreadable
	memory     *account // of State
}

// Fold makes sure that the partial of one shard of the plan is in the work
// store, and returns it: it is there already, or the shard is read. Two folds of
// the same shard write the same bytes. The same reading makes the partials that
// hunts beside this one lack.
func (h *Hunt[S]) Fold(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	p, err := h.load(ctx, plan, shard)
	if !errors.Is(err, errNoFile) {
		return p, err
	}
	if p, err = h.fold(ctx, plan, shard); err != nil {
		return p, err
	}
	return p, h.putPartial(ctx, plan, shard, p)
}

func (h *Hunt[S]) putPartial(ctx context.Context, plan Plan, shard int, p Partial[S]) error {
	s := plan.Shards[shard]
	return h.put(ctx, h.partialName(plan, s), note{Key: s.Key, Stats: p.Stats, Unreadable: p.Unreadable}, p.State, p.memory)
}

// fold reads a shard, together with those beside this hunt. What stands in the way of
// that, a blob that nobody can read or too little memory for all, leaves each to read
// the shard itself.
func (h *Hunt[S]) fold(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	own, others, err := h.gathering(ctx, plan, shard)
	if err != nil {
		return Partial[S]{}, err
	}
	if len(others) == 0 {
		return h.foldAlone(ctx, plan, shard)
	}
	scanned, err := h.scan(ctx, plan.Window, shard, plan.Shards[shard].Parts, append([]gatherer{own}, others...))
	for i, g := range others {
		if err == nil {
			err = g.keep(ctx, scanned.StatsOf(i+1), scanned.MalformedOf(i+1))
		}
	}
	var p Partial[S]
	if err == nil {
		p, err = own.merged(scanned.Stats())
	}
	own.drop()
	drop(others)
	switch {
	case errors.As(err, new(*event.UnreadableError)), errors.Is(err, ErrMemory):
		return h.foldAlone(ctx, plan, shard)
	case err != nil:
		return p, stale(err)
	}
	return p, h.quarantine(ctx, plan, shard, p.Stats, scanned.Malformed())
}

// foldAlone reads a shard. A blob that nobody can read is left out, and all that was
// read together with it is read again without it: how far one gets into such a
// blob must not show.
func (h *Hunt[S]) foldAlone(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	parts := plan.Shards[shard].Parts
	var lost []Unreadable
	for {
		own := &gathering[S]{hunt: h, plan: plan, shard: shard}
		scanned, err := h.scan(ctx, plan.Window, shard, parts, []gatherer{own})
		if bad := scanned.Unreadable(); len(bad) > 0 && errors.As(err, new(*event.UnreadableError)) {
			for _, u := range bad {
				lost = append(lost, Unreadable{u.Blob.Name, u.Error()})
				parts = without(parts, u.Blob.Name)
			}
			continue
		}
		if err != nil {
			return Partial[S]{}, stale(err)
		}
		p, err := own.merged(scanned.Stats())
		if err != nil {
			return p, err
		}
		slices.SortFunc(lost, byBlob)
		p.Unreadable = lost
		return p, h.quarantine(ctx, plan, shard, p.Stats, scanned.Malformed())
	}
}

func byBlob(a, b Unreadable) int { return strings.Compare(a.Blob, b.Blob) }

// without returns the parts that are not of the blob.
func without(parts []event.Range, blob string) []event.Range {
	return slices.DeleteFunc(slices.Clone(parts), func(p event.Range) bool { return p.Blob.Name == blob })
}

// quarantine keeps the malformed lines of a shard aside, for whoever wants to
// know what could not be used.
func (h *Hunt[S]) quarantine(ctx context.Context, plan Plan, shard int, s event.Stats, lines []event.Line) error {
	if len(lines) == 0 {
		return nil
	}
	key := plan.Shards[shard].Key
	name := path.Join("quarantine", h.folder(plan.Window.Label()), key+".jsonl")
	data, err := event.EncodeLines(key, s.MalformedLines(), lines)
	if err == nil {
		err = h.Work.Put(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("keeping malformed lines in the work store: %w", err)
	}
	return nil
}

// scan reads parts of a shard, in lanes, for all gatherers, and drops them if it fails.
func (h *Hunt[S]) scan(ctx context.Context, w event.Window, shard int, parts []event.Range, all []gatherer) (*event.Reading, error) {
	lanes := h.Lanes
	if lanes == nil {
		lanes = event.NewLanes(1, 1)
	}
	queries := make([]event.Query, len(all))
	for i, g := range all {
		queries[i] = g.query()
	}
	reading := lanes.ReadEach(h.Input, queries, w, parts)
	defer h.meter.watch(shard, reading)()
	if len(parts) == 0 {
		return reading, nil
	}
	stopped, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	n := reading.Lanes()
	seats := newSeats(min(n, mostSeats()), all, stop)
	err := Local(n).Run(stopped, n, func(ctx context.Context, i int) error {
		return reading.Lane(ctx, seats.lane(i, n)...)
	})
	err = errors.Join(err, seats.done())
	if err == nil {
		return reading, nil
	}
	drop(all)
	if cause := context.Cause(stopped); errors.Is(cause, ErrMemory) {
		err = cause // not what it made of the reading
	}
	return reading, err
}

func drop(all []gatherer) {
	for _, g := range all {
		g.drop()
	}
}

// empty is the partial of nothing.
func (h *Hunt[S]) empty() Partial[S] {
	state := h.Detector.New()
	return Partial[S]{State: state, memory: h.budget.open(state)}
}

// errStale: the plan names a version of a blob that is there no more.
var errStale = errors.New("the export changed")

func stale(err error) error {
	if errors.Is(err, storage.ErrChanged) || errors.Is(err, storage.ErrNotExist) {
		return fmt.Errorf("%w: %w", errStale, err)
	}
	return err
}

func (h *Hunt[S]) put(ctx context.Context, name string, n note, state S, memory *account) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return memory.lend(func() error {
		file, err := state.Encode(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := h.Work.Put(ctx, name, file); err != nil {
			return fmt.Errorf("writing to the work store: %w", err)
		}
		return nil
	})
}

// errNoFile: no file that can be used; it has to be made.
var errNoFile = errors.New("no usable file")

// load returns the partial of a shard from the work store, or errNoFile.
func (h *Hunt[S]) load(ctx context.Context, plan Plan, shard int) (Partial[S], error) {
	s := plan.Shards[shard]
	name := h.partialName(plan, s)
	p, n, err := h.get(ctx, name)
	if err == nil && n.Key != s.Key {
		p.memory.close()
		err = fmt.Errorf("%w: %s: made for something else", errNoFile, name)
	}
	return p, err
}

// get reads a state that was put under name. A file that is missing, damaged, or
// larger than can be read back in the memory that there is gives errNoFile.
func (h *Hunt[S]) get(ctx context.Context, name string) (Partial[S], note, error) {
	var n note
	b, err := storage.Find(ctx, h.Work, name)
	if err != nil {
		return Partial[S]{}, n, unread(err)
	}
	p := h.empty()
	err = h.budget.lend(decodedRatio*b.Size, func() (err error) {
		n, err = h.decode(ctx, b, p.State)
		return err
	})
	if errors.Is(err, ErrMemory) {
		err = fmt.Errorf("%w: %s: %w", errNoFile, name, err)
	}
	if err == nil {
		err = p.memory.update()
	}
	if err != nil {
		p.memory.close()
		return Partial[S]{}, note{}, err
	}
	p.Stats, p.Reused, p.Unreadable = n.Stats, true, n.Unreadable
	return p, n, nil
}

// decode reads a file into state.
func (h *Hunt[S]) decode(ctx context.Context, b storage.Blob, state S) (n note, err error) {
	file, err := storage.ReadBlob(ctx, h.Work, b)
	if err != nil {
		return n, unread(err)
	}
	text, err := state.Decode(file)
	if err == nil {
		err = json.Unmarshal([]byte(text), &n)
	}
	if err != nil {
		return n, fmt.Errorf("%w: %s: %v", errNoFile, b.Name, err)
	}
	return n, nil
}

// unread tells a file that is not there (any more) from a store that fails.
func unread(err error) error {
	if errors.Is(err, storage.ErrNotExist) || errors.Is(err, storage.ErrChanged) {
		return fmt.Errorf("%w: %w", errNoFile, err)
	}
	return fmt.Errorf("reading from the work store: %w", err)
}
