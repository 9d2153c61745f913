package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A run looks at the clock once to know its day. A clock that jumps by a day
// under way changes neither the day nor what is found, and the run after it finds
// all done.
func TestClockThatJumpsUnderWay(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	smallDay(t, func(name string, data []byte) error {
		path := filepath.Join(dir, "export", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
	noon := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	var first []byte
	for _, jump := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour, -48 * time.Hour} {
		looks := 0
		log := clockRun(t, func() time.Time {
			if looks++; looks > 1 {
				return noon.Add(jump)
			}
			return noon
		})
		found, err := filepath.Glob("found-*")
		if err != nil || len(found) != 1 || found[0] != "found-2026-11-17.jsonl" {
			t.Fatalf("%v: %v, %v", jump, found, err)
		}
		data, err := os.ReadFile(found[0])
		if err != nil || len(data) == 0 || first != nil && !bytes.Equal(data, first) {
			t.Errorf("%v: other findings, %v", jump, err)
		}
		if first != nil && strings.Contains(log, `"reused":0`) {
			t.Errorf("%v: read again: %s", jump, log)
		}
		first = data
	}
	outboxes, err := filepath.Glob("work/outbox/*/masquerade/*")
	if err != nil || len(outboxes) != 1 || filepath.Base(outboxes[0]) != "2026-11-17.jsonl" {
		t.Errorf("%v, %v", outboxes, err)
	}
}

// clockRun runs `sparkless run` by another clock and returns the log.
func clockRun(t *testing.T, now func() time.Time) string {
	t.Helper()
	var out, log bytes.Buffer
	a := newApp(&out, &log)
	a.now = now
	if code := a.execute(t.Context(), []string{"run", "--folder", "export", "--work-folder", "work", "--out", "found-{day}.jsonl", "--log-format", "json"}); code != 0 {
		t.Fatalf("exit %d\n%s", code, log.String())
	}
	return log.String()
}

// atTime runs the program by a clock that stands still.
func atTime(t *testing.T, now time.Time, args ...string) (stdout, log string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := newApp(&out, &errs)
	a.now = func() time.Time { return now }
	if code := a.execute(t.Context(), append(args, "--log-format", "json")); code != 0 {
		t.Fatalf("%v: exit %d\n%s", args, code, errs.String())
	}
	return out.String(), errs.String()
}

// A rule holds through the last second of the day on which it expires, UTC. Then
// the finding is back, in the table, in the file and in its story, and the run says
// why.
func TestRuleHoldsThroughItsLastDay(t *testing.T) {
	t.Chdir(t.TempDir())
	hour := "day/WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w/y=2026/m=11/d=20/h=00/m=00"
	if err := os.MkdirAll(hour, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		hour + "/PT05M.json": `{"TimeGenerated":"2026-11-20T00:00:00Z","EventID":4688,"Process":"svch0st.exe","NewProcessName":"C:\\Temp\\svch0st.exe","Computer":"ws-1"}` + "\n",
		"rules.yaml":         "version: 1\nsuppressions:\n  - name: svch0st.exe\n    path: 'C:\\Temp\\*'\n    reason: a canary of ours\n    expires: 2026-11-25\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	common := []string{"--folder", "day", "--day", "2026-11-20", "--suppressions", "rules.yaml"}
	hunt := append([]string{"run", "--out", "found.jsonl", "--missing-hours", "48"}, common...)
	story := append([]string{"explain", "svch0st.exe"}, common...)
	lastSecond := time.Date(2026, 11, 25, 23, 59, 59, 0, time.UTC)
	for _, c := range []struct {
		now        time.Time
		suppressed bool
	}{
		{lastSecond.AddDate(0, 0, -4), true},
		{lastSecond.In(time.FixedZone("", 14*60*60)), true}, // the next day there
		{lastSecond.Add(time.Second), false},
		{lastSecond.AddDate(1, 0, 0), false},
		{lastSecond, true}, // a clock that is put right again
	} {
		table, log := atTime(t, c.now, hunt...)
		told, _ := atTime(t, c.now, story...)
		file, err := os.ReadFile("found.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		shown := []bool{strings.Contains(table, "svch[0]st.exe"), strings.Contains(string(file), "svch0st.exe"),
			strings.Contains(log, `"findings":{"total":1,"by_severity":{"high":1,"medium":0,"low":0,"informational":0}},"suppressed":0`), strings.Contains(log, "a rule expired on 2026-11-25"), strings.Contains(told, "rules.yaml:3 would suppress it and expired on 2026-11-25")}
		quiet := []bool{strings.Contains(log, `"informational":0}},"suppressed":1`), strings.Contains(log, "findings are suppressed"), strings.Contains(told, "suppressed by rules.yaml:3 until 2026-11-25 (a canary of ours)")}
		if slices.Contains(shown, c.suppressed) || slices.Contains(quiet, !c.suppressed) {
			t.Errorf("%v: shown %v, suppressed %v\n%s\n%s\n%s", c.now, shown, quiet, table, log, told)
		}
	}
}
