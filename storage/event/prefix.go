package event

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// AppendPrefix appends to dst what Text returns or, where that is longer than n
// bytes, a part of it that is: its first n bytes are those of the text.
func (v Value) AppendPrefix(dst []byte, n int) []byte {
	// No spelling takes more than six bytes for a byte of text. What the cut
	// leaves of an escape or a character stands behind the n bytes.
	raw := v.raw[:min(len(v.raw), 6*n+24)]
	if v.kind != kindString {
		return appendText(dst, raw)
	}
	return appendUsual(dst, raw)
}

// appendUsual decodes the inside of a string as appendUnescaped does, to which it
// leaves the rest from an escape on that is neither \\ nor \". In events nearly
// all are: it copies eight bytes at a time up to the next one.
func appendUsual(dst, raw []byte) []byte {
	out := slices.Grow(dst, len(raw)+8)
	to, i := out[len(dst):cap(out)], 0 // decoded text is never longer than its spelling here
	n := 0
	for i+8 <= len(raw) {
		w := binary.LittleEndian.Uint64(raw[i:])
		binary.LittleEndian.PutUint64(to[n:], w)
		x := w ^ '\\'*ones
		hit := ((x-ones)&^x | w) & highs // the lowest mark is exact
		if hit == 0 {
			i, n = i+8, n+8
			continue
		}
		step := bits.TrailingZeros64(hit) / 8
		i, n = i+step, n+step
		if raw[i] == '\\' && i+1 < len(raw) && (raw[i+1] == '\\' || raw[i+1] == '"') {
			to[n] = raw[i+1]
			i, n = i+2, n+1
			continue
		}
		read, written := usual(to[n:], raw[i:])
		if read == 0 {
			return appendUnescaped(out[:len(dst)+n], raw[i:])
		}
		i, n = i+read, n+written
	}
	for i < len(raw) {
		read, written := usual(to[n:], raw[i:])
		if read == 0 {
			return appendUnescaped(out[:len(dst)+n], raw[i:])
		}
		i, n = i+read, n+written
	}
	return out[:len(dst)+n]
}

// usual decodes one character, if it is a common one: ASCII, \\ or \", or more
// than one byte of valid UTF-8. Otherwise it reads 0 bytes.
func usual(to, raw []byte) (read, written int) {
	c := raw[0]
	switch {
	case c == '\\':
		if len(raw) < 2 || raw[1] != '\\' && raw[1] != '"' {
			return 0, 0
		}
		to[0] = raw[1]
		return 2, 1
	case c < utf8.RuneSelf:
		to[0] = c
		return 1, 1
	}
	if _, size := utf8.DecodeRune(raw); size > 1 {
		return size, copy(to, raw[:size])
	}
	return 0, 0
}
