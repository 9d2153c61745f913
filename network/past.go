package network

import (
	"slices"

	"sparkless/storage/filename"
)

// filter says what a past keeps.
type filter struct {
	names  map[string]bool // of the day, of which it knows
	shapes map[string]bool // of those that are drawn anew
	size   int             // that it is said to take
}

// keeps reports whether the past has to know of a process.
func (f *filter) keeps(e *entry) bool {
	return f.names[e.name] || e.place.fleeting() && f.shapes[filename.Shape(e.name)]
}

// perPast is about what a past takes of a process of the day, with the other parents
// and folders that its name has on earlier days.
const perPast = 2000

// newPast returns what is to be known of earlier days to judge those processes: where
// and from which parents their names were seen, on which days and hosts.
func (c *Connections) newPast() *Connections {
	p := NewConnections()
	p.past = &filter{names: map[string]bool{}, shapes: map[string]bool{}, size: mostHosts * keptSize}
	for _, e := range c.sorted() {
		p.past.names[e.name] = true
		if e.place.fleeting() {
			p.past.shapes[filename.Shape(e.name)] = true
		}
		p.past.size += perPast
	}
	return p
}

// dayOf is the UTC day of a moment, counted from 1970.
func dayOf(nanos int64) int64 {
	const day = 24 * 3600 * 1e9
	if nanos < 0 {
		return (nanos - day + 1) / day
	}
	return nanos / day
}

// seenOn is the number of days on which any of the entries was seen.
func seenOn(entries []*entry) int {
	var days []int64
	for _, e := range entries {
		days = append(days, e.days...)
	}
	slices.Sort(days)
	return len(slices.Compact(days))
}
