package event

import "bytes"

// predictor reads lines by the layout of earlier ones.
//
// Records of one kind have the same keys in the same order, and many of their
// values never change. So a line is compared, from one value that matters to the
// next, with the bytes that stood there in earlier lines: keys, separators and
// constant values in one comparison. Where a line differs it is read key by key
// from that place on, and the predictor learns what it met. A comparison that
// succeeds has read whole tokens, so prediction never changes what is read of a
// valid line. (Of a broken one the fast mode may notice less after prediction
// than before it.)
type predictor struct {
	p        *parser
	strict   bool // read to the end, check every byte
	root     *node
	nodes    int // in the lists, and their bytes
	bytes    int
	resets   int
	lines    int // read key by key
	observed map[string]*habit
	trail    []member // of the line that is read key by key
}

// node is a place in a line: the bytes up to the next value that matters, and
// what to do behind them. The places that may follow a value are a list.
type node struct {
	bytes  []byte
	then   action
	column int     // of the value, -1 if it is only skipped
	next   *node   // what may follow the value
	other  *node   // what else may stand here
	result verdict // of atEnd
	// id is where an EventID stands within bytes, if one does: it counts as
	// constant, since it tells the kinds of lines apart.
	id span
}

type action uint8

const (
	takeString action = iota // a string's inside begins
	takeToken                // another value begins
	isRecord                 // all wanted columns are found
	atEnd                    // the object ends here
	isOther                  // it is another event
)

// habit is what is known of a key's values.
type habit struct {
	value   []byte
	seen    int
	changes bool
}

// member is one key and value of a line that is read key by key.
type member struct {
	start, end int // of the value; of a string, its inside
	str        bool
	column     int
	constant   bool
}

const (
	// learnAfter lines the habits of values are known well enough.
	learnAfter = 16
	// maxNodes and maxBytes bound the memory, and the time spent on lines of no
	// layout; maxChoices bounds the time for one place.
	maxNodes   = 4096
	maxBytes   = 4 << 20
	maxChoices = 32
	// longestPredicted is how long a line may be to be predicted, longestHabit
	// how long a value to be thought constant.
	longestPredicted = 64 << 10
	longestHabit     = 256
	// maxResets is how often a predictor starts anew before it gives up.
	maxResets = 8
)

// verdict is what a line turned out to be.
type verdict uint8

const (
	unreadable verdict = iota // or in need of a closer look
	wanted
	unwanted
)

// read reads the line, which starts with '{' and ends with '}', as far as
// needed: up to an EventID that is not wanted, or until all columns are found; in
// strict mode to its end.
func (d *predictor) read(line []byte) verdict {
	if len(line) > longestPredicted {
		return unreadable
	}
	clear(d.p.spans)
	if !d.learning() {
		if d.strict {
			return unreadable // the parser reads it to its end
		}
		return d.walk(line)
	}
	at, i, behind := &d.root, 0, 0
	for {
		n := pick(at, line[i:])
		if n == nil {
			return d.explore(at, line, i, behind)
		}
		if n.id.kind != kindAbsent {
			d.p.spans[d.p.eventID] = span{uint32(i) + n.id.start, uint32(i) + n.id.end, n.id.kind}
		}
		i += len(n.bytes)
		switch n.then {
		case takeString:
			end, ok := d.stringEnd(line, i)
			if !ok {
				return unreadable
			}
			if n.column >= 0 {
				d.p.spans[n.column] = span{uint32(i), uint32(end), kindString}
			}
			i, behind = end, end+1
		case takeToken:
			s, end, ok := value(line, i, 1)
			if !ok {
				return unreadable
			}
			if n.column >= 0 {
				d.p.spans[n.column] = s
			}
			i, behind = end, end
		case isRecord:
			return wanted
		case atEnd:
			if i != len(line) {
				return unreadable
			}
			return n.result
		case isOther:
			return unwanted
		}
		at = &n.next
	}
}

// pick finds the node of the list whose bytes the rest of the line starts with,
// and brings it to the front.
func pick(list **node, rest []byte) *node {
	for at := list; *at != nil; at = &(*at).other {
		n := *at
		if len(rest) < len(n.bytes) || string(rest[:len(n.bytes)]) != string(n.bytes) {
			continue
		}
		if at != list {
			*at = n.other
			n.other = *list
			*list = n
		}
		return n
	}
	return nil
}

// stringEnd returns the index of the quote that closes a string.
func (d *predictor) stringEnd(line []byte, i int) (end int, ok bool) {
	if d.strict {
		end, _, ok = stringEnd(line, i)
		return end, ok
	}
	if end = i + bytes.IndexByte(line[i:], '"'); end <= i || line[end-1] == '\\' {
		end = escapedQuote(line, i, end)
	}
	return end, end >= 0
}

// quote returns the index of the first quote from i on that no backslash
// escapes, -1 if there is none.
func quote(b []byte, i int) int {
	end := i + bytes.IndexByte(b[i:], '"')
	if end <= i || b[end-1] == '\\' {
		return escapedQuote(b, i, end)
	}
	return end
}

// escapedQuote goes on from a quote at end that follows a backslash.
func escapedQuote(b []byte, i, end int) int {
	for end >= i {
		slashes := 0
		for slashes < end-i && b[end-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
		next := bytes.IndexByte(b[end+1:], '"')
		if next < 0 {
			return -1
		}
		end += 1 + next
	}
	return -1
}

// explore reads the rest of a line key by key: from start, where a value ends (of
// a string its inside) or the line begins, and which behind is behind.
func (d *predictor) explore(at **node, line []byte, start, behind int) verdict {
	d.lines++
	d.trail = d.trail[:0]
	i := d.nextKey(line, behind)
	if i < 0 {
		return unreadable
	}
	for line[i-1] != '}' {
		m, v, ok := d.member(line, i)
		if !ok {
			return unreadable
		}
		d.trail = append(d.trail, m)
		if m.column >= 0 {
			d.p.spans[m.column] = v
			if !d.strict && m.column == d.p.eventID && d.p.filters() && !d.p.wants(line) {
				return d.learn(at, line, start, m.behind()+1, isOther)
			}
			if !d.strict && d.p.complete() {
				return d.learn(at, line, start, m.behind()+1, isRecord)
			}
		}
		if i = d.nextKey(line, m.behind()); i < 0 {
			return unreadable
		}
	}
	return d.learn(at, line, start, i, atEnd)
}

// member reads a key and its value.
func (d *predictor) member(line []byte, i int) (m member, v span, ok bool) {
	raw, escaped, next, ok := key(line, i)
	if !ok {
		return m, v, false
	}
	m.start = skipSpace(line, next)
	if v, m.end, ok = value(line, m.start, 1); !ok || m.end >= len(line) {
		return m, v, false
	}
	if m.str = line[m.start] == '"'; m.str {
		m.start, m.end = m.start+1, m.end-1
	}
	m.column = d.p.column(raw, escaped)
	m.constant = d.observe(raw, line[m.start:m.end], m.column)
	return m, v, true
}

// behind is the index behind the value, its quote included.
func (m member) behind() int {
	if m.str {
		return m.end + 1
	}
	return m.end
}

func (m member) kind() kind {
	if m.str {
		return kindString
	}
	return kindToken
}

// nextKey goes from behind a value, or the start of the line, behind the comma or
// brace that follows; -1 if there is none.
func (d *predictor) nextKey(line []byte, i int) int {
	if i == 0 {
		if j := skipSpace(line, 1); j < len(line) && line[j] == '}' {
			return j + 1 // an empty object
		}
		return 1
	}
	i = skipSpace(line, i)
	if i >= len(line) || line[i] != ',' && line[i] != '}' {
		return -1
	}
	return i + 1
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

// learn puts the trail, which began at start, into the list, and returns what
// the line is. The line was read up to end: behind the separator that follows
// the last value, or behind the object.
func (d *predictor) learn(at **node, line []byte, start, end int, outcome action) verdict {
	result := wanted
	switch {
	case outcome == isOther:
		result = unwanted
	case outcome == atEnd && end != len(line):
		return unreadable
	case outcome == atEnd && d.p.filters() && !d.p.wants(line):
		result = unwanted
	}
	if d.lines < learnAfter || !d.learning() {
		return result
	}
	if d.nodes+len(d.trail) > maxNodes || d.bytes+end-start > maxBytes {
		d.root, d.nodes, d.bytes = nil, 0, 0
		d.resets++
		return result
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
	d.insert(at, &node{bytes: bytes.Clone(line[from:end]), then: outcome, result: result, id: id})
	return result
}

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
