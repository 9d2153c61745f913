package publish

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sparkless/storage"
)

// Policy bounds the retries of one Send. The zero value means DefaultPolicy.
type Policy struct {
	// Attempts is how often one Send may be tried, the first time included.
	Attempts int
	// Base is the pause after the first failure; it doubles up to Max. A random
	// half of each pause is left out, so that jobs do not come back together.
	Base, Max time.Duration
	// Total is the time after which no further attempt begins.
	Total time.Duration
	// Reach, if set, is shared by the sinks of one destination: see Reach.
	Reach *Reach
	// Notify, if set, is told each failure that is followed by a pause.
	Notify func(error)
}

// DefaultPolicy gives a throttled or restarting destination about five minutes.
func DefaultPolicy() Policy {
	return Policy{Attempts: 8, Base: time.Second, Max: time.Minute, Total: 5 * time.Minute}
}

// Reach is what the sinks of one destination know of it together: when one of them gave
// up last. For a while the others try once, since whoever waited for it waited in vain;
// what they could not send is owed all the same. The zero value knows nothing, and is safe
// for concurrent use.
type Reach struct{ lost atomic.Int64 }

// lostFor is how long nobody waits for a destination again, in which a run with several
// hunts comes to its end.
const lostFor = 10 * time.Minute

// patience is how often to try.
func (r *Reach) patience(attempts int) int {
	if r == nil || time.Now().UnixNano() > r.lost.Load()+int64(lostFor) {
		return attempts
	}
	return 1
}

// note notes that somebody gave up, or was served.
func (r *Reach) note(lost bool) {
	switch {
	case r == nil:
	case lost:
		r.lost.Store(time.Now().UnixNano())
	default:
		r.lost.Store(0)
	}
}

// Validate reports every setting that cannot work.
func (p Policy) Validate() error {
	var errs []error
	if p.Attempts < 1 {
		errs = append(errs, fmt.Errorf("retry.attempts is %d: set 1 (never retry) or more", p.Attempts))
	}
	if p.Base <= 0 {
		errs = append(errs, fmt.Errorf("retry.base is %v: set a time above zero, such as 1s", p.Base))
	}
	if p.Max < p.Base {
		errs = append(errs, fmt.Errorf("retry.max is %v: set at least retry.base (%v)", p.Max, p.Base))
	}
	if p.Total < 0 {
		errs = append(errs, fmt.Errorf("retry.total is %v: set zero or more", p.Total))
	}
	return errors.Join(errs...)
}

// Retry returns a sink that calls sink again after a passing error, with waits
// that double and vary by chance, and never shorter than a storage.Backoff asks for. It
// does not retry ErrRefused, ErrSettings, ErrDenied or an error of a context.
// policy is valid, or has no more than Notify and Reach. The sink returned is a Replacer if, and only
// if, sink is one.
//
// A call in progress is not cut short by policy.Total: that is for sink to bound.
func Retry(sink Sink, policy Policy) Sink {
	if policy.Attempts == 0 {
		notify, reach := policy.Notify, policy.Reach
		policy = DefaultPolicy()
		policy.Notify, policy.Reach = notify, reach
	}
	_, replaces := sink.(Replacer)
	r := &retrier{Sink: sink, policy: policy, replaces: replaces}
	if replaces {
		return retryReplacer{r}
	}
	return r
}

type retrier struct {
	Sink
	policy   Policy
	replaces bool
	// notBefore holds back the next Send after one that took some records and
	// then met a passing error.
	notBefore time.Time
}

type retryReplacer struct{ *retrier }

func (retryReplacer) Replaces() {}

// Send is Sink's. When some records were taken before a passing error it returns
// at once without that error, so that their receipts are kept before the wait;
// the wait then comes at the beginning of the next Send.
func (r *retrier) Send(ctx context.Context, records []Record) (int, error) {
	if err := wait(ctx, time.Until(r.notBefore)); err != nil {
		return 0, err
	}
	start, attempts := time.Now(), r.policy.Reach.patience(r.policy.Attempts)
	for attempt := 1; ; attempt++ {
		n, err := r.Sink.Send(ctx, records)
		if err == nil {
			r.policy.Reach.note(false)
		}
		if err == nil || ctx.Err() != nil || !passing(err) {
			return n, err
		}
		pause := r.policy.pause(attempt, err)
		spent := time.Since(start)
		if attempt >= attempts || pause > r.policy.Total-spent {
			if attempts == r.policy.Attempts { // somebody waited
				r.policy.Reach.note(true)
			}
			return n, gaveUp(attempt, spent, pause, err)
		}
		if r.policy.Notify != nil {
			r.policy.Notify(err)
		}
		if n > 0 && !r.replaces {
			r.notBefore = time.Now().Add(pause)
			return n, nil
		}
		if stop := wait(ctx, pause); stop != nil {
			return n, fmt.Errorf("%w while waiting to try again after: %w", stop, err)
		}
	}
}

func passing(err error) bool {
	for _, final := range []error{ErrRefused, ErrSettings, ErrDenied, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// pause is that of storage after as many failures in a row.
func (p Policy) pause(attempt int, err error) time.Duration {
	return storage.Policy{Base: p.Base, Max: p.Max}.Pause(attempt, err)
}

func gaveUp(attempts int, spent, pause time.Duration, err error) error {
	return fmt.Errorf("gave up after %d attempt(s) in %v (the next one was due in %v): %w",
		attempts, spent.Round(time.Millisecond), pause.Round(time.Millisecond), err)
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
