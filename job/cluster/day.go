package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"sparkless/job"
)

// Bounds of a workflow. Temporal ends one whose history has more than 51,200 events, and
// warns from 10,240 (https://docs.temporal.io/workflow-execution/limits). A step takes
// three events, and up to three more of the workflow's own.
const (
	maxBatches = 1500
	// foldsAtOnce is how many batches are given out at a time. 2,000 may be pending.
	foldsAtOnce = 300
)

// How long a step may take, and how often it is tried.
const (
	stepTimeout      = time.Hour
	heartbeatTimeout = time.Minute
	maxAttempts      = 10
)

// Phases of a day.
const (
	phaseFolding    = "folding"
	phaseMerging    = "merging"
	phaseWaiting    = "waiting for the days before"
	phaseConcluding = "concluding"
	phaseOver       = "over"
)

// dayInput is what the workflow of a day takes.
type dayInput struct {
	Frozen job.Frozen `json:"frozen"`
	// Hold has it wait for releaseSignal before it concludes: the days before it come
	// first, whose profiles are its history.
	Hold bool `json:"hold,omitempty"`
}

// dayResult is what it returns.
type dayResult struct {
	Frozen     job.Frozen     `json:"frozen"`
	Conclusion job.Conclusion `json:"conclusion"`
	Progress   Progress       `json:"progress"`
}

// foldInput is what foldStep takes, mergeInput mergeStep, and so on.
type foldInput struct {
	Frozen job.Frozen `json:"frozen"`
	Batch  int        `json:"batch"`
}

type mergeInput struct {
	Frozen job.Frozen  `json:"frozen"`
	Pieces []job.Piece `json:"pieces"`
}

type concludeInput struct {
	Frozen job.Frozen `json:"frozen"`
	All    job.Piece  `json:"all"`
}

// day is a workflow of one under way.
type day struct {
	frozen   job.Frozen
	tree     *tree // nil if there is nothing to fold
	progress Progress
	folding  int    // batches under way
	tasks    []task // folds and merges under way, in the order in which they were given out
}

// task is a step under way. One coroutine looks after all of them: one for each, or a
// selector over all, makes a day of many batches slow.
type task struct {
	done workflow.Future
	take func(ctx workflow.Context, p job.Piece, err error) error
}

// dayWorkflow folds the batches of a frozen plan, merges them and concludes.
func dayWorkflow(ctx workflow.Context, in dayInput) (dayResult, error) {
	f := in.Frozen
	if f.Batches < 0 || f.Batches > maxBatches || f.Known != (f.Batches == 0) {
		return dayResult{}, problem{kindFailed, fmt.Sprintf("a plan of %d batches, and there can be 1 to %d", f.Batches, maxBatches)}.failure()
	}
	d := &day{frozen: f, progress: Progress{Run: f.Run, Phase: phaseFolding, Tasks: 1, Bytes: f.Bytes}}
	if f.Batches > 0 {
		d.tree = newTree(f.Batches)
		d.progress.Tasks = f.Batches + d.tree.merges() + 1
	}
	err := workflow.SetQueryHandler(ctx, progressQuery, func() (Progress, error) { return d.progress, nil })
	if err != nil {
		return dayResult{}, err
	}
	c, err := d.run(ctx, in.Hold)
	if err != nil {
		return dayResult{}, err
	}
	d.progress.Phase = phaseOver
	return dayResult{f, c, d.progress}, nil
}

func (d *day) run(ctx workflow.Context, hold bool) (c job.Conclusion, err error) {
	all, err := d.fold(ctx)
	if err == nil && hold {
		d.progress.Phase = phaseWaiting
		err = released(ctx)
	}
	if err != nil {
		return c, err
	}
	d.progress.Phase = phaseConcluding
	err = workflow.ExecuteActivity(step(ctx, "conclude", urgent), concludeStep, concludeInput{d.frozen, all}).Get(ctx, &c)
	if err != nil {
		return c, d.why("the findings of "+d.frozen.Window, err)
	}
	d.progress.Done++
	return c, nil
}

// released waits for the signal.
func released(ctx workflow.Context) error {
	s := workflow.NewSelector(ctx)
	for _, c := range []workflow.ReceiveChannel{workflow.GetSignalChannel(ctx, releaseSignal), ctx.Done()} {
		s.AddReceive(c, func(workflow.ReceiveChannel, bool) {})
	}
	s.Select(ctx)
	return ctx.Err()
}

// fold returns the piece of all batches.
func (d *day) fold(ctx workflow.Context) (job.Piece, error) {
	if d.tree == nil {
		return job.Piece{}, nil
	}
	for next := 0; d.tree.whole() == nil; {
		for ; next < d.frozen.Batches && d.folding < foldsAtOnce; next++ {
			d.foldBatch(ctx, next)
		}
		err := workflow.Await(ctx, d.anyDone)
		if err == nil {
			err = d.takeDone(ctx)
		}
		if temporal.IsCanceledError(err) {
			// What is under way ends when its worker hears of it.
			rest, _ := workflow.NewDisconnectedContext(ctx)
			_ = workflow.Await(rest, d.allDone)
		}
		if err != nil {
			return job.Piece{}, err
		}
	}
	return *d.tree.whole(), nil
}

func (d *day) anyDone() bool { return slices.ContainsFunc(d.tasks, task.ready) }

func (d *day) allDone() bool {
	return !slices.ContainsFunc(d.tasks, func(t task) bool { return !t.ready() })
}

func (t task) ready() bool { return t.done.IsReady() }

// takeDone goes on with what is done.
func (d *day) takeDone(ctx workflow.Context) error {
	var done, rest []task
	for _, t := range d.tasks {
		if t.ready() {
			done = append(done, t)
		} else {
			rest = append(rest, t)
		}
	}
	d.tasks = rest
	for _, t := range done {
		var p job.Piece
		err := t.done.Get(ctx, &p)
		if err = t.take(ctx, p, err); err != nil {
			return err
		}
	}
	return nil
}

// foldBatch has one batch folded.
func (d *day) foldBatch(ctx workflow.Context, batch int) {
	d.folding++
	fold := order{"fold-" + strconv.Itoa(batch), plain, foldStep, foldInput{d.frozen, batch}}
	d.give(ctx, fold, func(ctx workflow.Context, p job.Piece, err error) error {
		d.folding--
		if err != nil {
			return d.why(fmt.Sprintf("batch %d of %d of %s", batch+1, d.frozen.Batches, d.frozen.Window), err)
		}
		d.progress.fold(p)
		if d.progress.Done >= d.frozen.Batches {
			d.progress.Phase = phaseMerging
		}
		return d.grow(ctx, 0, batch, p)
	})
}

// grow puts a piece into the tree, and has merged what can be merged then.
func (d *day) grow(ctx workflow.Context, level, index int, p job.Piece) error {
	g, err := d.tree.put(level, index, p)
	if err != nil {
		return problem{kindFailed, err.Error()}.about(d.frozen.Window).failure()
	}
	if g == nil {
		return nil
	}
	first, last := d.tree.span(g.level, g.index)
	merge := order{fmt.Sprintf("merge-%d-%d", first, last-1), urgent, mergeStep, mergeInput{d.frozen, g.pieces}}
	d.give(ctx, merge, func(ctx workflow.Context, p job.Piece, err error) error {
		if err != nil {
			return d.why(fmt.Sprintf("merging the batches %d to %d of %s", first+1, last, d.frozen.Window), err)
		}
		d.progress.Done++
		return d.grow(ctx, g.level, g.index, p)
	})
	return nil
}

// order is a step to be given out.
type order struct {
	id       string // Activity.ID
	priority int
	step     string
	in       any
}

// give gives out a step, and goes on without waiting for it.
func (d *day) give(ctx workflow.Context, o order, take func(workflow.Context, job.Piece, error) error) {
	d.tasks = append(d.tasks, task{workflow.ExecuteActivity(step(ctx, o.id, o.priority), o.step, o.in), take})
}

// why is the error of a step, as the workflow ends with it.
func (d *day) why(what string, err error) error {
	if temporal.IsCanceledError(err) {
		return err
	}
	return problemOf(err).about(what).failure()
}

// fold counts a batch that is folded.
func (p *Progress) fold(one job.Piece) {
	p.Done++
	p.Shards += one.Shards
	p.Reused += one.Reused
	p.BytesDone += one.Bytes
	p.Lines += one.Lines
	p.Records += one.Records
}

// Priorities of steps: what others wait for goes before the many batches. A server that
// knows no priorities keeps to the order in which steps were given out.
const (
	urgent = 1
	plain  = 3
)

// step has activities of the context retried, and given up when nobody is at them.
func step(ctx workflow.Context, id string, priority int) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ActivityID:          id,
		StartToCloseTimeout: stepTimeout,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Minute,
			MaximumAttempts:    maxAttempts,
		},
		Priority: temporal.Priority{PriorityKey: priority},
	})
}

// childOptions are those of the workflow of a day within that of several.
func childOptions(in backfillInput, f job.Frozen) workflow.ChildWorkflowOptions {
	return workflow.ChildWorkflowOptions{
		WorkflowID:               dayID(in.Prefix, f),
		WorkflowExecutionTimeout: dayTimeout,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:        enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:      true,
		Memo:                     memo(in.Scope, in.Detector, in.Estate, f.Window),
	}
}

// After so long a workflow is given up that nobody works for any more.
const (
	dayTimeout      = 7 * 24 * time.Hour
	backfillTimeout = 4 * dayTimeout
)
