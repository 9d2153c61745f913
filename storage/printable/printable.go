// Package printable makes text that came from elsewhere harmless to show.
package printable

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON escapes in a JSON text every character that is not printable, such as
// control and bidirectional characters, so that showing the text cannot move a
// cursor or turn text around. Line feeds stay: between JSON lines they part, and
// within a string there are none. What is not valid UTF-8 becomes U+FFFD.
func JSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			out = utf8.AppendRune(out, utf8.RuneError)
		case r == '\n', unicode.IsPrint(r), r < ' ': // the last cannot stand in a string
			out = append(out, text[:n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// Text spells out what is not printable, as <U+001B>, and spaces at the ends,
// which nobody would see; it shortens to 120 characters.
func Text(s string) string {
	const widest = 120
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if i == widest {
			return b.String() + "…"
		}
		atEnd := r == ' ' && (i == 0 || i == len(runes)-1)
		if unicode.IsPrint(r) && !atEnd {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String()
}

// JSONWriter returns a writer that passes JSON texts, each Write a whole one, on
// to w as JSON makes them.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(text []byte) (int, error) {
	if _, err := j.w.Write(JSON(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
