package event

import (
	"bytes"
	"slices"
	"strconv"
)

// parser finds the wanted values of one line after the other, for one query or for
// several at once.
type parser struct {
	// columns holds the wanted columns by the length of their name: most keys of
	// a line are dismissed by their length alone.
	columns [64][]column
	spans   []span // of the columns, in the line read last
	of      []asks // by column: who needs it

	queries []asked
	all     asks
	live    asks // who may still want the line that is read key by key
	eventID int  // the indices of the columns that every scan reads
	time    int
}

type column struct {
	name  string
	index int // in spans
}

// asks are some of a parser's queries, a bit each.
type asks uint64

// mostQueries is how many a parser can tell apart.
const mostQueries = 64

// asked is what a parser knows of a query.
type asked struct {
	eventIDs []int // empty for all
	columns  []int // where its columns are in spans
	first    bool  // they are the first ones of spans, in order
}

// maxDepth is the nesting that encoding/json allows.
const maxDepth = 10000

// newParser returns the parser of some queries, of which either all filter by
// EventID or there is one only.
func newParser(queries ...Query) *parser {
	p := &parser{}
	for i, q := range queries {
		a := asked{eventIDs: q.EventIDs, first: true}
		for at, name := range q.Columns {
			a.columns = append(a.columns, p.index(name, 1<<i))
			a.first = a.first && a.columns[at] == at
		}
		p.queries, p.all = append(p.queries, a), p.all|1<<i
	}
	p.time, p.eventID = p.index("TimeGenerated", p.all), p.index("EventID", 0)
	if p.filters() {
		p.of[p.eventID] = p.all
	}
	p.spans = make([]span, len(p.of))
	return p
}

// index is that of a column, new or not, which some queries need.
func (p *parser) index(name string, by asks) int {
	at := &p.columns[min(len(name), len(p.columns)-1)]
	i := slices.IndexFunc(*at, func(c column) bool { return c.name == name })
	if i < 0 {
		i = len(*at)
		*at = append(*at, column{name, len(p.of)})
		p.of = append(p.of, 0)
	}
	index := (*at)[i].index
	p.of[index] |= by
	return index
}

// filters reports whether only some EventIDs are wanted.
func (p *parser) filters() bool { return len(p.queries[0].eventIDs) > 0 }

// joint reports whether there are several queries.
func (p *parser) joint() bool { return len(p.queries) > 1 }

// who returns the queries that want the EventID found in the line, a number or a
// string.
func (p *parser) who(line []byte) (wanted asks) {
	if !p.filters() {
		return p.all
	}
	id, ok := integer(p.text(line, p.eventID))
	if !ok {
		return 0
	}
	for i := range p.queries {
		if slices.Contains(p.queries[i].eventIDs, id) {
			wanted |= 1 << i
		}
	}
	return wanted
}

// text returns a column's value, decoded if need be.
func (p *parser) text(line []byte, column int) []byte {
	s := p.spans[column]
	raw := line[s.start:s.end]
	if s.kind == kindString && bytes.IndexByte(raw, '\\') >= 0 {
		return appendUnescaped(nil, raw)
	}
	return raw
}

// complete reports whether all columns are found that live queries need.
func (p *parser) complete() bool {
	for i, s := range p.spans {
		if s.kind == kindAbsent && p.of[i]&p.live != 0 {
			return false
		}
	}
	return true
}

// parse reads the object in line from the first byte to the last. It accepts what
// encoding/json accepts, with keys compared exactly, and returns "" or what is
// wrong.
func (p *parser) parse(line []byte) Reason {
	clear(p.spans)
	i := skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return NotObject
	}
	i, ok := p.members(line, i+1)
	if !ok {
		return broken(line, i)
	}
	if skipSpace(line, i) != len(line) {
		return Syntax // something behind the object
	}
	return ""
}

// broken tells a line that ends too early from one that is wrong before.
func broken(line []byte, at int) Reason {
	if at >= len(line) || bytes.LastIndexByte(line, '}') != len(bytes.TrimRight(line, " \t\r"))-1 {
		return Truncated
	}
	return Syntax
}

// members reads the members of the object whose brace ends at i and returns the
// index behind the closing brace.
func (p *parser) members(b []byte, i int) (int, bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1, true
	}
	for {
		key, escaped, next := key(b, i)
		if key == nil {
			return next, false
		}
		column := p.column(key, escaped)
		v, next, ok := value(b, next, 1)
		if !ok {
			return next, false
		}
		if column >= 0 {
			p.spans[column] = v
		}
		i = skipSpace(b, next)
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

// column finds the wanted column of a key, or -1.
func (p *parser) column(key []byte, escaped bool) int {
	if escaped {
		key = appendUnescaped(nil, key)
	}
	for _, c := range p.columns[min(len(key), len(p.columns)-1)] {
		if string(key) == c.name {
			return c.index
		}
	}
	return -1
}

// key reads `"key" :` from i on, spaces allowed, and returns the index behind
// the colon. Without a key raw is nil, and next is where something else stands.
func key(b []byte, i int) (raw []byte, escaped bool, next int) {
	i = skipSpace(b, i)
	if i >= len(b) || b[i] != '"' {
		return nil, false, i
	}
	end, escaped, ok := stringEnd(b, i+1)
	if !ok {
		return nil, false, end
	}
	colon := skipSpace(b, end+1)
	if colon >= len(b) || b[colon] != ':' {
		return nil, false, colon
	}
	return b[i+1 : end], escaped, colon + 1
}

// value reads any JSON value and returns where it stands, of a string its
// inside, and the index behind it.
func value(b []byte, i, depth int) (s span, next int, ok bool) {
	i = skipSpace(b, i)
	if i >= len(b) || depth >= maxDepth && (b[i] == '{' || b[i] == '[') {
		return s, i, false
	}
	switch c := b[i]; {
	case c == '"':
		end, _, ok := stringEnd(b, i+1)
		return span{uint32(i + 1), uint32(end), kindString}, end + 1, ok
	case c == '{':
		next, ok = object(b, i+1, depth+1)
	case c == '[':
		next, ok = array(b, i+1, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		next, ok = number(b, i)
	case c == 'n':
		next, ok = literal(b, i, "null")
		return s, next, ok
	case c == 't':
		next, ok = literal(b, i, "true")
	case c == 'f':
		next, ok = literal(b, i, "false")
	default:
		return s, i, false
	}
	return span{uint32(i), uint32(next), kindToken}, next, ok
}

func literal(b []byte, i int, word string) (int, bool) {
	end := i + len(word)
	if end > len(b) || string(b[i:end]) != word {
		return i, false
	}
	return end, true
}

// object checks a nested object, whose brace ends at i.
func object(b []byte, i, depth int) (int, bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1, true
	}
	for {
		key, _, next := key(b, i)
		if key == nil {
			return next, false
		}
		var ok bool
		if i, ok = element(b, next, depth, '}'); !ok {
			return i, false
		}
		if b[i-1] == '}' {
			return i, true
		}
	}
}

// array checks a nested array, whose bracket ends at i.
func array(b []byte, i, depth int) (int, bool) {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ']' {
		return i + 1, true
	}
	for {
		var ok bool
		if i, ok = element(b, i, depth, ']'); !ok {
			return i, false
		}
		if b[i-1] == ']' {
			return i, true
		}
	}
}

// element checks a value and the comma or the closing byte behind it, and
// returns the index behind that.
func element(b []byte, i, depth int, closing byte) (int, bool) {
	_, i, ok := value(b, i, depth)
	if !ok {
		return i, false
	}
	i = skipSpace(b, i)
	if i >= len(b) || b[i] != ',' && b[i] != closing {
		return i, false
	}
	return i + 1, true
}

// number checks a JSON number: no leading zeros, digits around '.' and in the
// exponent.
func number(b []byte, i int) (int, bool) {
	if b[i] == '-' {
		i++
	}
	first := i
	i = digits(b, i)
	if i == first || b[first] == '0' && i > first+1 {
		return i, false
	}
	if i < len(b) && b[i] == '.' {
		fraction := i + 1
		if i = digits(b, fraction); i == fraction {
			return i, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		exponent := i
		if i = digits(b, i); i == exponent {
			return i, false
		}
	}
	return i, true
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// integer reads a whole number.
func integer(raw []byte) (int, bool) {
	if len(raw) == 0 || len(raw) > 10 {
		return 0, false
	}
	n, err := strconv.Atoi(string(raw))
	return n, err == nil
}
