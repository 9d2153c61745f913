package event

import (
	"bytes"
	"slices"
)

// explore reads the rest of a line key by key, as walk does, and learns what it
// meets: from start, where a value ends (of a string its inside) or the line
// begins, and which behind is behind.
func (d *predictor) explore(at **node, line []byte, start, behind int) (wanted asks, ok bool) {
	d.lines++
	d.trail = d.trail[:0]
	m, p := &d.member, d.p
	p.live = p.all
	if p.joint() && !d.strict && p.spans[p.eventID].kind != kindAbsent {
		p.live = p.who(line)
	}
	i := nextKey(line, behind)
	if i > 0 && d.enough() {
		d.learn(at, line, start, &node{bytes: line[:i], then: enough, live: p.live})
		return p.live, true
	}
	for i > 0 && line[i-1] != '}' {
		if i = m.read(line, i, d.strict); i < 0 {
			return 0, false
		}
		m.column = d.column()
		m.constant = d.observe(m.key, line[m.start:m.end], m.column)
		d.trail = append(d.trail, *m)
		if i = nextKey(line, i); m.column < 0 || i < 0 {
			continue
		}
		if !d.note(m.column, line) {
			return 0, false
		}
		if d.enough() {
			d.learn(at, line, start, &node{bytes: line[:i], then: enough, live: p.live})
			return p.live, true
		}
	}
	if i != len(line) {
		return 0, false
	}
	wanted = p.who(line)
	d.learn(at, line, start, &node{bytes: line, then: atEnd, live: wanted})
	return wanted, true
}

// enough reports whether the line need not be read any further.
func (d *predictor) enough() bool { return !d.strict && (d.p.live == 0 || d.p.complete()) }

func (m *member) kind() kind {
	if m.str {
		return kindString
	}
	return kindToken
}

// observe notes the value of a key, and reports whether it counts as constant.
func (d *predictor) observe(key, value []byte, column int) bool {
	if column >= 0 {
		return column == d.p.eventID && d.p.filters()
	}
	if !d.learning() || len(key) > longestHabit || len(value) > longestHabit {
		return false
	}
	h := d.observed[string(key)]
	if h == nil {
		if len(d.observed) > maxNodes {
			return false
		}
		h = &habit{value: bytes.Clone(value)}
		d.observed[string(key)] = h
	}
	h.seen++
	h.changes = h.changes || !bytes.Equal(h.value, value)
	return !h.changes && h.seen >= learnAfter
}

// learning ends when the lines follow no layout.
func (d *predictor) learning() bool { return d.resets <= maxResets }

// learn puts the trail, which began at start, into the list, and the node that
// ends it, which is given with all bytes of the line up to its end: behind the
// separator that follows the last value, or behind the object.
//
// Where the fast mode may stop depends on which columns are null, but the place
// in the layout does not tell that. So it is not learned from such lines, nor are
// they predicted.
func (d *predictor) learn(at **node, line []byte, start int, last *node) {
	if d.lines < learnAfter || !d.learning() || !d.strict && slices.ContainsFunc(d.trail, isNull) {
		return
	}
	end := len(last.bytes)
	if d.nodes+len(d.trail) > maxNodes || d.bytes+end-start > maxBytes {
		d.root, d.nodes, d.bytes = nil, 0, 0
		d.resets++
		return
	}
	from, id := start, span{}
	for _, m := range d.trail {
		if m.constant {
			if m.column >= 0 {
				id = span{uint32(m.start - from), uint32(m.end - from), m.kind()}
			}
			continue
		}
		n := &node{bytes: bytes.Clone(line[from:m.start]), column: m.column, id: id}
		if !m.str {
			n.then = takeToken
		}
		d.insert(at, n)
		at, from, id = &n.next, m.end, span{}
	}
	last.bytes, last.id = bytes.Clone(line[from:end]), id
	d.insert(at, last)
}

// isNull reports whether m is a column without a value.
func isNull(m member) bool { return m.column >= 0 && m.value.kind == kindAbsent }

// insert puts a node at the front of a list. What was not met for long, at the
// end of a long list, makes room.
func (d *predictor) insert(at **node, n *node) {
	n.other = *at
	*at = n
	d.nodes++
	d.bytes += len(n.bytes)
	for range maxChoices - 1 {
		if n = n.other; n == nil {
			return
		}
	}
	n.other = nil
}
