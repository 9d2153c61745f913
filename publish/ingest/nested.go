package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Text keeps a nested value as it is written, and makes a string of one that is
// longer than limit bytes, cut as a string is. It suits a destination that stores
// nested values as their text.
func Text(raw []byte, limit int) ([]byte, error) {
	var buf bytes.Buffer
	if err := json.Compact(&buf, bytes.ToValidUTF8(raw, []byte("\uFFFD"))); err != nil {
		return nil, err
	}
	if buf.Len() > limit {
		return quote(cut(buf.String(), limit))
	}
	return buf.Bytes(), nil
}

// shortest is how far Outline shortens strings before it leaves values out.
const shortest = 64

// Outline writes a nested value as one of the same form in at most limit bytes.
// If it is longer, every string in it is cut to a common length; where the
// shortest does not do, what comes last is left out and a mark stands in its place.
func Outline(raw []byte, limit int) ([]byte, error) {
	for longest := limit; longest >= shortest; longest = longest * 3 / 4 {
		o := outline{limit: limit, longest: longest}
		if whole, err := o.write(raw); whole || err != nil {
			return o.out, err
		}
	}
	o := outline{limit: limit, longest: shortest, mark: strings.TrimSpace(mark(len(raw)))}
	_, err := o.write(raw)
	return o.out, err
}

// outline is a nested value being written.
type outline struct {
	limit   int
	longest int    // bytes of a string
	mark    string // written where the limit is met; empty: it is of no use then

	out  []byte
	open []byte // the brackets that close what is open, the outermost first
}

// write copies raw until the limit, and reports whether that was all of it.
func (o *outline) write(raw []byte) (whole bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // digits stay as they are
	for {
		t, err := dec.Token()
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if t == json.Delim(']') || t == json.Delim('}') {
			o.out = append(o.out, o.open[len(o.open)-1])
			o.open = o.open[:len(o.open)-1]
			continue
		}
		piece, err := o.piece(dec, t)
		if err != nil {
			return false, err
		}
		if !o.fits(piece) {
			o.stop()
			return false, nil
		}
		o.add(piece)
	}
}

// piece is the text of a value, or of its opening bracket, with its key.
func (o *outline) piece(dec *json.Decoder, t json.Token) ([]byte, error) {
	var piece []byte
	if key, ok := t.(string); ok && o.inObject() {
		var err error
		if piece, err = quote(key); err != nil {
			return nil, err
		}
		piece = append(piece, ':')
		if t, err = dec.Token(); err != nil {
			return nil, err
		}
	}
	switch v := t.(type) {
	case json.Delim:
		return append(piece, byte(v)), nil
	case json.Number:
		return append(piece, v...), nil
	case string:
		quoted, err := quote(cut(v, o.longest))
		return append(piece, quoted...), err
	}
	value, err := json.Marshal(t) // true, false or null
	return append(piece, value...), err
}

func (o *outline) inObject() bool { return len(o.open) > 0 && o.open[len(o.open)-1] == '}' }

// fits leaves room for closing what is open and, if there is a mark, for that.
func (o *outline) fits(piece []byte) bool {
	room := o.limit - len(o.out) - len(o.open)
	if o.comma() {
		room--
	}
	if closing(piece) != 0 {
		room--
	}
	if o.mark != "" {
		room -= len(`,"…":""`) + len(o.mark)
	}
	return len(piece) <= room
}

func (o *outline) comma() bool { return len(o.out) > 0 && closing(o.out) == 0 }

// closing is the bracket for the one that text ends with, or 0. No string does:
// it ends with its quotation mark.
func closing(text []byte) byte {
	switch text[len(text)-1] {
	case '[':
		return ']'
	case '{':
		return '}'
	}
	return 0
}

func (o *outline) add(piece []byte) {
	if o.comma() {
		o.out = append(o.out, ',')
	}
	o.out = append(o.out, piece...)
	if c := closing(piece); c != 0 {
		o.open = append(o.open, c)
	}
}

// stop puts the mark and closes what is open.
func (o *outline) stop() {
	mark := `"` + o.mark + `"`
	if o.inObject() {
		mark = `"…":` + mark
	}
	o.add([]byte(mark))
	for i := len(o.open) - 1; i >= 0; i-- {
		o.out = append(o.out, o.open[i])
	}
}

// mark says how much there was before the cut.
func mark(bytes int) string { return fmt.Sprintf(" … [cut, %d bytes in all]", bytes) }

// cut shortens s to limit bytes, the mark included, between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	mark := mark(len(s))
	end := limit - len(mark)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// quote leaves <, > and & as they are: escaped they would take six bytes.
func quote(s string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
