package main

import (
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// events of one activity that was tried twice and completed so often.
func activity(completions int) []*historypb.HistoryEvent {
	at := func(s int) *timestamppb.Timestamp { return timestamppb.New(time.Unix(int64(s), 0)) }
	all := []*historypb.HistoryEvent{
		{EventId: 5, EventTime: at(0), Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityType: &commonpb.ActivityType{Name: "fold.v1"}}}},
		{EventId: 6, EventTime: at(2), Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{ScheduledEventId: 5, Identity: "a", Attempt: 2}}},
	}
	for i := range completions {
		all = append(all, &historypb.HistoryEvent{EventId: int64(7 + i), EventTime: at(5), Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
			ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: 5}}})
	}
	return all
}

// A task that ended twice, or never, in a workflow that has ended is a fault.
func TestTasksAreCompletedOnce(t *testing.T) {
	for completions, bad := range []string{"completed 0 times", "", "completed 2 times"} {
		h := history{seconds: map[string]float64{}}
		tasks := map[int64]*task{}
		for _, e := range activity(completions) {
			note(tasks, e)
		}
		err := h.sum(tasks, true)
		if (err == nil) != (bad == "") || err != nil && !strings.Contains(err.Error(), bad) {
			t.Errorf("%d completions: %v, want %q", completions, err, bad)
		}
		if err == nil && (h.tasks != 1 || h.again != 1 || h.seconds["fold.v1"] != 3) {
			t.Errorf("%+v", h)
		}
	}
}
