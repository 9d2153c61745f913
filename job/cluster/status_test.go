package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"sparkless/job"
	"sparkless/storage"
)

// execution is one as lists have it.
func execution(t testing.TB, id, scope, window string, started time.Duration, state enumspb.WorkflowExecutionStatus) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	x := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run-of-" + id},
		Type:      &commonpb.WorkflowType{Name: dayType},
		StartTime: timestamppb.New(firstDay.Add(started)),
		CloseTime: timestamppb.New(firstDay.Add(started + time.Hour)),
		Status:    state,
		TaskQueue: "sparkless-0123",
		Memo:      &commonpb.Memo{Fields: map[string]*commonpb.Payload{}},
	}
	if strings.HasPrefix(id, "backfill") {
		x.Type.Name = backfillType
	}
	estate := ""
	if strings.HasPrefix(id, "elsewhere") {
		estate = "another"
	}
	for key, text := range memo(scope, "fake", estate, window) {
		p, err := newConverter().ToPayload(text)
		if err != nil {
			t.Fatal(err)
		}
		x.Memo.Fields[key] = p
	}
	return x
}

const (
	running   = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	completed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
)

// Executions of this scope alone are told of, those that started last first, each as far
// as it is known.
func TestStatus(t *testing.T) {
	s := serve(t, nil)
	s.histories = recorded(t, "day", "day-failed", "day-cancelled", "backfill")
	s.executions = []*workflowpb.WorkflowExecutionInfo{
		execution(t, "now", "all", "2026-11-20", 5*time.Hour, running),
		execution(t, "day", "all", "2026-11-20", time.Hour, completed),
		execution(t, "day-known", "of others", "2026-11-20", 9*time.Hour, completed),
		execution(t, "elsewhere", "all", "2026-11-20", 8*time.Hour, running),
		execution(t, "day-failed", "all", "2026-11-23", 3*time.Hour, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED),
		execution(t, "backfill", "all", "20261101T000000Z-20261108T000000Z", 4*time.Hour, completed),
		execution(t, "day-cancelled", "all", "2026-11-24", 2*time.Hour, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED),
	}
	beat, err := newConverter().ToPayloads(job.Beat{Batch: 12, Shards: 3, Bytes: 4, Lines: 5})
	if err != nil {
		t.Fatal(err)
	}
	s.pending = []*workflowpb.PendingActivityInfo{
		{ActivityId: "fold-13", State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 4, LastFailure: &failurepb.Failure{Message: "disk full"}},
		{ActivityId: "fold-12", State: enumspb.PENDING_ACTIVITY_STATE_STARTED, Attempt: 1, LastWorkerIdentity: "w1", LastHeartbeatTime: timestamppb.New(firstDay), HeartbeatDetails: beat},
	}
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all, err := c.Status(t.Context(), Filter{})
	if err != nil || len(all) != 5 {
		t.Fatalf("%d, %v", len(all), err)
	}
	for i, want := range []struct{ id, state string }{{"now", "running"}, {"backfill", "completed"}, {"day-failed", "failed"}, {"day-cancelled", "cancelled"}, {"day", "completed"}} {
		if got := all[i]; got.ID != want.id || got.State != want.state || got.RunID != "run-of-"+want.id || got.Queue != "sparkless-0123" {
			t.Errorf("%d: %+v, want %v", i, got, want)
		}
	}
	now := all[0]
	if !strings.HasPrefix(now.NoAnswer, "no worker answers") || !now.Ended.IsZero() || len(now.Pending) != 2 {
		t.Fatalf("%+v", now)
	}
	if a := now.Pending[0]; a.ID != "fold-12" || a.Beat != (job.Beat{Batch: 12, Shards: 3, Bytes: 4, Lines: 5}) || a.Worker != "w1" || !a.LastHeartbeat.Equal(firstDay) || a.State != "started" {
		t.Errorf("%+v", a)
	}
	if a := now.Pending[1]; a.Attempt != 4 || a.LastFailure != "disk full" || !a.LastHeartbeat.IsZero() || a.State != "scheduled" {
		t.Errorf("%+v", a)
	}
	if b := all[1]; !b.Backfill || len(b.Days) != 7 || b.Days[1].State != dayFailed || b.Days[0].State != dayDone || !strings.HasPrefix(b.Days[0].ID, "sparkless-all-fake-2026-11-01-") {
		t.Errorf("%+v", b)
	}
	if !errors.Is(all[2].Err, job.ErrDamaged) || !errors.Is(all[3].Err, ErrCancelled) || all[4].Err != nil || all[4].Progress.Done != 44 || all[4].Progress.Lines != 400 {
		t.Errorf("%+v", all[2:])
	}
}

// A window, and a number, narrow it down. A worker that answers says how far it is.
func TestStatusOfOne(t *testing.T) {
	s := serve(t, nil)
	for i, id := range []string{"a", "b", "c", "backfill"} {
		s.executions = append(s.executions, execution(t, id, "all", []string{"2026-11-20", "2026-11-21"}[i%2], time.Duration(i)*time.Hour, running))
	}
	s.answer = Progress{Phase: phaseFolding, Tasks: 9, Done: 4}
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all, err := c.Status(t.Context(), Filter{Window: "2026-11-20", Latest: 1})
	if err != nil || len(all) != 1 || all[0].ID != "a" && all[0].ID != "c" || all[0].Progress.Done != 4 || all[0].NoAnswer != "" {
		t.Errorf("%+v, %v", all, err)
	}
	want := "WorkflowId STARTS_WITH 'sparkless-all-fake-2026-11-20' OR WorkflowId STARTS_WITH 'sparkless-all-fake-backfill-'"
	if s.queries[0] != want {
		t.Errorf("asked %q", s.queries[0])
	}
	s.answer = []DayStatus{{Window: "2026-11-21", State: dayRunning}}
	all, err = c.Status(t.Context(), Filter{Window: "2026-11-21"})
	if err != nil || len(all) != 2 || all[0].ID != "backfill" || len(all[0].Days) != 1 || all[1].NoAnswer == "" {
		t.Errorf("%+v, %v", all, err)
	}
	if got := quote(`a'b\c`); got != `'a\'b\\c'` {
		t.Errorf("%s", got)
	}
	p, err := c.Pollers(t.Context())
	if err != nil || len(p) != 2 || p[0].Identity != "a" || !p[0].LastSeen.Equal(firstDay.Add(2*time.Minute)) {
		t.Errorf("%+v, %v", p, err)
	}
}

// Who starts what runs joins it; plans and ranges that no workflow takes are refused.
func TestStart(t *testing.T) {
	s := serve(t, nil)
	f := frozen("2026-11-20", 3)
	s.executions = []*workflowpb.WorkflowExecutionInfo{
		execution(t, "sparkless-all-fake-2026-11-20-"+f.Run, "all", "2026-11-20", 0, running),
		execution(t, "sparkless-all-fake-backfill-2026-11-01-2026-11-04-sparkless-0123", "all", "", 0, running),
	}
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	x, err := c.StartDay(t.Context(), f)
	if err != nil || !x.Joined || x.RunID != "run-of-"+x.ID {
		t.Errorf("%+v, %v", x, err)
	}
	x, err = c.StartDay(t.Context(), frozen("2026-11-21", 3))
	if err != nil || x.Joined || x.RunID != "new" {
		t.Errorf("%+v, %v", x, err)
	}
	x, err = c.StartBackfill(t.Context(), firstDay, firstDay.AddDate(0, 0, 3))
	if err != nil || !x.Joined {
		t.Errorf("%+v, %v", x, err)
	}
	if _, err = c.StartDay(t.Context(), frozen("2026-11-21", maxBatches+1)); !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), "job.batch-size") {
		t.Errorf("%v", err)
	}
	for _, to := range []time.Time{firstDay, firstDay.AddDate(0, 0, -1), firstDay.Add(time.Hour), firstDay.AddDate(0, 0, MaxDays+1)} {
		if _, err = c.StartBackfill(t.Context(), firstDay, to); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("to %v: %v", to, err)
		}
	}
	if err := c.Cancel(t.Context(), "x"); err == nil {
		t.Error("a server that cannot cancel did")
	}
	s.refuse = func(string) error { return serviceerror.NewNotFound("no such workflow") }
	if err := c.Cancel(t.Context(), "x"); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
