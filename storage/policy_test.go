package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
)

// slow is a store on which everything takes its time and then fails, but for
// the first bytes or names of each try.
type slow struct {
	takes time.Duration
	err   error
	gives int // bytes or names before the error
	tries []time.Duration
	begun time.Time
}

func (s *slow) fail(ctx context.Context) error {
	s.tries = append(s.tries, time.Since(s.begun))
	select {
	case <-time.After(s.takes):
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slow) List(ctx context.Context, _ string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		err := s.fail(ctx)
		for i := range s.gives {
			if !yield(storage.Blob{Name: fmt.Sprint(len(s.tries), i)}, nil) {
				return
			}
		}
		yield(storage.Blob{}, err)
	}
}

func (s *slow) Open(ctx context.Context, _ storage.Blob, _, _ int64) (io.ReadCloser, error) {
	if s.gives > 0 {
		return &slowBody{s, ctx, s.gives}, nil
	}
	return nil, s.fail(ctx)
}

func (s *slow) Put(ctx context.Context, _ string, _ []byte) error { return s.fail(ctx) }

type slowBody struct {
	s    *slow
	ctx  context.Context
	left int
}

func (b *slowBody) Close() error { return nil }

func (b *slowBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, b.s.fail(b.ctx)
	}
	b.left--
	return 1, nil
}

// every is each operation through s with policy p.
func every(ctx context.Context, s *slow, p storage.Policy) map[string]func() error {
	r := storage.RetryStore(s, p)
	return map[string]func() error{
		"put": func() error { return r.Put(ctx, "x", nil) },
		"open": func() error {
			_, err := r.Open(ctx, storage.Blob{Name: "x", Size: 9}, 0, 9)
			return err
		},
		"list": func() (last error) {
			for _, last = range r.List(ctx, "") {
			}
			return last
		},
	}
}

// Whatever a request takes, and whatever the number of attempts, it ends after
// Total and one request, and no attempt begins later than Total.
func TestRetryIsBoundedInTime(t *testing.T) {
	for _, takes := range []time.Duration{0, time.Millisecond, time.Second, 29 * time.Second, time.Minute, time.Hour} {
		for _, p := range []storage.Policy{storage.DefaultPolicy(), {Attempts: 1000, Base: time.Second, Max: 10 * time.Second, Total: 5 * time.Minute}} {
			for name := range every(t.Context(), &slow{}, p) {
				synctest.Test(t, func(t *testing.T) {
					s := &slow{takes: takes, err: errPassing, begun: time.Now()}
					err := every(t.Context(), s, p)[name]()
					if spent := time.Since(s.begun); !errors.Is(err, errPassing) || spent > p.Total+takes {
						t.Errorf("%s of requests of %v: %v, %v", name, takes, spent, err)
					}
					if last := s.tries[len(s.tries)-1]; last > p.Total || takes < time.Second && last < p.Total/3 {
						t.Errorf("%s of requests of %v: the last of %d began after %v", name, takes, len(s.tries), last)
					}
				})
			}
		}
	}
}

// Progress gives the whole time again; what the caller does meanwhile costs none.
func TestProgressRenewsTheTime(t *testing.T) {
	p := storage.Policy{Attempts: 3, Base: time.Second, Max: time.Second, Total: 10 * time.Second}
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: 4 * time.Second, err: errPassing, gives: 1, begun: time.Now()}
		body, err := storage.Retry(s, p).Open(t.Context(), storage.Blob{Name: "x", Size: 50}, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			if _, err := io.ReadFull(body, make([]byte, 1)); err != nil {
				t.Fatalf("byte %d: %v", i, err)
			}
			time.Sleep(time.Minute)
		}
		body.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: 4 * time.Second, err: errPassing, gives: 1, begun: time.Now()}
		n := 0
		for _, err := range storage.Retry(s, p).List(t.Context(), "") {
			if err != nil {
				t.Fatalf("name %d: %v", n, err)
			}
			time.Sleep(time.Minute)
			if n++; n == 9 {
				break
			}
		}
	})
}

// A service that says how long to wait is not asked earlier, and not at all when
// that is longer than there is time.
func TestRetryKeepsToBackoff(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		calls int
	}{{0, 3}, {time.Millisecond, 3}, {5 * time.Second, 3}, {time.Minute, 1}, {1<<63 - 1, 1}} {
		p := storage.Policy{Attempts: 3, Base: time.Second, Max: time.Second, Total: 30 * time.Second}
		for name := range every(t.Context(), &slow{}, p) {
			synctest.Test(t, func(t *testing.T) {
				s := &slow{err: fmt.Errorf("busy: %w", &storage.Backoff{After: test.after, Err: errPassing}), begun: time.Now()}
				if err := every(t.Context(), s, p)[name](); !errors.Is(err, errPassing) || len(s.tries) != test.calls {
					t.Errorf("%s after %v: %d calls, %v", name, test.after, len(s.tries), err)
				}
				for i := 1; i < len(s.tries); i++ {
					if pause := s.tries[i] - s.tries[i-1]; pause < test.after || pause > max(time.Second, test.after*5/4) {
						t.Errorf("%s after %v: paused %v", name, test.after, pause)
					}
				}
				if test.calls == 1 && time.Since(s.begun) > 0 {
					t.Errorf("%s after %v: waited %v in vain", name, test.after, time.Since(s.begun))
				}
			})
		}
	}
}
