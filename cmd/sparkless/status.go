package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/job/cluster"
	"sparkless/publish/file"
	"sparkless/storage/event"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how far runs of many machines are, and who works on them",
		Long: `Status shows runs and backfills that were started with --engine temporal, those that
started last first: how far they are, what is under way and by whom, what failed and is
tried again, and who works for the task queue of these settings. It looks at the
Temporal server, which forgets runs some days after they ended, and reads no export.

--queue prints the name of the task queue and asks no server. Run it with the program
and the settings that the workers have: both are in the name.`,
		Example: `  sparkless status --account mystorage
  sparkless status --account mystorage --day 2026-11-20 --format json
  sparkless status --account mystorage --queue`,
	}
	f := addWindowFlags(cmd)
	cmd.Flags().Lookup("day").Usage = "the UTC day, like 2026-11-20; all that the server knows of unless told"
	queue := cmd.Flags().Bool("queue", false, "print the name of the task queue and nothing else")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		format, err := askedFormat(cmd, v, formatTable, file.JSON)
		if err != nil {
			return err
		}
		if *queue {
			return a.printQueue(cmd.Context(), v)
		}
		var filter cluster.Filter
		if f.given() {
			filter.Window = w.Label()
		}
		return a.status(cmd.Context(), v, filter, format)
	}
	return cmd
}

// printQueue prints the name of the task queue.
func (a *app) printQueue(ctx context.Context, v *values) error {
	h, err := a.newHuntAside(ctx, v)
	if err == nil {
		err = h.enlist(v)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, h.queue())
	return err
}

// newHuntAside makes a hunt that reads and writes nothing, of a command that is about
// the runs of others.
func (a *app) newHuntAside(ctx context.Context, v *values) (*hunt, error) {
	d, err := a.draft(v)
	if err != nil {
		return nil, usageError{err}
	}
	h := &d.hunt
	if h.Scope, err = resolveScope(ctx, v, h.Input); err != nil {
		return nil, err
	}
	h.detector = a.newDetector(h)
	h.Detector = h.detector
	return h, a.findLayout(ctx, v, h)
}

// status is the story of looking at the runs of many machines.
func (a *app) status(ctx context.Context, v *values, filter cluster.Filter, format string) error {
	h, err := a.newHuntAside(ctx, v)
	if err != nil {
		return err
	}
	c, err := a.newCrew(ctx, v, h)
	if err != nil {
		return err
	}
	defer c.server.Close()
	all, err := c.server.Status(ctx, filter)
	if err != nil {
		return err
	}
	pollers, err := c.server.Pollers(ctx)
	if err != nil {
		return err
	}
	if format == file.JSON {
		return writeJSON(a.stdout, newStanding(c.queue, all, pollers))
	}
	if len(all) == 0 {
		a.log.Info("the server knows of no run")
	}
	for _, t := range standingTables(c.queue, all, pollers) {
		if err := a.write(t); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) cancelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel",
		Short: "Cancel a run or a backfill of many machines",
		Long: `Cancel ends runs of a day or of another window that were started with --engine
temporal, or a backfill of just these days, on all machines: who waits for them exits
with code 130. What has been read stays, and a later run goes on from there. To take
one machine off a run, stop its process instead.`,
		Example: `  sparkless cancel --account mystorage --day 2026-11-20
  sparkless cancel --account mystorage --from 2026-11-01 --to 2026-12-01`,
	}
	f := addWindowFlags(cmd)
	cmd.Flags().Lookup("day").Usage = "the UTC day, like 2026-11-20"
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.day == "" && (f.from == "" || f.to == "") {
			return usageError{fmt.Errorf("--day is missing, or --from and --to: nothing is cancelled unless told")}
		}
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.cancel(cmd.Context(), v, w)
	}
	return cmd
}

// cancel is the story of ending the runs of a window.
func (a *app) cancel(ctx context.Context, v *values, w event.Window) error {
	h, err := a.newHuntAside(ctx, v)
	if err != nil {
		return err
	}
	c, err := a.newCrew(ctx, v, h)
	if err != nil {
		return err
	}
	defer c.server.Close()
	all, err := c.server.Status(ctx, cluster.Filter{Window: w.Label()})
	if err != nil {
		return err
	}
	cancelled := 0
	for _, s := range all {
		if s.State != running {
			continue
		}
		if err := c.server.Cancel(ctx, s.ID); err != nil {
			return fmt.Errorf("cancelling %s: %w", s.ID, err)
		}
		cancelled++
		a.log.Info("asked to end; `sparkless status` says when it has", "workflow", s.ID)
	}
	if cancelled == 0 {
		return fmt.Errorf("no run of %s is under way", w)
	}
	return nil
}

// running is the state of what is under way.
const running = "running"

// standing is what `sparkless status` tells, for programs.
type standing struct {
	Queue   string           `json:"queue"`
	Runs    []runStanding    `json:"runs"`
	Workers []workerStanding `json:"workers"`
}

// runStanding is how far a run is.
type runStanding struct {
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

// workerStanding is who works for the queue.
type workerStanding struct {
	Name string `json:"name"`
	Seen string `json:"seen"`
}

// newStanding is the same for programs. No list in it is nil.
func newStanding(queue string, all []cluster.Status, pollers []cluster.Poller) standing {
	s := standing{Queue: queue, Runs: []runStanding{}, Workers: []workerStanding{}}
	for _, one := range all {
		r := runStanding{Workflow: one.ID, RunID: one.RunID, Window: one.Window, Backfill: one.Backfill, State: one.State, Queue: one.Queue, With: one.Kind,
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
		s.Runs = append(s.Runs, r)
	}
	for _, p := range pollers {
		s.Workers = append(s.Workers, workerStanding{p.Identity, moment(p.LastSeen)})
	}
	return s
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
func standingTables(queue string, all []cluster.Status, pollers []cluster.Poller) []*terminal.Table {
	runs := &terminal.Table{Columns: []terminal.Column{
		{Title: "WINDOW"}, {Title: "STATE"}, {Title: "PHASE", Rank: 2}, {Title: "TASKS", Right: true}, {Title: "READ", Right: true}, {Title: "EVENTS", Rank: 1, Right: true},
		{Title: "STARTED", Rank: 3}, {Title: "TOOK", Rank: 4, Right: true}, {Title: "WORKFLOW", Rank: 5, Least: 20, Fit: terminal.Middle}, {Title: "WHY", Least: 12, Fit: terminal.Wrap},
	}}
	tasks := &terminal.Table{Columns: []terminal.Column{
		{Title: "WINDOW"}, {Title: "TASK"}, {Title: "STATE"}, {Title: "TRY", Right: true}, {Title: "READ", Right: true, Rank: 2}, {Title: "WORKER", Least: 14, Fit: terminal.Middle}, {Title: "HEARD", Rank: 1}, {Title: "FAILED BEFORE", Least: 14, Fit: terminal.Wrap},
	}}
	workers := &terminal.Table{Columns: []terminal.Column{{Title: "WORKERS OF " + queue}, {Title: "SEEN"}}}
	var tables []*terminal.Table
	shown := 0
	for _, s := range all {
		runs.Row(runCells(s, queue)...)
		for _, p := range s.Pending {
			if waits(p) {
				continue // hundreds may
			}
			shown++
			tasks.Row(texts(shortWindow(s.Window), p.ID, p.State, fmt.Sprint(p.Attempt), size(p.Beat.Bytes), orDash(p.Worker), clock(p.LastHeartbeat), orDash(p.LastFailure))...)
		}
	}
	for _, p := range pollers {
		workers.Row(texts(p.Identity, clock(p.LastSeen))...)
	}
	for _, one := range []struct {
		t *terminal.Table
		n int
	}{{runs, len(all)}, {tasks, shown}, {workers, len(pollers)}} {
		if one.n > 0 {
			tables = append(tables, one.t)
		}
	}
	return tables
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
