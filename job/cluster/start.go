package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/event"
)

// checkFrozen refuses a plan that no workflow can carry out.
func checkFrozen(f job.Frozen) error {
	if f.Batches > maxBatches {
		return fmt.Errorf("%w: the plan of %s has %d batches, and a workflow carries out at most %d: raise job.batch-size", storage.ErrInvalid, f.Window, f.Batches, maxBatches)
	}
	return nil
}

// StartDay starts the workflow of a frozen plan, or joins the one that runs.
func (c *Client) StartDay(ctx context.Context, f job.Frozen) (Execution, error) {
	if err := checkFrozen(f); err != nil {
		return Execution{}, err
	}
	return c.start(ctx, c.startOptions(dayID(c.config.prefix(), f), f.Window, dayTimeout), dayType, dayInput{Frozen: f})
}

// StartBackfill starts the workflow of the days from from up to, not including, to, at
// most MaxDays, or joins the one that runs.
func (c *Client) StartBackfill(ctx context.Context, from, to time.Time) (Execution, error) {
	w := event.Window{From: from.UTC(), To: to.UTC()}
	if n := len(w.Days()); !w.WholeDays() || n > MaxDays {
		return Execution{}, fmt.Errorf("%w: a backfill is of 1 to %d whole UTC days, and %s are none or %d: ask for it in parts", storage.ErrInvalid, MaxDays, w, n)
	}
	in := backfillInput{From: w.From, To: w.To, Scope: c.config.Scope, Detector: c.config.Detector, Estate: c.config.Estate, Prefix: c.config.prefix()}
	return c.start(ctx, c.startOptions(c.config.backfillID(w.From, w.To), w.Label(), backfillTimeout), backfillType, in)
}

func (c *Client) startOptions(id, window string, timeout time.Duration) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                c.config.Queue,
		WorkflowExecutionTimeout: timeout,
		// That it runs already comes back as an error with the ID of the execution: this
		// way, unlike with USE_EXISTING, it is known who has started it.
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     memo(c.config.Scope, c.config.Detector, c.config.Estate, window),
	}
}

func (c *Client) start(ctx context.Context, o client.StartWorkflowOptions, kind string, in any) (x Execution, err error) {
	err = c.patiently(ctx, func(ctx context.Context) error {
		run, err := c.sdk.ExecuteWorkflow(ctx, o, kind, in)
		if at, runs := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); runs {
			x = Execution{o.ID, at.RunId, true}
			return nil
		}
		if err == nil {
			x = Execution{ID: o.ID, RunID: run.GetRunID()}
		}
		return err
	})
	return x, err
}

// Cancel asks the workflow with that ID to end. Its workers stop within half a minute; it
// has ended when its Status says so. A workflow that has ended, or that there is not, is
// storage.ErrNotExist.
func (c *Client) Cancel(ctx context.Context, id string) error {
	err := c.sdk.CancelWorkflow(ctx, id, "")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return fmt.Errorf("workflow %s does not run: %w", id, storage.ErrNotExist)
	}
	if err != nil {
		return c.config.explain(err)
	}
	return nil
}
