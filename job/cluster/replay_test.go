package cluster

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"sparkless/job"
)

// recordFrom has the histories recorded anew, before they are replayed:
//
//	temporal server start-dev --headless --port 7233
//	go test ./job/cluster -run TestReplay -record-from localhost:7233
//
// That is for changes of the workflows, which then need other names (names.go).
var recordFrom = flag.String("record-from", "", "record testdata/histories anew with the Temporal server at this address")

const histories = "testdata/histories"

// replayer replays histories with the workflows that are registered with it.
func replayer(t testing.TB) worker.WorkflowReplayer {
	t.Helper()
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: newConverter(), FailureConverter: newFailureConverter(newConverter())})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recorded reads histories, by name.
func recorded(t testing.TB, names ...string) map[string]*historypb.History {
	t.Helper()
	all := map[string]*historypb.History{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(histories, name+".json.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err == nil {
			text, err = io.ReadAll(z)
		}
		if err != nil {
			t.Fatal(name, err)
		}
		h, err := client.HistoryFromJSON(bytes.NewReader(text), client.HistoryJSONOptions{})
		if err != nil {
			t.Fatal(name, err)
		}
		all[name] = h
	}
	return all
}

// The workflows go on with what workers of the same version have begun: they take the
// steps that recorded histories hold.
func TestReplay(t *testing.T) {
	if *recordFrom != "" {
		record(t, *recordFrom)
	}
	for name, h := range recorded(t, everything()...) {
		t.Run(name, func(t *testing.T) {
			r := replayer(t)
			workflows(r)
			if err := r.ReplayWorkflowHistory(log.NewStructuredLogger(quiet), h); err != nil {
				t.Error(err)
			}
		})
	}
}

// everything that is recorded.
func everything() []string { return slices.Sorted(maps.Keys(scenarios())) }

// Changed workflows are noticed.
func TestReplayNoticesChanges(t *testing.T) {
	changes := map[string]func(workflow.Context, dayInput) (dayResult, error){
		"a batch less": func(ctx workflow.Context, in dayInput) (dayResult, error) {
			in.Frozen.Batches--
			return dayWorkflow(ctx, in)
		},
		"a step more": func(ctx workflow.Context, in dayInput) (dayResult, error) {
			_ = workflow.ExecuteActivity(step(ctx, "more", plain), freezeStep, "2026-11-20").Get(ctx, nil)
			return dayWorkflow(ctx, in)
		},
		"held": func(ctx workflow.Context, in dayInput) (dayResult, error) {
			in.Hold = true
			return dayWorkflow(ctx, in)
		},
	}
	h := recorded(t, "day")["day"]
	for name, changed := range changes {
		r := replayer(t)
		r.RegisterWorkflowWithOptions(changed, workflow.RegisterOptions{Name: dayType})
		if err := r.ReplayWorkflowHistory(log.NewStructuredLogger(quiet), h); err == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// Histories are as small as Temporal wants them, also of the largest day, and every
// value in them is small. They tell nothing of the machine that they were recorded on.
func TestHistories(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	all := recorded(t, everything()...)
	for name, h := range all {
		size := 0
		for _, e := range h.Events {
			text, err := protojson.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			size += len(text)
			if len(text) > maxPayload {
				t.Errorf("%s: event %d of %d bytes", name, e.EventId, len(text))
			}
			for _, no := range []string{host + ":", "@" + host, wd, "/tmp/", "/home/", "/root/"} {
				if bytes.Contains(text, []byte(no)) {
					t.Errorf("%s: event %d tells of %q", name, e.EventId, no)
				}
			}
		}
		if len(h.Events) > 10_240 || size > 10_000_000 {
			t.Errorf("%s: %d events, %d bytes", name, len(h.Events), size)
		}
		t.Logf("%s: %d events, %d bytes of JSON", name, len(h.Events), size)
	}
	if n := count(all["day-largest"], enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED); n != maxBatches+len(wantMerges(maxBatches))+1 {
		t.Errorf("the largest day has %d steps", n)
	}
	if n := mostPending(all["day-largest"]); n != foldsAtOnce {
		t.Errorf("%d steps of the largest day were under way at a time", n)
	}
	if n := count(all["backfill"], enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED); n != 1 {
		t.Errorf("the backfill joined %d days", n)
	}
	if n := count(all["day-cancelled"], enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED); n != 1 {
		t.Error("the day that was cancelled is not")
	}
}

// mostPending is how many folds were under way at a time.
func mostPending(h *historypb.History) (most int) {
	folds := map[int64]bool{}
	for _, e := range h.GetEvents() {
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == foldStep {
			folds[e.EventId] = true
		}
		delete(folds, e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId())
		most = max(most, len(folds))
	}
	return most
}

func count(h *historypb.History, kind enumspb.EventType) (n int) {
	for _, e := range h.GetEvents() {
		if e.EventType == kind {
			n++
		}
	}
	return n
}

// recording is a scenario under way.
type recording struct {
	t testing.TB
	c *Client
	s *fakeSteps
}

// scenarios are what is recorded, by the names of the histories. Each returns the
// execution that is kept.
func scenarios() map[string]func(r *recording) Execution {
	return map[string]func(*recording) Execution{
		"day": func(r *recording) Execution {
			r.s.onFold = func(_ context.Context, _ job.Frozen, batch, call int, _ func(job.Beat)) error {
				if batch == 7 && call == 1 {
					return errors.New("the network was away")
				}
				return nil
			}
			x := r.day(frozen("2026-11-20", 40))
			r.must(r.c.WaitDay(r.t.Context(), x))
			return x
		},
		"day-largest": func(r *recording) Execution {
			x := r.day(frozen("2026-11-21", maxBatches))
			r.must(r.c.WaitDay(r.t.Context(), x))
			return x
		},
		"day-known": func(r *recording) Execution {
			x := r.day(frozen("2026-11-22", 0))
			r.must(r.c.WaitDay(r.t.Context(), x))
			return x
		},
		"day-failed": func(r *recording) Execution {
			r.s.onMerge = func(context.Context, []job.Piece, int) error { return job.ErrDamaged }
			x := r.day(frozen("2026-11-23", 5))
			if _, err := r.c.WaitDay(r.t.Context(), x); !errors.Is(err, job.ErrDamaged) {
				r.t.Errorf("%v", err)
			}
			return x
		},
		"day-cancelled": func(r *recording) Execution {
			var x Execution
			started := make(chan struct{})
			r.s.onFold = func(ctx context.Context, _ job.Frozen, batch, _ int, beat func(job.Beat)) error {
				if batch < 2 {
					return nil
				}
				close(started)
				for ctx.Err() == nil {
					beat(job.Beat{Batch: batch})
				}
				return ctx.Err()
			}
			x = r.day(frozen("2026-11-24", 9))
			<-started
			if err := r.c.Cancel(r.t.Context(), x.ID); err != nil {
				r.t.Error(err)
			}
			if _, err := r.c.WaitDay(r.t.Context(), x); !errors.Is(err, ErrCancelled) {
				r.t.Errorf("%v", err)
			}
			return x
		},
		"backfill": recordBackfill,
	}
}

// recordBackfill is one of a day that fails, a day that is planned anew, and a day that
// another has started.
func recordBackfill(r *recording) Execution {
	d := labels(7)
	r.s.onFreeze = func(_ context.Context, w string, _ int) error {
		if w == d[1] {
			return fmt.Errorf("%w of %s", job.ErrNoBlobs, w)
		}
		return nil
	}
	joined := make(chan struct{})
	r.s.onConclude = func(_ context.Context, f job.Frozen, _ int) error {
		switch {
		case f.Window == d[2] && strings.HasSuffix(f.Run, "1"):
			return job.ErrStale
		case f.Window == d[6]:
			close(joined)
		}
		return nil
	}
	held := mustFreeze(r.t, d[4])
	other, err := r.c.start(r.t.Context(), r.c.startOptions(dayID(r.c.config.prefix(), held), held.Window, dayTimeout), dayType, dayInput{Frozen: held, Hold: true})
	if err != nil {
		r.t.Fatal(err)
	}
	x, err := r.c.StartBackfill(r.t.Context(), firstDay, firstDay.AddDate(0, 0, len(d)))
	if err != nil {
		r.t.Fatal(err)
	}
	again, err := r.c.StartBackfill(r.t.Context(), firstDay, firstDay.AddDate(0, 0, len(d)))
	if err != nil || !again.Joined || again.RunID != x.RunID || x.Joined {
		r.t.Errorf("%+v joins %+v: %v", again, x, err)
	}
	r.untilJoined(x)
	if err := r.c.sdk.SignalWorkflow(r.t.Context(), other.ID, other.RunID, releaseSignal, nil); err != nil {
		r.t.Error(err)
	}
	all, err := r.c.WaitBackfill(r.t.Context(), x)
	if err != nil || len(all) != len(d) {
		r.t.Fatalf("%+v, %v", all, err)
	}
	<-joined
	for i, o := range all {
		if o.Window != d[i] || (o.Err != nil) != (i == 1) || i != 1 && o.Conclusion.Findings != 5 {
			r.t.Errorf("%+v", o)
		}
	}
	return x
}

// untilJoined waits until the backfill awaits the day of another.
func (r *recording) untilJoined(x Execution) {
	r.t.Helper()
	for {
		all, err := r.c.Status(r.t.Context(), Filter{})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, s := range all {
			if s.RunID == x.RunID && len(s.Days) > 4 && s.Days[4].State == dayJoined {
				return
			}
		}
	}
}

func (r *recording) day(f job.Frozen) Execution {
	r.t.Helper()
	x, err := r.c.StartDay(r.t.Context(), f)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

func (r *recording) must(_ job.Conclusion, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// record carries the scenarios out with a real server, and keeps their histories without
// what tells of this machine.
func record(t *testing.T, address string) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, play := range scenarios() {
		t.Run("record "+name, func(t *testing.T) {
			c, err := Dial(t.Context(), Config{Address: address, Namespace: "default", Queue: "sparkless-" + name, Scope: fmt.Sprint("record-", time.Now().UnixNano()), Detector: "fake", Identity: "worker"})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s := &fakeSteps{}
			working, stop, err := c.Work(t.Context(), s, s)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			x := play(&recording{t, c, s})
			if working.Err() != nil {
				t.Fatal(working.Err())
			}
			var h historypb.History
			for it := c.sdk.GetWorkflowHistory(t.Context(), x.ID, x.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
				e, err := it.Next()
				if err != nil {
					t.Fatal(err)
				}
				h.Events = append(h.Events, e)
			}
			text, err := protojson.Marshal(&h)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, name, bytes.ReplaceAll(text, []byte(host+":"), []byte("host:")))
		})
	}
}

func keep(t testing.TB, name string, text []byte) {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = os.MkdirAll(histories, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(histories, name+".json.gz"), b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
