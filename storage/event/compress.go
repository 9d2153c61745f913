package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compression is a way in which blobs may be compressed.
type compression struct {
	ending string // of names
	magic  []byte // at the start of the data
	window int64  // the most that is allowed; 0 if it is always small
	// open returns what decompresses, with windows of at most so many bytes.
	open func(r io.Reader, window int64) (io.ReadCloser, error)
}

// Windows of Zstandard, the memory that its header asks for: those of the levels
// up to 19 always, those of the higher ones, and of --long, where the blob is
// large enough to need one. Ten bytes can ask for half a GiB.
const (
	usualWindow = 8 << 20
	mostWindow  = 128 << 20
	windowRatio = 128 // to the blob's size
	// besideWindow is what a decoder takes beside the window.
	besideWindow = 1 << 20
)

// compressions are known by their first bytes, and by the endings of names where
// a blob must not be cut.
func compressions() []compression {
	return []compression{
		{".gz", []byte{0x1f, 0x8b}, 0, func(r io.Reader, _ int64) (io.ReadCloser, error) { return gzip.NewReader(r) }},
		{".zst", []byte{0x28, 0xb5, 0x2f, 0xfd}, mostWindow, openZstd},
	}
}

func openZstd(r io.Reader, window int64) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(uint64(window)))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// longestMagic is how many first bytes tell.
const longestMagic = 4

// compressionOf finds the compression by the first bytes of the data.
func compressionOf(head []byte) (compression, bool) {
	for _, c := range compressions() {
		if bytes.HasPrefix(head, c.magic) {
			return c, true
		}
	}
	return compression{}, false
}

// trimCompression takes the ending of a compression off a name in lower case.
func trimCompression(name string) string {
	for _, c := range compressions() {
		name = strings.TrimSuffix(name, c.ending)
	}
	return name
}

// expanded decompresses a blob, and tells corrupt data from a source that failed.
type expanded struct {
	compression
	src    *source
	loan   *loan
	z      io.ReadCloser
	given  int64 // bytes so far
	allows int64 // the window that has been borrowed
	most   int64 // window that the blob may have
}

// expand decompresses what r reads from the start of the source. With a loan it
// begins with the usual window, as large as nearly all blobs need: how large that
// of each of a blob's frames is shows only once it comes.
func expand(c compression, r io.Reader, src *source, loan *loan) (*expanded, error) {
	e := &expanded{compression: c, src: src, loan: loan}
	e.most = min(max(usualWindow, windowRatio*src.blob.Size), c.window)
	window := e.most
	if loan != nil {
		window = min(usualWindow, e.most)
	}
	return e, e.start(r, window)
}

func (e *expanded) start(r io.Reader, window int64) error {
	borrow := window - e.allows
	if e.allows == 0 && window > 0 {
		borrow += besideWindow
	}
	if err := e.loan.borrow(borrow); err != nil {
		return err
	}
	e.allows = window
	err := guard(func() (err error) {
		e.z, err = e.open(r, window)
		return err
	})
	if err != nil {
		return e.src.orCorrupt(err)
	}
	return nil
}

func (e *expanded) Read(p []byte) (int, error) {
	n, err := e.decompress(p)
	for n == 0 && errors.Is(err, zstd.ErrWindowSizeExceeded) && e.allows < e.most {
		if err := e.widen(); err != nil {
			return 0, err
		}
		n, err = e.decompress(p)
	}
	e.given += int64(n)
	switch {
	case err == nil || err == io.EOF:
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		err = fmt.Errorf("%w: %v; compress with a window of at most %d MiB and run again", ErrUnsupported, err, usualWindow>>20)
	default:
		err = e.src.orCorrupt(err)
	}
	return n, err
}

// widen reads the blob again from its start, with a larger window, up to where it
// was.
func (e *expanded) widen() error {
	err := errors.Join(e.z.Close(), e.src.Close())
	if err != nil {
		return err
	}
	*e.src = source{ctx: e.src.ctx, seen: e.src.seen, r: e.src.r, blob: e.src.blob, next: e.src.blob.Size, end: e.src.blob.Size, limit: e.src.blob.Size}
	if err := e.start(e.src, min(2*e.allows, e.most)); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, readerFunc(e.decompress), e.given); err != nil {
		return e.src.orCorrupt(err)
	}
	return nil
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Close ends decompressing. The source stays open.
func (e *expanded) Close() error { return e.z.Close() }

func (e *expanded) decompress(p []byte) (n int, err error) {
	defer recovered(&err)
	return e.z.Read(p)
}
