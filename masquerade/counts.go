package masquerade

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"sparkless/storage/event"
)

// Counts is what the detector remembers of some events: for each process name,
// apart by where it ran, how often and when it was seen, and a bounded context.
// Merging is associative and commutative. Counts is not safe for concurrent use.
type Counts struct {
	names   texts
	heads   list[uint32] // by the reference of a name, the first of its entries
	entries list[entry]  // the first is that of events without any name
	values  texts        // of all names' contexts
	hosts   hostSet      // of all events
	past    *past        // instead of all that, of a Past

	// For Add, so that of nearly every event nothing is decoded:
	spellings       memo // of paths with names, to entries
	usual, commands memo // of values; command lines seldom come back
	scratch         []byte
	scratched       uint64 // the key of the value that scratch holds
}

// entry is what is known of one name run in one way.
type entry struct {
	name, next  uint32 // the reference of the name; another entry of that name, 0 for none
	origin      origin
	hours       hours
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
	c.heads.add() // no name leads to the entry without one
	return c
}

// Add counts one process creation.
func (c *Counts) Add(r *event.Record) {
	if c.spellings.pairs == nil {
		c.remember()
	}
	keys := keysOf(r)
	path := c.spelling(r, &keys)
	e := c.entries.at(c.entryOfEvent(r, path, &keys))
	if e.count == 1 {
		c.expand(e)
	}
	e.seen(1, r.Time, r.Time, hourOf(r.Time))
	for kind, key := range keys {
		if key == 0 || e.more != nil && e.more.again(kind, key) {
			continue
		}
		v := r.Value(contextColumns[kind])
		s := path
		if kind != paths {
			s = c.recall(kind, key, v)
		}
		switch {
		case e.more == nil:
			e.once[kind] = c.reference(s, v)
		case s.order > e.more.limits[kind]:
			c.drop(e.more, kind, s)
		default:
			c.sample(e.more, kind, s, v)
		}
	}
	if c.values.wasteful() {
		c.compact()
	}
}

// keysOf returns the keys of a record's values by kind, 0 where there is none. A
// host has another key than the same text in another column has, so that none
// escapes being counted. The key of a path covers the column Process, too.
func keysOf(r *event.Record) (keys [kinds]uint64) {
	for kind, column := range contextColumns {
		if v := r.Value(column); len(v.Raw()) > 0 {
			keys[kind] = keyOf(v)
		}
	}
	if keys[hosts] != 0 {
		keys[hosts] ^= 1 << 61
	}
	if v := r.Value(colProcess); keys[paths] != 0 && len(v.Raw()) > 0 {
		keys[paths] = both(keys[paths], keyOf(v))
	}
	return keys
}

// drop leaves out a value that is none of those that are kept.
func (c *Counts) drop(more *samples, kind int, s *recall) {
	if kind == hosts {
		more.crowd(&c.values).add(s.order)
	}
	more.drop(kind, s.key)
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
		hash := xxhash.Sum64(c.decoded(v, key))
		if kind == hosts {
			c.hosts.add(hash)
		}
		s = m.fill(recall{key: key, order: uint32(hash >> 32)})
	}
	return s
}

// seen adds events to the entry.
func (e *entry) seen(n, first, last int64, in hours) {
	if e.count == 0 || first < e.first {
		e.first = first
	}
	if e.count == 0 || last > e.last {
		e.last = last
	}
	e.count += n
	e.hours |= in
}

// name returns the reference of the record's name, if it has one.
func (c *Counts) name(r *event.Record) (ref uint32, has bool) {
	c.scratched = 0
	var usual bool
	if c.scratch, usual = appendUsualName(c.scratch[:0], r.Value(colProcess).Raw()); usual {
		return c.named(c.scratch), true
	}
	name, absent := processName(r)
	if absent {
		return 0, false
	}
	return c.named([]byte(name)), true
}

// named returns the reference of a name.
func (c *Counts) named(name []byte) uint32 {
	ref := c.names.put(name, 0)
	for c.heads.len() <= int(ref) {
		c.heads.add()
	}
	return ref
}

// entryOf finds or makes the entry of a name and an origin.
func (c *Counts) entryOf(name uint32, from origin) uint32 {
	head := c.heads.at(name)
	for at := *head; at != 0; at = c.entries.at(at).next {
		if c.entries.at(at).origin == from {
			return at
		}
	}
	e, at := c.entries.add()
	e.name, e.next, e.origin = name, *head, from
	*head = at
	return at
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
	if c.past != nil {
		c.past.merge(o.past)
		return
	}
	m := merger{c, o, make([]uint32, o.values.kept.len())}
	c.hosts.merge(&o.hosts)
	for i := range uint32(o.entries.len()) {
		from := o.entries.at(i)
		switch {
		case from.count == 0:
		case i == noName:
			m.merge(c.entries.at(noName), from)
		default:
			to := c.entryOf(c.named(o.names.at(from.name)), from.origin)
			m.merge(c.entries.at(to), from)
		}
	}
	if c.values.wasteful() {
		c.compact()
	}
}

// merger merges entries of one Counts into those of another.
type merger struct {
	to, from *Counts
	refs     []uint32 // of from's values in to, 0 if not known yet; nil if both have the same
}

// ref returns the reference that a value of from has in to.
func (m *merger) ref(ref uint32) uint32 {
	if ref == 0 || m.refs == nil {
		return ref
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
	e.seen(from.count, from.first, from.last, from.hours)
	e.more.lastKey = [kinds]uint64{} // add moves last, and knows no spelling
	var room [1]kept
	for kind := range kinds {
		for _, k := range m.from.keeps(from, kind, &room) {
			if k.order > e.more.limits[kind] {
				if kind != hosts {
					break
				}
				e.more.crowd(&m.to.values).add(k.order)
				continue
			}
			e.more.add(kind, kept{k.count, k.order, m.ref(k.ref)}, &m.to.values)
		}
	}
	if from.more != nil && from.more.crowded != nil {
		e.more.crowd(&m.to.values).merge(from.more.crowded)
	}
}

// copy fills an empty entry.
func (m *merger) copy(e, from *entry) {
	name, next := e.name, e.next
	*e = *from
	e.name, e.next = name, next
	for kind, ref := range from.once {
		e.once[kind] = m.ref(ref)
	}
	if from.more != nil {
		more := *from.more
		more.kept = slices.Clone(more.kept)
		for i := range more.kept {
			more.kept[i].ref = m.ref(more.kept[i].ref)
		}
		if more.crowded != nil {
			own := *more.crowded
			more.crowded = &own
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

// Count is how many events had a name, in lower case.
func (c *Counts) Count(name string) int64 { return c.view(name, nil).count }

// Names is how many distinct process names were counted; events without any
// name count as one more.
func (c *Counts) Names() int {
	n := max(c.heads.len(), 1) - 1
	if c.entries.at(noName).count > 0 {
		n++
	}
	return n
}

// has reports whether a name was seen.
func (c *Counts) has(name string) bool {
	ref, _ := c.names.find([]byte(name), hashOf([]byte(name)))
	return ref > 0
}

// each calls f with the entries of a name, in no order.
func (c *Counts) each(name string, f func(*entry)) {
	if ref, _ := c.names.find([]byte(name), hashOf([]byte(name))); ref > 0 {
		for at := *c.heads.at(ref); at != 0; at = c.entries.at(at).next {
			f(c.entries.at(at))
		}
	}
}

// NameCounts is how often each distinct name was seen, in no order; events without
// any name count as one more.
func (c *Counts) NameCounts() []int64 {
	all := make([]int64, 0, c.Names())
	for _, t := range c.tallies() {
		all = append(all, t.count)
	}
	return all
}

// tallies lists the counts, in no order.
func (c *Counts) tallies() []tally {
	out := make([]tally, 0, c.Names())
	if n := c.entries.at(noName).count; n > 0 {
		out = append(out, tally{absent: true, count: n})
	}
	for name := uint32(1); int(name) < c.heads.len(); name++ {
		t := tally{name: string(c.names.at(name)), hostless: true}
		for at := *c.heads.at(name); at != 0; at = c.entries.at(at).next {
			e := c.entries.at(at)
			t.count += e.count
			t.hostless = t.hostless && e.once[hosts] == 0 && (e.more == nil || len(e.more.of(hosts)) == 0)
		}
		out = append(out, t)
	}
	return out
}
