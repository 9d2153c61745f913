package job_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// slow is an export that takes five seconds for each blob.
type slow struct{ storage.Reader }

func (s slow) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	select {
	case <-time.After(5 * time.Second):
		return s.Reader.Open(ctx, b, offset, length)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// While a batch is folded there is a sign of life every few seconds, that tells of more
// each time and never of more than there is; behind it there is none. Told to stop, the
// fold ends and keeps no piece.
func TestBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		input, work := newExport(t, 98).fill(day, 8), storagetest.NewMem()
		h := newHunt(slow{input}, work)
		h.Engine, h.BatchSize = job.Local(1), 1<<30
		f, err := h.Freeze(t.Context(), event.Day(day))
		if err != nil {
			t.Fatal(err)
		}
		var beats []job.Beat
		var last time.Time
		ended := false
		beat := func(b job.Beat) {
			now := time.Now()
			if ended || !last.IsZero() && now.Sub(last) > 10*time.Second {
				t.Errorf("a beat after %v, ended %v", now.Sub(last), ended)
			}
			beats, last = append(beats, b), now
		}
		stopped, stop := context.WithTimeout(t.Context(), 12*time.Second)
		defer stop()
		_, err = h.FoldBatch(stopped, f, 0, beat)
		if ended = true; !errors.Is(err, context.DeadlineExceeded) || len(beats) < 2 || len(content(t, work, "runs/")) != 1 {
			t.Errorf("%d beats, %v", len(beats), err)
		}
		time.Sleep(time.Minute)
		beats, last, ended = nil, time.Time{}, false
		p, err := h.FoldBatch(t.Context(), f, 0, beat)
		if ended = true; err != nil || len(beats) < 5 {
			t.Fatalf("%d beats, %v", len(beats), err)
		}
		time.Sleep(time.Minute)
		before := job.Beat{}
		for _, b := range beats {
			if b.Batch != 0 || b.Shards < before.Shards || b.Bytes < before.Bytes || b.Lines < before.Lines || b.Shards > p.Shards || b.Bytes > p.Bytes || b.Lines > p.Lines {
				t.Errorf("%+v after %+v, of %+v", b, before, p)
			}
			before = b
		}
		if before.Bytes == 0 || before.Shards == 0 {
			t.Errorf("the last is %+v", before)
		}
		beats = nil
		if again, err := h.FoldBatch(t.Context(), f, 0, beat); err != nil || again.Ref != p.Ref || again.Reused != again.Shards || again.Read != 0 || len(beats) > 0 {
			t.Errorf("again: %+v, %d beats, %v", again, len(beats), err)
		}
	})
}
