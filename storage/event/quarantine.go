package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"sparkless/storage/printable"
)

// Line is a malformed line, kept aside as it is.
type Line struct {
	Blob   string
	Offset int64 // as Sample.Offset
	Reason Reason
	Length int64  // in bytes, without the newline
	Text   []byte // the first of them; of a row of Parquet, its TimeGenerated
}

// What a reading keeps aside: that many lines, that many bytes of them together
// and of each.
const (
	keptLines = 1000
	keptBytes = 1 << 20
	keptLine  = 16 << 10
)

// quarantine keeps malformed lines: of all in the order of their places as many
// first ones as its bounds allow. Those of a whole are thus among those of its
// parts, however the lines came to them.
type quarantine struct {
	lines []Line // by place
	bytes int    // of their texts
	full  bool
	cut   Line // if full: it and the lines behind it are left out
}

// take keeps a line if it is among the first. It does not retain text.
func (q *quarantine) take(l Line, text []byte) {
	if q.wants(l) {
		l.Text = bytes.Clone(beginning(text))
		q.add(l)
	}
}

// beginning cuts what is kept off a line, not inside a character.
func beginning(text []byte) []byte {
	if len(text) <= keptLine {
		return text
	}
	n := keptLine
	for n > keptLine-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	if !utf8.RuneStart(text[n]) {
		n = keptLine // no character is that long
	}
	return text[:n]
}

func (q *quarantine) wants(l Line) bool { return !q.full || byPlace(l, q.cut) < 0 }

func (q *quarantine) add(l Line) {
	if !q.wants(l) {
		return
	}
	at, _ := slices.BinarySearchFunc(q.lines, l, byPlace)
	q.lines = slices.Insert(q.lines, at, l)
	q.bytes += len(l.Text)
	for len(q.lines) > keptLines || q.bytes > keptBytes {
		q.dropLast()
	}
}

func (q *quarantine) dropLast() {
	last := len(q.lines) - 1
	q.cut, q.full = q.lines[last], true
	q.bytes -= len(q.cut.Text)
	q.cut.Text = nil
	q.lines[last] = Line{}
	q.lines = q.lines[:last]
}

// merge adds the lines of o, which is of no use afterwards.
func (q *quarantine) merge(o *quarantine) {
	if o.full && q.wants(o.cut) {
		q.full, q.cut = true, o.cut
		for len(q.lines) > 0 && byPlace(q.lines[len(q.lines)-1], o.cut) > 0 {
			q.dropLast()
		}
		q.cut = o.cut
	}
	for _, l := range o.lines {
		q.add(l)
	}
}

// byPlace is the order of lines in blobs.
func byPlace(a, b Line) int {
	return cmp.Or(cmp.Compare(a.Blob, b.Blob), cmp.Compare(a.Offset, b.Offset))
}

// linesFormat is the kind and version of what EncodeLines returns.
//
// History: 1, the first.
const linesFormat = "sparkless-malformed/1"

// EncodeLines returns malformed lines as JSON lines, behind one that says what
// they are: of which shard, and of how many malformed lines how many are left
// out. Equal lines give equal bytes.
//
// Each has the keys blob, offset (or row, of Parquet), reason, length and text.
// If text is less than the line, cut is true; if the line is not valid UTF-8, text
// has U+FFFD in its place, and base64 has the bytes.
func EncodeLines(shard string, malformed int64, lines []Line) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Format    string `json:"format"`
		Shard     string `json:"shard"`
		Malformed int64  `json:"malformed"`
		Kept      int    `json:"kept"`
		LeftOut   int64  `json:"left_out"`
	}{linesFormat, shard, malformed, len(lines), malformed - int64(len(lines))})
	for _, l := range lines {
		if err == nil {
			err = enc.Encode(l.shown())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("encoding malformed lines of shard %s: %w", shard, err)
	}
	return printable.JSON(b.Bytes()), nil
}

// shownLine is a line in JSON.
type shownLine struct {
	Blob   string `json:"blob"`
	Offset *int64 `json:"offset,omitempty"`
	Row    *int64 `json:"row,omitempty"`
	Reason Reason `json:"reason"`
	Length int64  `json:"length"`
	Cut    bool   `json:"cut,omitempty"`
	Text   string `json:"text"`
	Base64 []byte `json:"base64,omitempty"`
}

func (l Line) shown() shownLine {
	s := shownLine{Blob: l.Blob, Reason: l.Reason, Length: l.Length, Cut: int64(len(l.Text)) < l.Length, Text: string(l.Text)}
	if isParquetName(l.Blob) {
		s.Row = &l.Offset
	} else {
		s.Offset = &l.Offset
	}
	if !utf8.Valid(l.Text) {
		s.Base64 = l.Text
	}
	return s
}
