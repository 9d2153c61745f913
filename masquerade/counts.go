package masquerade

import (
	"slices"

	"sparkless/storage/event"
)

// Counts is what the detector remembers of some events: for each process name
// how often and when it was seen, and a bounded context. Merging is associative
// and commutative. Counts is not safe for concurrent use.
type Counts struct {
	names   texts
	entries list[entry] // by the reference of the name; the first is that of events without any name
	values  texts       // of all names' contexts

	// For Add, so that of nearly every event nothing is decoded:
	spellings       memo // of names, to their references
	usual, commands memo // of values; command lines seldom come back
	scratch         []byte
	scratched       uint64 // the key of the value that scratch holds
}

// entry is what is known of one name.
type entry struct {
	count       int64
	first, last int64 // nanoseconds since 1970, UTC
	// Most names are seen once, and it is the rare ones that matter: they are kept
	// as fully as others, in little space.
	once [kinds]uint32 // of a name seen once: its values, 0 for none
	more *samples      // of a name seen more often
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

// noName is the reference of the entry of events without any process name.
const noName = 0

// NewCounts returns counts of nothing, the zero of Merge.
func NewCounts() *Counts {
	c := &Counts{}
	c.entries.add()
	return c
}

// Add counts one process creation.
func (c *Counts) Add(r *event.Record) {
	if c.spellings.pairs == nil {
		c.remember()
	}
	e := c.entry(r)
	if e.count == 1 {
		c.expand(e)
	}
	e.seen(1, r.Time, r.Time)
	for kind, column := range contextColumns {
		v := r.Value(column)
		if len(v.Raw()) == 0 {
			continue
		}
		key := keyOf(v)
		if e.more != nil && e.more.again(kind, key) {
			continue
		}
		s := c.recall(kind, key, v)
		switch {
		case e.more == nil:
			e.once[kind] = c.reference(s, v)
		case s.order > e.more.limits[kind]:
			e.more.drop(kind, key)
		default:
			c.sample(e.more, kind, s, v)
		}
	}
	if c.values.wasteful() {
		c.compact()
	}
}

// sample counts a value that may be one of those that are kept.
func (c *Counts) sample(more *samples, kind int, s *recall, v event.Value) {
	if s.ref == 0 {
		s.ref = more.find(kind, s.order, c.decoded(v, s.key), &c.values)
	}
	more.add(kind, kept{1, s.order, c.reference(s, v)}, &c.values)
	more.lastKey[kind] = s.key
}

// recall returns what is known of a value by its spelling.
func (c *Counts) recall(kind int, key uint64, v event.Value) *recall {
	m := &c.usual
	if kind == commands {
		m = &c.commands
	}
	s := m.at(key)
	if s.key != key {
		s = m.fill(recall{key: key, order: orderOf(c.decoded(v, key))})
	}
	return s
}

// seen adds events to the entry.
func (e *entry) seen(n, first, last int64) {
	if e.count == 0 || first < e.first {
		e.first = first
	}
	if e.count == 0 || last > e.last {
		e.last = last
	}
	e.count += n
}

// entry finds or makes the entry of the record's name. That follows from the
// column Process or, where it is empty, from NewProcessName, whose spelling leads
// to the entry without decoding.
func (c *Counts) entry(r *event.Record) *entry {
	v, other := r.Value(colProcess), uint64(0)
	if len(v.Raw()) == 0 {
		v, other = r.Value(colNewProcessName), 1
	}
	if len(v.Raw()) == 0 {
		return c.entries.at(c.name(r))
	}
	key := keyOf(v) ^ other
	s := c.spellings.at(key)
	if s.key != key {
		s = c.spellings.fill(recall{key: key, ref: c.name(r)})
	}
	return c.entries.at(s.ref)
}

// name returns the reference of the record's name.
func (c *Counts) name(r *event.Record) uint32 {
	c.scratched = 0
	var usual bool
	if c.scratch, usual = appendUsualName(c.scratch[:0], r.Value(colProcess).Raw()); usual {
		return c.named(c.scratch)
	}
	name, absent := processName(r)
	if absent {
		return noName
	}
	return c.named([]byte(name))
}

func (c *Counts) named(name []byte) uint32 {
	ref := c.names.put(name, 0)
	for c.entries.len() <= int(ref) {
		c.entries.add()
	}
	return ref
}

// remember makes the memos; Counts that are only merged have none.
func (c *Counts) remember() {
	c.spellings, c.usual, c.commands = newMemo(1<<15), newMemo(1<<15), newMemo(1<<13)
}

// reference returns the reference of a value that is to be kept.
func (c *Counts) reference(s *recall, v event.Value) uint32 {
	if s.ref == 0 {
		text := c.decoded(v, s.key)
		s.ref = c.values.put(text, s.order)
	}
	return s.ref
}

// decoded returns a value as it is kept, until the next call.
func (c *Counts) decoded(v event.Value, key uint64) []byte {
	if c.scratched != key {
		c.scratch = shorten(v.AppendPrefix(c.scratch[:0], longest))
		c.scratched = key
	}
	return c.scratch
}

// expand makes room for the second event of a name.
func (c *Counts) expand(e *entry) {
	more := emptySamples(make([]kept, 0, 2*kinds))
	e.more = &more
	c.values.sampled += more.size()
	for kind, ref := range e.once {
		if ref > 0 {
			e.more.add(kind, kept{1, c.values.kept.at(ref).order, ref}, &c.values)
		}
	}
	e.once = [kinds]uint32{}
}

// keeps returns the values of one kind that an entry keeps, in room if it was
// seen once.
func (c *Counts) keeps(e *entry, kind int, room *[1]kept) []kept {
	if e.more != nil {
		return e.more.of(kind)
	}
	ref := e.once[kind]
	if ref == 0 {
		return nil
	}
	room[0] = kept{1, c.values.kept.at(ref).order, ref}
	return room[:]
}

// Merge adds what o has counted. It leaves o as it is.
func (c *Counts) Merge(o *Counts) {
	m := merger{c, o, make([]uint32, o.values.kept.len())}
	for i := range o.entries.len() {
		from := o.entries.at(uint32(i))
		switch {
		case from.count == 0:
		case i == noName:
			m.merge(c.entries.at(noName), from)
		default:
			m.merge(c.entries.at(c.named(o.names.at(uint32(i)))), from)
		}
	}
	if c.values.wasteful() {
		c.compact()
	}
}

// merger merges entries of one Counts into those of another.
type merger struct {
	to, from *Counts
	refs     []uint32 // of from's values in to; 0 if not known yet
}

// ref returns the reference that a value of from has in to.
func (m *merger) ref(ref uint32) uint32 {
	if ref == 0 {
		return 0
	}
	if m.refs[ref] == 0 {
		m.refs[ref] = m.to.values.put(m.from.values.at(ref), m.from.values.kept.at(ref).order)
	}
	return m.refs[ref]
}

func (m *merger) merge(e, from *entry) {
	if e.count == 0 {
		m.copy(e, from)
		return
	}
	if e.count == 1 {
		m.to.expand(e)
	}
	e.seen(from.count, from.first, from.last)
	e.more.lastKey = [kinds]uint64{} // add moves last, and knows no spelling
	var room [1]kept
	for kind := range kinds {
		for _, k := range m.from.keeps(from, kind, &room) {
			if k.order > e.more.limits[kind] {
				break
			}
			e.more.add(kind, kept{k.count, k.order, m.ref(k.ref)}, &m.to.values)
		}
	}
}

// copy fills an empty entry.
func (m *merger) copy(e, from *entry) {
	*e = *from
	for kind, ref := range from.once {
		e.once[kind] = m.ref(ref)
	}
	if from.more != nil {
		more := *from.more
		more.kept = slices.Clone(more.kept)
		for i := range more.kept {
			more.kept[i].ref = m.ref(more.kept[i].ref)
		}
		e.more = &more
		m.to.values.sampled += more.size()
	}
}

// compact drops the texts of values that were pushed out of every sample.
func (c *Counts) compact() {
	fresh := &Counts{}
	m := merger{fresh, c, make([]uint32, c.values.kept.len())}
	for i := range c.entries.len() {
		e := c.entries.at(uint32(i))
		for kind, ref := range e.once {
			e.once[kind] = m.ref(ref)
		}
		if e.more != nil {
			for i := range e.more.kept {
				e.more.kept[i].ref = m.ref(e.more.kept[i].ref)
			}
		}
	}
	fresh.values.sampled = c.values.sampled
	c.values = fresh.values
	c.spellings, c.usual, c.commands = memo{}, memo{}, memo{} // the references are void
}

// Names is how many distinct process names were counted; events without any
// name count as one more.
func (c *Counts) Names() int {
	n := max(c.entries.len(), 1) - 1
	if c.entries.at(noName).count > 0 {
		n++
	}
	return n
}

// find returns the entry of a name, nil if it was never seen.
func (c *Counts) find(name string) *entry {
	if ref, _ := c.names.find([]byte(name), hashOf([]byte(name))); ref > 0 {
		return c.entries.at(ref)
	}
	return nil
}

// tallies lists the counts, in no order.
func (c *Counts) tallies() []tally {
	out := make([]tally, 0, c.Names())
	for i := range c.entries.len() {
		if e := c.entries.at(uint32(i)); e.count > 0 {
			t := tally{absent: i == noName, count: e.count}
			if !t.absent {
				t.name = string(c.names.at(uint32(i)))
			}
			out = append(out, t)
		}
	}
	return out
}
