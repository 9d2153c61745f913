package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage/event"
)

// golden compares a text with the file of that name, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

// sampleSummary is one of a day with something of everything.
func sampleSummary() Summary {
	s := newSummary()
	s.Command, s.Profile, s.Scope = "run", "balanced", "law-1"
	s.Window = &TimeWindow{"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"}
	s.ExitCode, s.ExitMeaning = exitPartial, meaningOf(exitPartial)
	s.DurationSeconds, s.ReadBytesPerSecond, s.PeakMemoryBytes = 83.4567, 1_100_000_000, 445_000_000
	d := dayOfSample(20)
	d.Amounts = Amounts{Blobs: 5210, Bytes: 10_234_000_000, ReadBytes: 9_900_000_000, Hours: 22, MissingHours: 3, UnreadableBlobs: 1, Shards: 24, Reused: 1,
		Lines: 21_000_000, Events: 2_400_123, OtherEvents: 18_000_000, OutsideWindow: 1, MalformedLines: 1203, Malformed: map[string]int64{"not valid JSON": 3, "ends too early": 1200},
		Findings: FindingCounts{27, &SeverityCounts{14, 7, 4, 2}}, Suppressed: 3}
	d.Workspaces = []string{"/subscriptions/s/workspaces/law-brackwater", "/subscriptions/s/workspaces/\x1b[2Jlaw\u202e"}
	d.Missing = []MissingSummary{{"/subscriptions/s/workspaces/law-brackwater", "", []int{3, 17}}, {"/subscriptions/s/workspaces/\x1b[2Jlaw\u202e", "2026-11-21", []int{0}}}
	d.Unreadable = []UnreadableSummary{{"WorkspaceResourceId=/x/PT05M_\x1b[2J\u202e.json.gz", "gzip: invalid header"}}
	d.Names, d.History, d.Partial = 200_417, 12, true
	d.SelfTest = &SelfTestSummary{Caught: 41, Total: 42, Missed: []string{"m0re.com"}}
	d.Deliveries = []DeliverySummary{{"2026-11-20", "file-found\u202e.jsonl-f018d470", 27, 0, 0, 0}, {"2026-11-20", "datacollector-x", 20, 4, 3, 1}}
	s.Days = []DaySummary{d}
	s.Totals.add(d, true)
	s.Earlier = []DeliverySummary{{"2026-11-18", "datacollector-x", 2, 1, 0, 0}}
	return s
}

// dayOfSample is the summary of a day of November 2026 of which nothing is known.
func dayOfSample(day int) DaySummary {
	return newDaySummary(event.Day(time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)))
}

// What a person reads at the end of a run.
func TestSummaryForPeople(t *testing.T) {
	var got bytes.Buffer
	show := func(what string, change func(*Summary)) {
		s := sampleSummary()
		change(&s)
		fmt.Fprintf(&got, "# %s\n", what)
		writeSummary(&got, &s, true)
		got.WriteByte('\n')
	}
	show("a partial day", func(*Summary) {})
	show("a dry run of the notebook's profile", func(s *Summary) {
		s.DryRun, s.ExitCode, s.Totals.Findings.BySeverity, s.Days[0].SelfTest, s.Days[0].Missing, s.Days[0].Unreadable = true, 0, nil, nil, nil, nil
		s.Days[0].Deliveries = []DeliverySummary{{"2026-11-20", "datacollector-x", 0, 4, 23, 0}}
		s.Earlier = nil
	})
	show("a small and quiet day", func(s *Summary) {
		*s = newSummary()
		s.Window = &TimeWindow{"2026-11-20T06:00:00Z", "2026-11-20T06:30:10.5Z"}
		d := dayOfSample(20)
		d.Amounts = Amounts{Blobs: 1, Bytes: 1, Hours: 1, Shards: 1, Reused: 1, Events: 0, OtherEvents: 1, Malformed: map[string]int64{}, Findings: FindingCounts{0, &SeverityCounts{}}}
		d.Workspaces, d.Names, d.History = []string{"w"}, 1, 1
		d.SelfTest = &SelfTestSummary{Note: "not done: too many names"}
		d.Empty = &EmptySummary{"no-lines", "there is no line", "does the export rule name the table?"}
		s.Days = []DaySummary{d}
		s.Totals.add(d, true)
		s.DurationSeconds = 0.0412
	})
	show("three days", func(s *Summary) {
		s.Window.To = "2026-11-23T00:00:00Z"
		next, none := s.Days[0], dayOfSample(22)
		next.Date, next.Partial, next.Missing = "2026-11-21", false, nil
		next.Unreadable = slices.Repeat(next.Unreadable, most+2)
		none.Error, none.Empty = "no export blobs", &EmptySummary{Cause: "no-blobs", Text: "no export blobs"}
		s.Days = append(s.Days, next, none)
		s.Totals.add(next, true)
		s.Totals.add(none, false)
	})
	show("a run that failed at once", func(s *Summary) {
		*s = newSummary()
		s.ExitCode, s.ExitMeaning, s.DurationSeconds = exitDenied, meaningOf(exitDenied), 7.7777
	})
	golden(t, "summary.golden", got.Bytes())
	checkPlain(t, "the summary", withoutBlanks(got.Bytes()), append(summaryStarts(), "# ")...)
}

// summaryStarts is how lines of a summary begin.
func summaryStarts() (starts []string) {
	for _, label := range []string{"", "window", "days", "read", "missing", "unreadable", "events", "names", "findings", "empty", "delivered", "self-test", "sent late", "took", "exit code"} {
		starts = append(starts, fmt.Sprintf("%-12s", label))
	}
	return starts
}

// withoutBlanks is a text without its empty lines.
func withoutBlanks(text []byte) (out []byte) {
	for line := range bytes.Lines(text) {
		if len(line) > 1 {
			out = append(out, line...)
		}
	}
	return out
}

// The window shows as short as it can.
func TestWindowForPeople(t *testing.T) {
	for want, w := range map[string]TimeWindow{
		"2026-11-20 00:00 to 2026-11-21 00:00 UTC":      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"},
		"2026-11-20 06:30:01 to 2026-11-20 07:00 UTC":   {"2026-11-20T06:30:01Z", "2026-11-20T07:00:00Z"},
		"2026-11-20 00:00:00.5 to 2026-11-20 00:01 UTC": {"2026-11-20T00:00:00.5Z", "2026-11-20T00:01:00Z"},
	} {
		if got := w.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A finding counts for --fail-on from its severity on, and a suppressed one never:
// it is in no count.
func TestFailOnCounts(t *testing.T) {
	judged := FindingCounts{10, &SeverityCounts{High: 1, Medium: 2, Low: 3, Informational: 4}}
	notebook := FindingCounts{Total: 5}
	for f, want := range map[failOn][2]int{"": {0, 0}, "any": {10, 5}, "low": {6, 0}, "medium": {3, 0}, "high": {1, 0}} {
		if got := [2]int{f.count(judged), f.count(notebook)}; got != want {
			t.Errorf("%q: %v, want %v", f, got, want)
		}
	}
}

// Of several things that a run ends with the most serious makes the exit code,
// whatever their order: an error goes before findings, these before missing input.
func TestExitCodesByPrecedence(t *testing.T) {
	found := foundError{1, "high"}
	partial, undelivered := fmt.Errorf("x: %w", job.ErrPartial), fmt.Errorf("x: %w", job.ErrUndelivered)
	failed, wrong := errors.New("x"), usageError{errors.New("x")}
	for _, c := range []struct {
		errs []error
		want int
	}{
		{nil, exitDone},
		{[]error{nil, found}, exitFound},
		{[]error{partial, found}, exitFound},
		{[]error{job.ErrNoBlobs, found}, exitFound},
		{[]error{failure{partial}, found}, exitFailed},
		{[]error{undelivered, found}, exitUndelivered},
		{[]error{join(partial, undelivered), found}, exitUndelivered},
		{[]error{join(partial, join(nil, failed)), undelivered, found}, exitFailed},
		{[]error{wrong, found}, exitUsage},
		{[]error{&failedDays{code: exitPartial}, found}, exitFound},
		{[]error{&failedDays{code: exitDenied}, found}, exitDenied},
	} {
		for range 2 {
			got := exitDone
			if err := join(c.errs...); err != nil {
				got = exitCode(err)
			}
			if got != c.want {
				t.Errorf("%q: exit %d, want %d", c.errs, got, c.want)
			}
			slices.Reverse(c.errs)
		}
	}
}

// Each exit code is documented, once, and means something.
func TestExitCodesAreDocumented(t *testing.T) {
	codes := map[int]bool{}
	for _, m := range exitMeanings() {
		if short := meaningOf(m.code); codes[m.code] || short == "" || strings.ContainsAny(short, "`,:") {
			t.Errorf("%+v: %q", m, short)
		}
		codes[m.code] = true
	}
	for code := range 256 {
		if one := worst(code, exitDone); one != exitDone && !codes[one] {
			t.Errorf("%d is an exit code and not documented", code)
		}
		if codes[code] && worst(code, exitDone) != code {
			t.Errorf("%d is documented, and goes before nothing", code)
		}
	}
}

// A file is replaced whole or stays as it is, and nothing is left beside it.
func TestReplaceFile(t *testing.T) {
	t.Chdir(t.TempDir())
	name := filepath.Join("new", "folder", "summary.json")
	kept := filepath.Join(t.TempDir(), "first")
	for _, text := range []string{"first", "second"} {
		if err := replaceFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
		if text == "first" {
			if err := os.Link(name, kept); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, err := os.ReadFile(kept); err != nil || string(got) != "first" { // whoever reads the old file reads all of it
		t.Errorf("the file was written over: %q, %v", got, err)
	}
	if err := os.MkdirAll("folder.json/full", 0o750); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile("folder.json", []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || !slices.Equal(files, []string{name}) {
		t.Errorf("%q, %v", files, err)
	}
}

// The most memory is read as Linux writes it; where it does not, there is a figure
// all the same.
func TestPeakMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	for text, want := range map[string]int64{
		"Name:\tx\nVmHWM:\t   25080 kB\nVmRSS:\t 1 kB\n": 25080 << 10,
		"VmRSS:\t 1 kB\n": 0,
		"VmHWM:\t\n":      0,
		"VmHWM: x kB\n":   0,
	} {
		if err := os.WriteFile("status", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := residentPeak("status"); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if residentPeak("nowhere") != 0 || peakMemory() < 1<<20 {
		t.Error(residentPeak("nowhere"), peakMemory())
	}
}

// Phases are measured one after the other, of each day its own; reading is measured
// over all days.
func TestPhasesAreMeasured(t *testing.T) {
	clock := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	r := &recorder{Summary: newSummary(), now: func() time.Time { return clock }, started: clock}
	var passed []job.Phase
	observe := r.observing(func(p job.Progress) { passed = append(passed, p.Phase) })
	spend := func(p job.Phase, seconds time.Duration) {
		observe(job.Progress{Phase: p})
		clock = clock.Add(seconds * time.Second)
	}
	date := event.Day(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	spend(job.Waiting, 1)
	spend(job.Listing, 2)
	spend(job.Reading, 3)
	spend(job.Reading, 4) // and on
	spend(job.Listing, 5) // a blob has changed
	spend(job.Reading, 6)
	r.rest()
	clock = clock.Add(time.Hour) // of showing what was found
	r.day(&hunt{}, date, nil, errors.New("x"))
	spend(job.Reading, 7)
	r.rest()
	r.day(&hunt{}, date, nil, nil)
	r.Totals.ReadBytes = 2000
	r.finish(exitDone, nil)
	for i, want := range []string{`{"listing":7,"reading":13,"waiting":1}`, `{"reading":7}`} {
		if got, err := json.Marshal(r.Days[i].PhaseSeconds); err != nil || string(got) != want {
			t.Errorf("day %d: %s, %v, want %s", i, got, err, want)
		}
	}
	if r.ReadBytesPerSecond != 100 || len(passed) != 7 || r.DurationSeconds != 3628 {
		t.Error(r.ReadBytesPerSecond, passed, r.DurationSeconds)
	}
	var none *recorder // of a command without a summary
	none.asked(date)
	none.hunting(&hunt{})
	none.rest()
	none.day(&hunt{}, date, nil, nil)
	none.settled([]publish.Delivery{{}})
	if none.severe() != nil || none.observing(func(job.Progress) {}) == nil {
		t.Error("a command without a summary has one")
	}
}

// A file's name may hold the day, or the days.
func TestSummaryNames(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	r := &recorder{file: "s-{day}.json"}
	if got := r.fileName(); got != "s-unknown.json" {
		t.Error(got)
	}
	for want, to := range map[string]time.Time{"s-2026-11-20.json": day.AddDate(0, 0, 1), "s-2026-11-20-to-2026-11-22.json": day.AddDate(0, 0, 3), "s-20261120T000000Z-20261120T060000Z.json": day.Add(6 * time.Hour)} {
		r.asked(event.Window{From: day, To: to})
		if got := r.fileName(); got != want {
			t.Error(got, want)
		}
	}
}
