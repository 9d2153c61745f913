package masquerade

import (
	"github.com/cespare/xxhash/v2"

	"sparkless/storage/event"
)

// Counts is what the detector remembers of some events: for each process name
// how often and when it was seen, and a bounded context. Merging is associative
// and commutative. Counts is not safe for concurrent use.
type Counts struct {
	names  map[string]*entry
	absent *entry // events without any process name; nil if there were none
	// spellings leads from the column Process as written to its entry, so that
	// a name is decoded and lower-cased only when it is first seen.
	spellings map[string]*entry
	memos     *[commands]memo // of the kinds before commands, which seldom repeat; made by Add
	scratch   []byte
}

// entry is what is known of one name.
type entry struct {
	count       int64
	first, last int64 // nanoseconds since 1970, UTC
	context     [kinds]sample
}

// The kinds of context.
const (
	paths = iota
	hosts
	parents
	accounts
	commands // the last
	kinds
)

// contextColumns are the columns that the context comes from.
var contextColumns = [kinds]int{colNewProcessName, colComputer, colParentProcessName, colAccount, colCommandLine}

// NewCounts returns counts of nothing, the zero of Merge.
func NewCounts() *Counts {
	return &Counts{names: map[string]*entry{}, spellings: map[string]*entry{}}
}

// Add counts one process creation.
func (c *Counts) Add(r *event.Record) {
	if c.memos == nil {
		c.memos = new([commands]memo)
	}
	e := c.entry(r)
	if e.count == 0 || r.Time < e.first {
		e.first = r.Time
	}
	if e.count == 0 || r.Time > e.last {
		e.last = r.Time
	}
	e.count++
	for kind, column := range contextColumns {
		v := r.Value(column)
		if len(v.Raw()) == 0 {
			continue
		}
		if kind < len(c.memos) && len(v.Raw()) <= longestRaw {
			e.context[kind].add(c.memos[kind].look(v))
			continue
		}
		c.scratch = shorten(v.AppendText(c.scratch[:0]))
		e.context[kind].add(c.scratch, xxhash.Sum64(c.scratch))
	}
}

// entry finds or makes the entry of the record's name.
func (c *Counts) entry(r *event.Record) *entry {
	raw := r.Value(colProcess).Raw()
	if e := c.spellings[string(raw)]; e != nil && len(raw) > 0 {
		return e
	}
	name, absent := processName(r)
	if absent {
		if c.absent == nil {
			c.absent = &entry{}
		}
		return c.absent
	}
	e := c.names[name]
	if e == nil {
		e = &entry{}
		c.names[name] = e
	}
	if len(raw) > 0 && len(raw) <= longestName {
		c.spellings[string(raw)] = e
	}
	return e
}

// Merge adds what o has counted. It leaves o as it is.
func (c *Counts) Merge(o *Counts) {
	for name, oe := range o.names {
		e := c.names[name]
		if e == nil {
			e = &entry{}
			c.names[name] = e
		}
		e.merge(oe)
	}
	if o.absent != nil {
		if c.absent == nil {
			c.absent = &entry{}
		}
		c.absent.merge(o.absent)
	}
}

func (e *entry) merge(o *entry) {
	if e.count == 0 || o.first < e.first {
		e.first = o.first
	}
	if e.count == 0 || o.last > e.last {
		e.last = o.last
	}
	e.count += o.count
	for kind := range e.context {
		e.context[kind].merge(o.context[kind])
	}
}

// Names is how many distinct process names were counted; events without any
// name count as one more.
func (c *Counts) Names() int {
	n := len(c.names)
	if c.absent != nil {
		n++
	}
	return n
}

// tallies lists the counts, in no order.
func (c *Counts) tallies() []tally {
	out := make([]tally, 0, c.Names())
	for name, e := range c.names {
		out = append(out, tally{name: name, count: e.count})
	}
	if c.absent != nil {
		out = append(out, tally{absent: true, count: c.absent.count})
	}
	return out
}
