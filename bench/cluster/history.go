package main

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// history is what Temporal has written down of workflows.
type history struct {
	workflows int
	events    int
	bytes     int64
	tasks     int // activities that were scheduled
	again     int // of them, those that a first attempt did not complete
	// Seconds are how long activities took together, by their type.
	seconds map[string]float64
}

func (h history) String() string {
	return fmt.Sprintf("%d workflows, %d tasks (%d tried again), %d events, %.0f kB", h.workflows, h.tasks, h.again, h.events, float64(h.bytes)/1e3)
}

// history reads the latest runs of workflows and of their children. It fails if a task
// of one was not completed exactly once.
func (s *server) history(ctx context.Context, ids []string) (history, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return history{}, err
	}
	defer c.Close()
	h := history{seconds: map[string]float64{}}
	seen := map[string]bool{}
	for len(ids) > 0 {
		id := ids[0]
		ids = ids[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		children, err := h.add(ctx, c, id)
		if err != nil {
			return h, fmt.Errorf("the history of %s: %w", id, err)
		}
		ids = append(ids, children...)
	}
	return h, nil
}

// task is an activity in a history.
type task struct {
	attempt     int32
	completions int
	kind        string
	begun, done time.Time
}

func (h *history) add(ctx context.Context, c client.Client, id string) (children []string, err error) {
	d, err := c.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return nil, err
	}
	info := d.GetWorkflowExecutionInfo()
	h.workflows++
	h.events += int(info.GetHistoryLength())
	h.bytes += info.GetHistorySizeBytes()
	tasks := map[int64]*task{}
	events := c.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return nil, err
		}
		note(tasks, e)
		if a := e.GetChildWorkflowExecutionStartedEventAttributes(); a != nil {
			children = append(children, a.GetWorkflowExecution().GetWorkflowId())
		}
	}
	return children, h.sum(tasks, info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}

// sum adds tasks. Those of a workflow that has ended well were completed once each.
func (h *history) sum(tasks map[int64]*task, ended bool) error {
	for n, t := range tasks {
		if ended && t.completions != 1 {
			return fmt.Errorf("the task of event %d was completed %d times", n, t.completions)
		}
		h.tasks++
		if t.completions > 0 {
			h.seconds[t.kind] += t.done.Sub(t.begun).Seconds()
		}
		if t.attempt > 1 {
			h.again++
		}
	}
	return nil
}

func note(tasks map[int64]*task, e *historypb.HistoryEvent) {
	at := e.GetEventTime().AsTime()
	if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
		tasks[e.GetEventId()] = &task{kind: a.GetActivityType().GetName()}
	}
	if a := e.GetActivityTaskStartedEventAttributes(); a != nil {
		t := tasks[a.GetScheduledEventId()]
		t.attempt, t.begun = a.GetAttempt(), at
	}
	if a := e.GetActivityTaskCompletedEventAttributes(); a != nil {
		t := tasks[a.GetScheduledEventId()]
		t.completions++
		t.done = at
	}
}
