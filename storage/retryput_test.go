package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
)

// putter fails its first Puts.
type putter struct {
	*stage
	err   error
	fails int
	put   []string
}

func (p *putter) Put(_ context.Context, name string, data []byte) error {
	p.times = append(p.times, time.Now())
	if len(p.times) <= p.fails {
		return p.err
	}
	p.put = append(p.put, name+" "+string(data))
	return nil
}

func TestRetryOfPut(t *testing.T) {
	for _, c := range []struct {
		err   error
		fails int
		calls int
	}{{errPassing, 0, 1}, {errPassing, 2, 3}, {errPassing, 9, 3}, {storage.ErrDenied, 9, 1}, {fmt.Errorf("x: %w", storage.ErrInvalid), 1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := &putter{stage: &stage{t: t, data: digits(20), script: []play{{err: errPassing, bytes: 5}, {}}}, err: c.err, fails: c.fails}
			r := storage.RetryStore(s, policy)
			err := r.Put(t.Context(), "x", []byte("data"))
			if done := c.fails < c.calls; done && (err != nil || !slices.Equal(s.put, []string{"x data"})) || !done && !errors.Is(err, c.err) || len(s.times) != c.calls {
				t.Errorf("%+v: %q after %d calls, %v", c, s.put, len(s.times), err)
			}
			if s.times = nil; c.fails == 0 { // it reads as Retry does
				body, err := r.Open(t.Context(), storage.Blob{Name: "x", Size: 20}, 0, 20)
				if err != nil {
					t.Fatal(err)
				}
				if data, err := io.ReadAll(body); err != nil || !bytes.Equal(data, s.data) {
					t.Errorf("%q, %v", data, err)
				}
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // a pause ends with its context
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		s := &putter{stage: &stage{t: t}, err: errPassing, fails: 9}
		if err := storage.RetryStore(s, policy).Put(ctx, "x", nil); !errors.Is(err, context.DeadlineExceeded) || len(s.times) != 1 {
			t.Errorf("%d calls, %v", len(s.times), err)
		}
	})
}
