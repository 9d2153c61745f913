package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
)

var testPolicy = Policy{Attempts: 5, Base: time.Second, Max: 4 * time.Second, Total: time.Minute}

// failing returns a sink that gives the errors in turn and then takes all, and
// the times of its calls.
func failing(errs ...error) (sinkFunc, *[]time.Time) {
	var calls []time.Time
	return func(_ context.Context, r []Record) (int, error) {
		calls = append(calls, time.Now())
		if i := len(calls) - 1; i < len(errs) {
			return 0, errs[i]
		}
		return len(r), nil
	}, &calls
}

func TestRetryDoublesItsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		different := map[time.Duration]bool{}
		for range 50 {
			sink, calls := failing(errPassing, errPassing, errPassing, errPassing)
			if n, err := Retry(sink, testPolicy).Send(t.Context(), numbered(3)); n != 3 || err != nil {
				t.Fatal(n, err)
			}
			for i, whole := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
				pause := (*calls)[i+1].Sub((*calls)[i])
				if pause < whole/2 || pause > whole {
					t.Fatalf("pause %d is %v, want %v to %v", i, pause, whole/2, whole)
				}
				different[pause] = true
			}
		}
		if len(different) < 100 {
			t.Errorf("only %d different pauses: no jitter", len(different))
		}
	})
}

func TestRetryStops(t *testing.T) {
	asked := func(d time.Duration) error {
		return fmt.Errorf("busy: %w", &storage.Backoff{After: d, Err: errPassing})
	}
	for _, c := range []struct {
		name   string
		policy Policy
		err    error
		calls  int
	}{
		{"after its attempts", testPolicy, errPassing, 5},
		{"after one attempt", Policy{Attempts: 1, Base: time.Second, Max: time.Second, Total: time.Hour}, errPassing, 1},
		{"before its time is over", Policy{Attempts: 1000, Base: 8 * time.Second, Max: 8 * time.Second, Total: 8 * time.Second}, asked(5 * time.Second), 2},
		{"when asked to wait too long", testPolicy, asked(time.Hour), 1},
		{"when asked to wait for ever", testPolicy, asked(1<<63 - 1), 1},
		{"on refused", testPolicy, fmt.Errorf("x: %w", ErrRefused), 1},
		{"on wrong settings", testPolicy, fmt.Errorf("x: %w", ErrSettings), 1},
		{"on denied", testPolicy, fmt.Errorf("x: %w", ErrDenied), 1},
		{"on cancelled", testPolicy, fmt.Errorf("x: %w", context.Canceled), 1},
		{"on a deadline", testPolicy, fmt.Errorf("x: %w", context.DeadlineExceeded), 1},
		{"on refused after a wish to wait", testPolicy, errors.Join(asked(1), ErrRefused), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				sink, calls := failing(slices.Repeat([]error{c.err}, 2000)...)
				n, err := Retry(sink, c.policy).Send(t.Context(), numbered(3))
				if n != 0 || !errors.Is(err, c.err) || len(*calls) != c.calls || time.Since(start) > c.policy.Total {
					t.Errorf("%d calls in %v: %d, %v", len(*calls), time.Since(start), n, err)
				}
			})
		})
	}
}

func TestRetryWaitsAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Second} {
			sink, calls := failing(&storage.Backoff{After: after, Err: errPassing})
			if _, err := Retry(sink, testPolicy).Send(t.Context(), numbered(1)); err != nil {
				t.Fatal(err)
			}
			pause := (*calls)[1].Sub((*calls)[0])
			if pause < max(after, time.Second/2) || pause > after+max(after/4, time.Second) {
				t.Errorf("asked for %v, waited %v", after, pause)
			}
		}
	})
}

// TestRetryReturnsWhatWasTaken before it waits, so that receipts come first.
func TestRetryReturnsWhatWasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []time.Time
		sink := Retry(sinkFunc(func(_ context.Context, r []Record) (int, error) {
			calls = append(calls, time.Now())
			if len(calls) == 1 {
				return 2, &storage.Backoff{After: 10 * time.Second, Err: errPassing}
			}
			return len(r), nil
		}), testPolicy)
		work, start := newStore(), time.Now()
		var puts []time.Duration
		work.onPut = func(context.Context, string) error {
			puts = append(puts, time.Since(start))
			return nil
		}
		d, err := Deliver(t.Context(), work, testKey, sink, numbered(5))
		if err != nil || d.Sent != 5 || len(calls) != 2 || puts[0] != 0 {
			t.Fatalf("%+v, %v, %d calls, puts after %v", d, err, len(calls), puts)
		}
		if pause := calls[1].Sub(calls[0]); pause < 10*time.Second {
			t.Errorf("came back after %v", pause)
		}
	})
}

func TestRetryGivesBackWhatWasTakenBeforeAFinalError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cause := range []error{ErrRefused, &storage.Backoff{After: time.Hour, Err: errPassing}} {
			n, err := Retry(sinkFunc(func(context.Context, []Record) (int, error) { return 2, cause }), testPolicy).Send(t.Context(), numbered(5))
			if n != 2 || !errors.Is(err, cause) {
				t.Errorf("%d, %v", n, err)
			}
		}
	})
}

func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		sink, calls := failing(errPassing, errPassing)
		_, err := Retry(sink, testPolicy).Send(ctx, numbered(1))
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errPassing) || time.Since(start) != 100*time.Millisecond || len(*calls) != 1 {
			t.Errorf("%v after %v, %d calls", err, time.Since(start), len(*calls))
		}
		// The sink's own error need not say that the context has ended.
		ctx, cancel = context.WithCancel(t.Context())
		ended := 0
		_, err = Retry(sinkFunc(func(context.Context, []Record) (int, error) {
			ended++
			cancel()
			return 0, errPassing
		}), testPolicy).Send(ctx, numbered(1))
		if ended != 1 || !errors.Is(err, errPassing) {
			t.Errorf("%d calls, %v", ended, err)
		}
	})
}

func TestRetryKeepsTheKindOfSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plain, _ := failing()
		if _, ok := Retry(plain, Policy{}).(Replacer); ok {
			t.Error("a plain sink became a Replacer")
		}
		calls := 0
		r, ok := Retry(replacerFunc{func(_ context.Context, r []Record) (int, error) {
			if calls++; calls < 3 {
				return 1, errPassing // a Replacer starts from the beginning
			}
			return len(r), nil
		}}, Policy{}).(Replacer)
		if !ok {
			t.Fatal("a Replacer became a plain sink")
		}
		if n, err := r.Send(t.Context(), numbered(4)); n != 4 || err != nil || r.Name() != "test-sink" {
			t.Errorf("%d, %v, %s", n, err, r.Name())
		}
	})
}

func TestPolicyValidate(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
	err := Policy{Max: -1, Total: -1}.Validate()
	for _, setting := range []string{"retry.attempts", "retry.base", "retry.max", "retry.total"} {
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s is not in %v", setting, err)
		}
	}
}

// A destination that one sink gave up is tried once by the others, until it answers or
// some time has gone by.
func TestRetrySharesWhatItKnowsOfADestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reach := new(Reach)
		policy := Policy{Attempts: 4, Base: time.Second, Max: time.Minute, Total: time.Hour, Reach: reach}
		failing := errors.New("connection refused")
		tries := func(answer error, reach *Reach) int {
			n := 0
			policy.Reach = reach
			_, err := Retry(sinkFunc(func(context.Context, []Record) (int, error) { n++; return 0, answer }), policy).Send(t.Context(), numbered(1))
			if !errors.Is(err, answer) {
				t.Errorf("the error is %v", err)
			}
			return n
		}
		for i, step := range []struct {
			wait   time.Duration
			answer error
			reach  *Reach
			want   int
		}{
			{0, failing, reach, 4}, {0, failing, reach, 1}, {0, failing, nil, 4}, {0, failing, new(Reach), 4}, {0, ErrRefused, reach, 1},
			{lostFor - time.Minute, failing, reach, 1}, {2 * time.Minute, failing, reach, 4}, {0, failing, reach, 1}, {0, nil, reach, 1}, {0, failing, reach, 4},
		} {
			time.Sleep(step.wait)
			if got := tries(step.answer, step.reach); got != step.want {
				t.Errorf("step %d: tried %d times, want %d", i, got, step.want)
			}
		}
	})
}
