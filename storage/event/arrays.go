package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"sparkless/storage"
)

// Splittable is Splittable for the query: what may be one JSON array, by its name,
// may not be cut either.
func (q Query) Splittable(b storage.Blob) bool {
	return Splittable(b) && !(q.Arrays && strings.HasSuffix(strings.ToLower(b.Name), ".json"))
}

// elements has a JSON array be read as lines: what parts its elements becomes a
// newline, and a newline within one a space. No byte moves, so a place in the lines
// is the place in the blob. Arrays may follow one another; what is neither is left
// as it is.
//
// Where it cannot be told any more where elements end, as in an array that is cut or
// in which a quote is missing, reading fails with ErrCorrupt: all that is behind
// would pass for one malformed line.
type elements struct {
	src     io.Reader
	depth   int // of what is open; 0 between arrays, 1 between elements
	quoted  bool
	escaped bool
	closed  bool  // a string was, and nothing has come since
	other   bool  // no array any more
	at      int64 // how much was read of the blob
	err     error
}

func (e *elements) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.src.Read(p)
	e.rewrite(p[:n])
	if e.err == nil && errors.Is(err, io.EOF) {
		e.atEnd()
	}
	if e.err != nil {
		return n, e.err
	}
	return n, err
}

// atEnd is for when all of the source has been read.
func (e *elements) atEnd() {
	if e.err = io.EOF; e.depth > 0 {
		e.fail("ends before it is closed")
	}
}

// fail says what is wrong with an array.
func (e *elements) fail(what string) {
	e.err = fmt.Errorf("%w: the JSON array %s at byte %d, and so it cannot be told where its elements end; mend or remove the file, or write its events as lines", ErrCorrupt, what, e.at)
	e.other = true
}

// rewrite goes on with the next bytes of the blob.
func (e *elements) rewrite(b []byte) {
	start := e.at
	for i := 0; i < len(b) && !e.other; i++ {
		e.at = start + int64(i)
		if e.quoted {
			i = e.string(b, i)
			continue
		}
		switch c := b[i]; {
		case e.depth == 0:
			e.between(b, i)
		case c == ' ' || c == '\t':
		case c == '\n' || c == '\r':
			b[i] = ' '
		default:
			e.within(b, i)
		}
	}
	if e.err == nil {
		e.at = start + int64(len(b))
	}
}

// within looks at a byte that is in an array, and in no string.
func (e *elements) within(b []byte, i int) {
	c := b[i]
	if e.closed && c != ',' && c != ':' && c != '}' && c != ']' {
		e.fail("has a string with too few or too many quotes")
		return
	}
	switch e.closed = false; {
	case c == '"':
		e.quoted = true
	case c == '{' || c == '[':
		e.depth++
	case c == ',' && e.depth == 1:
		b[i] = '\n'
	case c == ']' && e.depth == 1:
		b[i], e.depth = '\n', 0
	case (c == '}' || c == ']') && e.depth > 1:
		e.depth--
	}
}

// between looks at a byte that is in no array.
func (e *elements) between(b []byte, i int) {
	switch b[i] {
	case '[':
		b[i], e.depth = ' ', 1
	case ' ', '\t', '\r', '\n':
	case ',', ']', '}':
		e.fail("is closed too early")
	default:
		e.other = true
	}
}

// string goes on within a string, up to its quote, and returns where that is.
func (e *elements) string(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch {
		case e.escaped:
			e.escaped = false
		case b[i] == '\\':
			e.escaped = true
		case b[i] == '"':
			e.quoted, e.closed = false, true
			return i
		default:
			if n := bytes.IndexAny(b[i:], `"\`); n > 0 {
				i += n - 1
			} else if n < 0 {
				return len(b)
			}
		}
	}
	return i
}

// beginArray has the blob's lines be the elements of the array that it is, if it
// begins as one.
func (s *Scanner) beginArray(src *source, rng Range) error {
	l := &s.lines
	for !l.eof && skipSpace(l.buf[:l.end], l.start) == l.end && l.end < bufferSize {
		if !l.fill() {
			return l.err
		}
	}
	if i := skipSpace(l.buf[:l.end], l.start); i == l.end || l.buf[i] != '[' {
		return nil
	}
	if rng.Length < rng.Blob.Size {
		return fmt.Errorf("%s: %w: a JSON array in a blob whose name does not end in .json cannot be read in parts; rename it", l.blob, ErrCorrupt)
	}
	src.end, src.limit = rng.Blob.Size, rng.Blob.Size
	e := &elements{src: l.src}
	e.at = l.offset
	e.rewrite(l.buf[l.start:l.end])
	if l.eof && e.err == nil {
		e.atEnd()
	}
	l.eof = false // e tells it, or what is wrong
	l.src, l.stop, l.open = e, math.MaxInt64, false
	return nil
}
