package main

import (
	"fmt"
	"strings"
	"time"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/job/cluster"
	"sparkless/storage/event"
)

// running is the state of what is under way.
const running = "running"

// standing is what `sparkless status` tells, for programs.
type standing struct {
	Queue   string           `json:"queue"`  // of the first hunt
	Queues  []queueStanding  `json:"queues"` // of each
	Runs    []runStanding    `json:"runs"`
	Workers []workerStanding `json:"workers"`
}

// runStanding is how far a run is.
type runStanding struct {
	Hunt     string              `json:"hunt"`
	Workflow string              `json:"workflow"`
	RunID    string              `json:"run_id"`
	Window   string              `json:"window"`
	Backfill bool                `json:"backfill"`
	State    string              `json:"state"`
	Queue    string              `json:"queue"`                // of its workers
	With     string              `json:"ended_with,omitempty"` // like "undelivered", if it was completed with a flaw
	Started  string              `json:"started"`
	Ended    string              `json:"ended,omitempty"`
	Progress *cluster.Progress   `json:"progress,omitempty"` // of a day, if somebody answers
	NoAnswer string              `json:"no_answer,omitempty"`
	UnderWay []taskStanding      `json:"under_way"`
	Days     []cluster.DayStatus `json:"days,omitempty"` // of a backfill
	Error    string              `json:"error,omitempty"`
}

// taskStanding is one task that is under way, or waits.
type taskStanding struct {
	Task        string `json:"task"`
	State       string `json:"state"`
	Attempt     int    `json:"attempt"`
	Worker      string `json:"worker,omitempty"`
	Heard       string `json:"heard,omitempty"` // when the worker was last heard of
	BytesDone   int64  `json:"bytes_done"`
	LastFailure string `json:"last_failure,omitempty"`
}

// workerStanding is who works for the queue of a hunt: who works for several is there
// for each.
type workerStanding struct {
	Hunt string `json:"hunt"`
	Name string `json:"name"`
	Seen string `json:"seen"`
}

// queueStanding is the task queue of a hunt.
type queueStanding struct {
	Hunt  string `json:"hunt"`
	Queue string `json:"queue"`
}

// newStanding is the same for programs. No list in it is nil.
func newStanding(posts []post) standing {
	s := standing{Queue: posts[0].queue, Runs: []runStanding{}, Workers: []workerStanding{}}
	for _, p := range posts {
		s.Queues = append(s.Queues, queueStanding{p.hunt, p.queue})
		for _, one := range p.runs {
			s.Runs = append(s.Runs, newRunStanding(p.hunt, one))
		}
		for _, one := range p.workers {
			s.Workers = append(s.Workers, workerStanding{p.hunt, one.Identity, moment(one.LastSeen)})
		}
	}
	return s
}

func newRunStanding(hunt string, one cluster.Status) runStanding {
	r := runStanding{Hunt: hunt, Workflow: one.ID, RunID: one.RunID, Window: one.Window, Backfill: one.Backfill, State: one.State, Queue: one.Queue, With: one.Kind,
		Started: moment(one.Started), Ended: moment(one.Ended), NoAnswer: one.NoAnswer, UnderWay: []taskStanding{}, Days: one.Days}
	if one.NoAnswer == "" && !one.Backfill {
		r.Progress = &one.Progress
	}
	if one.Err != nil {
		r.Error = one.Err.Error()
	}
	for _, p := range one.Pending {
		r.UnderWay = append(r.UnderWay, taskStanding{p.ID, p.State, p.Attempt, p.Worker, moment(p.LastHeartbeat), p.Beat.Bytes, p.LastFailure})
	}
	return r
}

// moment is a time for programs, "" if there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return rfc3339(t)
}

// standingTables is the same for people. The cells of a table are harmless to show,
// whatever is in them.
func standingTables(posts []post) []*terminal.Table {
	runs := &terminal.Table{Columns: []terminal.Column{
		{Title: "HUNT", Rank: 1, Above: true}, {Title: "WINDOW"}, {Title: "STATE"}, {Title: "PHASE", Rank: 2}, {Title: "TASKS", Right: true}, {Title: "READ", Right: true}, {Title: "EVENTS", Rank: 1, Right: true},
		{Title: "STARTED", Rank: 3}, {Title: "TOOK", Rank: 4, Right: true}, {Title: "WORKFLOW", Rank: 5, Least: 20, Fit: terminal.Middle}, {Title: "WHY", Least: 12, Fit: terminal.Wrap},
	}}
	tasks := &terminal.Table{Columns: []terminal.Column{
		{Title: "HUNT", Rank: 1, Above: true}, {Title: "WINDOW"}, {Title: "TASK"}, {Title: "STATE"}, {Title: "TRY", Right: true}, {Title: "READ", Right: true, Rank: 2}, {Title: "WORKER", Least: 14, Fit: terminal.Middle}, {Title: "HEARD", Rank: 1}, {Title: "FAILED BEFORE", Least: 14, Fit: terminal.Wrap},
	}}
	var tables, workers []*terminal.Table
	known, shown := 0, 0
	for _, p := range posts {
		known += len(p.runs)
		for _, s := range p.runs {
			runs.Row(append(texts(p.hunt), runCells(s, p.queue)...)...)
			shown += taskRows(tasks, p.hunt, s)
		}
		if len(p.workers) > 0 {
			workers = append(workers, workersTable(p))
		}
	}
	if known > 0 {
		tables = append(tables, runs)
	}
	if shown > 0 {
		tables = append(tables, tasks)
	}
	return append(tables, workers...)
}

// taskRows adds the tasks of a run of which there is something to tell.
func taskRows(t *terminal.Table, hunt string, s cluster.Status) (shown int) {
	for _, p := range s.Pending {
		if waits(p) {
			continue // hundreds may
		}
		shown++
		t.Row(texts(hunt, shortWindow(s.Window), p.ID, p.State, fmt.Sprint(p.Attempt), size(p.Beat.Bytes), orDash(p.Worker), clock(p.LastHeartbeat), orDash(p.LastFailure))...)
	}
	return shown
}

// workersTable is who works for the queue of a hunt.
func workersTable(p post) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "WORKERS OF " + p.queue}, {Title: "SEEN"}}}
	for _, one := range p.workers {
		t.Row(texts(one.Identity, clock(one.LastSeen))...)
	}
	return t
}

// waits reports whether a task has nothing to tell: nobody has taken it yet.
func waits(a cluster.Activity) bool { return a.Worker == "" && a.Attempt <= 1 && a.LastFailure == "" }

// shortWindow is a window's label for people: of whole days the first and the last.
func shortWindow(label string) string {
	w, err := event.ParseLabel(label)
	if err != nil || w.IsDay() || !w.WholeDays() {
		return label
	}
	return w.From.Format(time.DateOnly) + " to " + w.To.AddDate(0, 0, -1).Format(time.DateOnly)
}

// runCells are a run's row, for who works for that queue.
func runCells(s cluster.Status, queue string) []terminal.Cell {
	p := s.Progress
	phase, done, read, events := p.Phase, fmt.Sprintf("%d/%d", p.Done, p.Tasks), size(p.BytesDone)+"/"+size(p.Bytes), comma(p.Records)
	why := whyNot(s, queue)
	if s.Backfill {
		over := 0
		var at []string
		for _, d := range s.Days {
			if d.State == "done" || d.State == "failed" {
				over++
			}
			if d.State == "failed" {
				at = append(at, d.Window+" failed")
			}
		}
		phase, done, read, events = "backfill", fmt.Sprintf("%d/%d days", over, len(s.Days)), "-", "-"
		why = strings.Join(append(at, why), " ")
	} else if s.NoAnswer != "" || p.Tasks == 0 {
		phase, done, read, events = "-", "-", "-", "-"
	}
	if s.Err != nil {
		why = s.Err.Error()
	}
	took := "-"
	if !s.Ended.IsZero() {
		took = duration(s.Ended.Sub(s.Started).Seconds())
	}
	return texts(shortWindow(s.Window), s.State, phase, done, read, events, clock(s.Started), took, s.ID, orDash(strings.TrimSpace(why)))
}

// whyNot is what keeps a run from going on, or from having ended well.
func whyNot(s cluster.Status, queue string) string {
	switch {
	case s.Kind != "":
		return "ended: " + s.Kind
	case s.NoAnswer == "":
		return ""
	case s.Queue != queue:
		return s.NoAnswer + "; only those of its program and settings do, of task queue " + s.Queue
	}
	return s.NoAnswer + "; it goes on with `sparkless worker`, or with the same run again"
}

func texts(all ...string) []terminal.Cell {
	cells := make([]terminal.Cell, len(all))
	for i, text := range all {
		cells[i] = terminal.Text(text)
	}
	return cells
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// clock is a time for people, to the second.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
