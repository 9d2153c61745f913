package cluster

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"sparkless/job"
	"sparkless/storage/event"
)

const (
	// MaxDays is how many days a backfill may have: what it returns names each.
	MaxDays = 180
	// daysAtOnce is how many of them are under way at a time.
	daysAtOnce = 4
	// freezes is how often a day is planned anew when its blobs change under way.
	freezes = 3
	// maxTexts is for the texts of all failures together, in bytes of JSON.
	maxTexts = 16 << 10
)

// States of a day of a backfill.
const (
	dayWaiting  = "waiting"
	dayFreezing = "freezing"
	dayRunning  = "running"
	dayJoined   = "joined"
	dayDone     = "done"
	dayFailed   = "failed"
)

// backfillInput is what the workflow of several days takes.
type backfillInput struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"` // not included
	Scope    string    `json:"scope"`
	Detector string    `json:"detector"`
	Prefix   string    `json:"prefix"` // of the names of workflows
	Estate   string    `json:"estate,omitempty"`
}

// backfillResult is what it returns.
type backfillResult struct {
	Days []dayEntry `json:"days"`
}

// dayEntry is where to find what a day came to, or why it failed.
type dayEntry struct {
	Window string `json:"window"`
	Run    string `json:"run,omitempty"`    // Frozen.Run
	RunID  string `json:"run_id,omitempty"` // of the execution
	Kind   string `json:"kind,omitempty"`   // of the failure
	Text   string `json:"text,omitempty"`
}

// backfill is a workflow of several days under way.
type backfill struct {
	in    backfillInput
	days  []DayStatus
	ended []*dayEntry
}

// backfillWorkflow has the days carried out, four at a time. They conclude in order: the
// findings of a day hang on the profiles of the days before it.
func backfillWorkflow(ctx workflow.Context, in backfillInput) (backfillResult, error) {
	windows := event.Window{From: in.From, To: in.To}.Days()
	if len(windows) == 0 || len(windows) > MaxDays {
		return backfillResult{}, problem{kindFailed, fmt.Sprintf("%d days, and there can be 1 to %d", len(windows), MaxDays)}.failure()
	}
	b := &backfill{in: in, ended: make([]*dayEntry, len(windows))}
	for _, w := range windows {
		b.days = append(b.days, DayStatus{Window: w.Label(), State: dayWaiting})
	}
	err := workflow.SetQueryHandler(ctx, progressQuery, func() ([]DayStatus, error) { return b.days, nil })
	if err != nil {
		return backfillResult{}, err
	}
	slots := workflow.NewSemaphore(ctx, daysAtOnce)
	all := workflow.NewWaitGroup(ctx)
	for i := range windows {
		if err = slots.Acquire(ctx, 1); err != nil {
			break
		}
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			defer slots.Release(1)
			b.end(i, b.day(ctx, i))
		})
	}
	rest, _ := workflow.NewDisconnectedContext(ctx)
	all.Wait(rest)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return backfillResult{}, err
	}
	return b.result(), nil
}

// end keeps what a day came to.
func (b *backfill) end(i int, e dayEntry) {
	e.Window = b.days[i].Window
	b.ended[i] = &e
	b.days[i].State = dayDone
	if e.Kind != "" {
		b.days[i].State = dayFailed
	}
}

// before reports whether all days before a day have ended.
func (b *backfill) before(i int) bool {
	for _, e := range b.ended[:i] {
		if e == nil {
			return false
		}
	}
	return true
}

// day carries out one day, anew if its blobs change under way.
func (b *backfill) day(ctx workflow.Context, i int) dayEntry {
	var e dayEntry
	for try := range freezes {
		var err error
		e, err = b.attempt(ctx, i, try)
		if err == nil {
			return e
		}
		p := problemOf(err)
		e.Kind, e.Text = p.kind, p.text
		if p.kind != kindStale {
			break
		}
	}
	return e
}

func (b *backfill) attempt(ctx workflow.Context, i, try int) (e dayEntry, err error) {
	var f job.Frozen
	window := b.days[i].Window
	b.days[i].State, b.days[i].ID = dayFreezing, ""
	id := fmt.Sprintf("freeze-%s-%d", window, try+1)
	err = workflow.ExecuteActivity(step(ctx, id, urgent), freezeStep, window).Get(ctx, &f)
	if err != nil {
		return e, err
	}
	e.Run = f.Run
	b.days[i].State, b.days[i].ID = dayRunning, dayID(b.in.Prefix, f)
	ctx = workflow.WithChildOptions(ctx, childOptions(b.in, f))
	held := !b.before(i)
	child := workflow.ExecuteChildWorkflow(ctx, dayType, dayInput{Frozen: f, Hold: held})
	var x workflow.Execution
	err = child.GetChildWorkflowExecution().Get(ctx, &x)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		b.days[i].State = dayJoined
		return e, workflow.ExecuteActivity(await(ctx), awaitStep, b.days[i].ID).Get(ctx, &e.RunID)
	}
	if err != nil {
		return e, err
	}
	e.RunID = x.RunID
	if held {
		workflow.Go(ctx, func(ctx workflow.Context) { b.release(ctx, i, child) })
	}
	return e, child.Get(ctx, nil)
}

// release lets a day conclude once those before it have ended.
func (b *backfill) release(ctx workflow.Context, i int, child workflow.ChildWorkflowFuture) {
	err := workflow.Await(ctx, func() bool { return b.before(i) || child.IsReady() })
	if err == nil && !child.IsReady() {
		// A child that has ended meanwhile needs no signal.
		_ = child.SignalChildWorkflow(ctx, releaseSignal, nil).Get(ctx, nil)
	}
}

// result is what the days came to, with texts as long as there is room for.
func (b *backfill) result() backfillResult {
	var r backfillResult
	failed := 0
	for _, e := range b.ended {
		if e.Kind != "" {
			failed++
		}
	}
	for _, e := range b.ended {
		if e.Kind != "" {
			e.Text = shortenJSON(e.Text, min(maxFailure, maxTexts/failed))
		}
		r.Days = append(r.Days, *e)
	}
	return r
}

// await has the step tried until what is awaited has ended: a retry leaves nothing in
// the history, and no worker is held by it.
func await(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: heartbeatTimeout,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: awaitEvery, BackoffCoefficient: 1},
		Priority:            temporal.Priority{PriorityKey: urgent},
	})
}

// awaitEvery is how often a workflow that someone else started is looked at.
const awaitEvery = 10 * time.Second

// status is the entry as Status tells of it.
func (e dayEntry) status(prefix string) DayStatus {
	s := DayStatus{Window: e.Window, State: dayDone}
	if e.Kind != "" {
		s.State = dayFailed
	}
	if e.Run != "" {
		s.ID = dayID(prefix, job.Frozen{Window: e.Window, Run: e.Run})
	}
	return s
}
