package main

import (
	"bytes"
	"os"
	"path/filepath"
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
		if first != nil && strings.Contains(log, `"read before":0`) {
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
	root := a.rootCommand()
	root.SetArgs([]string{"run", "--folder", "export", "--work-folder", "work", "--out", "found-{day}.jsonl", "--log-format", "json"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	return log.String()
}
