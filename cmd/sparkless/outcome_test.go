package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/publish/publishtest"
)

func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	code = run(context.Background(), args, &out, &log)
	return code, out.String(), log.String()
}

func sampleDay(t *testing.T, day, seed string) {
	t.Helper()
	if code, _, log := invoke(t, "sample", "--out", "day", "--day", day, "--events", "4000", "--names", "300", "--hosts", "20", "--impostors", "20", "--seed", seed); code != 0 {
		t.Fatal(log)
	}
}

func collector(t *testing.T) *publishtest.DataCollector {
	t.Helper()
	c, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("SPARKLESS_DATACOLLECTOR_ENDPOINT", c.URL())
	t.Setenv("SPARKLESS_DATACOLLECTOR_WORKSPACE_ID", testWorkspace)
	t.Setenv("SPARKLESS_DATACOLLECTOR_SHARED_KEY", testKey)
	return c
}

const wrongKey = "bm90LXRoZS1yaWdodC1rZXk="

// A day that failed is not "findings kept, not delivered" because another day is.
func TestFailedDayBesideDebts(t *testing.T) {
	t.Chdir(t.TempDir())
	collector(t)
	sampleDay(t, "2026-11-20", "1")
	t.Setenv("SPARKLESS_DATACOLLECTOR_SHARED_KEY", wrongKey)
	if code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-20"); code != exitUndelivered {
		t.Fatal(code, log)
	}
	sampleDay(t, "2026-11-21", "2")
	// Every line of the next day is broken.
	filepath.Walk("day", func(p string, i os.FileInfo, err error) error {
		if err == nil && !i.IsDir() && strings.Contains(p, "d=21") {
			return os.WriteFile(p, []byte("{broken\n"), 0o600)
		}
		return err
	})
	code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-21")
	if !strings.Contains(log, "malformed") {
		t.Fatal(log)
	}
	if code != exitFailed {
		t.Errorf("the day failed (too many malformed lines), and the exit code is %d", code)
	}
}

func TestCodesOfJoinedErrors(t *testing.T) {
	undelivered := fmt.Errorf("x: %w", job.ErrUndelivered)
	plain := errors.New("receipts/… is damaged")
	for _, c := range []struct {
		err  error
		want int
		what string
	}{
		{join(nil, job.ErrMalformed, undelivered), exitFailed, "day failed, earlier day undelivered"},
		{join(fmt.Errorf("y: %w", job.ErrPartial), nil, plain), exitFailed, "day partial, settling an earlier day failed (damaged receipts, work store down)"},
		{join(undelivered, plain), exitFailed, "undelivered, and damaged receipts that stop an earlier day for ever"},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: exit %d, want %d", c.what, got, c.want)
		}
	}
}

// A backfill says that settling failed, also when one of its days is partial.
func TestBackfillNamesTheErrorOfSettle(t *testing.T) {
	t.Chdir(t.TempDir())
	collector(t)
	sampleDay(t, "2026-11-20", "1")
	sampleDay(t, "2026-11-21", "2")
	if code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-20", "--scope", "s"); code != 0 {
		t.Fatal(code, log)
	}
	receipts, _ := filepath.Glob("sparkless-work/receipts/*/s/masquerade/2026-11-20/*.jsonl")
	if len(receipts) == 0 {
		t.Fatal("no receipts")
	}
	os.WriteFile(receipts[0], []byte("nothing"), 0o600)
	// The second day lacks an hour.
	var hours []string
	filepath.Walk("day", func(p string, i os.FileInfo, err error) error {
		if err == nil && i.IsDir() && strings.HasSuffix(p, "d=21/h=07") {
			hours = append(hours, p)
		}
		return nil
	})
	os.RemoveAll(hours[0])
	code, _, log := invoke(t, "backfill", "--folder", "day", "--from", "2026-11-21", "--to", "2026-11-22", "--scope", "s")
	if code != exitFailed || !strings.Contains(log, receipts[0][len("sparkless-work/"):]) {
		t.Errorf("exit %d, and the damaged receipts that stop 2026-11-20 are not named: %.1500s", code, log)
	}
}

// What is owed is sent although a second workspace began to export.
func TestSecondWorkspaceOwes(t *testing.T) {
	t.Chdir(t.TempDir())
	c := collector(t)
	sampleDay(t, "2026-11-20", "1")
	sampleDay(t, "2026-11-21", "2")
	t.Setenv("SPARKLESS_DATACOLLECTOR_SHARED_KEY", wrongKey)
	if code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-20"); code != exitUndelivered {
		t.Fatal(code, log)
	}
	t.Setenv("SPARKLESS_DATACOLLECTOR_SHARED_KEY", testKey)
	other := "day/am-securityevent/WorkspaceResourceId=/subscriptions/s/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/second/y=2026/m=11/d=21/h=00/m=00"
	os.MkdirAll(other, 0o755)
	os.WriteFile(other+"/PT05M.json", []byte(`{"TimeGenerated":"2026-11-21T00:00:00Z","EventID":4688,"Process":"svchost.exe"}`+"\n"), 0o600)
	code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-21", "--missing-hours", "48")
	code2, _, log2 := invoke(t, "publish", "--folder", "day")
	for _, row := range c.Rows() {
		if strings.HasPrefix(fmt.Sprint(row.Values["DataDay_t"]), "2026-11-20") {
			return
		}
	}
	t.Errorf("run exits with %d, publish with %d and says %q, and no finding of 2026-11-20 has arrived\n%.300s", code, code2, log2[strings.LastIndex(strings.TrimSpace(log2), "\n")+1:], log)
}

// A file that could not be written is written when the day is published.
func TestFileThatFailed(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	os.WriteFile("out", nil, 0o600) // where a folder is to be
	args := []string{"--folder", "day", "--out", "out/{day}.jsonl"}
	code, _, log := invoke(t, append([]string{"run", "--day", "2026-11-20"}, args...)...)
	if code != exitUndelivered {
		t.Fatal(code, log)
	}
	os.Remove("out")
	code, _, log = invoke(t, append([]string{"publish", "--day", "2026-11-20"}, args...)...)
	if _, err := os.Stat("out/2026-11-20.jsonl"); err != nil {
		t.Errorf("publish exits with %d, says %q; %v", code, log, err)
	}
}

// A dry run does not say that files were written.
func TestDryRunNamesNoFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-20", "--dry-run", "--similarity", "1", "--out", "never.csv")
	if _, err := os.Stat("never.csv"); err != nil && strings.Contains(log, "findings are in") {
		t.Errorf("exit %d: says that findings are in never.csv, %v", code, err)
	}
}

// What could not be sent because a setting was wrong is sent, or said to be owed, once it is right.
func TestCorrectedSettingOwes(t *testing.T) {
	t.Chdir(t.TempDir())
	c := collector(t)
	sampleDay(t, "2026-11-20", "1")
	sampleDay(t, "2026-11-21", "2")
	t.Setenv("SPARKLESS_DATACOLLECTOR_WORKSPACE_ID", "11111111-2222-3333-4444-555555555556") // a typing error
	code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-20")
	if code != exitUndelivered || !strings.Contains(log, "check datacollector.workspace-id") {
		t.Fatal(code, log)
	}
	t.Setenv("SPARKLESS_DATACOLLECTOR_WORKSPACE_ID", testWorkspace)
	code, _, log = invoke(t, "run", "--folder", "day", "--day", "2026-11-21")
	code2, _, log2 := invoke(t, "publish", "--folder", "day")
	for _, row := range c.Rows() {
		if strings.HasPrefix(fmt.Sprint(row.Values["DataDay_t"]), "2026-11-20") {
			return
		}
	}
	if !strings.Contains(log+log2, "2026-11-20") {
		t.Errorf("run exits with %d, publish with %d and says %q; 2026-11-20 has not arrived and is not spoken of", code, code2, log2[strings.LastIndex(strings.TrimSpace(log2), "\n")+1:])
	}
}
