package event

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/klauspost/compress/gzip"

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
	return !strings.HasSuffix(strings.ToLower(b.Name), ".gz")
}

// Open starts a scan of one range for the records that q wants and that lie in
// the window. The caller closes the Scanner.
func Open(ctx context.Context, r storage.Reader, rng Range, q Query, w Window) (*Scanner, error) {
	s := newScanner(q, w, rng.Blob.Name)
	s.stop = rng.Offset + rng.Length
	src := &source{ctx: ctx, r: r, blob: rng.Blob, at: rng.Offset, next: s.stop}
	s.closers = append(s.closers, src)
	s.src = src
	var err error
	if rng.Offset > 0 {
		err = s.seekLine(src)
	} else {
		err = s.begin(src, rng)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// seekLine skips the line that the range before ours reads: it began before
// Offset, unless the byte before Offset is its newline.
func (s *Scanner) seekLine(src *source) error {
	src.at--
	s.offset = src.at
	for !s.eof && s.offset < s.stop {
		if !s.fill() {
			return s.err
		}
		if i := bytes.IndexByte(s.buf[s.start:s.end], '\n'); i >= 0 {
			s.advance(i + 1)
			return nil
		}
		s.advance(s.end - s.start)
	}
	s.stop = s.offset // no line starts in this range
	return nil
}

var gzipMagic = []byte{0x1f, 0x8b}
var byteOrderMark = []byte("\ufeff")

// begin looks at the first bytes of a blob: they may be compressed, or carry a
// byte order mark.
func (s *Scanner) begin(src *source, rng Range) error {
	head := bufio.NewReaderSize(src, 64<<10)
	magic, err := head.Peek(len(gzipMagic))
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", s.blob, err)
	}
	s.src = head
	if bytes.Equal(magic, gzipMagic) {
		if rng.Length < rng.Blob.Size {
			return fmt.Errorf("%s: %w: gzip data in a blob whose name does not end in .gz cannot be read in parts", s.blob, ErrCorrupt)
		}
		z, err := gzip.NewReader(head)
		if err != nil {
			return fmt.Errorf("reading %s: %w", s.blob, src.orCorrupt(err))
		}
		s.closers = append(s.closers, z)
		s.src = &gunzip{z, src}
		s.stop = math.MaxInt64
	}
	for !s.eof && s.end < len(byteOrderMark) {
		if !s.fill() {
			return s.err
		}
	}
	if bytes.HasPrefix(s.buf[s.start:s.end], byteOrderMark) {
		s.advance(len(byteOrderMark))
		s.stop = max(s.stop, s.offset+1) // the first line is ours, also when the cut is inside the mark
	}
	return nil
}

// gunzip tells corrupt data from a source that failed.
type gunzip struct {
	z   *gzip.Reader
	src *source
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && err != io.EOF {
		err = g.src.orCorrupt(err)
	}
	return n, err
}

// beyond is how much is read at a time to finish the last line of a range.
const beyond = 64 << 10

// source reads a blob from at on: first up to next, the end of the range, then,
// as long as it is asked, a little more up to the blob's end.
type source struct {
	ctx      context.Context // of Open: Read may have to open the next part
	r        storage.Reader
	blob     storage.Blob
	at, next int64
	body     io.ReadCloser
	err      error // that the store returned
}

func (s *source) Read(p []byte) (int, error) {
	for {
		if s.err != nil {
			return 0, s.err
		}
		if s.body == nil {
			if s.at >= s.blob.Size {
				return 0, io.EOF
			}
			if s.at >= s.next {
				s.next = min(s.at+beyond, s.blob.Size)
			}
			if s.body, s.err = s.r.Open(s.ctx, s.blob, s.at, s.next-s.at); s.err != nil {
				s.body = nil
				continue
			}
		}
		n, err := s.body.Read(p)
		s.at += int64(n)
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
	return fmt.Errorf("%w: %v", ErrCorrupt, err)
}

func (s *source) endPart() error {
	err := s.body.Close()
	s.body = nil
	if err == nil && s.at < s.next {
		err = fmt.Errorf("%s: %w", s.blob.Name, io.ErrUnexpectedEOF)
	}
	return err
}

func (s *source) Close() error {
	if s.body == nil {
		return nil
	}
	err := s.body.Close()
	s.body = nil
	return err
}
