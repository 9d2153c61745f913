package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
)

var errPassing = errors.New("connection reset")

var permanent = []error{storage.ErrNotExist, storage.ErrChanged, storage.ErrDenied, storage.ErrInvalid, context.Canceled, context.DeadlineExceeded}

var policy = storage.Policy{Attempts: 3, Base: time.Second, Max: 4 * time.Second}

// play is what one call of the inner reader does.
type play struct {
	open  error // of Open, Folders, or List before its first name
	bytes int   // bytes or names that come before err; all when err is nil
	err   error // how a body or a listing ends early; io.EOF for no error
	glued bool  // the last bytes come together with err
}

// stage is a reader that follows a script, one play a call, the last for ever.
type stage struct {
	t      *testing.T
	data   []byte
	names  []string
	script []play
	calls  []int64 // offsets of Open
	times  []time.Time
	open   int // bodies that nobody has closed
}

func (s *stage) next() play {
	s.times = append(s.times, time.Now())
	return s.script[min(len(s.times), len(s.script))-1]
}

func (s *stage) List(_ context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		p := s.next()
		for i, name := range s.names {
			if p.open != nil || p.err != nil && i == p.bytes {
				break
			}
			if !yield(storage.Blob{Name: prefix + name}, nil) {
				return
			}
		}
		if err := errors.Join(p.open, p.err); err != nil {
			yield(storage.Blob{}, err)
		}
	}
}

func (s *stage) Folders(context.Context, string) ([]string, error) {
	return s.names, s.next().open
}

func (s *stage) Open(_ context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	s.calls = append(s.calls, offset)
	if offset+length != b.Size {
		s.t.Errorf("opened %d+%d of %d", offset, length, b.Size)
	}
	p := s.next()
	if p.open != nil {
		return nil, p.open
	}
	s.open++
	return &act{s, p, s.data[offset:], 0}, nil
}

type act struct {
	s    *stage
	p    play
	left []byte
	done int
}

func (a *act) Read(p []byte) (int, error) {
	if len(a.left) == 0 {
		if a.p.err != nil {
			return 0, a.p.err
		}
		return 0, io.EOF
	}
	if a.p.err != nil {
		p = p[:min(len(p), a.p.bytes-a.done)]
	}
	n := copy(p[:min(len(p), 7)], a.left)
	a.left, a.done = a.left[n:], a.done+n
	if a.p.err != nil && a.done == a.p.bytes && (n == 0 || a.p.glued) {
		return n, a.p.err
	}
	return n, nil
}

func (a *act) Close() error { a.s.open--; return nil }

// read reads the whole of the stage's data through Retry.
func (s *stage) read(ctx context.Context) ([]byte, error) {
	body, err := storage.Retry(s, policy).Open(ctx, storage.Blob{Name: "x", Size: int64(len(s.data))}, 0, int64(len(s.data)))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(body)
	body.Close()
	if s.open != 0 {
		s.t.Errorf("%d bodies left open", s.open)
	}
	return data, err
}

func digits(n int) []byte { return bytes.Repeat([]byte("0123456789"), n)[:n] }

// On a body that breaks again and again each byte comes once.
func TestRetryResumesBodies(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 14))
	for range 500 {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{t: t, data: digits(rng.IntN(300))}
			failures, left := 0, len(s.data)
			for range rng.IntN(30) {
				p := play{err: []error{errPassing, io.EOF, io.ErrUnexpectedEOF}[rng.IntN(3)], glued: rng.IntN(2) == 0, bytes: rng.IntN(9)}
				if p.open = nil; rng.IntN(4) == 0 {
					p.open, p.bytes = errPassing, 0
				}
				if p.bytes = min(p.bytes, left); p.bytes == left {
					break // this play would be the end
				}
				if failures++; p.bytes > 0 {
					failures = 1
				}
				if failures == policy.Attempts {
					break
				}
				left -= p.bytes
				s.script = append(s.script, p)
			}
			s.script = append(s.script, play{})
			data, err := s.read(t.Context())
			if err != nil || !bytes.Equal(data, s.data) {
				t.Fatalf("%+v of %d bytes: %q, %v", s.script, len(s.data), data, err)
			}
			at := int64(0)
			for i, offset := range s.calls {
				if offset != at {
					t.Fatalf("%+v: call %d at %d, want %d", s.script, i, offset, at)
				}
				at += int64(s.script[i].bytes)
			}
		})
	}
}

func TestRetryGivesUpWithoutProgress(t *testing.T) {
	for name, last := range map[string]play{
		"open":  {open: errPassing},
		"read":  {err: errPassing},
		"short": {err: io.EOF},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{t: t, data: digits(50), script: []play{last}}
			if _, err := s.read(t.Context()); err == nil || last.err != io.EOF && !errors.Is(err, errPassing) {
				t.Errorf("%s: %v", name, err)
			}
			tries := len(s.times)
			if name != "open" { // the Open that succeeded was one of them
				s.wantPauses(tries)
			}
			// 20 bytes, then nothing: the count starts behind them.
			s = &stage{t: t, data: digits(50), script: []play{{err: errPassing, bytes: 20, glued: true}, last}}
			data, err := s.read(t.Context())
			if len(data) != 20 || err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%s, after 20 bytes: %q, %v", name, data, err)
			}
			if want := 1 + policy.Attempts; len(s.times) != want || tries != policy.Attempts {
				t.Errorf("%s: %d calls, then %d, want %d and %d", name, tries, len(s.times), policy.Attempts, want)
			}
		})
	}
}

// wantPauses checks the times of n calls in a row that all failed.
func (s *stage) wantPauses(n int) {
	s.t.Helper()
	if len(s.times) != n || n != policy.Attempts {
		s.t.Errorf("%d calls, want %d", len(s.times), policy.Attempts)
	}
	full := policy.Base
	for i := 1; i < len(s.times); i++ {
		if pause := s.times[i].Sub(s.times[i-1]); pause < full/2 || pause > full {
			s.t.Errorf("pause %d is %v, want %v to %v", i, pause, full/2, full)
		}
		full = min(2*full, policy.Max)
	}
}

func TestRetryOfListAndFolders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, script: []play{{open: errPassing}}, names: []string{"a"}}
		for b, err := range storage.Retry(s, policy).List(t.Context(), "") {
			if b.Name != "" || !errors.Is(err, errPassing) {
				t.Errorf("%v, %v", b, err)
			}
		}
		s.wantPauses(policy.Attempts)
		s.times = nil
		if _, err := storage.Retry(s, policy).(storage.FolderLister).Folders(t.Context(), ""); !errors.Is(err, errPassing) {
			t.Error(err)
		}
		s.wantPauses(policy.Attempts)
		s.times, s.script = nil, []play{{open: errPassing}, {}}
		if got, err := storage.Retry(s, policy).(storage.FolderLister).Folders(t.Context(), ""); err != nil || !slices.Equal(got, s.names) {
			t.Error(got, err)
		}
	})
}

func TestRetryOfPermanentErrors(t *testing.T) {
	for _, target := range permanent {
		cause := fmt.Errorf("inner: %w", target)
		for _, p := range []play{{open: cause}, {err: cause}, {err: cause, bytes: 20}, {err: cause, bytes: 21, glued: true}} {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s := &stage{t: t, data: digits(50), script: []play{p}, names: []string{"a", "b"}}
				if data, err := s.read(t.Context()); !errors.Is(err, target) || len(data) > 20 || len(s.times) != 1 {
					t.Errorf("%+v: %d bytes, %d calls, %v", p, len(data), len(s.times), err)
				}
				var last error
				for _, err := range storage.Retry(s, policy).List(t.Context(), "") {
					last = err
				}
				if !errors.Is(last, target) && p.bytes == 0 || len(s.times) != 2 {
					t.Errorf("List %+v: %d calls, %v", p, len(s.times), last)
				}
				if time.Since(start) > 0 {
					t.Errorf("%+v: waited %v", p, time.Since(start))
				}
			})
		}
		if !storage.Permanent(cause) || storage.Permanent(errPassing) || storage.Permanent(nil) {
			t.Errorf("%v: wrongly judged", cause)
		}
	}
}

// A version that changed while it was read may show only behind its last byte.
func TestRetryPassesOnALateChange(t *testing.T) {
	for _, glued := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{t: t, data: digits(49), script: []play{{err: storage.ErrChanged, bytes: 49, glued: glued}}}
			if _, err := s.read(t.Context()); !errors.Is(err, storage.ErrChanged) {
				t.Errorf("glued %v: %v", glued, err)
			}
			// With all bytes there, a passing error is none of the caller's business.
			s = &stage{t: t, data: digits(49), script: []play{{err: errPassing, bytes: 49, glued: glued}}}
			if data, err := s.read(t.Context()); err != nil || len(data) != 49 || len(s.times) != 1 {
				t.Errorf("glued %v: %d bytes, %d calls, %v", glued, len(data), len(s.times), err)
			}
		})
	}
}

func TestRetryOfListYieldsEachNameOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 71))
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{t: t}
			for i := range rng.IntN(40) {
				s.names = append(s.names, fmt.Sprintf("%03d", i))
			}
			failures, done := 0, 0
			for range rng.IntN(10) {
				p := play{err: errPassing, bytes: rng.IntN(len(s.names) + 1)}
				if failures++; p.bytes > done {
					failures, done = 1, p.bytes
				}
				if failures == policy.Attempts {
					break
				}
				s.script = append(s.script, p)
			}
			s.script = append(s.script, play{})
			var got []string
			for b, err := range storage.Retry(s, policy).List(t.Context(), "p/") {
				if err != nil {
					t.Fatalf("%+v: %v", s.script, err)
				}
				got = append(got, b.Name[len("p/"):])
			}
			if !slices.Equal(got, s.names) || len(s.times) != len(s.script) {
				t.Fatalf("%+v: %q after %d calls", s.script, got, len(s.times))
			}
			calls := len(s.times)
			s.script = []play{{}}
			for range storage.Retry(s, policy).List(t.Context(), "") {
				break
			}
			if len(s.times) != calls+1 {
				t.Error("listed again for a caller that has left")
			}
		})
	}
}

// A run that is told to stop does not sit out a pause.
func TestRetryStopsInAPause(t *testing.T) {
	long := storage.Policy{Attempts: 5, Base: time.Hour, Max: time.Hour}
	for name, try := range map[string]func(context.Context, *stage) error{
		"Open": func(ctx context.Context, s *stage) error {
			_, err := storage.Retry(s, long).Open(ctx, storage.Blob{Size: 50}, 0, 50)
			return err
		},
		"Read": func(ctx context.Context, s *stage) error {
			s.script = []play{{err: errPassing, bytes: 10}, {open: errPassing}}
			body, err := storage.Retry(s, long).Open(ctx, storage.Blob{Size: 50}, 0, 50)
			if err != nil {
				return err
			}
			defer body.Close()
			_, err = io.ReadAll(body)
			return err
		},
		"List": func(ctx context.Context, s *stage) (last error) {
			for _, last = range storage.Retry(s, long).List(ctx, "") {
			}
			return last
		},
		"Folders": func(ctx context.Context, s *stage) error {
			_, err := storage.Retry(s, long).(storage.FolderLister).Folders(ctx, "")
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			s := &stage{t: t, data: digits(50), script: []play{{open: errPassing}}}
			if err := try(ctx, s); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
				t.Errorf("%s: %v after %v", name, err, time.Since(start))
			}
		})
	}
}

func TestZeroPolicyIsTheDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, data: digits(50), script: []play{{open: errPassing}}}
		start := time.Now()
		_, err := storage.Retry(s, storage.Policy{}).Open(t.Context(), storage.Blob{Size: 50}, 0, 50)
		if spent := time.Since(start); !errors.Is(err, errPassing) || len(s.times) < 6 || spent < 20*time.Second || spent > time.Minute {
			t.Errorf("%d calls in %v, %v", len(s.times), spent, err)
		}
	})
}

// A caller that has all the bytes it asked for need not read on, so a late
// change has to show before the last of them.
func TestRetryTellsALateChangeInTime(t *testing.T) {
	for _, glued := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{t: t, data: digits(49), script: []play{{err: storage.ErrChanged, bytes: 49, glued: glued}}}
			body, err := storage.Retry(s, policy).Open(t.Context(), storage.Blob{Name: "x", Size: 49}, 0, 49)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if n, err := io.ReadFull(body, make([]byte, 49)); !errors.Is(err, storage.ErrChanged) {
				t.Errorf("glued %v: %d bytes, %v", glued, n, err)
			}
			for range 2 { // and it stays
				if _, err := body.Read(make([]byte, 1)); !errors.Is(err, storage.ErrChanged) {
					t.Errorf("glued %v: then %v", glued, err)
				}
			}
		})
	}
}

func TestRetryReadOfNothing(t *testing.T) {
	s := &stage{t: t, data: digits(5), script: []play{{}}}
	body, err := storage.Retry(s, policy).Open(t.Context(), storage.Blob{Name: "x", Size: 5}, 0, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if n, err := body.Read(nil); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestLongPausesDoNotOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, script: []play{{open: errPassing}}}
		long := storage.Policy{Attempts: 70, Base: 24 * time.Hour, Max: 48 * time.Hour}
		if _, err := storage.Retry(s, long).Open(t.Context(), storage.Blob{Size: 5}, 0, 5); !errors.Is(err, errPassing) || len(s.times) != 70 {
			t.Errorf("%d calls, %v", len(s.times), err)
		}
	})
}
