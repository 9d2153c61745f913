package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/masquerade"
)

func (a *app) workerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Work for runs of many machines until told to stop",
		Long: `Worker takes tasks of runs and backfills that others have started with --engine
temporal, and starts none itself: it is for machines that come and go with the work,
like a Deployment that KEDA scales. Each hunt that hunts.detect names has a task queue
of its own, and the worker works for all of these; "sparkless status --queue" prints
their names. A worker takes the work of equals alone: of the same program, with the
same settings and the same files of facts and suppressions. What is shown, logged and
written to files may differ, and so may workers and memory, and which hunts there are:
a hunt goes on with those who have chosen it.

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

// work is the story of a worker: it works for the queue of each of the hunts.
func (a *app) work(ctx context.Context, v *values) error {
	h, err := a.newHunt(ctx, v)
	if err == nil {
		err = a.findLayout(ctx, v, h)
	}
	if err != nil {
		return err
	}
	h.Observe = func(job.Progress) {} // nobody waits
	var at []func(context.Context, turn) (context.Context, func(), error)
	if h.bar != nil && h.masquerades {
		a.log.Warn("not working for a hunt", "hunt", masquerade.Name, "because", h.bar)
	} else if h.masquerades {
		at = append(at, func(ctx context.Context, t turn) (context.Context, func(), error) {
			return a.workForNames(ctx, v, h, t)
		})
	}
	for _, p := range h.pursuits {
		if err := p.barred(); err != nil {
			a.log.Warn("not working for a hunt", "hunt", p.name(), "because", err)
			continue
		}
		at = append(at, func(ctx context.Context, t turn) (context.Context, func(), error) { return p.work(ctx, h, t) })
	}
	err = workAll(ctx, at)
	if ctx.Err() != nil {
		return leftError{ctx.Err()}
	}
	return fmt.Errorf("the worker cannot go on: %w", err)
}

// workAll works at all queues until ctx ends, or one of them cannot go on, and returns why.
// Those that work stop at the same time: there is little of it.
func workAll(ctx context.Context, at []func(context.Context, turn) (context.Context, func(), error)) error {
	all, end := context.WithCancelCause(ctx)
	var stopping sync.WaitGroup
	defer stopping.Wait()
	defer end(nil)
	one := make(turn, 1)
	for _, begin := range at {
		working, stop, err := begin(all, one)
		if err != nil {
			return err
		}
		stopping.Go(func() {
			<-working.Done()
			end(context.Cause(working))
			stop()
		})
	}
	<-all.Done()
	return context.Cause(all)
}

// workForNames works for the queue of the hunt for masquerading names.
func (a *app) workForNames(ctx context.Context, v *values, h *hunt, t turn) (context.Context, func(), error) {
	c, err := a.newCrew(ctx, v, h)
	if err != nil {
		return nil, nil, err
	}
	return workAt(ctx, c, t, func(ctx context.Context, f job.Frozen, end job.Conclusion) { a.account(ctx, v, h, f, end) })
}

// workAt works for the queue of a crew until stop is called, which also closes the
// connection of the crew.
func workAt[S job.State[S]](ctx context.Context, c *crew[S], t turn, account func(context.Context, job.Frozen, job.Conclusion)) (working context.Context, stop func(), err error) {
	steps := &accounting[S]{Hunt: c.hand(), turn: t, account: account}
	working, leave, err := c.server.Work(ctx, steps, steps)
	if err != nil {
		c.server.Close()
		return nil, nil, err
	}
	c.a.log.Info("working", "hunt", c.hunt.Detector.Spec().Detector, "queue", c.queue, "as", c.hunt.Identity)
	return working, func() { leave(); c.server.Close() }, nil
}
