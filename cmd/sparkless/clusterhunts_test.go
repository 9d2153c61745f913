package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparkless/job/cluster"
	"sparkless/publish/publishtest"
	"sparkless/storage/event"
)

// fakeServers are a server of its own for each hunt, as each has a queue of its own.
type fakeServers struct {
	mu   sync.Mutex
	make func(hunt string) server
	of   map[string]server
	asks []cluster.Config // in their order
}

func newFakeServers(make func(hunt string) server) *fakeServers {
	return &fakeServers{make: make, of: map[string]server{}}
}

func (f *fakeServers) dial(_ context.Context, c cluster.Config) (server, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asks = append(f.asks, c)
	if f.of[c.Detector] == nil {
		f.of[c.Detector] = f.make(c.Detector)
	}
	return f.of[c.Detector], nil
}

// hunts are those that were asked for, in their order.
func (f *fakeServers) hunts() (all []string) {
	for _, c := range f.asks {
		all = append(all, c.Detector)
	}
	return all
}

func (f *fakeServers) queues() (all []string) {
	for _, c := range f.asks {
		all = append(all, c.Queue)
	}
	return all
}

// executeAt is execute with servers of ours.
func executeAt(ctx context.Context, f *fakeServers, args ...string) (code int, stdout, stderr string) {
	var out, log bytes.Buffer
	a := newApp(&out, &log)
	a.dial = f.dial
	code = a.execute(ctx, args)
	return code, out.String(), log.String()
}

func plainServers() *fakeServers {
	return newFakeServers(func(string) server { return &fakeServer{} })
}

// Each hunt is a run of its own on many machines, and all together show and write what
// they do in one process. A hunt that is not chosen has none.
func TestManyMachinesDoEachHunt(t *testing.T) {
	day := newTogether(t)
	t.Setenv("SPARKLESS_HUNTS_MASQUERADE_ANOMALIES", "true")
	code, alone, log := executeAt(t.Context(), plainServers(), "run", "--detect", "masquerade,process,logon", "--day", day, "--work-folder", "alone", "--out", "alone.jsonl")
	if code != exitDone || !strings.Contains(alone, "process") {
		t.Fatalf("exit code %d\n%s\n%s", code, alone, log)
	}
	f := plainServers()
	code, stdout, log := executeAt(t.Context(), f, "run", "--engine", "temporal", "--detect", "masquerade,process,logon", "--day", day, "--work-folder", "work", "--out", "out.jsonl")
	if code != exitDone || stdout != alone {
		t.Errorf("exit code %d, stdout\n%s\nwant\n%s\n%s", code, stdout, alone, log)
	}
	for _, suffix := range []string{".jsonl", "-masquerade-anomalies.jsonl", "-process.jsonl", "-logon.jsonl"} {
		if read(t, "out"+suffix) != read(t, "alone"+suffix) {
			t.Errorf("out%s differs", suffix)
		}
	}
	if got := f.hunts(); !slices.Equal(got, []string{"masquerade", "process", "logon"}) {
		t.Errorf("asked for %v", got)
	}
	f = plainServers()
	code, stdout, log = executeAt(t.Context(), f, "run", "--engine", "temporal", "--detect", "process", "--day", day, "--work-folder", "one", "--out", "one.jsonl")
	if code != exitDone || !slices.Equal(f.hunts(), []string{"process"}) || read(t, "one.jsonl") != read(t, "alone-process.jsonl") || strings.Contains(stdout, "SUSPECT") {
		t.Errorf("exit code %d, asked for %v\n%s\n%s", code, f.hunts(), stdout, log)
	}
	if left, err := filepath.Glob("one/*/*/masquerade*"); err != nil || len(left) > 0 {
		t.Errorf("masquerade was not chosen, and left %v, error %v", left, err)
	}
}

// Findings of masquerading names arrive in both tables from many machines, each once, also
// after a second run.
func TestManyMachinesSendNamesAsAnomaliesOnce(t *testing.T) {
	day := newTogether(t)
	c := newCollector(t)
	t.Setenv("SPARKLESS_HUNTS_MASQUERADE_ANOMALIES", "true")
	for range 2 {
		code, _, log := executeAt(t.Context(), plainServers(), "run", "--engine", "temporal", "--detect", "masquerade", "--day", day, "--work-folder", "work", "--out", "out.jsonl")
		if code != exitDone {
			t.Fatalf("exit code %d\n%s", code, log)
		}
		arrived := map[string]int{}
		for _, row := range c.Rows() {
			arrived[fmt.Sprint(row.Table, " ", row.Values["FindingId_s"])]++
		}
		records := strings.Count(read(t, "out.jsonl"), "\n")
		if len(arrived) != 2*records || len(c.Rows()) != 2*records || records == 0 {
			t.Errorf("%d findings arrived as %d: %v", records, len(c.Rows()), arrived)
		}
	}
}

// Processes whose hunts.detect differ meet at the queues of those hunts that both have.
func TestHuntsOfManyMachinesMayDiffer(t *testing.T) {
	day := newTogether(t)
	meet := map[string][]string{}
	for _, detect := range []string{"masquerade", "masquerade,process", "all", "process,logon"} {
		if detect == "all" {
			if err := os.MkdirAll("am-devicenetworkevents", 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("SPARKLESS_NETWORK_CONTAINER", "../am-devicenetworkevents")
		}
		code, queues, log := executeAt(t.Context(), plainServers(), "status", "--queue", "--detect", detect)
		f := plainServers()
		again, _, more := executeAt(t.Context(), f, "status", "--detect", detect)
		if code != exitDone || again != exitDone || queues != strings.Join(f.queues(), "\n")+"\n" {
			t.Errorf("%s: exit codes %d and %d, queues %q, asked for %q\n%s%s", detect, code, again, queues, f.queues(), log, more)
		}
		for i, hunt := range f.hunts() {
			if !slices.Contains(meet[hunt], f.queues()[i]) {
				meet[hunt] = append(meet[hunt], f.queues()[i])
			}
		}
	}
	seen := map[string]bool{}
	for hunt, queues := range meet {
		if len(queues) != 1 || seen[queues[0]] {
			t.Errorf("%s has the queues %v", hunt, queues)
		}
		seen[queues[0]] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d hunts", len(seen))
	}
	// Who has chosen more than the workers works for it, so that nothing waits for them.
	code, _, log := executeAt(t.Context(), plainServers(), "run", "--engine", "temporal", "--detect", "masquerade,logon", "--day", day)
	if code != exitDone {
		t.Errorf("exit code %d\n%s", code, log)
	}
}

// newCollector is a server of the Data Collector API, which the settings name.
func newCollector(t *testing.T) *publishtest.DataCollector {
	t.Helper()
	c, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for name, value := range map[string]string{"WORKSPACE_ID": testWorkspace, "SHARED_KEY": testKey, "ENDPOINT": c.URL()} {
		t.Setenv("SPARKLESS_DATACOLLECTOR_"+name, value)
	}
	return c
}

// newHealthTable is a server that keeps records of runs, which the settings name, and
// what counts them.
func newHealthTable(t *testing.T) (commands func() []string) {
	t.Helper()
	c := newCollector(t)
	t.Setenv("SPARKLESS_DATACOLLECTOR_HEALTH_LOG_TYPE", "Health")
	return func() (all []string) {
		for _, row := range c.Rows() {
			if row.Table == "Health_CL" {
				all = append(all, fmt.Sprint(row.Values["Command_s"]))
			}
		}
		return all
	}
}

// The record of a run of several hunts is sent by who concluded the first of them.
func TestRecordOfSeveralHuntsIsSentOnce(t *testing.T) {
	day := newTogether(t)
	commands := newHealthTable(t)
	for _, test := range []struct {
		detect    string
		elsewhere string // concluded by another
		records   int
	}{
		{"masquerade,process", "", 1},
		{"masquerade,process", "process", 1},
		{"masquerade,process", "masquerade", 0},
		{"process,logon", "process", 0},
		{"process,logon", "logon", 1},
	} {
		before := len(commands())
		f := newFakeServers(func(hunt string) server {
			if hunt == test.elsewhere {
				return &fakeServer{by: "another"}
			}
			return &fakeServer{}
		})
		code, _, log := executeAt(t.Context(), f, "run", "--engine", "temporal", "--detect", test.detect, "--day", day)
		if sent := len(commands()) - before; code != exitDone || sent != test.records {
			t.Errorf("%s, %s elsewhere: exit code %d, %d records\n%s", test.detect, test.elsewhere, code, sent, log)
		}
	}
}

// waitingServer gives a worker the work of one day, and says so.
type waitingServer struct {
	*fakeServer
	day  string
	done func(error)
}

func (f *waitingServer) Work(ctx context.Context, s cluster.Steps, p cluster.Planner) (context.Context, func(), error) {
	working, stop, err := f.fakeServer.Work(ctx, s, p)
	go func() {
		w, err := event.ParseLabel(f.day)
		if err == nil {
			plan, failed := p.Freeze(working, w)
			if err = failed; err == nil {
				_, err = f.fakeServer.day(working, plan)
			}
		}
		f.done(err)
	}()
	return working, stop, err
}

// A worker works for each of the hunts at once, and sends one record: that of the first.
func TestWorkerWorksForEachHunt(t *testing.T) {
	day := newTogether(t)
	commands := newHealthTable(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hunts := []string{"masquerade", "process", "logon"}
	var mu sync.Mutex
	ended := map[string]error{}
	f := newFakeServers(func(hunt string) server {
		return &waitingServer{&fakeServer{}, day, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if ended[hunt] = err; len(ended) == len(hunts) {
				cancel()
			}
		}}
	})
	code, stdout, log := executeAt(ctx, f, "worker", "--detect", strings.Join(hunts, ","), "--out", "not-mine.jsonl")
	if code != exitInterrupted || stdout != "" {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, log)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, hunt := range hunts {
		s, _ := f.of[hunt].(*waitingServer)
		if ended[hunt] != nil || !s.stopped || !s.closed {
			t.Errorf("%s: error %v, stopped %v, closed %v", hunt, ended[hunt], s.stopped, s.closed)
		}
		if kept, err := filepath.Glob("sparkless-work/profiles/*/" + hunt + "/*" + day + "*"); err != nil || len(kept) == 0 {
			t.Errorf("%s has no profile, error %v", hunt, err)
		}
	}
	if got := commands(); !slices.Equal(got, []string{"worker"}) {
		t.Errorf("recorded are %v\n%s", got, log)
	}
	if left, _ := filepath.Glob("not-mine*"); len(left) > 0 {
		t.Errorf("a worker writes %v", left)
	}
}

// A hunt whose container is not there is no run, and nobody works for it: the others are,
// and do.
func TestManyMachinesGoOnWithoutAContainer(t *testing.T) {
	day := newTogether(t)
	const missing = "no export blobs for the hunt network"
	queues := func() string {
		_, text, _ := executeAt(t.Context(), plainServers(), "status", "--queue", "--detect", "masquerade,network")
		return text
	}
	before := queues()
	for _, command := range []string{"run", "backfill"} {
		args := []string{command, "--engine", "temporal", "--detect", "masquerade,network", "--out", command + "-{day}.jsonl"}
		if command == "run" {
			args = append(args, "--day", day)
		} else {
			args = append(args, "--from", day, "--to", dayAfter(t, day))
		}
		f := plainServers()
		code, stdout, log := executeAt(t.Context(), f, args...)
		if code != exitPartial || !slices.Equal(f.hunts(), []string{"masquerade"}) || strings.Count(log, `"ERROR","msg":"`+missing) != 1 || read(t, command+"-"+day+".jsonl") == "" {
			t.Errorf("%s: exit code %d, asked for %v\n%.300s\n%s", command, code, f.hunts(), stdout, log)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := newFakeServers(func(string) server {
		return &waitingServer{&fakeServer{}, day, func(error) { cancel() }}
	})
	code, _, log := executeAt(ctx, f, "worker", "--detect", "masquerade,network")
	if code != exitInterrupted || !slices.Equal(f.hunts(), []string{"masquerade"}) || !strings.Contains(log, missing) {
		t.Errorf("worker: exit code %d, asked for %v\n%s", code, f.hunts(), log)
	}
	// Whoever watches the queues need not be told anew once it is there.
	if err := os.MkdirAll("export/am-devicenetworkevents", 0o755); err != nil {
		t.Fatal(err)
	}
	if after := queues(); after != before || strings.Count(after, "\n") != 2 {
		t.Errorf("the queues are\n%s, before\n%s", after, before)
	}
}

// Status and cancel are about the runs of all hunts that are chosen.
func TestStatusAndCancelOfEachHunt(t *testing.T) {
	newTogether(t)
	f := newFakeServers(func(hunt string) server {
		all := sampleStatuses()
		for i := range all {
			all[i].ID = hunt + "-" + all[i].ID
		}
		if hunt == "logon" {
			all = nil
		}
		return &fakeServer{statuses: all}
	})
	args := []string{"--detect", "masquerade,process,logon"}
	code, table, log := executeAt(t.Context(), f, append(args, "status")...)
	for _, want := range slices.Concat([]string{"HUNT", "masquerade-wf-1", "process-wf-1", "process-wf-4"}, f.queues()) {
		if code != exitDone || !strings.Contains(table, want) {
			t.Errorf("exit code %d, no %q in\n%s\n%s", code, want, table, log)
		}
	}
	code, text, log := executeAt(t.Context(), f, append(args, "status", "--format", "json")...)
	for _, want := range []string{`"hunt": "process"`, `"hunt": "logon"`, `"workflow": "process-wf-1"`} {
		if code != exitDone || !strings.Contains(text, want) {
			t.Errorf("exit code %d, no %q in\n%s\n%s", code, want, text, log)
		}
	}
	if code, _, log := executeAt(t.Context(), f, append(args, "cancel", "--day", "2026-11-20")...); code != exitDone {
		t.Errorf("exit code %d\n%s", code, log)
	}
	cancelled := map[string][]string{}
	for hunt, s := range maps.All(f.of) {
		one, _ := s.(*fakeServer)
		cancelled[hunt] = one.cancels
	}
	if fmt.Sprint(cancelled) != "map[logon:[] masquerade:[masquerade-wf-1] process:[process-wf-1]]" {
		t.Errorf("cancelled are %v", cancelled)
	}
}
