package masquerade

import (
	"cmp"
	"slices"
	"strings"
)

// view is what is known of a name, or of its events of some origins.
type view struct {
	entry
	of *Counts
}

// view returns what is known of the entries of a name that pick chooses; all of
// them if it is nil. If there are none, the count is 0.
func (c *Counts) view(name string, pick func(*entry) bool) view {
	v := view{of: c}
	room := &Counts{values: c.values} // a copy keeps c as it is; nothing is put into it
	m := merger{to: room, from: c}
	c.each(name, func(e *entry) {
		if pick == nil || pick(e) {
			m.merge(&v.entry, e)
		}
	})
	return v
}

// shown lists the values of one kind, the most frequent first.
func (v view) shown(kind int) []Tally {
	var room [1]kept
	var out []Tally
	for _, k := range v.of.keeps(&v.entry, kind, &room) {
		out = append(out, Tally{string(v.of.values.at(k.ref)), k.count})
	}
	sortTallies(out)
	return out
}

// whole reports whether the values of one kind that are kept are all there were.
func (v view) whole(kind int) bool {
	if v.more == nil {
		return true
	}
	if kind == hosts {
		return v.more.crowded == nil
	}
	return len(v.more.of(kind)) < keep
}

// hosts is on how many of them the name was seen.
func (v view) hostCount() Number {
	switch {
	case v.more == nil && v.once[hosts] == 0:
		return Number{}
	case v.more == nil:
		return Number{N: 1}
	case v.more.crowded == nil:
		return Number{N: len(v.more.of(hosts))}
	}
	return Number{N: max(v.more.crowded.count(), keep+1), About: true}
}

// places lists the paths of the entries of a name that pick chooses (all of them
// if it is nil), the most frequent first, and reports whether these are all there
// were. Each origin has a sample of its own, so these are more than a view keeps.
func (c *Counts) places(name string, pick func(*entry) bool) (all []Tally, whole bool) {
	whole = true
	c.each(name, func(e *entry) {
		if pick != nil && !pick(e) {
			return
		}
		v := view{*e, c}
		whole = whole && v.whole(paths)
		for _, p := range v.shown(paths) {
			if at := slices.IndexFunc(all, func(x Tally) bool { return x.Value == p.Value }); at >= 0 {
				all[at].Count += p.Count
			} else {
				all = append(all, p)
			}
		}
	})
	sortTallies(all)
	return all, whole
}

func sortTallies(all []Tally) {
	slices.SortFunc(all, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
}
