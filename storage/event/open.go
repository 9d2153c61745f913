package event

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"sparkless/storage"
)

// Range is a part of a blob: the lines whose first byte lies in
// [Offset, Offset+Length). The ranges of a blob that touch share no line and
// miss none, wherever they are cut.
type Range struct {
	Blob   storage.Blob
	Offset int64
	Length int64
}

// Whole is the range of all lines of a blob.
func Whole(b storage.Blob) Range { return Range{b, 0, b.Size} }

// Splittable reports whether a blob may be read in parts: a compressed one may
// not, by its name.
func Splittable(b storage.Blob) bool {
	name := strings.ToLower(b.Name)
	return trimCompression(name) == name
}

// Open goes on with the lines of a range, after closing the one before. After an
// error the scanner can open another.
func (s *Scanner) Open(ctx context.Context, r storage.Reader, rng Range) error {
	return s.open(ctx, r, rng, piece{offset: rng.Offset, length: rng.Length})
}

// open goes on with the lines of a piece of the range: with those that lie in it
// as a whole. What is left of other lines is in s.head, and then in tail.
func (s *Scanner) open(ctx context.Context, r storage.Reader, rng Range, p piece) error {
	if err := s.Close(); err != nil {
		s.lines.err = err
		return err
	}
	s.letGo()
	s.loan.begin(ctx)
	stop, end := p.offset+p.length, rng.Offset+rng.Length
	src := &source{ctx: ctx, r: r, blob: rng.Blob, at: p.offset, next: stop, end: end, limit: stop}
	if stop == end { // the last line may end behind the range
		src.next, src.limit = min(end+spare, rng.Blob.Size), rng.Blob.Size
	}
	s.closers = append(s.closers, src.Close)
	s.watch(src, p)
	s.head = nil
	s.lines = lines{src: src, blob: rng.Blob.Name, loan: s.loan, buf: s.lines.buf, bytes: s.lines.bytes, offset: p.offset, stop: stop, open: stop < end}
	var err error
	switch {
	case namedParquet(rng.Blob):
		s.lines.stop, s.lines.open = 0, false
		err = s.openParquet(ctx, r, Range{rng.Blob, p.offset, p.length})
	case p.offset > rng.Offset:
		err = s.readHead(p, rng)
	case rng.Offset > 0:
		err = s.seekLine(src, p)
	default:
		err = s.begin(src, rng)
	}
	if err != nil {
		_ = s.Close() // err came first
		s.lines.err, s.lines.stop = err, 0
	}
	return err
}

// seekLine skips the line that the range before ours reads: it began before
// Offset, unless the byte before Offset is its newline.
func (s *Scanner) seekLine(src *source, p piece) error {
	l := &s.lines
	src.at--
	l.offset = src.at
	for !l.eof && l.offset < l.stop {
		if !l.fill() {
			return l.err
		}
		if i := bytes.IndexByte(l.buf[l.start:l.end], '\n'); i >= 0 {
			l.advance(i + 1)
			return nil
		}
		l.advance(l.end - l.start)
	}
	if l.open {
		s.head = &fragment{part: p.part, start: p.offset, end: l.stop, right: true, foreign: true}
	}
	l.stop, l.open = l.offset, false // no line starts in this piece
	return nil
}

var byteOrderMark = []byte("\ufeff")

// begin looks at the first bytes of a blob: they may be compressed, or carry a
// byte order mark.
func (s *Scanner) begin(src *source, rng Range) error {
	l := &s.lines
	head := bufio.NewReaderSize(src, 4<<10)
	first, err := head.Peek(longestMagic)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", l.blob, err)
	}
	l.src = head
	if bytes.HasPrefix(first, []byte(parquetMagic)) {
		return fmt.Errorf("%s: %w: Parquet in a blob whose name does not end in %s; rename it", l.blob, ErrCorrupt, parquetEnding)
	}
	if c, ok := compressionOf(first); ok {
		if rng.Length < rng.Blob.Size {
			return fmt.Errorf("%s: %w: compressed data in a blob whose name does not end in %s cannot be read in parts", l.blob, ErrCorrupt, c.ending)
		}
		src.limit = rng.Blob.Size
		e, err := expand(c, head, src, s.loan)
		if err != nil {
			return fmt.Errorf("reading %s: %w", l.blob, err)
		}
		s.closers = append(s.closers, e.Close)
		l.src = e
		l.stop, l.open = math.MaxInt64, false
	}
	for !l.eof && l.end < len(byteOrderMark) {
		if !l.fill() {
			return l.err
		}
	}
	if bytes.HasPrefix(l.buf[l.start:l.end], byteOrderMark) {
		l.advance(len(byteOrderMark))
		if rng.Length > 0 {
			l.stop = max(l.stop, l.offset+1) // the first line is ours, also when the cut is inside the mark
		}
	}
	if s.query.Arrays {
		return s.beginArray(src, rng)
	}
	return nil
}

const (
	// spare is how much is read behind a range in the same request, to finish its
	// last line; beyond is how much at a time where that is not enough.
	spare  = 16 << 10
	beyond = 64 << 10
)

// source reads a blob from at on: up to next in one request, up to end, where the
// range ends, in another, and then, as long as it is asked, a little more, up to
// limit.
type source struct {
	ctx                  context.Context // of Open: Read may have to open the next part
	r                    storage.Reader
	blob                 storage.Blob
	at, next, end, limit int64
	body                 io.ReadCloser
	err                  error          // that the store returned
	seen                 func(at int64) // is told where reading is, if set
}

func (s *source) Read(p []byte) (int, error) {
	for {
		if s.err != nil {
			return 0, s.err
		}
		if s.body == nil {
			if s.at >= s.limit {
				return 0, io.EOF
			}
			if s.at >= s.next {
				s.next = min(max(s.end, s.at+beyond), s.limit)
			}
			if s.body, s.err = s.r.Open(s.ctx, s.blob, s.at, s.next-s.at); s.err != nil {
				s.body = nil
				continue
			}
		}
		n, err := s.body.Read(p)
		s.at += int64(n)
		if s.seen != nil {
			s.seen(s.at)
		}
		if err == io.EOF {
			err = s.endPart()
		}
		s.err = err
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// orCorrupt returns the store's error if there was one; else what was read is
// corrupt, as err says.
func (s *source) orCorrupt(err error) error {
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return fmt.Errorf("%w: %v; replace or remove the blob and run again", ErrCorrupt, err)
}

func (s *source) endPart() error {
	err := s.body.Close()
	s.body = nil
	if err == nil && s.at < s.next {
		err = fmt.Errorf("%s: %w", s.blob.Name, io.ErrUnexpectedEOF)
	}
	return err
}

// Close reads a request to its end if little of it is left: only there a store
// notices some changes, and only then can it use the connection again.
func (s *source) Close() error {
	if s.body == nil {
		return nil
	}
	if s.err == nil && s.next-s.at <= spare {
		n, err := io.Copy(io.Discard, s.body)
		s.at += n
		if err != nil {
			err = fmt.Errorf("reading %s: %w", s.blob.Name, err)
		}
		return errors.Join(err, s.endPart())
	}
	err := s.body.Close()
	s.body = nil
	return err
}
