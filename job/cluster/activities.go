package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"sparkless/job"
	"sparkless/storage/event"
)

// beatEvery is how often a step without a measure of its own says that it goes on.
const beatEvery = 5 * time.Second

// activities are the steps as a worker carries them out.
type activities struct {
	steps   Steps
	planner Planner
	client  client.Client   // for awaitStep
	leaving context.Context // ends when the worker is to stop
	logger  *slog.Logger
}

// workflows makes the workflows known by their names.
func workflows(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(dayWorkflow, workflow.RegisterOptions{Name: dayType})
	r.RegisterWorkflowWithOptions(backfillWorkflow, workflow.RegisterOptions{Name: backfillType})
}

// register makes the steps known by their names.
func (a *activities) register(r worker.ActivityRegistry) {
	for name, do := range map[string]any{freezeStep: a.freeze, foldStep: a.fold, mergeStep: a.merge, concludeStep: a.conclude, awaitStep: a.await} {
		r.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
}

func (a *activities) freeze(ctx context.Context, window string) (job.Frozen, error) {
	return carryOut(ctx, a, func(ctx context.Context) (job.Frozen, error) {
		w, err := event.ParseLabel(window)
		if err != nil {
			return job.Frozen{}, err
		}
		f, err := a.planner.Freeze(ctx, w)
		if err == nil {
			err = checkFrozen(f)
		}
		return f, err
	}, beating)
}

func (a *activities) fold(ctx context.Context, in foldInput) (job.Piece, error) {
	return carryOut(ctx, a, func(ctx context.Context) (job.Piece, error) {
		return a.steps.FoldBatch(ctx, in.Frozen, in.Batch, func(b job.Beat) { activity.RecordHeartbeat(ctx, b) })
	}, nil)
}

func (a *activities) merge(ctx context.Context, in mergeInput) (job.Piece, error) {
	return carryOut(ctx, a, func(ctx context.Context) (job.Piece, error) {
		return a.steps.MergePieces(ctx, in.Frozen, in.Pieces)
	}, beating)
}

func (a *activities) conclude(ctx context.Context, in concludeInput) (job.Conclusion, error) {
	return carryOut(ctx, a, func(ctx context.Context) (job.Conclusion, error) {
		return a.steps.Conclude(ctx, in.Frozen, in.All)
	}, beating)
}

// await fails with kindRunning, to be tried again, until the workflow of that ID has
// ended, and then as that did. It returns the ID of the execution.
func (a *activities) await(ctx context.Context, id string) (string, error) {
	d, err := a.client.DescribeWorkflowExecution(ctx, id, "")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return "", problem{kindFailed, fmt.Sprintf("workflow %s, which someone else had started, is not kept any more", id)}.failure()
	}
	if err != nil {
		return "", err
	}
	info := d.GetWorkflowExecutionInfo()
	runID := info.GetExecution().GetRunId()
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return "", temporal.NewApplicationErrorWithOptions("it is under way", kindRunning, temporal.ApplicationErrorOptions{
			NextRetryDelay: awaitEvery, Category: temporal.ApplicationErrorCategoryBenign})
	}
	if err := a.client.GetWorkflow(ctx, id, runID).Get(ctx, nil); err != nil {
		return "", problemOf(err).failure()
	}
	return runID, nil
}

// carryOut does a step, with beside going on beside it, and returns its error in a form
// that may leave this machine. When the worker is stopped the step is, too: what it has
// done so far is in the work store, and others go on from there.
func carryOut[T any](ctx context.Context, a *activities, do func(context.Context) (T, error), beside func(context.Context)) (result T, err error) {
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.leaving, cancel)()
	if beside != nil {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			beside(working)
		}()
		defer func() {
			cancel()
			<-ended
		}()
	}
	result, err = guarded(working, a.logger, do)
	if err != nil {
		return result, wayOut(ctx, working, err)
	}
	return result, nil
}

// beating says that a step goes on until its context ends.
func beating(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		activity.RecordHeartbeat(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// errPanic says that a step panicked. What it panicked with goes to the log of its worker
// alone: it can hold anything.
var errPanic = errors.New("panic")

// guarded makes an error of a panic.
func guarded[T any](ctx context.Context, logger *slog.Logger, do func(context.Context) (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			logger.ErrorContext(ctx, "a step panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("%w of type %T, see the log of %s", errPanic, p, activity.GetInfo(ctx).ActivityType.Name)
			if r, ok := p.(runtime.Error); ok {
				err = fmt.Errorf("%w: %s", errPanic, r.Error())
			}
		}
	}()
	return do(ctx)
}

// wayOut is the error of a step as Temporal has it. given is the context that the worker
// got, working the one that the step had.
func wayOut(given, working context.Context, err error) error {
	if given.Err() != nil {
		if _, asked := errors.AsType[*temporal.CanceledError](context.Cause(given)); asked {
			return temporal.NewCanceledError()
		}
		return temporal.NewApplicationErrorWithOptions("its worker lost touch with the server", kindLeft, temporal.ApplicationErrorOptions{})
	}
	if working.Err() != nil {
		return temporal.NewApplicationErrorWithOptions("its worker was stopped", kindLeft, temporal.ApplicationErrorOptions{
			NextRetryDelay: time.Millisecond, Category: temporal.ApplicationErrorCategoryBenign})
	}
	kind, passes := job.KindOf(err), job.Passes(job.KindOf(err))
	text := err.Error()
	switch {
	case errors.Is(err, errPanic):
		kind, passes = kindPanic, false
	case kind == kindMalformed:
		text = job.ErrMalformed.Error() // the rest quotes a line
	}
	return temporal.NewApplicationErrorWithOptions(shorten(text, maxFailure), kind, temporal.ApplicationErrorOptions{NonRetryable: !passes})
}
