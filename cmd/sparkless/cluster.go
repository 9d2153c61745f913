package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"sparkless/job"
	"sparkless/job/cluster"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage/event"
)

// dayResult is what a window of time gave.
type dayResult = job.Result[*masquerade.Counts]

// carrier carries a hunt out: a job.Hunt in this process alone, a crew on many machines.
// What comes of it is the same.
type carrier[S job.State[S]] interface {
	Window(ctx context.Context, w event.Window) (*job.Result[S], error)
	Backfill(ctx context.Context, from, to time.Time, done func(date time.Time, r *job.Result[S], err error)) error
}

// carrier is who carries the hunt out, as job.engine says, and what ends that.
func (a *app) carrier(ctx context.Context, v *values, h *hunt) (carrier[*masquerade.Counts], func(), error) {
	if v.text("job.engine") != engineTemporal {
		return &h.Hunt, func() {}, nil
	}
	c, err := a.newCrew(ctx, v, h)
	if err != nil {
		return nil, nil, err
	}
	return c, c.server.Close, nil
}

// server is what commands need of a Temporal server. A cluster.Client has it, and its
// contracts.
type server interface {
	Work(ctx context.Context, s cluster.Steps, p cluster.Planner) (working context.Context, stop func(), err error)
	StartDay(ctx context.Context, f job.Frozen) (cluster.Execution, error)
	WaitDay(ctx context.Context, e cluster.Execution) (job.Conclusion, error)
	StartBackfill(ctx context.Context, from, to time.Time) (cluster.Execution, error)
	WaitBackfill(ctx context.Context, e cluster.Execution) ([]cluster.Outcome, error)
	Status(ctx context.Context, f cluster.Filter) ([]cluster.Status, error)
	Pollers(ctx context.Context) ([]cluster.Poller, error)
	Cancel(ctx context.Context, id string) error
	Close()
}

// dial connects to a Temporal server.
func dial(ctx context.Context, c cluster.Config) (server, error) {
	s, err := cluster.Dial(ctx, c)
	if err != nil {
		return nil, err // not s, which would be a server that is not nil
	}
	return s, nil
}

// crew carries a hunt out with others: many machines that share its work by way of a
// Temporal server.
type crew[S job.State[S]] struct {
	a      *app
	hunt   *job.Hunt[S]
	hand   func() *job.Hunt[S] // as this process carries it out for others
	server server
	queue  string
}

// newCrew connects to the server that the settings name.
func (a *app) newCrew(ctx context.Context, v *values, h *hunt) (*crew[*masquerade.Counts], error) {
	s, queue, err := a.reach(ctx, v, &h.Config, h.Detector.Spec().Detector)
	if err != nil {
		return nil, err
	}
	return &crew[*masquerade.Counts]{a, &h.Hunt, func() *job.Hunt[*masquerade.Counts] { return a.hand(h) }, s, queue}, nil
}

// reach connects to the server that those share who carry out a hunt of these settings,
// and returns the name of their task queue too.
func (a *app) reach(ctx context.Context, v *values, of *job.Config, detector string) (server, string, error) {
	if err := enlist(v, of); err != nil {
		return nil, "", err
	}
	c := temporalConfig(v)
	c.Queue, c.Scope, c.Detector, c.Identity, c.Logger = queue(of, detector), of.Scope, detector, of.Identity, a.log
	var err error
	if c.Estate, err = estateOf(v, of.Source); err != nil {
		return nil, "", err
	}
	s, err := a.dial(ctx, c)
	return s, c.Queue, err
}

// enlist names the code and settings of a hunt, and this process, for others.
func enlist(v *values, c *job.Config) error {
	program, err := thisProgram()
	if err != nil {
		return err
	}
	if c.Code, err = identity(v, c, program); err != nil {
		return err
	}
	c.Identity = processName()
	return nil
}

// queue is the task queue of all that may do each other's work. That of the hunt that
// was there first goes without its name.
func queue(c *job.Config, detector string) string {
	if detector == masquerade.Name {
		return "sparkless-" + c.Code
	}
	return "sparkless-" + c.Code + "-" + detector
}

// processName tells this process from all others, also from one on the same machine
// that had its number before.
func processName() string {
	var chance [4]byte
	_, _ = rand.Read(chance[:]) // never fails, and fills all of it
	host, _ := os.Hostname()    // without a name it is told by chance alone
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(chance[:]))
}

// replans is how often a run is planned anew when its blobs change under way.
const replans = 3

// Window is the whole story of a window that many machines go through: freeze what is
// there, start the run or join it, work for it until it has ended, and take what it came
// to as if this process had done it all. Each step may be done by many at once.
func (c *crew[S]) Window(ctx context.Context, w event.Window) (*job.Result[S], error) {
	var stale error
	for range replans {
		f, err := c.hunt.Freeze(ctx, w)
		if err != nil {
			return nil, err
		}
		end, err := c.through(ctx, f)
		if errors.Is(err, job.ErrStale) {
			c.a.log.Warn("planning anew", "after", err)
			stale = err
			continue
		}
		if err != nil {
			return nil, err
		}
		return c.result(ctx, f, end)
	}
	return nil, fmt.Errorf("the blobs of %s kept changing while they were read: %w", w, stale)
}

// Backfill does the same for each day of a range, several at a time.
func (c *crew[S]) Backfill(ctx context.Context, from, to time.Time, done func(date time.Time, r *job.Result[S], err error)) error {
	e, err := c.server.StartBackfill(ctx, from, to)
	if err != nil {
		return err
	}
	var days []cluster.Outcome
	at := c.a.at
	err = c.work(ctx, e, event.Window{From: from, To: to}, func(ctx context.Context) (err error) {
		days, err = c.server.WaitBackfill(ctx, e)
		return err
	})
	c.a.at = at
	failed := []error{err}
	for _, day := range days {
		w, err := event.ParseLabel(day.Window)
		if err != nil {
			return fmt.Errorf("what a day of the backfill came to: %w", err)
		}
		var r *job.Result[S]
		if err = day.Err; err != nil {
			c.leave(w, e.Joined)
		} else {
			r, err = c.result(ctx, day.Frozen, day.Conclusion)
		}
		if err != nil && ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", day.Window, err)
			failed = append(failed, err)
		}
		done(w.From, r, err)
	}
	return errors.Join(failed...)
}

// through starts the run of a frozen plan, or joins it, and works until it has ended.
func (c *crew[S]) through(ctx context.Context, f job.Frozen) (end job.Conclusion, err error) {
	w, err := event.ParseLabel(f.Window)
	if err != nil {
		return end, err
	}
	e, err := c.server.StartDay(ctx, f)
	if err != nil {
		return end, err
	}
	c.hunt.Observe(job.Progress{Phase: job.Reading, Shards: f.Shards, Blobs: f.Blobs, Bytes: f.Bytes})
	err = c.work(ctx, e, w, func(ctx context.Context) (err error) {
		end, err = c.server.WaitDay(ctx, e)
		return err
	})
	return end, err
}

// work works for the queue, and shows how far the run is, until wait returns. Who is
// interrupted leaves the run to the others.
func (c *crew[S]) work(ctx context.Context, e cluster.Execution, w event.Window, wait func(context.Context) error) error {
	c.a.log.Info("working with others", "joined", e.Joined, "workflow", e.ID, "queue", c.queue, "as", c.hunt.Identity)
	c.leave(w, e.Joined)
	hand := c.hand()
	working, stop, err := c.server.Work(ctx, hand, hand)
	if err != nil {
		return err
	}
	watching, enough := context.WithCancel(working)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watch(watching, e, w)
	}()
	err = wait(working)
	enough()
	<-watched
	stop()
	if ctx.Err() != nil {
		c.leave(w, true)
		return leftError{ctx.Err()}
	}
	return err
}

// result is what a run came to, as this process would have had it alone. Files are
// written by everybody who waits for them.
func (c *crew[S]) result(ctx context.Context, f job.Frozen, end job.Conclusion) (*job.Result[S], error) {
	r, err := c.hunt.Concluded(ctx, f, end)
	w, bad := event.ParseLabel(f.Window)
	if bad != nil {
		return nil, bad
	}
	c.leave(w, end.By != c.hunt.Identity)
	if r == nil {
		return nil, err
	}
	return r, join(err, c.hunt.Replace(ctx, r))
}

// leave notes whether others account for a window.
func (c *crew[S]) leave(w event.Window, others bool) {
	c.a.summary.leave(c.hunt.Detector.Spec().Detector, w, others)
}

// leftError says that a process left a run to others.
type leftError struct{ error }

func (e leftError) Unwrap() error { return e.error }

// hand is the hunt as this process carries it out for others, beside waiting for what
// comes of it: it has a detector of its own, says nothing, and writes no files, which
// everybody does who waits.
func (a *app) hand(h *hunt) *job.Hunt[*masquerade.Counts] {
	one := h.Hunt
	one.Detector = a.newDetector(h)
	one.Observe = nil
	one.Sinks = withoutFiles(h.Sinks)
	if h.quiet != nil {
		quiet := *h.quiet
		one.Suppress = quiet.suppress
	}
	return &one
}

// withoutFiles are the sinks that are not written anew by everybody who waits.
func withoutFiles(sinks func(event.Window) ([]publish.Sink, error)) func(event.Window) ([]publish.Sink, error) {
	return func(w event.Window) ([]publish.Sink, error) {
		all, err := sinks(w)
		return slices.DeleteFunc(slices.Clone(all), func(s publish.Sink) bool {
			_, ok := s.(publish.Replacer)
			return ok
		}), err
	}
}
