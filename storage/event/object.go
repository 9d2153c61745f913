package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads one line after the other and keeps the wanted values. It accepts
// what encoding/json accepts, with keys compared exactly.
type parser struct {
	// wanted holds the columns by the length of their name: most keys of a line
	// are dismissed by their length alone.
	wanted [64][]column
	values []Value
}

type column struct {
	name  string
	index int // in values
}

// maxDepth is the nesting that encoding/json allows.
const maxDepth = 10000

func newParser(columns []string) *parser {
	p := &parser{values: make([]Value, len(columns))}
	for i, c := range columns {
		at := &p.wanted[min(len(c), len(p.wanted)-1)]
		*at = append(*at, column{c, i})
	}
	return p
}

// parse reads the object in line into p.values. It returns "" or what is wrong.
func (p *parser) parse(line []byte) Reason {
	clear(p.values)
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
		key, escaped, next, ok := key(b, i)
		if !ok {
			return next, false
		}
		column := p.column(key, escaped)
		v, next, ok := value(b, next, 1)
		if !ok {
			return next, false
		}
		if column >= 0 {
			p.values[column] = v
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
	for _, c := range p.wanted[min(len(key), len(p.wanted)-1)] {
		if string(key) == c.name {
			return c.index
		}
	}
	return -1
}

// key reads `"key" :` from i on, spaces allowed, and returns the index behind
// the colon.
func key(b []byte, i int) (raw []byte, escaped bool, next int, ok bool) {
	i = skipSpace(b, i)
	if i >= len(b) || b[i] != '"' {
		return nil, false, i, false
	}
	end, escaped, ok := stringEnd(b, i+1)
	if !ok {
		return nil, false, end, false
	}
	colon := skipSpace(b, end+1)
	if colon >= len(b) || b[colon] != ':' {
		return nil, false, colon, false
	}
	return b[i+1 : end], escaped, colon + 1, true
}

// value reads any JSON value and returns the index behind it.
func value(b []byte, i, depth int) (v Value, next int, ok bool) {
	i = skipSpace(b, i)
	if i >= len(b) || depth > maxDepth {
		return v, i, false
	}
	switch c := b[i]; {
	case c == '"':
		end, escaped, ok := stringEnd(b, i+1)
		if !ok {
			return v, end, false
		}
		v = Value{kindString, b[i+1 : end]}
		if escaped {
			v.kind = kindEscaped
		}
		return v, end + 1, true
	case c == '{':
		next, ok = object(b, i+1, depth+1)
	case c == '[':
		next, ok = array(b, i+1, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		next, ok = number(b, i)
	case c == 'n':
		next, ok = literal(b, i, "null")
		return v, next, ok
	case c == 't':
		next, ok = literal(b, i, "true")
	case c == 'f':
		next, ok = literal(b, i, "false")
	default:
		return v, i, false
	}
	if !ok {
		return v, next, false
	}
	return Value{kindToken, b[i:next]}, next, true
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
		_, _, next, ok := key(b, i)
		if !ok {
			return next, false
		}
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
	for ok := true; ; {
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

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns the index of the quote that closes the string whose inside
// starts at i. Control characters and unknown escapes are errors.
func stringEnd(b []byte, i int) (end int, escaped, ok bool) {
	for {
		// Eight bytes at once: stop at the first quote, backslash or control
		// character. Of each word only the lowest marked byte is exact.
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			q, s := w^('"'*ones), w^('\\'*ones)
			hit := ((q-ones) & ^q | (s-ones) & ^s | (w-' '*ones) & ^w) & highs
			if hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
			i += 8
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
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

// appendUnescaped decodes the inside of a string that stringEnd accepted.
func appendUnescaped(out, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '\\' && raw[i+1] == 'u':
			r, n := unescapeRune(raw[i:])
			out = utf8.AppendRune(out, r)
			i += n
		case c == '\\':
			out = append(out, "\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, raw[i+1])])
			i += 2
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			out = utf8.AppendRune(out, r)
			i += n
		}
	}
	return out
}

// unescapeRune decodes \uXXXX, or two of them that form a surrogate pair. A
// surrogate without its other half becomes U+FFFD.
func unescapeRune(b []byte) (r rune, n int) {
	r, _ = hex4(b[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		low, _ := hex4(b[8:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// integer reads a value that is a whole number, as a number or as a string.
func integer(v Value) (int, bool) {
	if v.kind == kindAbsent || len(v.raw) > 10 {
		return 0, false
	}
	n, err := strconv.Atoi(string(v.raw))
	return n, err == nil
}
