package network

import (
	"cmp"
	"slices"
	"strings"

	"sparkless/storage/filename"
)

// family is what makes processes kin: one name or, of names that are drawn anew, one
// shape.
type family struct {
	name  string
	drawn bool // it is a shape
}

// familyOf is that of a process. A name is drawn anew if it has a shape other than itself,
// and only runs from where files come and go: of one that also runs from elsewhere, a copy
// in such a folder is a copy of that program. Settled are the names that do.
func familyOf(e *entry, settled map[string]bool) family {
	if e.place.fleeting() && !settled[e.name] {
		if shape := filename.Shape(e.name); shape != e.name {
			return family{shape, true}
		}
	}
	return family{name: e.name}
}

// kin are the processes of one family, and what there is to know of them together: it is
// worked out once for all of them, which may be very many.
type kin struct {
	now, before []*entry // of the day, and of the days before
	hosts       int      // on which any of them was seen
	parents     shares   // of them all, by parent
	places      shares   // likewise, by kind of folder
	days        map[way]int
	daysIn      map[place]int
	known       [names]others // values of the days before, of hosts and remotes
}

// way is how a program ran: its kind of folder with its parent.
type way struct {
	place  place
	parent string
}

// shares says on how many hosts there are some things of a kind.
type shares struct {
	hosts map[string]int
	order []string // those on the most hosts first
}

// others are the values of the days before, unless they are too many to tell them all.
type others struct {
	hashes map[uint64]bool
	full   bool
}

// has reports whether any of the values is among them.
func (o *others) has(values []kept) bool {
	return slices.ContainsFunc(values, func(v kept) bool { return o.hashes[v.hash] })
}

func newKin(now, before []*entry) *kin {
	all := slices.Concat(now, before)
	k := &kin{now: now, before: before, hosts: hostsOf(all), days: map[way]int{}, daysIn: map[place]int{}}
	k.parents = newShares(all, func(e *entry) string { return e.parent })
	k.places = newShares(all, func(e *entry) string { return e.place.String() })
	for of, list := range grouped(before, func(e *entry) way { return way{e.place, e.parent} }) {
		k.days[of] = seenOn(list)
	}
	for of, list := range grouped(before, func(e *entry) place { return e.place }) {
		k.daysIn[of] = seenOn(list)
	}
	for kind := range k.known {
		samples := of(before, kind)
		k.known[kind] = others{hashes: map[uint64]bool{}, full: unionNumber(samples, keeps()[kind]) >= keeps()[kind]}
		for _, s := range samples {
			for _, v := range s.values {
				k.known[kind].hashes[v.hash] = true
			}
		}
	}
	return k
}

func grouped[K comparable](entries []*entry, by func(*entry) K) map[K][]*entry {
	groups := map[K][]*entry{}
	for _, e := range entries {
		groups[by(e)] = append(groups[by(e)], e)
	}
	return groups
}

func newShares(entries []*entry, by func(*entry) string) shares {
	s := shares{hosts: map[string]int{}}
	for text, list := range grouped(entries, by) {
		s.hosts[text] = hostsOf(list)
		s.order = append(s.order, text)
	}
	slices.SortFunc(s.order, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.hosts[b], s.hosts[a]), strings.Compare(a, b))
	})
	return s
}

// usual is what is on the most hosts apart from some, and on how many; "" if there is
// nothing.
func (s *shares) usual(but ...string) (text string, hosts int) {
	for _, text := range s.order {
		if !slices.Contains(but, text) {
			return text, s.hosts[text]
		}
	}
	return "", 0
}
