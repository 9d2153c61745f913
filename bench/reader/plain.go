package main

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"sparkless/storage"
)

// plain reads bytes and looks at none of them, or only for newlines.
type plain struct {
	newlines, expand bool
	buf              []byte
	lines            int
}

func (p *plain) read(ctx context.Context, r storage.Reader, b storage.Blob) error {
	body, err := r.Open(ctx, b, 0, b.Size)
	if err != nil {
		return err
	}
	defer body.Close()
	var in io.Reader = body
	if p.expand {
		if in, err = expanded(b.Name, body); err != nil {
			return err
		}
	}
	if p.buf == nil {
		p.buf = make([]byte, 1<<20)
	}
	for {
		n, err := in.Read(p.buf)
		if p.newlines {
			p.lines += bytes.Count(p.buf[:n], []byte("\n"))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func expanded(name string, r io.Reader) (io.Reader, error) {
	if strings.HasSuffix(name, ".gz") {
		return gzip.NewReader(r)
	}
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
}
