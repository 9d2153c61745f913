package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Policy bounds retries. The zero value means DefaultPolicy.
type Policy struct {
	// Attempts is how often in a row an operation may fail before its error is
	// returned. Progress (bytes read, blobs listed) starts the count anew.
	Attempts int
	// Base is the pause after the first failure; it doubles up to Max. A random
	// half of each pause is left out, so that workers do not return together.
	Base, Max time.Duration
	// Total is the time without progress after which no further attempt begins;
	// 0 is for ever. An attempt that has begun is not cut short.
	Total time.Duration
	// Idle is how long a body may wait for its next byte before it counts as
	// broken; 0 is for ever.
	Idle time.Duration
	// Notify, if set, is told each failure that is followed by a pause. It is
	// called from many goroutines.
	Notify func(error)
}

// DefaultPolicy rides out about a minute of trouble.
func DefaultPolicy() Policy {
	return Policy{Attempts: 12, Base: 500 * time.Millisecond, Max: 20 * time.Second, Total: time.Minute, Idle: 30 * time.Second}
}

// Backoff is a passing error with which the service also says how long to wait,
// as HTTP does with Retry-After.
type Backoff struct {
	After time.Duration
	Err   error
}

// Error is the text of Err.
func (b *Backoff) Error() string { return b.Err.Error() }

// Unwrap returns Err.
func (b *Backoff) Unwrap() error { return b.Err }

// Permanent reports whether repeating the operation cannot help: the object is
// gone, changed or there already, the credentials are refused, the name is impossible, the
// lock is taken or lost, or the caller gave up.
func Permanent(err error) bool {
	for _, target := range []error{ErrNotExist, ErrChanged, ErrDenied, ErrInvalid, ErrExist, ErrLocked, ErrLockLost, errors.ErrUnsupported,
		context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Do runs f until it succeeds, fails for good, or has failed as often or for as
// long as p allows.
func (p Policy) Do(ctx context.Context, f func() error) error {
	e := begin(p)
	for {
		err := f()
		if err == nil {
			return nil
		}
		if err = e.failed(ctx, err); err != nil {
			return err
		}
	}
}

// effort counts what was in vain since the last progress.
type effort struct {
	p     Policy
	times int
	since time.Time
}

func begin(p Policy) effort { return effort{p: p, since: time.Now()} }

// progress starts the count anew.
func (e *effort) progress() { e.times, e.since = 0, time.Now() }

// failed returns nil after the pause when another attempt is due, or the error
// to give up with.
func (e *effort) failed(ctx context.Context, err error) error {
	e.times++
	if Permanent(err) {
		return err
	}
	pause, spent := e.p.Pause(e.times, err), time.Since(e.since)
	if e.times >= e.p.Attempts || e.p.Total > 0 && pause >= e.p.Total-spent {
		if e.times == 1 {
			return err
		}
		return fmt.Errorf("gave up after %d attempts in %v: %w", e.times, spent.Round(time.Millisecond), err)
	}
	if e.p.Notify != nil {
		e.p.Notify(err)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Pause is how long to wait after so many failures in a row, the last being err:
// half of the doubled Base and a random part of the other half, and never less than
// a Backoff asks for.
func (p Policy) Pause(failures int, err error) time.Duration {
	d := p.Base
	for i := 1; i < failures && d < p.Max; i++ {
		d *= 2
	}
	d = min(d, p.Max)
	d = d/2 + rand.N(d/2+1)
	if b, ok := errors.AsType[*Backoff](err); ok && b.After > d {
		// Jitter upwards only: earlier than asked for would be turned away again.
		return max(b.After, b.After+rand.N(b.After/4+1)) // the sum may overflow
	}
	return d
}
