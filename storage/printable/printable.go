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

// Rune reports whether a character can be seen, or is a space: it is printable as
// unicode.IsPrint has it, and not one of those that show as nothing or as a gap,
// with which a name can look just like another. Combining marks can be seen.
func Rune(r rune) bool {
	if ' ' <= r && r <= '~' {
		return true // nearly all are these
	}
	switch r {
	case 0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159: // blanks that count as letters, marks or symbols
		return false
	}
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

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
		case r == '\n', Rune(r), r < ' ': // the last cannot stand in a string
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

// Text is Whole, shortened to 120 characters of s.
func Text(s string) string {
	const widest = 120
	if runes := []rune(s); len(runes) > widest {
		return spell(runes[:widest], len(runes)) + "…"
	}
	return Whole(s)
}

// Whole spells out what is not printable, as <U+001B>, and spaces at the ends,
// which nobody would see.
func Whole(s string) string {
	runes := []rune(s)
	return spell(runes, len(runes))
}

// spell spells the first runes of a text of that length.
func spell(runes []rune, length int) string {
	var b strings.Builder
	for i, r := range runes {
		atEnd := r == ' ' && (i == 0 || i == length-1)
		if Rune(r) && !atEnd {
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
