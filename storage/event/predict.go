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
// line: in the fast mode that is what walk reads, in the strict mode what the
// parser does.
type predictor struct {
	p        *parser
	strict   bool // read to the end, check every byte
	root     *node
	nodes    int // in the lists, and their bytes
	bytes    int
	resets   int
	lines    int // explored
	observed map[string]*habit
	trail    []member // of the line that is explored
	member   member   // read last
}

// node is a place in a line: the bytes up to the next value that matters, and
// what to do behind them. The places that may follow a value are a list.
type node struct {
	bytes  []byte
	then   action
	column int   // of the value, -1 if it is only skipped
	next   *node // what may follow the value
	other  *node // what else may stand here
	live   asks  // of enough and atEnd: who wants the line
	// id is where an EventID stands within bytes, if one does: it counts as
	// constant, since it tells the kinds of lines apart.
	id span
}

func newPredictor(p *parser, m Mode) predictor {
	return predictor{p: p, strict: m == Strict, observed: map[string]*habit{}}
}

type action uint8

const (
	takeString action = iota // a string's inside begins
	takeToken                // another value begins
	enough                   // all wanted columns are found, or it is another event
	atEnd                    // the object ends here
)

// habit is what is known of a key's values.
type habit struct {
	value   []byte
	seen    int
	changes bool
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

// read reads the line, which starts with '{' and ends with '}', as far as
// needed: up to an EventID that is not wanted, or until all columns are found; in
// strict mode to its end. It returns the queries that want the line, and is not ok
// where that needs a closer look.
func (d *predictor) read(line []byte) (wanted asks, ok bool) {
	if len(line) > longestPredicted {
		return 0, false
	}
	clear(d.p.spans)
	if !d.learning() {
		if d.strict {
			return 0, false // the parser reads it to its end
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
				return 0, false
			}
			if n.column >= 0 {
				d.p.spans[n.column] = span{uint32(i), uint32(end), kindString}
			}
			i, behind = end, end+1
		case takeToken:
			m := &d.member
			if i = m.readValue(line, i, d.strict); i < 0 {
				return 0, false
			}
			if n.column >= 0 {
				if m.value.kind == kindAbsent && !d.strict {
					return d.walk(line)
				}
				d.p.spans[n.column] = m.value
			}
			behind = i
		case enough:
			return n.live, true
		case atEnd:
			return n.live, i == len(line)
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
