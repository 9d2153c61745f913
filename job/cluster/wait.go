package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"

	"sparkless/job"
)

// awayTime is how long a server may be away before what waits for it gives up.
const awayTime = 30 * time.Minute

// WaitDay waits until the workflow of a day has ended, also while the server is away for
// minutes. Its error is of the kind that the failed step had (job.KindOf), or
// ErrCancelled, or the cause of the end of ctx.
func (c *Client) WaitDay(ctx context.Context, e Execution) (job.Conclusion, error) {
	r, err := c.dayResult(ctx, e)
	return r.Conclusion, err
}

func (c *Client) dayResult(ctx context.Context, e Execution) (r dayResult, err error) {
	err = c.result(ctx, e, &r)
	return r, err
}

// WaitBackfill waits as WaitDay does, and returns what each day came to, in order.
func (c *Client) WaitBackfill(ctx context.Context, e Execution) ([]Outcome, error) {
	var r backfillResult
	if err := c.result(ctx, e, &r); err != nil {
		return nil, err
	}
	var all []Outcome
	for _, d := range r.Days {
		o := Outcome{Window: d.Window}
		if d.Kind != "" {
			o.Err = problem{d.Kind, d.Text}.err()
		} else {
			id := dayID(c.config.prefix(), job.Frozen{Window: d.Window, Run: d.Run})
			r, err := c.dayResult(ctx, Execution{ID: id, RunID: d.RunID})
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			o.Frozen, o.Conclusion, o.Err = r.Frozen, r.Conclusion, err
		}
		all = append(all, o)
	}
	return all, nil
}

// result waits for the end of a workflow, and for what it returned.
func (c *Client) result(ctx context.Context, e Execution, r any) error {
	var ended error
	err := c.patiently(ctx, func(ctx context.Context) (err error) {
		ended, err = c.ask(ctx, e, r)
		return err
	})
	if err != nil {
		return err
	}
	return ended
}

// ask is result, once. It tells how the workflow ended from what went wrong with asking.
func (c *Client) ask(ctx context.Context, e Execution, r any) (ended, server error) {
	err := c.sdk.GetWorkflow(ctx, e.ID, e.RunID).Get(ctx, r)
	if end, ok := errors.AsType[*temporal.WorkflowExecutionError](err); ok {
		return problemOf(end).err(), nil
	}
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return nil, fmt.Errorf("workflow %s: Temporal keeps it no more (the retention of the namespace is over), or someone deleted it", e.ID)
	}
	return nil, err
}

// patiently calls the server, again and again while it is away.
func (c *Client) patiently(ctx context.Context, call func(context.Context) error) error {
	pause := time.Second
	var since time.Time
	for {
		begun := time.Now()
		err := call(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			if !since.IsZero() {
				c.logger.InfoContext(ctx, "the Temporal server is back", "address", c.config.Address)
			}
			return nil
		case !away(err):
			return c.final(err)
		}
		// A call that took longer than it is retried for had an answer in between.
		if since.IsZero() || begun.Sub(since) > 0 && time.Since(begun) > 2*time.Minute {
			since, pause = begun, time.Second
			c.logger.WarnContext(ctx, "the Temporal server is away: waiting for it", "address", c.config.Address, "error", c.config.APIKey.Hide(err.Error()))
		}
		if time.Since(since) > awayTime || !wait(ctx, pause) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("the Temporal server was away for %s: %w", awayTime, c.config.explain(err))
		}
		pause = min(2*pause, 15*time.Second)
	}
}

// final is an error that no waiting helps.
func (c *Client) final(err error) error {
	if _, ok := errors.AsType[serviceerror.ServiceError](err); ok {
		return c.config.explain(err)
	}
	return err
}

// away reports whether an error tells of the server or the way to it, and not of what it
// was asked.
func away(err error) bool {
	switch serviceerror.ToStatus(err).Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Internal, codes.Canceled:
		return true
	}
	return false
}
