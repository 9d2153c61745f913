package main

import (
	"context"
	"errors"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage/event"
)

// turn is whose turn it is: a step uses all processors, and its share of the memory, so
// those of several hunts go one after the other.
type turn chan struct{}

// beatWhile is how often a step that waits for its turn says that it is there.
const beatWhile = 5 * time.Second

// take waits for the turn, and calls beat meanwhile.
func (t turn) take(ctx context.Context, beat func()) error {
	tick := time.NewTicker(beatWhile)
	defer tick.Stop()
	for {
		select {
		case t <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			beat()
		}
	}
}

func (t turn) give() { <-t }

// accounting are the steps of a worker whom nobody waits for: where it was the one that
// concluded a run, it does what a run does beside that.
type accounting[S job.State[S]] struct {
	*job.Hunt[S]
	turn    turn
	account func(ctx context.Context, f job.Frozen, end job.Conclusion)
}

// FoldBatch implements cluster.Steps.
func (s *accounting[S]) FoldBatch(ctx context.Context, f job.Frozen, batch int, beat func(job.Beat)) (job.Piece, error) {
	if err := s.turn.take(ctx, func() { beat(job.Beat{}) }); err != nil {
		return job.Piece{}, err
	}
	defer s.turn.give()
	return s.Hunt.FoldBatch(ctx, f, batch, beat)
}

// MergePieces implements cluster.Steps. Who calls it says that it goes on.
func (s *accounting[S]) MergePieces(ctx context.Context, f job.Frozen, pieces []job.Piece) (job.Piece, error) {
	if err := s.turn.take(ctx, func() {}); err != nil {
		return job.Piece{}, err
	}
	defer s.turn.give()
	return s.Hunt.MergePieces(ctx, f, pieces)
}

// Conclude implements cluster.Steps.
func (s *accounting[S]) Conclude(ctx context.Context, f job.Frozen, all job.Piece) (job.Conclusion, error) {
	if err := s.turn.take(ctx, func() {}); err != nil {
		return job.Conclusion{}, err
	}
	defer s.turn.give()
	end, err := s.Hunt.Conclude(ctx, f, all)
	if err == nil && end.By == s.Identity {
		s.account(ctx, f, end)
	}
	return end, err
}

// account sends what runs of earlier days owe, and the record of the run. What goes wrong
// is said, and changes nothing of the run.
func (a *app) account(ctx context.Context, v *values, h *hunt, f job.Frozen, end job.Conclusion) {
	w, err := event.ParseLabel(f.Window)
	if err != nil {
		return // Conclude has read it
	}
	r := newRecorder(v, "worker", true)
	r.asked(w)
	r.hunting(h)
	result, err := h.Concluded(ctx, f, end)
	err = strictly(v, err)
	if result != nil {
		err = join(err, a.selfTest(ctx, h, result))
	}
	r.day(h, w, result, err)
	a.accounted(ctx, r, err, h.Settle)
}

// accountFor does the same for another hunt. The record of a run is that of its first
// hunt.
func (c *chase[S]) accountFor(ctx context.Context, h *hunt, f job.Frozen, end job.Conclusion) {
	w, err := event.ParseLabel(f.Window)
	if err != nil {
		return // Conclude has read it
	}
	r := newRecorder(c.v, "worker", true)
	r.asked(w)
	r.hunting(h)
	result, err := c.anomalies(c.Concluded(ctx, f, end))
	err = strictly(c.v, err)
	r.pursuit(c, w, result, err)
	r.leave(r.first, w, !c.out.first)
	c.a.accounted(ctx, r, err, c.Settle)
}

// accounted settles what is owed of the days before a run, and sends the record of it.
func (a *app) accounted(ctx context.Context, r *recorder, err error, settle func(context.Context, job.Debts) ([]publish.Delivery, error)) {
	if !r.DryRun && ctx.Err() == nil {
		late, settled := settle(ctx, job.Debts{From: r.window.From.AddDate(0, 0, -lookBack), To: r.window.From})
		r.settled(late)
		err = join(err, settled)
	}
	if err != nil {
		a.log.Warn("a run ended", append(named(r.window), "with", err)...)
	}
	if err = join(err, r.severe()); errors.Is(err, context.Canceled) {
		return // another worker concludes it, or this one is told to stop
	}
	r.finish(exitCode(err), err)
	a.recordRun(ctx, r)
}
