package sample

import (
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
)

// entry is a line of a catalogue.
type entry struct {
	base, dirs, parents string
	who                 who
	on                  roles
	commands            string
}

// shape is how a program, or a family of them, is started.
type shape struct {
	dirs, commands []template
	upper          template // dirs[0] as older programs spell it; nil outside C:\Windows
	parents        []*program
	who            who
	on             roles
}

// program is one spelling of a process name.
type program struct {
	base     string // as in the path
	shape    *shape
	impostor *Impostor // nil for what is what it says
	seen     int
}

func (p *program) key() string { return strings.ToLower(p.base) }

func newShape(e entry) *shape {
	s := &shape{who: e.who, on: e.on}
	for _, dir := range strings.Split(e.dirs, "|") {
		s.dirs = append(s.dirs, compileText(dir))
	}
	if strings.HasPrefix(e.dirs, sys32) {
		s.upper = compileText(strings.Replace(strings.Split(e.dirs, "|")[0], sys32, `C:\WINDOWS\system32\`, 1))
	}
	if e.commands == "" {
		e.commands = `"{path}"`
	}
	for _, command := range strings.Split(e.commands, " || ") {
		s.commands = append(s.commands, compileText(command))
	}
	return s
}

// adopt makes programs of entries and connects them to their parents.
func (g *generator) adopt(entries []entry) []*program {
	var list []*program
	for _, e := range entries {
		p := &program{base: e.base, shape: newShape(e)}
		list = append(list, p)
		g.known[p.key()] = p
	}
	for i, e := range entries {
		list[i].shape.parents = g.parentsOf(e.parents)
	}
	return list
}

func (g *generator) parentsOf(names string) []*program {
	var list []*program
	for _, name := range strings.Split(names, "|") {
		p, ok := g.known[strings.ToLower(name)]
		if !ok { // the catalogues are ours, so this is a slip of the pen
			panic("sample: no program " + name + " to be a parent")
		}
		list = append(list, p)
	}
	return list
}

// catalogue is both lists in one order of frequency, by turns.
func catalogue() []entry {
	win, soft := windowsCatalogue(), softwareCatalogue()
	var list []entry
	for i := range max(len(win), len(soft)) {
		if i < len(win) {
			list = append(list, win[i])
		}
		if i < len(soft) {
			list = append(list, soft[i])
		}
	}
	return list
}

// plan says how often each name will be seen. The commonest names share what
// the others leave, by Zipf's law; the others are seen a fixed number of times,
// so that two thirds of all names are seen once or twice however long the day.
type plan struct {
	programs []*program // all
	common   []*program
	weights  []uint64 // cumulative, of common
	schedule []*program
}

// Shares of all names, in percent; what is left is common.
const (
	shareOnce  = 50
	shareTwice = 17
	shareFew   = 19 // seen 3 to 8 times
)

// newPlan chooses cfg.Names names: from the catalogue, then invented ones.
func (g *generator) newPlan(rng *rand.Rand) *plan {
	n := g.cfg.Names
	once, twice, few := n*shareOnce/100, n*shareTwice/100, n*shareFew/100
	familiar := g.adopt(catalogue())
	neighbours := g.adopt(rareNeighbours())
	w := newWords()
	lasting, passing := g.newFamilies(w.lastingFamilies()), g.newFamilies(w.passingFamilies())
	take := func(families []family) *program {
		if len(familiar) > 0 {
			p := familiar[0]
			familiar = familiar[1:]
			return p
		}
		return g.invent(rng, families)
	}
	p := &plan{}
	for range n - once - twice - few {
		p.common = append(p.common, take(lasting))
	}
	p.programs = append(p.programs, p.common...)
	p.weigh()
	for i := range few {
		p.add(take(lasting), 8-6*i/few)
	}
	familiar = familiar[:min(len(familiar), n/20)] // few enough to leave room for the others
	impostors := g.newImpostors(rng, p.common, g.cfg.Impostors)
	if g.cfg.Earlier > 0 {
		rng = g.passing
		impostors = g.earlierImpostors(rng, impostors, p.common)
	}
	for _, q := range neighbours {
		p.add(q, 1)
	}
	for _, q := range impostors {
		p.add(q, q.impostor.Count)
	}
	for i := range once + twice - len(neighbours) - len(impostors) {
		p.add(take(passing), 1+i%4/3) // every fourth name twice: 17 of 67
	}
	return p
}

func (p *plan) add(q *program, times int) {
	p.programs = append(p.programs, q)
	for range times {
		p.schedule = append(p.schedule, q)
	}
}

// weigh gives the i-th common name the weight 1/(i+3), in whole numbers, which
// are the same on every machine.
func (p *plan) weigh() {
	var sum uint64
	for i := range p.common {
		sum += 1 << 32 / uint64(i+3)
		p.weights = append(p.weights, sum)
	}
}

// drawCommon draws one of the common programs by its weight.
func (g *generator) drawCommon(rng *rand.Rand) *program {
	w := g.plan.weights
	x := rng.Uint64N(w[len(w)-1])
	i, _ := slices.BinarySearch(w, x+1)
	return g.plan.common[i]
}

// spread shares the schedule out over the windows, by the number of their
// process events: a window holds no more than it has.
func (p *plan) spread(rng *rand.Rand, events []int) [][]*program {
	total, upTo := 0, make([]int, len(events))
	for w, n := range events {
		total += n
		upTo[w] = total
	}
	windows := make([][]*program, len(events))
	for _, q := range p.schedule {
		w := sort.SearchInts(upTo, 1+rng.IntN(total))
		for len(windows[w]) >= events[w] {
			w = (w + 1) % len(events)
		}
		windows[w] = append(windows[w], q)
	}
	return windows
}
