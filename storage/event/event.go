// Package event turns the bytes of export blobs into records, narrowed to the
// columns that a detector asked for.
//
// A blob is JSON lines: one object per line, keys in any order. Lines may end in
// CRLF, be blank, start with a byte order mark (the first), and miss their
// newline (the last). Only top-level keys count; Mode says which of a repeated
// key. A line that is no JSON object is counted, sampled and left out; it never
// affects its neighbours.
//
// A blob whose name ends in .parquet is Parquet: its rows are read as the lines
// of the same events would be, from the columns of the top level.
package event

// Spec is what a detector reads, and under which name it is known.
type Spec struct {
	// Detector and Version name the detector's state: a change of what it
	// remembers, or how, is a new version.
	Detector string
	Version  int
	// Container is where Azure Monitor exports the detector's table.
	Container string
	Query
}

// Query selects records and their columns.
type Query struct {
	// EventIDs are the values of the EventID column to keep; none means all.
	EventIDs []int
	// Columns are the distinct columns to keep; Record.Value counts as they do.
	Columns []string
	// Needs are those of the columns without which an event is not of the kind that is
	// looked for: one that lacks any of them is as one with another EventID.
	Needs []string `json:",omitempty"`
	// Elsewhere says where a line may have the columns that lacks what is needed, before
	// it is taken for another event; nil for nowhere. It is not for Parquet, nor with
	// Fields.
	Elsewhere *Fields `json:",omitempty"`
	// Mode says how much of each line is checked.
	Mode Mode
	// Fields says where another source than SecurityEvent has the columns; nil where
	// they are. With it every line is read to its end.
	Fields *Fields `json:",omitempty"`
	// Arrays has a file that is one JSON array read as the lines of its elements.
	Arrays bool `json:",omitempty"`
}

// Mode says how much of each line is checked. Of valid lines without repeated
// keys both modes give the same records.
type Mode uint8

const (
	// Fast reads a line until it has all it needs: up to an EventID that is not
	// wanted, or to the last wanted column. It does not notice what is wrong
	// behind that place, except a line that does not end in '}', nor a column
	// that is repeated there; in the strings that are values it passes over raw
	// control characters and unknown escapes. What it takes of a line depends on
	// the line alone.
	Fast Mode = iota
	// Strict reads every line to its end, accepts exactly what encoding/json
	// accepts, and takes the last of repeated columns.
	Strict
)

// Record is one event. It and its values are valid until the next Scan.
type Record struct {
	// Time is TimeGenerated in nanoseconds since 1970, UTC.
	Time   int64
	line   []byte
	spans  []span
	values []Value // in place of line and spans, unless nil
}

// span is where a value stands in its line.
type span struct {
	start, end uint32
	kind       kind
}

// NewRecord makes a record from texts, for built-in events; a nil text is a
// column that is absent.
func NewRecord(time int64, texts ...*string) *Record {
	r := &Record{Time: time, spans: make([]span, len(texts))}
	for i, s := range texts {
		if s != nil {
			start := len(r.line)
			r.line = append(r.line, *s...)
			r.spans[i] = span{uint32(start), uint32(len(r.line)), kindToken}
		}
	}
	return r
}

// Value returns the value of the i-th column of the query.
func (r *Record) Value(i int) Value {
	if r.values != nil {
		return r.values[i]
	}
	s := r.spans[i]
	return Value{s.kind, r.line[s.start:s.end]}
}

// Value is one JSON value as it stands in its line, or one value of a Parquet
// column as text. The zero Value is an absent column; null counts as absent.
type Value struct {
	kind kind
	raw  []byte
}

type kind uint8

const (
	kindAbsent kind = iota
	kindToken       // a number, true, false, an object, an array: as written
	kindString      // the inside of a string, escapes and all
	kindText        // decoded: from Parquet
)

// Absent reports whether the record lacks the column, or has null there.
func (v Value) Absent() bool { return v.kind == kindAbsent }

// Raw returns the value's spelling: the inside of a JSON string with its escapes
// as they are, any other value as written or, from Parquet, as text. Values of
// equal spelling that are equally Escaped have equal text, so the two serve as a
// key before anything is decoded.
func (v Value) Raw() []byte { return v.raw }

// Escaped reports whether Raw holds JSON escapes as written.
func (v Value) Escaped() bool { return v.kind == kindString }

// Text returns the decoded value: escapes resolved, invalid UTF-8 and lone
// surrogates replaced by U+FFFD as encoding/json does, "" when absent.
func (v Value) Text() string { return string(v.AppendText(nil)) }

// AppendText appends what Text returns to dst.
func (v Value) AppendText(dst []byte) []byte {
	if v.kind == kindString {
		return appendUnescaped(dst, v.raw)
	}
	return appendText(dst, v.raw)
}
