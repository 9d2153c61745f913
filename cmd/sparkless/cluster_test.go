package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/job/cluster"
	"sparkless/publish/publishtest"
	"sparkless/storage"
	"sparkless/storage/event"
)

// fakeServer carries runs out in the process that waits for them: the steps in their
// order, one after the other, by whoever works for it.
type fakeServer struct {
	mu       sync.Mutex
	steps    cluster.Steps
	planner  cluster.Planner
	joined   bool          // somebody else has started each run
	by       string        // who concluded each, "" for the worker of the process
	fail     []error       // of the next runs, in order
	started  []job.Frozen  // runs
	waits    chan struct{} // closed when somebody waits; nil: a run ends at once
	stopped  bool
	closed   bool
	days     [2]time.Time // of the backfill
	statuses []cluster.Status
	cancels  []string
	config   cluster.Config
	worked   func() // called when somebody begins to work, if it is set
}

func (f *fakeServer) dial(_ context.Context, c cluster.Config) (server, error) {
	f.config = c
	if c.Address == "denied:1" {
		return nil, fmt.Errorf("%w by the server", storage.ErrDenied)
	}
	return f, nil
}

func (f *fakeServer) Work(ctx context.Context, s cluster.Steps, p cluster.Planner) (context.Context, func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps, f.planner = s, p
	if f.worked != nil {
		defer f.worked()
	}
	working, cancel := context.WithCancel(ctx)
	return working, func() { f.stopped = true; cancel() }, nil
}

func (f *fakeServer) StartDay(_ context.Context, plan job.Frozen) (cluster.Execution, error) {
	f.started = append(f.started, plan)
	return cluster.Execution{ID: "day-" + plan.Run, RunID: fmt.Sprint(len(f.started)), Joined: f.joined}, nil
}

func (f *fakeServer) WaitDay(ctx context.Context, _ cluster.Execution) (job.Conclusion, error) {
	if f.waits != nil {
		close(f.waits)
		<-ctx.Done()
		return job.Conclusion{}, context.Cause(ctx)
	}
	if len(f.fail) > 0 && f.fail[0] != nil {
		err := f.fail[0]
		f.fail = f.fail[1:]
		return job.Conclusion{}, err
	}
	return f.day(ctx, f.started[len(f.started)-1])
}

// day is what the workflow of a day does.
func (f *fakeServer) day(ctx context.Context, plan job.Frozen) (job.Conclusion, error) {
	var pieces []job.Piece
	for number := range plan.Batches {
		p, err := f.steps.FoldBatch(ctx, plan, number, func(job.Beat) {})
		if err != nil {
			return job.Conclusion{}, err
		}
		pieces = append(pieces, p)
	}
	for len(pieces) > 1 {
		one, err := f.steps.MergePieces(ctx, plan, pieces[:2])
		if err != nil {
			return job.Conclusion{}, err
		}
		pieces = append([]job.Piece{one}, pieces[2:]...)
	}
	end, err := f.steps.Conclude(ctx, plan, append(pieces, job.Piece{})[0])
	if f.by != "" {
		end.By = f.by
	}
	return end, err
}

func (f *fakeServer) StartBackfill(_ context.Context, from, to time.Time) (cluster.Execution, error) {
	f.days = [2]time.Time{from, to}
	return cluster.Execution{ID: "backfill", RunID: "b", Joined: f.joined}, nil
}

func (f *fakeServer) WaitBackfill(ctx context.Context, _ cluster.Execution) ([]cluster.Outcome, error) {
	if len(f.fail) > 0 {
		return nil, f.fail[0]
	}
	var all []cluster.Outcome
	for day := f.days[0]; day.Before(f.days[1]); day = day.AddDate(0, 0, 1) {
		o := cluster.Outcome{Window: event.Day(day).Label()}
		if o.Frozen, o.Err = f.planner.Freeze(ctx, event.Day(day)); o.Err == nil {
			o.Conclusion, o.Err = f.day(ctx, o.Frozen)
		}
		if o.Err != nil { // as it comes from another machine
			o.Err = job.OfKind(job.KindOf(o.Err), o.Err.Error())
		}
		all = append(all, o)
	}
	return all, nil
}

func (f *fakeServer) Status(_ context.Context, filter cluster.Filter) ([]cluster.Status, error) {
	return slices.DeleteFunc(slices.Clone(f.statuses), func(s cluster.Status) bool { return filter.Window != "" && s.Window != filter.Window }), nil
}

func (f *fakeServer) Pollers(context.Context) ([]cluster.Poller, error) {
	return []cluster.Poller{{Identity: "poll\u202er", LastSeen: time.Unix(1e9, 0)}}, nil
}

func (f *fakeServer) Cancel(_ context.Context, id string) error {
	f.cancels = append(f.cancels, id)
	return nil
}

func (f *fakeServer) Close() { f.closed = true }

// execute runs the program with a server of ours, and returns its exit code and output.
func execute(ctx context.Context, f *fakeServer, args ...string) (code int, stdout, stderr string) {
	var out, log bytes.Buffer
	a := newApp(&out, &log)
	a.dial = f.dial
	code = a.execute(ctx, args)
	return code, out.String(), log.String()
}

// newTogether is a folder with a small day, where the settings ask for many machines.
func newTogether(t *testing.T) (day string) {
	t.Helper()
	t.Chdir(t.TempDir())
	day = smallDay(t, func(name string, data []byte) error {
		path := filepath.Join("export", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
	for name, value := range map[string]string{
		"SPARKLESS_STORAGE_FOLDER": "export", "SPARKLESS_JOB_SHARD_SIZE": "256KiB", "SPARKLESS_JOB_BATCH_SIZE": "512KiB", "SPARKLESS_MASQUERADE_SELF_TEST": "false", "SPARKLESS_JOB_SCOPE": "estate",
		"SPARKLESS_TEMPORAL_ADDRESS": "nowhere:7233", "SPARKLESS_JOB_MISSING_HOURS": "24",
	} {
		t.Setenv(name, value)
	}
	return day
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A run of many machines shows and writes what a run of one does, and so does each that
// waits for it.
func TestManyMachinesShowWhatOneDoes(t *testing.T) {
	day := newTogether(t)
	code, alone, log := execute(t.Context(), &fakeServer{}, "run", "--day", day, "--work-folder", "alone", "--out", "alone.jsonl", "--fail-on", "any")
	if code != exitFound || alone == "" {
		t.Fatalf("exit code %d\n%s", code, log)
	}
	for i, f := range []*fakeServer{{}, {joined: true, by: "another"}} {
		out := fmt.Sprintf("out-%d.jsonl", i)
		code, stdout, log := execute(t.Context(), f, "run", "--engine", "temporal", "--day", day, "--work-folder", "work", "--out", out, "--report", "r.html", "--summary-json", "s.json", "--fail-on", "any")
		if code != exitFound || stdout != alone || read(t, out) != read(t, "alone.jsonl") {
			t.Errorf("%d: exit code %d, stdout\n%s\n%s", i, code, stdout, log)
		}
		if len(f.started) != 1 || f.started[0].Batches < 2 && i == 0 || !f.stopped || !f.closed {
			t.Errorf("%d: started %+v, stopped %v, closed %v", i, f.started, f.stopped, f.closed)
		}
		if read(t, "r.html") == "" || !strings.Contains(read(t, "s.json"), `"exit_code": 10`) {
			t.Errorf("%d: no report, or no summary", i)
		}
	}
}

// Each day of a backfill comes out as it does alone, with the history of those before,
// and a day that fails has its own exit code.
func TestManyMachinesBackfill(t *testing.T) {
	day := newTogether(t)
	from, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	to := from.AddDate(0, 0, 2).Format(time.DateOnly) // the second has nothing
	args := []string{"backfill", "--from", day, "--to", to}
	code, alone, log := execute(t.Context(), &fakeServer{}, append(args, "--work-folder", "alone", "--out", "alone-{day}.jsonl")...)
	if code != exitPartial || alone == "" {
		t.Fatalf("exit code %d\n%s", code, log)
	}
	args = append(args, "--engine", "temporal", "--work-folder", "work", "--out", "out-{day}.jsonl")
	code, stdout, log := execute(t.Context(), &fakeServer{}, args...)
	if code != exitPartial || stdout != alone || read(t, "out-"+day+".jsonl") != read(t, "alone-"+day+".jsonl") || !strings.Contains(log, "1 of 2 days did not go through") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, log)
	}
	for want, failure := range map[int]error{exitFailed: errors.New("no way"), exitInterrupted: cluster.ErrCancelled, exitDenied: storage.ErrDenied} {
		if code, stdout, log := execute(t.Context(), &fakeServer{fail: []error{failure}}, args...); code != want || stdout != "" {
			t.Errorf("%v: exit code %d\n%s\n%s", failure, code, stdout, log)
		}
	}
}

// A plan whose blobs have changed is made anew, three times at most. What a worker
// elsewhere failed with has the exit code that it has here.
func TestManyMachinesPlanAnew(t *testing.T) {
	day := newTogether(t)
	stale := job.OfKind("stale", "the blob has changed")
	for want, test := range map[string]struct {
		fail []error
		code int
		runs int
	}{
		"":                  {[]error{stale, stale, nil}, exitDone, 3},
		"kept changing":     {[]error{stale, stale, stale, nil}, exitFailed, 3},
		"undelivered there": {[]error{job.OfKind("undelivered", "undelivered there")}, exitUndelivered, 1},
		"denied there":      {[]error{job.OfKind("denied", "denied there")}, exitDenied, 1},
		"nothing there":     {[]error{job.OfKind("no-blobs", "nothing there")}, exitPartial, 1},
		"somebody":          {[]error{fmt.Errorf("somebody has: %w", cluster.ErrCancelled)}, exitInterrupted, 1},
		"job.memory there":  {[]error{job.OfKind("memory", "job.memory there")}, exitFailed, 1},
	} {
		f := &fakeServer{fail: test.fail}
		code, _, log := execute(t.Context(), f, "run", "--engine", "temporal", "--day", day, "--work-folder", t.TempDir())
		if code != test.code || len(f.started) != test.runs || !strings.Contains(log, want) {
			t.Errorf("%q: exit code %d, %d runs\n%s", want, code, len(f.started), log)
		}
	}
	if code, _, log := execute(t.Context(), &fakeServer{}, "run", "--engine", "temporal", "--temporal-address", "denied:1", "--day", day); code != exitDenied {
		t.Errorf("exit code %d\n%s", code, log)
	}
}

// The record of a run is sent once: by who concluded it, or without a conclusion by who
// started it. Who is told to stop leaves it to the others.
func TestRecordOfManyMachinesIsSentOnce(t *testing.T) {
	day := newTogether(t)
	c, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for name, value := range map[string]string{"WORKSPACE_ID": testWorkspace, "SHARED_KEY": testKey, "ENDPOINT": c.URL(), "HEALTH_LOG_TYPE": "Health"} {
		t.Setenv("SPARKLESS_DATACOLLECTOR_"+name, value)
	}
	count := func() (findings, records int) {
		for _, row := range c.Rows() {
			if row.Table == "Health_CL" {
				records++
			} else {
				findings++
			}
		}
		return findings, records
	}
	bad := errors.New("no way")
	for _, test := range []struct {
		what    string
		f       *fakeServer
		code    int
		records int
	}{
		{"concluded here", &fakeServer{}, exitDone, 1},
		{"joined, and concluded here", &fakeServer{joined: true}, exitDone, 1},
		{"concluded elsewhere", &fakeServer{by: "another"}, exitDone, 0},
		{"failed, started here", &fakeServer{fail: []error{bad}}, exitFailed, 1},
		{"failed, joined", &fakeServer{fail: []error{bad}, joined: true}, exitFailed, 0},
	} {
		_, before := count()
		code, _, log := execute(t.Context(), test.f, "run", "--engine", "temporal", "--day", day)
		if _, after := count(); after-before != test.records || code != test.code {
			t.Errorf("%s: %d records, exit code %d\n%s", test.what, after-before, code, log)
		}
	}
	findings, before := count()
	ids := map[any]bool{}
	for _, row := range c.Rows() {
		if row.Table != "Health_CL" {
			ids[row.Values["FindingId_s"]] = true
		}
	}
	if len(ids) == 0 || findings != len(ids) {
		t.Errorf("%d findings were sent %d times", len(ids), findings)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := &fakeServer{waits: make(chan struct{})}
	go func() { <-f.waits; cancel() }()
	code, _, log := execute(ctx, f, "run", "--engine", "temporal", "--day", day, "--history", "1d")
	if _, after := count(); code != exitInterrupted || after != before || !f.stopped || !strings.Contains(log, "goes on with whoever works") {
		t.Errorf("interrupted: exit code %d, %d records\n%s", code, after-before, log)
	}
}

// A worker for whom nobody waits sends the record of what it has concluded, and prints
// nothing.
func TestWorkerAccountsForWhatItConcludes(t *testing.T) {
	day := newTogether(t)
	c, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for name, value := range map[string]string{"WORKSPACE_ID": testWorkspace, "SHARED_KEY": testKey, "ENDPOINT": c.URL(), "HEALTH_LOG_TYPE": "Health"} {
		t.Setenv("SPARKLESS_DATACOLLECTOR_"+name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := &workServer{fakeServer: &fakeServer{}, day: day, done: cancel, t: t}
	var out, log bytes.Buffer
	a := newApp(&out, &log)
	a.dial = func(context.Context, cluster.Config) (server, error) { return f, nil }
	if code := a.execute(ctx, []string{"worker", "--out", "not-mine.jsonl", "--fail-on", "any"}); code != exitInterrupted || out.Len() > 0 {
		t.Errorf("exit code %d\n%s\n%s", code, out.String(), log.String())
	}
	var commands []any
	for _, row := range c.Rows() {
		if row.Table == "Health_CL" {
			commands = append(commands, row.Values["Command_s"], fmt.Sprint(row.Values["ExitCode_d"]))
		}
	}
	if !slices.Equal(commands, []any{"worker", fmt.Sprint(exitFound)}) || len(c.Rows()) < 2 {
		t.Errorf("recorded are %v, of %d rows\n%s", commands, len(c.Rows()), log.String())
	}
	if _, err := os.Stat("not-mine.jsonl"); err == nil {
		t.Error("a worker writes files")
	}
}

// workServer gives a worker the work of one day, and then tells it to stop.
type workServer struct {
	*fakeServer
	t    *testing.T
	day  string
	done func()
}

func (f *workServer) Work(ctx context.Context, s cluster.Steps, p cluster.Planner) (context.Context, func(), error) {
	working, stop, err := f.fakeServer.Work(ctx, s, p)
	w, _ := event.ParseLabel(f.day)
	plan, failed := p.Freeze(ctx, w)
	if failed == nil {
		_, failed = f.fakeServer.day(ctx, plan)
	}
	if failed != nil {
		f.t.Error(failed)
	}
	f.done()
	return working, stop, err
}

// In a dry run nothing is sent and nothing is written, on any machine.
func TestManyMachinesRunDry(t *testing.T) {
	day := newTogether(t)
	_, alone, _ := execute(t.Context(), &fakeServer{}, "run", "--day", day, "--dry-run", "--work-folder", "alone", "--out", "dry.jsonl")
	code, stdout, log := execute(t.Context(), &fakeServer{}, "run", "--engine", "temporal", "--day", day, "--dry-run", "--out", "dry.jsonl")
	if code != exitDone || stdout != alone || stdout == "" || !strings.Contains(log, `"sent":0,"before":0,"left":`) {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, log)
	}
	for _, name := range []string{"dry.jsonl", "sparkless-work/outbox"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}
