package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"sparkless/job"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// environment runs workflows in memory, with the steps of s.
func environment(t testing.TB, s interface {
	Steps
	Planner
}) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(quiet))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.SetDataConverter(newConverter())
	env.SetFailureConverter(newFailureConverter(newConverter()))
	workflows(env)
	(&activities{steps: s, planner: s, leaving: t.Context(), logger: quiet}).register(env)
	return env
}

// runDay runs the workflow of a day to its end.
func runDay(t testing.TB, s *fakeSteps, in dayInput) (dayResult, error) {
	t.Helper()
	env := environment(t, s)
	env.ExecuteWorkflow(dayType, in)
	return dayOf(t, env)
}

func dayOf(t testing.TB, env *testsuite.TestWorkflowEnvironment) (r dayResult, err error) {
	t.Helper()
	if !env.IsWorkflowCompleted() {
		t.Fatal("the workflow has not ended")
	}
	if err := env.GetWorkflowError(); err != nil {
		return r, problemOf(err).err()
	}
	return r, env.GetWorkflowResult(&r)
}

// wantMerges is what an own account of the tree says: 32 at a time, level by level.
func wantMerges(batches int) []string {
	var spans [][2]int
	for i := range batches {
		spans = append(spans, [2]int{i, i})
	}
	var all []string
	for len(spans) > 1 {
		var above [][2]int
		for chunk := range slices.Chunk(spans, 32) {
			var names []string
			for _, s := range chunk {
				names = append(names, fmt.Sprintf("%d-%d", s[0], s[1]))
			}
			if len(chunk) > 1 {
				all = append(all, strings.Join(names, ","))
			}
			above = append(above, [2]int{chunk[0][0], chunk[len(chunk)-1][1]})
		}
		spans = above
	}
	slices.Sort(all)
	return all
}

// Every batch is folded once, what is merged with what hangs on their number alone, and
// what is concluded is the piece of all.
func TestDay(t *testing.T) {
	for _, batches := range []int{1, 2, 31, 32, 33, 64, 65, 1025} {
		t.Run(fmt.Sprint(batches), func(t *testing.T) {
			s := &fakeSteps{}
			f := frozen("2026-11-20", batches)
			r, err := runDay(t, s, dayInput{Frozen: f})
			if err != nil {
				t.Fatal(err)
			}
			checkDay(t, s, batches)
			n := int64(batches)
			want := Progress{Phase: phaseOver, Run: f.Run, Tasks: batches + len(wantMerges(batches)) + 1, Shards: 2 * batches, Reused: batches,
				Bytes: 1000 * n, BytesDone: 1000 * n, Lines: 10 * n, Records: 7 * n}
			want.Done = want.Tasks
			if r.Progress != want {
				t.Errorf("progress\n%+v, want\n%+v", r.Progress, want)
			}
			if r.Frozen != f || r.Conclusion.Findings != 5 || r.Conclusion.By != "worker" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// checkDay checks what was asked of the steps by a run in which none failed.
func checkDay(t testing.TB, s *fakeSteps, batches int) {
	t.Helper()
	for b := range batches {
		if s.asked().folds[b] != 1 {
			t.Errorf("batch %d was folded %d times", b, s.asked().folds[b])
		}
	}
	if len(s.asked().folds) != batches {
		t.Errorf("%d batches were folded, of %d", len(s.asked().folds), batches)
	}
	if got, want := s.sortedMerges(), wantMerges(batches); !slices.Equal(got, want) {
		t.Errorf("merged\n%q, want\n%q", got, want)
	}
	if want := fmt.Sprintf("0-%d", batches-1); !slices.Equal(s.asked().concluded, []string{want}) {
		t.Errorf("concluded %q, want %s", s.asked().concluded, want)
	}
}

// In whatever order batches are done, the same is merged.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 26))
			batches := 1 + rng.IntN(200)
			first := rng.Perm(batches)
			var mu sync.Mutex
			done := map[int]chan struct{}{}
			for b := range batches {
				done[b] = make(chan struct{})
			}
			begun := 0
			s := &fakeSteps{}
			s.onFold = func(_ context.Context, _ job.Frozen, batch, _ int, _ func(job.Beat)) error {
				mu.Lock()
				if begun++; begun == batches { // all are under way: the first may end
					close(done[first[0]])
				}
				mu.Unlock()
				<-done[batch]
				if at := slices.Index(first, batch) + 1; at < batches {
					close(done[first[at]])
				}
				return nil
			}
			if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", batches)}); err != nil {
				t.Fatal(err)
			}
			checkDay(t, s, batches)
		})
	}
}

// The tree alone, which asks for nothing twice and nothing too early, in every order.
func TestTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(4688, 3))
	for range 15 {
		n := 1 + rng.IntN(1500)
		tr := newTree(n)
		want := wantMerges(n)
		if tr.merges() != len(want) {
			t.Fatalf("%d batches: %d merges, want %d", n, tr.merges(), len(want))
		}
		type slot struct {
			level, index int
			p            job.Piece
		}
		var open []slot
		for i := range n {
			open = append(open, slot{0, i, piece(i, i+1)})
		}
		merges := 0
		for len(open) > 0 {
			i := rng.IntN(len(open))
			at := open[i]
			open = slices.Delete(open, i, i+1)
			if tr.whole() != nil {
				t.Fatalf("%d batches: whole before all are there", n)
			}
			g, err := tr.put(at.level, at.index, at.p)
			if err != nil {
				t.Fatal(err)
			}
			if g != nil {
				merges++
				open = append(open, slot{g.level, g.index, piece(g.pieces[0].First, g.pieces[len(g.pieces)-1].Last)})
			}
		}
		if w := tr.whole(); w == nil || w.First != 0 || w.Last != n || merges != len(want) {
			t.Fatalf("%d batches: %+v after %d merges, want %d", n, w, merges, len(want))
		}
	}
}

// A step that returns a piece of something else fails the day.
func TestWrongPiece(t *testing.T) {
	tr := newTree(40)
	for _, p := range []job.Piece{piece(4, 5), piece(5, 7), piece(5, 5), {}} {
		if _, err := tr.put(0, 5, p); err == nil {
			t.Errorf("%+v was taken for batch 5", p)
		}
	}
	if _, err := tr.put(1, 1, piece(32, 64)); err == nil {
		t.Error("a piece of more batches than there are was taken")
	}
}

// At most 300 batches are given out at a time, and no fewer.
func TestWindow(t *testing.T) {
	var mu sync.Mutex
	underway, most := 0, 0
	full := make(chan struct{})
	s := &fakeSteps{onFold: func(context.Context, job.Frozen, int, int, func(job.Beat)) error {
		mu.Lock()
		underway++
		if most = max(most, underway); underway == foldsAtOnce {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full
		mu.Lock()
		underway--
		mu.Unlock()
		return nil
	}}
	if _, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 700)}); err != nil {
		t.Fatal(err)
	}
	if most != foldsAtOnce {
		t.Errorf("%d batches were under way at a time", most)
	}
	checkDay(t, s, 700)
}

// counting counts what is sent.
type counting struct {
	converter.DataConverter
	mu             sync.Mutex
	bytes, largest int
}

func (c *counting) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	p, err := c.DataConverter.ToPayloads(values...)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range p.GetPayloads() {
		c.bytes += len(one.Data)
		c.largest = max(c.largest, len(one.Data))
	}
	return p, err
}

func (c *counting) sums() (bytes, largest int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes, c.largest
}

// A day of as many batches as there can be stays below what Temporal warns of: 10,240
// events and 10 MB, even if every step is followed by a task of the workflow.
func TestLargestDay(t *testing.T) {
	s := &fakeSteps{}
	env := environment(t, s)
	c := &counting{DataConverter: newConverter()}
	env.SetDataConverter(c)
	steps := 0
	env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { steps++ })
	env.ExecuteWorkflow(dayType, dayInput{Frozen: frozen("2026-11-20", maxBatches)})
	if _, err := dayOf(t, env); err != nil {
		t.Fatal(err)
	}
	checkDay(t, s, maxBatches)
	const perStep, rest = 3 + 3, 20 // events
	if events := steps*perStep + rest; steps != maxBatches+len(wantMerges(maxBatches))+1 || events > 10_240 {
		t.Errorf("%d steps: up to %d events", steps, events)
	}
	const perEvent = 300 // bytes, beside payloads
	bytes, largest := c.sums()
	if size := bytes + (steps*perStep+rest)*perEvent; size > 10_000_000 || largest > maxPayload {
		t.Errorf("a history of up to %d bytes, a payload of %d", size, largest)
	}
	_, err := runDay(t, &fakeSteps{}, dayInput{Frozen: frozen("2026-11-20", maxBatches+1)})
	if err == nil || !strings.Contains(err.Error(), "1501") {
		t.Errorf("one batch more: %v", err)
	}
}

// What the profile covers already is only concluded.
func TestKnown(t *testing.T) {
	s := &fakeSteps{}
	r, err := runDay(t, s, dayInput{Frozen: frozen("2026-11-20", 0)})
	if err != nil || len(s.asked().folds)+len(s.asked().merges) > 0 || r.Progress.Tasks != 1 || r.Progress.Done != 1 {
		t.Errorf("%+v, %v, %v", r, err, s)
	}
}

// A day that is cancelled ends so, its steps too, and nothing is concluded.
func TestCancelDay(t *testing.T) {
	var env *testsuite.TestWorkflowEnvironment
	var mu sync.Mutex
	begun := 0
	cancelled, heard := make(chan struct{}), make(chan struct{}, 3)
	var once sync.Once
	s := &fakeSteps{onFold: func(ctx context.Context, _ job.Frozen, batch, _ int, beat func(job.Beat)) error {
		if batch < 2 {
			return nil
		}
		mu.Lock()
		if begun++; begun == 3 {
			env.CancelWorkflow()
		}
		mu.Unlock()
		<-cancelled
		for ctx.Err() == nil {
			beat(job.Beat{Batch: batch})
		}
		heard <- struct{}{}
		return ctx.Err()
	}}
	env = environment(t, s)
	env.SetOnActivityCanceledListener(func(*activity.Info) { once.Do(func() { close(cancelled) }) })
	env.ExecuteWorkflow(dayType, dayInput{Frozen: frozen("2026-11-20", 5)})
	if _, err := dayOf(t, env); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
	for range 3 {
		<-heard
	}
	var c *temporal.CanceledError
	if !errors.As(env.GetWorkflowError(), &c) || len(s.asked().concluded) > 0 {
		t.Errorf("%v, concluded %v", env.GetWorkflowError(), s.asked().concluded)
	}
}

// A held day folds and merges, and concludes when it is let.
func TestHeld(t *testing.T) {
	s := &fakeSteps{}
	env := environment(t, s)
	env.RegisterDelayedCallback(func() {
		v, err := env.QueryWorkflow(progressQuery)
		var p Progress
		if err == nil {
			err = v.Get(&p)
		}
		if err != nil || p.Phase != phaseWaiting || p.Done != p.Tasks-1 || len(s.asked().concluded) > 0 {
			t.Errorf("%+v, %v, concluded %v", p, err, s.asked().concluded)
		}
		env.SignalWorkflow(releaseSignal, nil)
	}, time.Hour)
	env.ExecuteWorkflow(dayType, dayInput{Frozen: frozen("2026-11-20", 40), Hold: true})
	if _, err := dayOf(t, env); err != nil {
		t.Fatal(err)
	}
	checkDay(t, s, 40)

	env = environment(t, &fakeSteps{})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.ExecuteWorkflow(dayType, dayInput{Frozen: frozen("2026-11-20", 1), Hold: true})
	if _, err := dayOf(t, env); !errors.Is(err, ErrCancelled) {
		t.Errorf("a held day that is cancelled: %v", err)
	}
}

// A cancelled workflow waits for its steps, which the environment of tests does not: with
// this option a workflow that has ended has no step under way.
func TestStepsAreWaitedFor(t *testing.T) {
	env := environment(t, &fakeSteps{})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (bool, error) {
		return workflow.GetActivityOptions(step(ctx, "x", plain)).WaitForCancellation, nil
	}, workflow.RegisterOptions{Name: "options"})
	env.ExecuteWorkflow("options")
	var waits bool
	if err := env.GetWorkflowResult(&waits); err != nil || !waits {
		t.Errorf("%v, %v", waits, err)
	}
}
