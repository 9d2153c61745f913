package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/storage"
)

// What may pass is tried again, and what may not is not.
func TestFailures(t *testing.T) {
	passing := errors.New("the network was away")
	for _, c := range []struct {
		name  string
		err   error
		kind  string
		calls int
	}{
		{"may pass", passing, "failed", maxAttempts},
		{"busy", fmt.Errorf("2026-11-20: %w", job.ErrBusy), "busy", maxAttempts},
		{"denied", fmt.Errorf("container in: %w", storage.ErrDenied), "denied", 1},
		{"stale", fmt.Errorf("blob x: %w", job.ErrStale), "stale", 1},
		{"memory", fmt.Errorf("batch: %w", job.ErrMemory), "memory", 1},
		{"settings", fmt.Errorf("batch: %w", storage.ErrInvalid), "invalid", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &fakeSteps{onFold: func(_ context.Context, _ job.Frozen, batch, call int, _ func(job.Beat)) error {
				if batch == 4 {
					return c.err
				}
				return nil
			}}
			_, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 9)})
			if job.KindOf(err) != c.kind || s.asked().folds[4] != c.calls || len(s.asked().concluded) > 0 {
				t.Fatalf("%v after %d calls, concluded %v", err, s.asked().folds[4], s.asked().concluded)
			}
			if !strings.Contains(err.Error(), "batch 5 of 9 of 2026-11-20") || !strings.Contains(err.Error(), c.err.Error()) {
				t.Errorf("%v", err)
			}
			if c.calls == maxAttempts && !strings.Contains(err.Error(), "the last of 10 attempts") {
				t.Errorf("%v", err)
			}
		})
	}
}

// What fails and then works does not show in the result.
func TestRetries(t *testing.T) {
	flaky := func(call int) error {
		if call%3 != 0 {
			return errors.New("not yet")
		}
		return nil
	}
	s := &fakeSteps{
		onFold: func(_ context.Context, _ job.Frozen, batch, call int, _ func(job.Beat)) error {
			if batch%5 == 0 {
				return flaky(call)
			}
			return nil
		},
		onMerge:    func(_ context.Context, _ []job.Piece, call int) error { return flaky(call) },
		onConclude: func(_ context.Context, _ job.Frozen, call int) error { return flaky(call) },
	}
	if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 70)}); err != nil {
		t.Fatal(err)
	}
	if got := slices.Compact(s.sortedMerges()); !slices.Equal(got, wantMerges(70)) {
		t.Errorf("merged %q", got)
	}
	if s.asked().folds[5] != 3 || s.asked().folds[6] != 1 || len(s.asked().concluded) != 3 {
		t.Errorf("%v, %v", s.asked().folds, s.asked().concluded)
	}
}

// A step of a merge or of the conclusion that fails for good fails the day, too.
func TestLaterFailures(t *testing.T) {
	denied := fmt.Errorf("work store: %w", storage.ErrDenied)
	s := &fakeSteps{onMerge: func(context.Context, []job.Piece, int) error { return denied }}
	if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 40)}); !errors.Is(err, storage.ErrDenied) || !strings.Contains(err.Error(), "merging the batches") {
		t.Errorf("%v", err)
	}
	s = &fakeSteps{onConclude: func(context.Context, job.Frozen, int) error { return job.ErrStale }}
	if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 1)}); !errors.Is(err, job.ErrStale) || !strings.Contains(err.Error(), "the findings of 2026-11-20") {
		t.Errorf("%v", err)
	}
}

// A step that panics fails, once, without what it panicked with.
func TestPanic(t *testing.T) {
	for _, p := range []any{"C:\\Users\\alice\\svch0st.exe", errors.New("alice"), struct{ name string }{"alice"}} {
		s := &fakeSteps{onFold: func(context.Context, job.Frozen, int, int, func(job.Beat)) error { panic(p) }}
		_, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 1)})
		if err == nil || !strings.Contains(err.Error(), "panic") || strings.Contains(err.Error(), "alice") || s.asked().folds[0] != 1 {
			t.Errorf("%v after %d calls", err, s.asked().folds[0])
		}
	}
	s := &fakeSteps{onFold: func(context.Context, job.Frozen, int, int, func(job.Beat)) error {
		var none []int
		_ = none[len("abc")]
		return nil
	}}
	if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 1)}); err == nil || !strings.Contains(err.Error(), "index out of range [3]") {
		t.Errorf("%v", err)
	}
}

// What a failure says is bounded, is text, and quotes no line of the input.
func TestFailureTexts(t *testing.T) {
	long := strings.Repeat("€", 5000) + "\xff"
	s := &fakeSteps{onFold: func(context.Context, job.Frozen, int, int, func(job.Beat)) error {
		return fmt.Errorf("\xfe%s: %w", long, storage.ErrDenied)
	}}
	env := environment(t, s)
	env.ExecuteWorkflow(dayType, dayInput{Frozen: frozen("2026-11-20", 1)})
	f := newFailureConverter(newConverter()).ErrorToFailure(env.GetWorkflowError())
	for at := f; at != nil; at = at.Cause {
		if len(at.Message) > maxFailure || strings.ToValidUTF8(at.Message, "") != at.Message || at.StackTrace != "" {
			t.Errorf("%d bytes: %q", len(at.Message), at.Message)
		}
	}
	s = &fakeSteps{onFold: func(context.Context, job.Frozen, int, int, func(job.Beat)) error {
		return fmt.Errorf("%w: 3 of 4; the first: svch0st.exe", job.ErrMalformed)
	}}
	if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 1)}); !errors.Is(err, job.ErrMalformed) || strings.Contains(err.Error(), "svch0st") {
		t.Errorf("%v", err)
	}
}
