package event

import (
	"bytes"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compression is a way in which blobs may be compressed.
type compression struct {
	ending string // of names
	magic  []byte // at the start of the data
	open   func(io.Reader) (io.ReadCloser, error)
}

// compressions are known by their first bytes, and by the endings of names where
// a blob must not be cut.
func compressions() []compression {
	return []compression{
		{".gz", []byte{0x1f, 0x8b}, func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
		{".zst", []byte{0x28, 0xb5, 0x2f, 0xfd}, func(r io.Reader) (io.ReadCloser, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, err
			}
			return z.IOReadCloser(), nil
		}},
	}
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
	n, err := e.z.Read(p)
	if err != nil && err != io.EOF {
		err = e.src.orCorrupt(err)
	}
	return n, err
}
