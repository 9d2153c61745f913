package cluster

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"
)

const (
	latest    = 20              // executions that Status tells of
	queryTime = 5 * time.Second // for a worker to say how far a workflow is
)

// Status tells of executions of this scope, detector and estate, those that started last first.
func (c *Client) Status(ctx context.Context, f Filter) ([]Status, error) {
	found, err := c.list(ctx, f)
	if err != nil {
		return nil, err
	}
	all := make([]Status, len(found))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, info := range found {
		g.Go(func() (err error) {
			all[i], err = c.status(ctx, info)
			return err
		})
	}
	return all, g.Wait()
}

// list finds executions by what begins their names, and by their memos.
func (c *Client) list(ctx context.Context, f Filter) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var found []*workflowpb.WorkflowExecutionInfo
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.config.Namespace,
		PageSize:  100,
		Query:     "WorkflowId STARTS_WITH " + quote(c.config.prefix()+f.Window),
	}
	if f.Window != "" {
		request.Query += " OR WorkflowId STARTS_WITH " + quote(c.config.prefix()+backfillInfix)
	}
	most := cmp.Or(f.Latest, latest)
	for {
		page, err := c.sdk.ListWorkflow(ctx, request)
		if err != nil {
			return nil, c.config.explain(err)
		}
		for _, x := range page.GetExecutions() {
			if c.ours(x, f.Window) {
				found = append(found, x)
			}
		}
		request.NextPageToken = page.GetNextPageToken()
		// Lists begin with what runs, and go on with what has ended last.
		if len(request.NextPageToken) == 0 || len(found) >= most {
			break
		}
	}
	slices.SortStableFunc(found, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	return found[:min(len(found), most)], nil
}

// quote is a text in the language of queries.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// ours reports whether an execution is of this scope, detector, estate and window.
func (c *Client) ours(x *workflowpb.WorkflowExecutionInfo, window string) bool {
	return memoText(x, memoScope) == c.config.Scope && memoText(x, memoDetector) == c.config.Detector && memoText(x, memoEstate) == c.config.Estate &&
		(window == "" || memoText(x, memoWindow) == window)
}

func memoText(x *workflowpb.WorkflowExecutionInfo, key string) (text string) {
	p := x.GetMemo().GetFields()[key]
	if p == nil || converter.GetDefaultDataConverter().FromPayload(p, &text) != nil {
		return ""
	}
	return text
}

// status is how far one execution is, from the server, and from a worker if one answers.
func (c *Client) status(ctx context.Context, x *workflowpb.WorkflowExecutionInfo) (Status, error) {
	s := Status{
		Execution: Execution{ID: x.GetExecution().GetWorkflowId(), RunID: x.GetExecution().GetRunId()},
		Backfill:  x.GetType().GetName() == backfillType,
		Window:    memoText(x, memoWindow),
		State:     stateOf(x.GetStatus()),
		Queue:     x.GetTaskQueue(),
		Started:   x.GetStartTime().AsTime(),
	}
	if x.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		err := c.running(ctx, &s)
		return s, err
	}
	s.Ended = x.GetCloseTime().AsTime()
	asking, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var days backfillResult
	var day dayResult
	result := any(&day)
	if s.Backfill {
		result = &days
	}
	ended, err := c.ask(asking, s.Execution, result)
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	if err != nil {
		s.NoAnswer = c.config.APIKey.Hide(err.Error())
	}
	s.Err, s.Progress, s.Kind = ended, day.Progress, day.Conclusion.Kind
	for _, d := range days.Days {
		s.Days = append(s.Days, d.status(c.config.prefix()))
	}
	return s, nil
}

// running asks for what is under way.
func (c *Client) running(ctx context.Context, s *Status) error {
	d, err := c.sdk.DescribeWorkflowExecution(ctx, s.ID, s.RunID)
	if err != nil {
		return c.config.explain(err)
	}
	for _, p := range d.GetPendingActivities() {
		s.Pending = append(s.Pending, activityOf(p))
	}
	slices.SortStableFunc(s.Pending, func(a, b Activity) int { return cmp.Compare(b.State, a.State) }) // started, scheduled
	asking, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	answer, err := c.sdk.QueryWorkflow(asking, s.ID, s.RunID, progressQuery)
	if err == nil && s.Backfill {
		err = answer.Get(&s.Days)
	} else if err == nil {
		err = answer.Get(&s.Progress)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		s.NoAnswer = "no worker answers"
		if asking.Err() == nil {
			s.NoAnswer += ": " + c.config.APIKey.Hide(err.Error())
		}
	}
	return nil
}

func activityOf(p *workflowpb.PendingActivityInfo) Activity {
	a := Activity{
		ID:          p.GetActivityId(),
		State:       pendingState(p.GetState()),
		Attempt:     int(p.GetAttempt()),
		LastFailure: p.GetLastFailure().GetMessage(),
		Worker:      p.GetLastWorkerIdentity(),
	}
	if t := p.GetLastHeartbeatTime(); t != nil {
		a.LastHeartbeat = t.AsTime()
	}
	_ = converter.GetDefaultDataConverter().FromPayloads(p.GetHeartbeatDetails(), &a.Beat) // of a fold alone
	return a
}

func pendingState(s enumspb.PendingActivityState) string {
	switch s {
	case enumspb.PENDING_ACTIVITY_STATE_STARTED:
		return "started"
	case enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED:
		return "cancel requested"
	}
	return "scheduled"
}

// States of an execution.
const stateRunning = "running"

func stateOf(s enumspb.WorkflowExecutionStatus) string {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return stateRunning
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return "completed"
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return "cancelled"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return "terminated"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return "timed out"
	}
	return "failed"
}

// Pollers are who works for the task queue, as far as they asked within the last minutes.
func (c *Client) Pollers(ctx context.Context) ([]Poller, error) {
	seen := map[string]time.Time{}
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		d, err := c.sdk.DescribeTaskQueue(ctx, c.config.Queue, kind)
		if err != nil {
			return nil, c.config.explain(err)
		}
		for _, p := range d.GetPollers() {
			note(seen, p)
		}
	}
	var all []Poller
	for identity, at := range seen {
		all = append(all, Poller{identity, at})
	}
	slices.SortFunc(all, func(a, b Poller) int { return cmp.Compare(a.Identity, b.Identity) })
	return all, nil
}

func note(seen map[string]time.Time, p *taskqueuepb.PollerInfo) {
	if at := p.GetLastAccessTime().AsTime(); at.After(seen[p.GetIdentity()]) {
		seen[p.GetIdentity()] = at
	}
}
