package evaluation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Options say how names are planted.
type Options struct {
	// Events is how often an impostor is seen, at least 1.
	Events int
	// PlantTargets makes a target that the base lacks one of its frequent names.
	PlantTargets bool
	// Batch is the share of the base's distinct names that is planted at a time,
	// above 0, at most 1. A batch has at least one impostor, pair or name.
	Batch float64
}

// DefaultOptions are those of the command.
func DefaultOptions() Options { return Options{Events: 1, PlantTargets: true, Batch: 0.1} }

// Validate names every setting that cannot work.
func (o Options) Validate() error {
	var errs []error
	if o.Events < 1 || o.Events > 1_000_000 {
		errs = append(errs, fmt.Errorf("events: %d is not between 1 and 1,000,000", o.Events))
	}
	if !(o.Batch > 0 && o.Batch <= 1) {
		errs = append(errs, fmt.Errorf("batch: %v is not a share above 0, at most 1", o.Batch))
	}
	return errors.Join(errs...)
}

// kind says which list an item is of.
type kind uint8

const (
	impostors kind = iota
	pairs          // one situation: one name frequent, the other rare
	names
)

// item is what is planted together and judged by itself.
type item struct {
	kind  kind
	index int    // in its list
	name  string // the rare one, as written
	path  string // of the list; may be empty
	// target is the name beside it, empty for single names.
	target     string
	targetPath string
	frequent   bool // target is made a frequent name
	events     int  // with name
}

// batch is what one run of the hunt gets beside the base.
type batch struct {
	items []item
	rare  map[string]bool // folded, as are the next
	// frequent are the names that are made frequent, by how often they are planted.
	frequent map[string]int
	touched  map[string]bool // names that the base lacks, and all that are made frequent
}

// Plan is what is planted, in batches.
type Plan struct {
	base    *Base
	lists   Lists
	options Options
	homes   homes
	batches []*batch // the first is the base alone
	facts   Planted
}

// NewPlan draws up what is planted into the base. Lists may repeat names: what was
// there before is left out.
func NewPlan(base *Base, lists Lists, o Options) (*Plan, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if base.Events() == 0 {
		return nil, errors.New("the base has no process creations")
	}
	base.settle()
	p := &Plan{base: base, lists: distinct(lists), options: o, homes: newHomes(lists), batches: []*batch{{}}}
	p.fill(p.ofImpostors(false))
	p.fill(p.ofImpostors(true))
	p.fill(p.ofPairs())
	p.fill(p.ofNames())
	p.count()
	return p, nil
}

// distinct leaves out what a list has twice.
func distinct(l Lists) Lists {
	type two struct{ a, b string }
	seen := map[two]bool{}
	again := func(a, b string) bool {
		was := seen[two{a, b}]
		seen[two{a, b}] = true
		return was
	}
	l.Impostors = slices.DeleteFunc(slices.Clone(l.Impostors), func(i Impostor) bool { return again("i"+i.Name, fold(i.Target)) })
	l.Pairs = slices.DeleteFunc(slices.Clone(l.Pairs), func(p Pair) bool {
		a, b := fold(p.A), fold(p.B)
		return again("p"+min(a, b), max(a, b))
	})
	l.Names = slices.DeleteFunc(slices.Clone(l.Names), func(n Name) bool { return again("n", fold(n.Name)) })
	return l
}

// ofImpostors are those whose target is planted, or the others. They are kept
// apart: a new frequent name can leave one of the base's that is just frequent
// below that rank.
func (p *Plan) ofImpostors(planted bool) []item {
	var out []item
	for i, one := range p.lists.Impostors {
		if frequent := p.options.PlantTargets && p.base.count(fold(one.Target)) == 0; frequent == planted {
			out = append(out, item{kind: impostors, index: i, name: one.Name, path: one.Path, target: one.Target, frequent: frequent, events: p.options.Events})
		}
	}
	// Impostors of one target share it in their batch.
	slices.SortStableFunc(out, func(a, b item) int { return cmp.Compare(fold(a.target), fold(b.target)) })
	return out
}

// ofPairs are two situations for each pair: the one name frequent and the other
// rare, and the other way round.
func (p *Plan) ofPairs() []item {
	var out []item
	for i, one := range p.lists.Pairs {
		out = append(out,
			item{kind: pairs, index: i, name: one.A, path: one.PathA, target: one.B, targetPath: one.PathB, frequent: true, events: 1},
			item{kind: pairs, index: i, name: one.B, path: one.PathB, target: one.A, targetPath: one.PathA, frequent: true, events: 1})
	}
	return out
}

// ofNames leaves out what the base has: the base alone shows what becomes of it.
func (p *Plan) ofNames() []item {
	var out []item
	for i, one := range p.lists.Names {
		if p.base.count(fold(one.Name)) == 0 {
			path := p.homes.lists[fold(one.Name)] // the best of all that the lists have
			out = append(out, item{kind: names, index: i, name: one.Name, path: path, events: p.fewEvents(one.Name)})
		}
	}
	return out
}

// fewEvents is how often a benign name is seen: once to three times, but no more
// often than leaves it rare, whatever else its batch holds.
func (p *Plan) fewEvents(name string) int {
	few := 1 + draw(3, "events", name)
	for few > 1 && percent(p.base.below(int64(few))+p.room(), p.base.Names()+p.room()) >= rareRank {
		few--
	}
	return few
}

// room is how many names a batch may touch. Up to a fifth of the base leaves room for
// its frequent names above the rank of 0.8.
func (p *Plan) room() int { return max(int(p.options.Batch*float64(p.base.Names())), 1) }

// fill puts items into new batches, each into the first that has room for it and
// nothing against it.
func (p *Plan) fill(items []item) {
	first := len(p.batches)
	for _, it := range items {
		i := first
		for i < len(p.batches) && !p.fits(p.batches[i], it) {
			i++
		}
		if i == len(p.batches) {
			p.batches = append(p.batches, &batch{rare: map[string]bool{}, frequent: map[string]int{}, touched: map[string]bool{}})
		}
		p.put(p.batches[i], it)
	}
	for _, b := range p.batches[first:] {
		p.level(b)
	}
}

// fits reports whether an item may join a batch: no name twice, none both rare and
// frequent, no more names touched than there is room for.
func (p *Plan) fits(b *batch, it item) bool {
	name, target := fold(it.name), fold(it.target)
	if _, both := b.frequent[name]; b.rare[name] || b.rare[target] || both {
		return false
	}
	return len(b.touched)+len(p.touches(b, it)) <= p.room()
}

// touches are the names that an item adds to those that a batch touches.
func (p *Plan) touches(b *batch, it item) []string {
	var out []string
	name, target := fold(it.name), fold(it.target)
	if !b.touched[name] && p.base.count(name) == 0 {
		out = append(out, name)
	}
	if it.frequent && !b.touched[target] && target != name {
		out = append(out, target)
	}
	return out
}

func (p *Plan) put(b *batch, it item) {
	for _, name := range p.touches(b, it) {
		b.touched[name] = true
	}
	b.items = append(b.items, it)
	b.rare[fold(it.name)] = true
	if it.frequent {
		b.frequent[fold(it.target)] = 0
	}
}

// level decides how often the frequent names of a batch are planted: as often as
// the usual frequent name of the base, or more where that would not make them
// frequent, beside what the base has of them.
func (p *Plan) level(b *batch) {
	count := int64(p.base.usual.count)
	for len(b.frequent) > 0 && rankAmong(p.countsIn(b, count), count) < frequentRank {
		above := p.base.below(count) // the next name that is seen as often, or more often
		if above == len(p.base.counts) {
			count = max(count, p.base.most()+1, int64(p.options.Events)+1)
			break
		}
		count = p.base.counts[above] + 1
	}
	for name := range b.frequent {
		b.frequent[name] = int(max(count-p.base.count(name), 0))
	}
}

// countsIn are how often all names of a batch are seen, ascending, where each that
// is made frequent is seen at least count times.
func (p *Plan) countsIn(b *batch, count int64) []int64 {
	more := map[string]int64{}
	for _, it := range b.items {
		if !p.skipped(it) {
			more[fold(it.name)] += int64(it.events)
		}
	}
	for name := range b.frequent {
		more[name] += max(count-p.base.count(name), 0)
	}
	out := make([]int64, 0, len(p.base.counts)+len(more))
	for name, s := range p.base.names {
		out = append(out, s.count+more[name])
		delete(more, name)
	}
	for _, n := range more {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// rankAmong is the percent rank of a name that is seen so often.
func rankAmong(counts []int64, count int64) float64 {
	below, _ := slices.BinarySearch(counts, count)
	return percent(below, len(counts))
}
