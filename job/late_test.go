package job_test

import (
	"context"
	"io"
	"testing"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// lateBody tells of a change only behind its last byte.
type lateBody struct {
	io.ReadCloser
}

func (l lateBody) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if err == io.EOF {
		err = storage.ErrChanged
	}
	return n, err
}

type lateReader struct {
	*export
	victim string
	done   bool
}

func (l *lateReader) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	body, err := l.export.Open(ctx, b, offset, length)
	if b.Name != l.victim || l.done || err != nil {
		return body, err
	}
	l.done = true
	l.put(l.victim, l.lines(day, 4))
	return lateBody{body}, nil
}

func TestChangeToldBehindTheLastByte(t *testing.T) {
	input := &lateReader{export: newExport(t, 5).fill(day, 24), victim: blobName(day, 5*12)}
	h := newHunt(storage.Retry(input, storage.Policy{}), storagetest.NewMem())
	h.Engine = job.Local(1)
	r := mustDay(t, h, day)
	sameRecords(t, "result", r.Records, input.oracle(day))
}
