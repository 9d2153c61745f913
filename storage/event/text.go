package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns the index of the quote that closes the string whose inside
// starts at i. Control characters and unknown escapes are errors.
func stringEnd(b []byte, i int) (end int, escaped, ok bool) {
	for {
		i = special(b, i)
		if i >= len(b) || b[i] < ' ' {
			return i, escaped, false
		}
		if b[i] == '"' {
			return i, escaped, true
		}
		escaped = true
		if i, ok = escape(b, i); !ok {
			return i, escaped, false
		}
	}
}

// special returns the index of the first quote, backslash or control character
// from i on, or the length of b.
func special(b []byte, i int) int {
	// Eight bytes at once. Of each word only the lowest marked byte is exact.
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		q, s := w^('"'*ones), w^('\\'*ones)
		if hit := ((q-ones)&^q | (s-ones)&^s | (w-' '*ones)&^w) & highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// escape returns the index behind the escape whose backslash is at i.
func escape(b []byte, i int) (int, bool) {
	if i+1 >= len(b) {
		return len(b), false
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, true
	case 'u':
		if i+6 > len(b) {
			return len(b), false
		}
		_, ok := hex4(b[i+2:])
		return i + 6, ok
	}
	return i, false
}

func hex4(b []byte) (rune, bool) {
	var r rune
	for _, c := range b[:4] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// appendUnescaped decodes the inside of a string. An escape that JSON does not
// know, which only a line that was not read to its end can hold, stays as it is.
func appendUnescaped(out, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 == len(raw) {
			return appendText(out, raw)
		}
		out = appendText(out, raw[:i])
		raw = raw[i:]
		n := 2
		if k := strings.IndexByte(`"\/bfnrt`, raw[1]); k >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[k])
		} else if r, m := unescapeRune(raw); m > 0 {
			out, n = utf8.AppendRune(out, r), m
		} else {
			out = append(out, '\\')
			n = 1
		}
		raw = raw[n:]
	}
}

// appendText appends what has no escapes: U+FFFD for each byte that is not part
// of valid UTF-8.
func appendText(out, raw []byte) []byte {
	if utf8.Valid(raw) {
		return append(out, raw...)
	}
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		out = utf8.AppendRune(out, r)
		raw = raw[n:]
	}
	return out
}

// unescapeRune decodes \uXXXX, or two of them that form a surrogate pair. A
// surrogate without its other half becomes U+FFFD; n is 0 if it is neither.
func unescapeRune(b []byte) (r rune, n int) {
	r, ok := unescapeUnit(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := unescapeUnit(b[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// unescapeUnit decodes \uXXXX at the start of b.
func unescapeUnit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	return hex4(b[2:])
}
