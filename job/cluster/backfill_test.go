package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"sparkless/job"
	"sparkless/storage/event"
)

var firstDay = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// days is the input of a backfill of n days.
func days(n int) backfillInput {
	return backfillInput{From: firstDay, To: firstDay.AddDate(0, 0, n), Scope: "all", Detector: "fake", Prefix: "sparkless-all-fake-"}
}

func labels(n int) (all []string) {
	for i := range n {
		all = append(all, event.Day(firstDay.AddDate(0, 0, i)).Label())
	}
	return all
}

func runBackfill(t testing.TB, env *testsuite.TestWorkflowEnvironment, in backfillInput) (r backfillResult, err error) {
	t.Helper()
	env.ExecuteWorkflow(backfillType, in)
	if !env.IsWorkflowCompleted() {
		t.Fatal("the workflow has not ended")
	}
	if err := env.GetWorkflowError(); err != nil {
		return r, problemOf(err).err()
	}
	return r, env.GetWorkflowResult(&r)
}

// All days are carried out, and conclude in their order, though four are under way at a
// time and an earlier one may take longer.
func TestBackfill(t *testing.T) {
	const n = 11
	var mu sync.Mutex
	underway, most := map[string]bool{}, 0
	gate := make(chan struct{}) // the first day ends when the fourth has been folded
	s := &fakeSteps{}
	s.onFold = func(_ context.Context, f job.Frozen, batch, _ int, _ func(job.Beat)) error {
		mu.Lock()
		underway[f.Window] = true
		most = max(most, len(underway))
		mu.Unlock()
		if f.Window == labels(1)[0] && batch == 0 {
			<-gate
		}
		if f.Window == labels(4)[3] && batch == 2 {
			close(gate)
		}
		return nil
	}
	s.onConclude = func(_ context.Context, f job.Frozen, _ int) error {
		mu.Lock()
		defer mu.Unlock()
		delete(underway, f.Window)
		return nil
	}
	r, err := runBackfill(t, environment(t, s), days(n))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.asked().order, labels(n)) {
		t.Errorf("concluded in the order %q", s.asked().order)
	}
	if most != daysAtOnce {
		t.Errorf("%d days were under way at a time", most)
	}
	for i, d := range r.Days {
		if d.Window != labels(n)[i] || d.Kind != "" || d.RunID == "" || d.Run == "" {
			t.Errorf("%+v", d)
		}
	}
	if len(r.Days) != n || !slices.Equal(slices.Sorted(slices.Values(s.asked().freezes)), labels(n)) {
		t.Errorf("%d days, frozen %q", len(r.Days), s.asked().freezes)
	}
}

// A day that fails, wherever, stops no other, and says why.
func TestBackfillFailures(t *testing.T) {
	d := labels(6)
	s := &fakeSteps{}
	s.onFreeze = func(_ context.Context, w string, _ int) error {
		if w == d[1] {
			return fmt.Errorf("%w of %s", job.ErrNoBlobs, w)
		}
		return nil
	}
	s.onFold = func(_ context.Context, f job.Frozen, batch, _ int, _ func(job.Beat)) error {
		if f.Window == d[2] && batch == 1 {
			return errors.New("disk full")
		}
		return nil
	}
	s.onConclude = func(_ context.Context, f job.Frozen, _ int) error {
		if f.Window == d[4] {
			return job.ErrDamaged
		}
		return nil
	}
	r, err := runBackfill(t, environment(t, s), days(6))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []problem{{}, {"no-blobs", "of " + d[1]}, {"failed", "batch 2 of 3 of " + d[2] + ": disk full"}, {}, {"damaged", "the findings of " + d[4]}, {}} {
		if got := r.Days[i]; got.Kind != want.kind || !strings.Contains(got.Text, want.text) || (got.RunID == "") != (i == 1) {
			t.Errorf("%+v, want %v", got, want)
		}
	}
	if want := []string{d[0], d[3], d[5]}; !slices.Equal(s.asked().order, want) {
		t.Errorf("concluded %q, want %q", s.asked().order, want)
	}
}

// A day whose blobs change under way is planned anew, three times.
func TestBackfillStale(t *testing.T) {
	for until, kind := range map[int]string{2: "", 3: "", 4: "stale"} {
		s := &fakeSteps{}
		s.onFold = func(_ context.Context, f job.Frozen, batch, _ int, _ func(job.Beat)) error {
			if f.Window == labels(2)[1] && batch == 2 && int(f.Run[len(f.Run)-1]-'0') < until {
				return job.ErrStale
			}
			return nil
		}
		r, err := runBackfill(t, environment(t, s), days(2))
		if err != nil || r.Days[0].Kind != "" || r.Days[1].Kind != kind {
			t.Errorf("stale until plan %d: %+v, %v", until, r, err)
		}
		if got := len(s.asked().freezes); got != 1+min(until, freezes) {
			t.Errorf("stale until plan %d: frozen %d times", until, got-1)
		}
	}
}

// A day that someone else has started is awaited, and not carried out twice.
func TestBackfillJoins(t *testing.T) {
	s := &fakeSteps{}
	env := environment(t, s)
	id := dayID(days(1).Prefix, mustFreeze(t, labels(2)[1]))
	looks := 0
	env.OnActivity(awaitStep, mockAny, id).Return(func(context.Context, string) (string, error) {
		if looks++; looks < 5 {
			return "", problemRunning()
		}
		return "run-of-another", nil
	})
	// Another execution of that ID runs for as long as the test does.
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, in backfillInput) (r backfillResult, err error) {
		other := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, childOptions(in, mustFreeze(t, labels(2)[1]))), dayType,
			dayInput{Frozen: mustFreeze(t, labels(2)[1]), Hold: true})
		if err := other.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
			return r, err
		}
		r, err = backfillWorkflow(ctx, in)
		return r, err
	}, workflow.RegisterOptions{Name: "beside"})
	env.ExecuteWorkflow("beside", days(2))
	var r backfillResult
	if err := env.GetWorkflowResult(&r); err != nil {
		t.Fatal(err)
	}
	if looks != 5 || r.Days[1].RunID != "run-of-another" || r.Days[1].Kind != "" || slices.Contains(s.asked().order, labels(2)[1]) {
		t.Errorf("looked %d times: %+v, concluded %q", looks, r, s.asked().order)
	}
}

// A backfill that is cancelled ends so, and begins no further day.
func TestCancelBackfill(t *testing.T) {
	var env *testsuite.TestWorkflowEnvironment
	var once, again sync.Once
	cancelled := make(chan struct{})
	s := &fakeSteps{}
	s.onFold = func(ctx context.Context, f job.Frozen, batch, _ int, beat func(job.Beat)) error {
		if f.Window != labels(2)[1] {
			return nil
		}
		once.Do(env.CancelWorkflow)
		<-cancelled
		for ctx.Err() == nil {
			beat(job.Beat{Batch: batch})
		}
		return ctx.Err()
	}
	env = environment(t, s)
	env.SetOnActivityCanceledListener(func(*activity.Info) { again.Do(func() { close(cancelled) }) })
	if _, err := runBackfill(t, env, days(20)); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
	if len(s.asked().freezes) > 2+daysAtOnce || slices.Contains(s.asked().order, labels(2)[1]) {
		t.Errorf("frozen %q, concluded %q", s.asked().freezes, s.asked().order)
	}
}

// The longest backfill, all of whose days fail with long texts under long names, returns
// less than a payload may have.
func TestLargestBackfill(t *testing.T) {
	s := &fakeSteps{onFold: func(context.Context, job.Frozen, int, int, func(job.Beat)) error {
		return fmt.Errorf("%w: %s", job.ErrDamaged, strings.Repeat("\x01€", 5000)) // JSON spells \x01 with six bytes
	}}
	env := environment(t, s)
	c := &counting{DataConverter: newConverter()}
	env.SetDataConverter(c)
	r, err := runBackfill(t, env, days(MaxDays))
	if err != nil || len(r.Days) != MaxDays || r.Days[MaxDays-1].Kind != "damaged" {
		t.Fatalf("%d days, %v", len(r.Days), err)
	}
	if _, largest := c.sums(); largest > maxPayload {
		t.Errorf("a payload of %d bytes", largest)
	}
	if _, err := runBackfill(t, environment(t, &fakeSteps{}), days(MaxDays+1)); err == nil || !strings.Contains(err.Error(), "181 days") {
		t.Errorf("a day more: %v", err)
	}
}

// While it goes on a backfill tells how far each day is.
func TestBackfillProgress(t *testing.T) {
	var seen []DayStatus
	failed := false // the second day is to be concluded again, in a second
	s := &fakeSteps{}
	s.onConclude = func(_ context.Context, f job.Frozen, _ int) error {
		if f.Window == labels(2)[1] && !failed {
			failed = true
			return errors.New("the network was away")
		}
		return nil
	}
	env := environment(t, s)
	env.RegisterDelayedCallback(func() {
		v, err := env.QueryWorkflow(progressQuery)
		if err == nil {
			err = v.Get(&seen)
		}
		if err != nil {
			t.Error(err)
		}
	}, time.Second/2)
	if _, err := runBackfill(t, env, days(9)); err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, d := range seen {
		states = append(states, d.State)
	}
	want := []string{dayDone, dayRunning, dayRunning, dayRunning, dayRunning, dayWaiting, dayWaiting, dayWaiting, dayWaiting}
	if !slices.Equal(states, want) || !strings.HasPrefix(seen[1].ID, "sparkless-all-fake-2026-11-02-") {
		t.Errorf("%+v", seen)
	}
}

func mustFreeze(t testing.TB, label string) job.Frozen {
	t.Helper()
	w, err := event.ParseLabel(label)
	if err != nil {
		t.Fatal(err)
	}
	f, err := (&fakeSteps{}).Freeze(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var mockAny = mock.Anything

// problemRunning is what awaitStep says while what it awaits runs.
func problemRunning() error { return temporal.NewApplicationError("it is under way", kindRunning) }
