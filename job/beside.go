package job

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// Fellow is a Hunt, of whatever state, that another one can read for: see Hunt.Beside.
// It is a *Hunt.
type Fellow interface {
	// joins returns what is to be gathered for the fellow of a plan of these blobs, cut
	// into shards as the plan is; nil if there is nothing that can be. Hand says whether
	// it will be handed over.
	joins(ctx context.Context, p Plan, blobs []storage.Blob, b *budget, hand bool) (member, error)
}

// member is a fellow that the shards of a plan are read for.
type member interface {
	query() event.Query
	// gather begins to gather a shard of exactly these parts; nil if its partial is
	// there, or the fellow cuts the blobs otherwise.
	gather(ctx context.Context, parts []event.Range) (gatherer, error)
	// handOver leaves the fellow the listing and what was gathered for it, so that it
	// need not list the export again nor read its partials back.
	handOver(storage.Export)
}

// gatherer gathers one shard for one hunt, from one reading of it.
type gatherer interface {
	query() event.Query
	// lane begins a state. The function adds events to it, one at a time, and calls stop
	// with the error once that takes too much memory; done is called when nothing more is
	// added.
	lane(stop func(error)) (add func(*event.Record), done func() error)
	// keep makes the partial, and puts it into the work store.
	keep(ctx context.Context, s event.Stats, malformed []event.Line) error
	// drop gives up what was gathered, and its memory.
	drop()
}

// gathering gathers one shard for a hunt of S.
type gathering[S State[S]] struct {
	hunt   *Hunt[S]
	plan   Plan
	shard  int
	states []Partial[S]
	of     *membership[S] // nil for the hunt itself
}

func (g *gathering[S]) query() event.Query { return g.hunt.spec().Query }

func (g *gathering[S]) lane(stop func(error)) (add func(*event.Record), done func() error) {
	p := g.hunt.empty()
	g.states = append(g.states, p)
	return p.memory.adding(p.State.Add, stop), func() error {
		if r, ok := any(p.State).(Rester); ok {
			r.Rest()
		}
		return p.memory.update()
	}
}

func (g *gathering[S]) drop() {
	for _, p := range g.states {
		p.memory.close()
	}
	g.states = nil
}

// merged is the partial of what all lanes have gathered. Nothing is left to drop.
func (g *gathering[S]) merged(s event.Stats) (Partial[S], error) {
	states := g.states
	g.states = nil
	if len(states) == 0 { // nothing was read
		p := g.hunt.empty()
		p.Stats = s
		return p, nil
	}
	first := states[0]
	var err error
	for _, other := range states[1:] {
		err = errors.Join(err, mergeInto(first.State, first.memory, other.State, other.memory))
	}
	if err != nil {
		first.memory.close()
	}
	first.Stats = s
	return first, err
}

func (g *gathering[S]) keep(ctx context.Context, s event.Stats, malformed []event.Line) error {
	p, err := g.merged(s)
	if err != nil {
		return err
	}
	if err = g.hunt.quarantine(ctx, g.plan, g.shard, p.Stats, malformed); err == nil {
		err = g.hunt.putPartial(ctx, g.plan, g.shard, p)
	}
	if err != nil {
		p.memory.close()
		return err
	}
	g.of.merge(g.shard, p)
	return nil
}

// membership is a plan of a fellow whose partials are made beside another's.
type membership[S State[S]] struct {
	*Hunt[S] // a copy with the budget of the other
	fellow   *Hunt[S]
	plan     Plan
	known    bool                // an earlier run has kept a profile of the window
	over     time.Time           // up to when the window is over
	shards   map[event.Range]int // by its first part

	mu   sync.Mutex
	all  *merging[S] // of the partials that were made, to be handed over; nil if nothing will be
	made int         // partials
}

// handed is what another hunt has listed and gathered of a plan.
type handed[S State[S]] struct {
	window event.Window
	export *storage.Export // nil where it is not to be taken, or was
	taken  bool            // the listing of now is export
	over   time.Time       // up to when the window was over when it was listed
	key    string          // of the plan
	all    *merging[S]     // nil where memory did not suffice
}

// handedShare is how much of the usable memory may be handed over, as one in so many:
// more is read back instead, since the other hunt has yet to make its findings.
const handedShare = 8

// merge adds a partial to what is handed over, as far as there is memory for it.
func (m *membership[S]) merge(shard int, p Partial[S]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made++; m.all == nil {
		p.memory.close()
		return
	}
	err := m.all.add(shard, p)
	if a := m.all.memory; err != nil || a != nil && a.held > a.budget.usable/handedShare {
		a.close()
		m.all = nil
	}
}

func (m *membership[S]) handOver(e storage.Export) {
	if m.made == 0 {
		return // what another hunt has handed over may be all there is
	}
	m.fellow.handed.drop()
	m.fellow.handed = &handed[S]{window: m.plan.Window, over: m.over, key: m.plan.Key, all: m.all}
	if !m.known { // otherwise it would list again, see overtaken
		m.fellow.handed.export = &e
	}
}

func (h *handed[S]) drop() {
	if h != nil && h.all != nil {
		h.all.memory.close()
	}
}

// listing is that of the hunt which has read for this one, once, or else a new one: also
// where more hours of the window are over by now, whose blobs that one lacks.
func (h *Hunt[S]) listing(ctx context.Context, w event.Window) (storage.Export, error) {
	if got := h.handed; got != nil && got.export != nil && got.window == w && got.over.Equal(h.over(w)) {
		e := *got.export
		got.export, got.taken = nil, true
		return e, nil
	}
	return h.List(ctx, w)
}

// overtaken reports, once, whether the listing was handed over. Where another run has
// kept a profile of the window since, that may know later blobs: only a new listing tells.
func (h *Hunt[S]) overtaken() bool {
	if h.handed == nil || !h.handed.taken {
		return false
	}
	h.handed.taken = false
	return true
}

// take is what was handed over of the plan, in the budget of the hunt itself; without
// any, or without the memory for it, nothing.
func (h *Hunt[S]) take(plan Plan) *merging[S] {
	got := h.handed
	h.handed = nil
	got.drop()
	if got == nil || got.all == nil || got.key != plan.Key {
		return h.merging(plan)
	}
	got.all.memory = h.budget.open(got.all.state)
	if got.all.memory.update() != nil {
		got.all.memory.close()
		return h.merging(plan)
	}
	return got.all
}

// joins implements Fellow.
func (h *Hunt[S]) joins(ctx context.Context, p Plan, blobs []storage.Blob, b *budget, hand bool) (member, error) {
	one := *h
	one.budget, one.meter, one.members, one.handed = b, nil, nil, nil
	kept, before, err := one.get(ctx, one.profileName(p.Window))
	kept.memory.close()
	if err != nil && !errors.Is(err, errNoFile) {
		return nil, err
	}
	if one.shardSize(before, blobs) != p.ShardSize {
		return nil, nil
	}
	m := &membership[S]{Hunt: &one, fellow: h, plan: NewPlan(h.Source, h.spec(), p.Window, blobs, p.ShardSize), known: err == nil, over: h.over(p.Window), shards: map[event.Range]int{}}
	if before.Key == m.plan.Key {
		return nil, nil // its profile has it all
	}
	if hand {
		m.all = one.merging(m.plan)
	}
	for i, s := range m.plan.Shards {
		m.shards[s.Parts[0]] = i
	}
	return m, nil
}

func (m *membership[S]) query() event.Query { return m.spec().Query }

func (m *membership[S]) gather(ctx context.Context, parts []event.Range) (gatherer, error) {
	shard, ok := m.shards[parts[0]]
	if !ok || !slices.Equal(m.plan.Shards[shard].Parts, parts) {
		return nil, nil
	}
	_, err := storage.Find(ctx, m.Work, m.partialName(m.plan, m.plan.Shards[shard]))
	if err == nil {
		return nil, nil // an earlier run has made it
	}
	if err = unread(err); !errors.Is(err, errNoFile) {
		return nil, err
	}
	return &gathering[S]{hunt: m.Hunt, plan: m.plan, shard: shard, of: m}, nil
}

// invite asks the fellows of the hunt what is to be gathered for them of a plan, and
// handed over.
func (h *Hunt[S]) invite(ctx context.Context, plan Plan, blobs []storage.Blob, hand bool) error {
	h.members = nil
	for _, f := range h.Beside {
		m, err := f.joins(ctx, plan, blobs, h.budget, hand)
		if err != nil {
			return err
		}
		if m != nil {
			h.members = append(h.members, m)
		}
	}
	return nil
}

// gathering are those who want the shard, the hunt itself first.
func (h *Hunt[S]) gathering(ctx context.Context, plan Plan, shard int) (own *gathering[S], others []gatherer, err error) {
	for _, m := range h.members {
		g, err := m.gather(ctx, plan.Shards[shard].Parts)
		if err != nil {
			return nil, nil, err
		}
		if g != nil {
			others = append(others, g)
		}
	}
	return &gathering[S]{hunt: h, plan: plan, shard: shard}, others, nil
}
