package event

import (
	"bytes"
	"context"
	"math"
	"sync"

	"sparkless/storage"
)

// fragment is a line that is cut, or a part of it, without its newline.
type fragment struct {
	part       int    // of the reading
	start, end int64  // of its bytes in the blob
	text       []byte // the first of them, longestText at most
	left       bool   // it begins before start, in another piece
	right      bool   // it goes on behind end, in another piece
	beyond     bool   // it goes on behind end, where the range ends
	foreign    bool   // it begins before the range, which therefore leaves it out
	bounded    bool   // a long text is not kept: no lane could wait for the memory, which lanes that come later free
	lost       bool   // it was not kept: the line has to be read again
}

// keptFragment is the longest text of a bounded fragment.
const keptFragment = bufferSize

// longestText is as much of a line as is needed to see that it is too long, also
// when it begins with a byte order mark.
const longestText = maxLine + 4

func (f *fragment) append(text []byte) {
	f.end += int64(len(text))
	switch {
	case f.foreign || f.lost:
	case f.bounded && len(f.text)+len(text) > keptFragment:
		f.text, f.lost = nil, true
	default:
		f.text = append(f.text, text[:min(len(text), longestText-len(f.text))]...)
	}
}

// join appends the fragment that follows f.
func (f *fragment) join(next *fragment) *fragment {
	f.append(next.text)
	f.end, f.right, f.beyond = next.end, next.right, next.beyond
	if next.lost {
		f.text, f.lost = nil, true
	}
	return f
}

// readHead reads the bytes of a piece up to the first newline: they end a line
// that begins before. Without a newline they are all there is.
func (s *Scanner) readHead(p piece, rng Range) error {
	s.head = &fragment{part: p.part, start: p.offset, end: p.offset, left: true, bounded: s.loan != nil}
	found, err := s.collect(s.head)
	if err != nil || found {
		return err
	}
	l := &s.lines
	s.head.right, s.head.beyond = l.open, !l.open && l.stop < rng.Blob.Size
	l.stop, l.open = l.offset, false
	return nil
}

// collect appends to f what stands before the next newline, or before the end.
func (s *Scanner) collect(f *fragment) (found bool, err error) {
	for l := &s.lines; ; {
		rest := l.buf[l.start:l.end]
		rest = rest[:min(int64(len(rest)), l.stop-l.offset)]
		n := bytes.IndexByte(rest, '\n')
		if found = n >= 0; !found {
			n = len(rest)
		}
		f.append(rest[:n])
		l.advance(n)
		if found || l.eof || l.offset == l.stop {
			return found, nil
		}
		if !l.fill() {
			return false, l.err
		}
	}
}

// tail returns what is left at the end of the piece: the beginning of a line
// that goes on in the next. A piece without newline has none.
func (s *Scanner) tail(p piece) *fragment {
	l := &s.lines
	if !l.open {
		return nil
	}
	f := &fragment{part: p.part, start: l.offset, end: l.offset, right: true, bounded: s.loan != nil}
	f.append(l.buf[l.start:l.end])
	return f
}

// finish reads what is behind the range of a line that begins in it.
func (s *Scanner) finish(ctx context.Context, r storage.Reader, b storage.Blob, f *fragment) error {
	if err := s.Close(); err != nil {
		return err
	}
	src := &source{ctx: ctx, r: r, blob: b, at: f.end, next: min(f.end+spare, b.Size), limit: b.Size}
	s.closers = append(s.closers, src.Close)
	s.lines = lines{src: src, blob: b.Name, loan: s.loan, buf: s.lines.buf, bytes: s.lines.bytes, offset: f.end, stop: math.MaxInt64}
	_, err := s.collect(f)
	return err
}

// reread reads the text of a complete line that was not kept; of one that is too
// long only what is kept aside.
func (s *Scanner) reread(ctx context.Context, r storage.Reader, b storage.Blob, f *fragment) error {
	if err := s.Close(); err != nil {
		return err
	}
	s.letGo()
	end := f.end
	if end-f.start > longestText {
		end = f.start + 2*keptLine
	}
	src := &source{ctx: ctx, r: r, blob: b, at: f.start, next: end, end: end, limit: end}
	s.closers = append(s.closers, src.Close)
	s.lines = lines{src: src, blob: b.Name, loan: s.loan, buf: s.lines.buf, bytes: s.lines.bytes, offset: f.start}
	l := &s.lines
	for !l.eof {
		if !l.fill() {
			return l.err
		}
	}
	f.text = l.buf[:l.end]
	return nil
}

// takeFragment takes a line that is complete again, as give does. The open piece
// is at its end.
func (s *Scanner) takeFragment(b storage.Blob, f *fragment, add []func(*Record)) {
	start, text := f.start, f.text
	if start == 0 && bytes.HasPrefix(text, byteOrderMark) {
		start, text = start+int64(len(byteOrderMark)), text[len(byteOrderMark):]
	}
	l := &s.lines
	l.blob = b.Name
	l.bytes += f.end - start
	if f.end-start > maxLine {
		s.tooLong(start, f.end-start, text)
		return
	}
	l.offset = f.end
	s.give(text, add)
}

// seams joins the fragments that pieces leave, whichever is done first.
type seams struct {
	mu      sync.Mutex
	byEnd   map[place]*fragment // that go on behind their end
	byStart map[place]*fragment // that begin before their start
}

type place struct {
	part int
	at   int64
}

// add returns the complete line that f belongs to, if nothing of it is missing.
// Of a line that goes on behind its range that may still be.
func (s *seams) add(f *fragment) (*fragment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.byEnd[place{f.part, f.start}]; f.left && before != nil {
		s.remove(before)
		f = before.join(f)
	}
	if after := s.byStart[place{f.part, f.end}]; f.right && after != nil {
		s.remove(after)
		f = f.join(after)
	}
	if f.left {
		s.byStart[place{f.part, f.start}] = f
	}
	if f.right {
		s.byEnd[place{f.part, f.end}] = f
	}
	return f, !f.left && !f.right
}

func (s *seams) remove(f *fragment) {
	if f.left {
		delete(s.byStart, place{f.part, f.start})
	}
	if f.right {
		delete(s.byEnd, place{f.part, f.end})
	}
}
