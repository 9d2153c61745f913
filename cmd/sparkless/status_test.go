package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/job/cluster"
)

// hostileName is what a worker, or an error that it sends, may hold.
const hostileName = "w\x1b[31m\u202e<b>\nx"

// sampleStatuses are runs in each state.
func sampleStatuses() []cluster.Status {
	at := time.Date(2026, 11, 21, 1, 2, 3, 4e6, time.UTC)
	return []cluster.Status{
		{
			Execution: cluster.Execution{ID: "wf-1", RunID: "r1"}, Window: "2026-11-20", State: "running", Started: at,
			Progress: cluster.Progress{Phase: "folding", Run: "abc", Tasks: 53, Done: 16, Shards: 100, Bytes: 208e6, BytesDone: 68e6, Lines: 49000, Records: 24551},
			Pending: []cluster.Activity{
				{ID: "fold-19", State: "started", Attempt: 3, LastFailure: hostileName, Worker: hostileName, LastHeartbeat: at, Beat: job.Beat{Bytes: 5e6}},
				{ID: "fold-20", State: "scheduled", Attempt: 1},
			},
		},
		{Execution: cluster.Execution{ID: "wf-2", RunID: "r2"}, Window: "2026-11-19", State: "failed", Started: at, Ended: at.Add(time.Minute), Err: errors.New("batch 7: " + hostileName)},
		{Execution: cluster.Execution{ID: "wf-3", RunID: "r3"}, Window: "2026-11-18", State: "running", Queue: "sparkless-other", Started: at, NoAnswer: "nobody answers"},
		{Execution: cluster.Execution{ID: "wf-5", RunID: "r5"}, Window: "2026-11-17", State: "completed", Started: at, Ended: at, Kind: "undelivered", Progress: cluster.Progress{Tasks: 1, Done: 1}},
		{
			Execution: cluster.Execution{ID: "wf-4", RunID: "r4"}, Backfill: true, Window: "20261117T000000Z-20261121T000000Z", State: "running", Started: at,
			Days: []cluster.DayStatus{{Window: "2026-11-17", State: "done"}, {Window: "2026-11-18", State: "failed"}, {Window: "2026-11-19", State: "running"}, {Window: "2026-11-20", State: "waiting"}},
		},
	}
}

func TestStatusShowsRuns(t *testing.T) {
	newTogether(t)
	f := &fakeServer{statuses: sampleStatuses()}
	code, table, log := execute(t.Context(), f, "status")
	if code != exitDone || !f.closed {
		t.Fatalf("exit code %d\n%s", code, log)
	}
	for _, want := range []string{
		"2026-11-20 ", "running", "folding", "16/53", "68 MB/208 MB", "24,551", "2026-11-21 01:02:03Z", "wf-1",
		"fold-19", "5.0 MB", "1m0s", "batch 7: w", "nobody answers", "sparkless-other", "ended: undelivered", "2026-11-17 to 2026-11-20", "2/4 days", "2026-11-18 failed",
		"WORKERS OF " + f.config.Queue, "poll<U+202E>r",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.ContainsAny(table, "\x1b\u202e") || strings.Contains(table, "fold-20") || strings.Contains(table, "0/0") {
		t.Errorf("%q", table)
	}
	if _, one, _ := execute(t.Context(), f, "status", "--day", "2026-11-19"); strings.Contains(one, "wf-1") || !strings.Contains(one, "wf-2") {
		t.Error(one)
	}
	if _, none, log := execute(t.Context(), &fakeServer{}, "status"); !strings.Contains(log, "knows of no run") || strings.Contains(none, "WINDOW") {
		t.Error(none, log)
	}
}

func TestStatusInJSON(t *testing.T) {
	newTogether(t)
	f := &fakeServer{statuses: sampleStatuses()}
	code, text, log := execute(t.Context(), f, "status", "--format", "json")
	var s standing
	if err := json.Unmarshal([]byte(text), &s); err != nil || code != exitDone {
		t.Fatalf("exit code %d, error %v\n%s", code, err, log)
	}
	if strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("%q", text)
	}
	first := s.Runs[0]
	if len(s.Runs) != 5 || s.Queue != f.config.Queue || first.Progress.Done != 16 || first.UnderWay[0].Worker != hostileName || first.UnderWay[0].BytesDone != 5e6 || len(first.UnderWay) != 2 || first.Ended != "" {
		t.Errorf("%+v", s)
	}
	if s.Runs[1].Error != "batch 7: "+hostileName || s.Runs[1].Ended != "2026-11-21T01:03:03.004Z" || s.Runs[2].Progress != nil || s.Runs[2].Queue != "sparkless-other" || s.Runs[3].With != "undelivered" || len(s.Runs[4].Days) != 4 {
		t.Errorf("%+v", s.Runs[1:])
	}
	if _, text, _ := execute(t.Context(), &fakeServer{}, "status", "--format", "json"); !strings.Contains(text, `"runs": []`) {
		t.Error(text)
	}
	if code, _, _ := execute(t.Context(), f, "status", "--format", "csv"); code != exitUsage {
		t.Errorf("csv: exit code %d", code)
	}
}

// The name of the queue is the workers' one, and needs no server.
func TestStatusNamesTheQueue(t *testing.T) {
	newTogether(t)
	f := &fakeServer{}
	_, _, _ = execute(t.Context(), f, "status")
	t.Setenv("SPARKLESS_TEMPORAL_ADDRESS", "")
	code, name, log := execute(t.Context(), &fakeServer{}, "status", "--queue")
	if code != exitDone || name != f.config.Queue+"\n" || !strings.HasPrefix(name, "sparkless-") {
		t.Errorf("exit code %d, %q, want %q\n%s", code, name, f.config.Queue, log)
	}
	if code, _, log := execute(t.Context(), f, "status"); code != exitUsage || !strings.Contains(log, "temporal.address") {
		t.Errorf("exit code %d\n%s", code, log)
	}
}

// Only what runs is cancelled, and only what is asked for.
func TestCancelEndsWhatRuns(t *testing.T) {
	newTogether(t)
	f := &fakeServer{statuses: sampleStatuses()}
	for _, test := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"--day", "2026-11-20"}, exitDone, []string{"wf-1"}},
		{[]string{"--day", "2026-11-19"}, exitFailed, nil},
		{[]string{"--from", "2026-11-17", "--to", "2026-11-21"}, exitDone, []string{"wf-4"}},
		{nil, exitUsage, nil},
		{[]string{"--from", "2026-11-17"}, exitUsage, nil},
	} {
		f.cancels = nil
		if code, _, log := execute(t.Context(), f, append([]string{"cancel"}, test.args...)...); code != test.code || !slices.Equal(f.cancels, test.want) {
			t.Errorf("%q: exit code %d, cancelled %q\n%s", test.args, code, f.cancels, log)
		}
	}
}

// What is under way counts as far as it was last heard of, and never for more than
// there is.
func TestProgressOfManyMachines(t *testing.T) {
	s := sampleStatuses()[0]
	s.Pending[0].Beat = job.Beat{Shards: 3, Bytes: 5e6, Lines: 7}
	if p := progressIn(s); p.Phase != job.Reading || p.Done != 103 || p.BytesDone != 73e6 || p.Lines != 49007 {
		t.Errorf("%+v", p)
	}
	s.Pending[0].Beat.Bytes = 1e12
	if p := progressIn(s); p.BytesDone != p.Bytes {
		t.Errorf("%+v", p)
	}
	for phase, want := range map[string]job.Phase{"merging": job.Merging, "concluding": job.Finishing, "over": "over", "waiting for the days before": "waiting for the days before"} {
		s.Progress.Phase = phase
		if p := progressIn(s); p.Phase != want {
			t.Errorf("%s is %s", phase, p.Phase)
		}
	}
}

// doctor tells who works for the queue, or why nobody can be asked.
func TestDoctorAsksTemporal(t *testing.T) {
	newTogether(t)
	for _, test := range []struct{ address, engine, want string }{
		{"nowhere:7233", "temporal", `"text":"nowhere:7233, namespace default; of the queue sparkless-`},
		{"nowhere:7233", "temporal", `1 worker: poll<U+202E>r`},
		{"denied:1", "temporal", `not authorised`},
		{"nowhere:7233", "local", `job.engine is local`},
	} {
		var out, log bytes.Buffer
		a := newApp(&out, &log)
		a.dial = (&fakeServer{}).dial
		_ = a.execute(context.Background(), []string{"doctor", "--format", "jsonl", "--engine", test.engine, "--temporal-address", test.address})
		line := ""
		for text := range strings.Lines(out.String()) {
			if strings.Contains(text, `"name":"Temporal"`) {
				line = text
			}
		}
		if !strings.Contains(strings.ReplaceAll(line, `\u003c`, "<"), test.want) {
			t.Errorf("%+v: %s", test, out.String())
		}
	}
}

// The estate is where exports and the work store are: other settings, which may see and
// cancel each other's runs, are of the same.
func TestEstatesAreToldApart(t *testing.T) {
	newTogether(t)
	estate := func(args ...string) string {
		f := &fakeServer{}
		if code, _, log := execute(t.Context(), f, append([]string{"status"}, args...)...); code != exitDone || f.config.Estate == "" {
			t.Fatalf("exit code %d, estate %q\n%s", code, f.config.Estate, log)
		}
		return f.config.Estate
	}
	here := estate()
	if other := estate("--profile", "hunt", "--batch-size", "1GiB"); other != here {
		t.Errorf("other settings: %s and %s", here, other)
	}
	if other := estate("--work-folder", "elsewhere"); other == here {
		t.Error("another work store is the same estate")
	}
}
