package event

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// mapped reads lines whose columns stand where Fields says, from the first byte to
// the last: it accepts what encoding/json accepts, with keys compared exactly.
type mapped struct {
	fields  *Fields
	ids     []int
	root    *step
	places  []string   // the distinct paths
	found   []span     // by place, in the line read last
	columns [][][2]int // by column and path: the places of what stands before, or -1, and of the name
	eventID [][2]int
	time    [][2]int
	by      [][2]int // the provider
	pairs   [][2]Value
	values  []Value // of the record
	scratch []byte
}

// step is where some paths have got to.
type step struct {
	place int // of the path that ends here, -1 if none does
	keys  []string
	next  []*step
}

func newMapped(q Query) *mapped {
	m := &mapped{fields: q.Fields, ids: q.EventIDs, root: &step{place: -1}, values: make([]Value, len(q.Columns))}
	for _, column := range q.Columns {
		m.columns = append(m.columns, m.placesOf(column))
	}
	m.eventID, m.time, m.by = m.placesOf("EventID"), m.placesOf("TimeGenerated"), m.placesOf(Provider)
	if m.root.child(wrapper) == nil {
		inside := *m.root // without itself
		m.root.keys, m.root.next = append(slices.Clip(m.root.keys), wrapper), append(slices.Clip(m.root.next), &inside)
	}
	m.found = make([]span, len(m.places))
	return m
}

// placesOf notes the paths of a column.
func (m *mapped) placesOf(column string) (all [][2]int) {
	for _, path := range m.fields.paths(column) {
		before, name := joined(path)
		pair := [2]int{-1, m.place(name)}
		if before != "" {
			pair[0] = m.place(before)
		}
		all = append(all, pair)
	}
	return all
}

// place is that of a path, new or not.
func (m *mapped) place(path string) int {
	if i := slices.Index(m.places, path); i >= 0 {
		return i
	}
	m.places = append(m.places, path)
	at := m.root
	for key := range strings.SplitSeq(path, ".") {
		next := at.child(key)
		if next == nil {
			next = &step{place: -1}
			at.keys, at.next = append(at.keys, key), append(at.next, next)
		}
		at = next
	}
	at.place = len(m.places) - 1
	return at.place
}

func (s *step) child(key string) *step {
	for i, k := range s.keys {
		if k == key {
			return s.next[i]
		}
	}
	return nil
}

// follow goes along a key, which may have dots; nil where no path leads.
func (s *step) follow(key []byte, escaped bool) *step {
	if escaped {
		key = appendUnescaped(nil, key)
	}
	for {
		dot := bytes.IndexByte(key, '.')
		if dot < 0 {
			return s.child(string(key))
		}
		if s = s.child(string(key[:dot])); s == nil {
			return nil
		}
		key = key[dot+1:]
	}
}

// parse reads the object in line, and returns "" or what is wrong.
func (m *mapped) parse(line []byte) Reason {
	clear(m.found)
	i := skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return NotObject
	}
	i, ok := m.members(line, i+1, m.root, 1)
	if !ok {
		return broken(line, i)
	}
	if skipSpace(line, i) != len(line) {
		return Syntax
	}
	return ""
}

// members reads the members of the object whose brace ends at i, and returns the
// index behind the closing brace.
func (m *mapped) members(b []byte, i int, at *step, depth int) (int, bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1, true
	}
	for {
		key, escaped, next := key(b, i)
		if key == nil {
			return next, false
		}
		var ok bool
		if i, ok = m.member(b, next, at.follow(key, escaped), depth); !ok {
			return i, false
		}
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, false
		}
		switch b[i] {
		case ',':
			i++
		case '}':
			return i + 1, true
		default:
			return i, false
		}
	}
}

// member reads the value of a key, and notes it if a path ends there.
func (m *mapped) member(b []byte, i int, at *step, depth int) (next int, ok bool) {
	i = skipSpace(b, i)
	inside := at != nil && len(at.keys) > 0 && i < len(b) && b[i] == '{'
	var v span
	if inside { // no path is as deep as maxDepth
		next, ok = m.members(b, i+1, at, depth+1)
	} else {
		v, next, ok = value(b, i, depth)
	}
	if !ok || at == nil || at.place < 0 {
		return next, ok
	}
	if c := b[i]; c == '{' || c == '[' {
		v = span{}
	}
	m.found[at.place] = v
	return next, true
}

// value is that of a column in the line read last.
func (m *mapped) value(line []byte, places [][2]int) Value {
	m.pairs = m.pairs[:0]
	for _, p := range places {
		m.pairs = append(m.pairs, [2]Value{m.at(line, p[0]), m.at(line, p[1])})
	}
	var v Value
	v, m.scratch = gather(m.pairs, m.scratch)
	return v
}

func (m *mapped) at(line []byte, place int) Value {
	if place < 0 {
		return Value{}
	}
	s := m.found[place]
	return Value{s.kind, line[s.start:s.end]}
}

// wants reports whether the event of the line is wanted.
func (m *mapped) wants(line []byte) bool {
	if len(m.ids) == 0 {
		return true
	}
	id, ok := integer(m.value(line, m.eventID).brief())
	return ok && slices.Contains(m.ids, id) && m.fields.ofProvider(id, m.value(line, m.by).brief())
}

// brief is the text of a value, as it is written where that is the same.
func (v Value) brief() []byte {
	if v.kind == kindString && bytes.IndexByte(v.raw, '\\') >= 0 {
		return v.AppendText(nil)
	}
	return v.raw
}

// takeMapped is take with a map of fields.
func (s *selector) takeMapped(whole []byte) bool {
	m := s.mapped
	line := withoutReturn(whole)
	if skipSpace(line, 0) == len(line) {
		return false
	}
	s.stats.Lines++
	if reason := m.parse(line); reason != "" {
		s.malformed(reason, whole)
		return false
	}
	return s.takeFrom(m, whole)
}

// takeFrom is take of a line that the map of fields has read.
func (s *selector) takeFrom(m *mapped, whole []byte) bool {
	line := withoutReturn(whole)
	m.scratch = m.scratch[:0]
	if !m.wants(line) {
		s.stats.Other++
		return false
	}
	for i, places := range m.columns {
		m.values[i] = m.value(line, places)
	}
	s.record = Record{line: line, values: m.values}
	if s.lacks(&s.record) {
		s.stats.Other++
		return false
	}
	var ok bool
	s.record.Time, ok = timeOf(m.value(line, m.time), &s.clock)
	return s.inWindow(s.record.Time, ok, whole)
}

// timeOf reads the time of an event of other sources: as SecurityEvent has it, or
// as a number since 1970, which its size tells to be of seconds, milli-, micro- or
// nanoseconds.
func timeOf(v Value, c *clock) (int64, bool) {
	if t, ok := c.nanos(v.brief()); ok {
		return t, true
	}
	return epoch(string(v.brief()))
}

// epoch reads such a number: digits, and of seconds and milliseconds also a
// fraction.
func epoch(text string) (int64, bool) {
	whole, rest, _ := strings.Cut(text, ".")
	if len(whole) < 9 || len(whole) > 19 || len(rest) > 9 || strings.Trim(whole+rest, "0123456789") != "" {
		return 0, false
	}
	digits := 0 // behind the seconds
	switch {
	case len(whole) > 17:
		digits = 9
	case len(whole) > 14:
		digits = 6
	case len(whole) > 11:
		digits = 3
	}
	all := whole + rest
	if n := len(whole) - digits + 9; len(all) > n {
		all = all[:n] // what is less than a nanosecond
	} else {
		all += strings.Repeat("0", n-len(all))
	}
	t, err := strconv.ParseInt(all, 10, 64)
	return t, err == nil
}
