package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/storage/event"
)

func (a *app) workerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Work for runs of many machines until told to stop",
		Long: `Worker takes tasks of runs and backfills that others have started with --engine
temporal, and starts none itself: it is for machines that come and go with the work,
like a Deployment that KEDA scales. "sparkless status --queue" prints the name of the
task queue that it works for. A worker takes the work of equals alone: of the same
program, with the same settings and the same files of facts and suppressions. What is
shown, logged and written to files may differ, and so may workers and memory.

On Ctrl-C or SIGTERM it gives back what it has begun, within 20 seconds, and ends with
exit code 130; others go on with it.`,
		Example: `  sparkless worker --account mystorage --temporal-address temporal.internal:7233`,
	}
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.work(cmd.Context(), v)
	}
	return cmd
}

// work is the story of a worker.
func (a *app) work(ctx context.Context, v *values) error {
	h, err := a.newHunt(ctx, v)
	if err == nil {
		err = a.findLayout(ctx, v, h)
	}
	if err != nil {
		return err
	}
	h.Observe = func(job.Progress) {} // nobody waits
	c, err := a.newCrew(ctx, v, h)
	if err != nil {
		return err
	}
	defer c.server.Close()
	steps := &accounting{Hunt: a.hand(h), account: func(ctx context.Context, f job.Frozen, end job.Conclusion) {
		a.account(ctx, v, h, f, end)
	}}
	working, stop, err := c.server.Work(ctx, steps, steps)
	if err != nil {
		return err
	}
	a.log.Info("working", "queue", c.queue, "as", h.Identity)
	<-working.Done()
	stop()
	if ctx.Err() != nil {
		return leftError{ctx.Err()}
	}
	return fmt.Errorf("the worker cannot go on: %w", context.Cause(working))
}

// accounting are the steps of a worker whom nobody waits for: where it was the one that
// concluded a run, it does what a run does beside that.
type accounting struct {
	*job.Hunt[*masquerade.Counts]
	one     sync.Mutex // a task that was given up may still be under way
	account func(ctx context.Context, f job.Frozen, end job.Conclusion)
}

// Conclude implements cluster.Steps.
func (s *accounting) Conclude(ctx context.Context, f job.Frozen, all job.Piece) (job.Conclusion, error) {
	end, err := s.Hunt.Conclude(ctx, f, all)
	if err == nil && end.By == s.Identity {
		s.one.Lock()
		defer s.one.Unlock()
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
	if !h.DryRun && ctx.Err() == nil {
		late, settled := h.Settle(ctx, job.Debts{From: w.From.AddDate(0, 0, -lookBack), To: w.From})
		r.settled(late)
		err = join(err, settled)
	}
	if err != nil {
		a.log.Warn("a run ended", append(named(w), "with", err)...)
	}
	if err = join(err, r.severe()); errors.Is(err, context.Canceled) {
		return // another worker concludes it, or this one is told to stop
	}
	r.finish(exitCode(err), err)
	a.recordRun(ctx, r)
}
