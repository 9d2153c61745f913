package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"sparkless/job"
	"sparkless/storage/secret"
)

// stepEnvironment runs single steps.
func stepEnvironment(a *activities) *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(quiet))
	env := suite.NewTestActivityEnvironment()
	env.SetDataConverter(newConverter())
	env.SetFailureConverter(newFailureConverter(newConverter()))
	a.logger = quiet
	a.register(env)
	return env
}

// Every step gives signs of life for as long as it takes, a fold with how far it is.
func TestHeartbeats(t *testing.T) {
	f := frozen("2026-11-20", 2)
	for step, in := range map[string]any{freezeStep: f.Window, foldStep: foldInput{f, 1}, mergeStep: mergeInput{f, []job.Piece{piece(0, 1), piece(1, 2)}}, concludeStep: concludeInput{f, piece(0, 2)}} {
		t.Run(step, func(t *testing.T) {
			alive := make(chan struct{})
			until := func() error { <-alive; return nil }
			s := &fakeSteps{
				onFreeze:   func(context.Context, string, int) error { return until() },
				onMerge:    func(context.Context, []job.Piece, int) error { return until() },
				onConclude: func(context.Context, job.Frozen, int) error { return until() },
				onFold: func(_ context.Context, _ job.Frozen, batch, _ int, beat func(job.Beat)) error {
					beat(job.Beat{Batch: batch, Bytes: 7})
					return until()
				},
			}
			env := stepEnvironment(&activities{steps: s, planner: s, leaving: t.Context()})
			var once sync.Once
			env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
				var b job.Beat
				if step == foldStep && (details.Get(&b) != nil || b != job.Beat{Batch: 1, Bytes: 7}) {
					t.Errorf("%+v", b)
				}
				once.Do(func() { close(alive) })
			})
			if _, err := env.ExecuteActivity(step, in); err != nil {
				t.Error(err)
			}
		})
	}
}

// A worker that is stopped stops its step, which others may take over.
func TestLeaving(t *testing.T) {
	leaving, leave := context.WithCancel(t.Context())
	s := &fakeSteps{onFold: func(ctx context.Context, _ job.Frozen, _, _ int, _ func(job.Beat)) error {
		leave()
		<-ctx.Done()
		return ctx.Err()
	}}
	env := stepEnvironment(&activities{steps: s, planner: s, leaving: leaving})
	_, err := env.ExecuteActivity(foldStep, foldInput{frozen("2026-11-20", 1), 0})
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != kindLeft || app.NonRetryable() {
		t.Errorf("%v", err)
	}
}

// A plan that no workflow takes is refused when it is made.
func TestFreezeTooMuch(t *testing.T) {
	s := &fakeSteps{batches: maxBatches + 1}
	env := stepEnvironment(&activities{steps: s, planner: s, leaving: t.Context()})
	var app *temporal.ApplicationError
	if _, err := env.ExecuteActivity(freezeStep, "2026-11-20"); !errors.As(err, &app) || app.Type() != "invalid" || !app.NonRetryable() || !strings.Contains(err.Error(), "job.batch-size") {
		t.Errorf("%v", err)
	}
	if _, err := env.ExecuteActivity(freezeStep, "20261120"); err == nil {
		t.Error("a label of no window was taken")
	}
}

// What someone else has started is waited for by trying again, and ends as it ends.
func TestAwait(t *testing.T) {
	s := serve(t, nil)
	s.histories = recorded(t, "day", "day-failed", "day-cancelled")
	s.executions = []*workflowpb.WorkflowExecutionInfo{
		execution(t, "now", "all", "2026-11-20", 0, running),
		execution(t, "day", "all", "2026-11-20", 0, completed),
		execution(t, "day-failed", "all", "2026-11-23", 0, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED),
		execution(t, "day-cancelled", "all", "2026-11-24", 0, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED),
	}
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	env := stepEnvironment(&activities{client: c.sdk, leaving: t.Context()})
	v, err := env.ExecuteActivity(awaitStep, "day")
	var runID string
	if err != nil || v.Get(&runID) != nil || runID != "run-of-day" {
		t.Errorf("%q, %v", runID, err)
	}
	for id, want := range map[string]struct {
		kind  string
		again bool
	}{"now": {kindRunning, true}, "day-failed": {"damaged", false}, "day-cancelled": {kindCancelled, false}, "gone": {kindFailed, false}} {
		_, err := env.ExecuteActivity(awaitStep, id)
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || app.Type() != want.kind || app.NonRetryable() == want.again {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Nothing that is larger than a reference is sent.
func TestPayloads(t *testing.T) {
	c := newConverter()
	fits := strings.Repeat("x", maxPayload-2) // and two quotes
	if _, err := c.ToPayloads(fits, fits); err != nil {
		t.Error(err)
	}
	if _, err := c.ToPayload(fits + "x"); !errors.Is(err, errPayload) {
		t.Errorf("%v", err)
	}
	if _, err := c.ToPayloads("", fits+"x"); !errors.Is(err, errPayload) {
		t.Errorf("%v", err)
	}
}

// A step whose result is too large fails, and its result is not sent.
func TestLargeResult(t *testing.T) {
	s := &large{}
	_, err := stepEnvironment(&activities{steps: s, leaving: t.Context()}).ExecuteActivity(concludeStep, concludeInput{frozen("2026-11-20", 1), piece(0, 1)})
	if err == nil || len(err.Error()) > maxFailure || !strings.Contains(err.Error(), "too large") {
		t.Errorf("%v", err)
	}
}

type large struct{ fakeSteps }

func (*large) Conclude(context.Context, job.Frozen, job.Piece) (job.Conclusion, error) {
	return job.Conclusion{Ref: job.Ref{Object: strings.Repeat("x", maxPayload)}}, nil
}

// Texts are cut between characters, and spelled in JSON they are no longer than asked for.
func TestShorten(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("€", 100), strings.Repeat("\x01<", 300), "\xff\xfe" + strings.Repeat("a\xff", 200)} {
		for limit := 5; limit < 130; limit += 3 {
			if got := shorten(text, limit); len(got) > limit || strings.ToValidUTF8(got, "") != got {
				t.Errorf("%q to %d: %q", text, limit, got)
			}
			got := shortenJSON(text, limit)
			if spelled, err := json.Marshal(got); err != nil || len(spelled) > limit {
				t.Errorf("%q to %d bytes of JSON: %q", text, limit, got)
			}
		}
	}
}

// What the SDK logs does not hold the key.
func TestDiscreet(t *testing.T) {
	var b bytes.Buffer
	d := discreet{log.NewStructuredLogger(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))), secret.New(apiKey)}
	for _, say := range []func(string, ...any){d.Debug, d.Info, d.Warn, d.Error, d.With("of", errors.New(apiKey)).Info} {
		say("said", "error", errors.New("no: "+apiKey), "text", "Bearer "+apiKey, "after", time.Second)
	}
	if text := b.String(); strings.Contains(text, apiKey) || strings.Count(text, secret.Redacted) != 11 || strings.Count(text, "after=1s") != 5 {
		t.Error(text)
	}
}
