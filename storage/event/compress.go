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
	// open returns what decompresses a blob of so many bytes.
	open func(r io.Reader, size int64) (io.ReadCloser, error)
}

// Windows of Zstandard, the memory that its header asks for: those of the levels
// up to 19 always, those of the higher ones, and of --long, where the blob is
// large enough to need one. Ten bytes can ask for half a GiB.
const (
	usualWindow = 8 << 20
	mostWindow  = 128 << 20
	windowRatio = 128 // to the blob's size
)

// compressions are known by their first bytes, and by the endings of names where
// a blob must not be cut.
func compressions() []compression {
	return []compression{
		{".gz", []byte{0x1f, 0x8b}, func(r io.Reader, _ int64) (io.ReadCloser, error) { return gzip.NewReader(r) }},
		{".zst", []byte{0x28, 0xb5, 0x2f, 0xfd}, openZstd},
	}
}

func openZstd(r io.Reader, size int64) (io.ReadCloser, error) {
	window := uint64(min(max(usualWindow, windowRatio*size), mostWindow))
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
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

// expanded tells corrupt data from a source that failed.
type expanded struct {
	z   io.Reader
	src *source
}

func (e *expanded) Read(p []byte) (int, error) {
	n, err := e.decompress(p)
	switch {
	case err == nil || err == io.EOF:
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		err = fmt.Errorf("%w: %v; compress with a window of at most %d MiB and run again", ErrUnsupported, err, usualWindow>>20)
	default:
		err = e.src.orCorrupt(err)
	}
	return n, err
}

func (e *expanded) decompress(p []byte) (n int, err error) {
	defer recovered(&err)
	return e.z.Read(p)
}
