package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/storage/event"
)

// asked resolves flags by a clock that stands still at 2026-11-22T07:30:00.9 in a zone
// five hours behind.
func asked(args ...string) (event.Window, error) {
	a := newApp(nil, nil)
	a.now = func() time.Time {
		return time.Date(2026, 11, 22, 2, 30, 0, 900_000_000, time.FixedZone("", -5*60*60))
	}
	cmd := a.runCommand()
	f := &windowFlags{}
	if err := cmd.ParseFlags(args); err != nil {
		return event.Window{}, err
	}
	for name, text := range map[string]*string{"day": &f.day, "from": &f.from, "to": &f.to, "last": &f.last} {
		*text = cmd.Flag(name).Value.String()
	}
	return a.window(f)
}

func TestWindowThatIsAskedFor(t *testing.T) {
	for args, want := range map[string]string{
		"":                                  "2026-11-21",
		"--day 2026-11-20":                  "2026-11-20",
		"--from 2026-11-20 --to 2026-11-21": "2026-11-20",
		"--from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z":           "2026-11-20",
		"--from 2026-11-20T02:00:00+02:00 --to 2026-11-20T19:00:00-05:00": "2026-11-20",
		"--from 2026-11-20 --to 2026-11-23":                               "2026-11-20T00:00:00Z to 2026-11-23T00:00:00Z",
		"--from 2026-11-20T06:00:00Z --to 2026-11-20T06:00:01Z":           "2026-11-20T06:00:00Z to 2026-11-20T06:00:01Z",
		"--from 2026-11-20T23:59:59Z --to 2026-11-21":                     "2026-11-20T23:59:59Z to 2026-11-21T00:00:00Z",
		"--from 2026-12-31T23:00:00-05:00 --to 2027-01-01T05:45:00+00:45": "2027-01-01T04:00:00Z to 2027-01-01T05:00:00Z",
		"--from 2026-03-29T01:59:59+01:00 --to 2026-03-29T03:00:00+02:00": "2026-03-29T00:59:59Z to 2026-03-29T01:00:00Z", // the clock goes forward
		"--from 2026-10-25T02:30:00+02:00 --to 2026-10-25T02:30:00+01:00": "2026-10-25T00:30:00Z to 2026-10-25T01:30:00Z", // and back
		"--from 2028-02-29 --to 2028-03-01":                               "2028-02-29",
		"--from 2026-11-22":                                               "2026-11-22T00:00:00Z to 2026-11-22T07:30:00Z",
		"--last 24h":                                                      "2026-11-21T07:30:00Z to 2026-11-22T07:30:00Z",
		"--last 90m":                                                      "2026-11-22T06:00:00Z to 2026-11-22T07:30:00Z",
		"--last 1h30m":                                                    "2026-11-22T06:00:00Z to 2026-11-22T07:30:00Z",
		"--last 7d":                                                       "2026-11-15T07:30:00Z to 2026-11-22T07:30:00Z",
		"--last 1s":                                                       "2026-11-22T07:29:59Z to 2026-11-22T07:30:00Z",
	} {
		w, err := asked(strings.Fields(args)...)
		if err != nil || w.String() != want {
			t.Errorf("%s: %v, %v, want %s", args, w, err, want)
		}
		// What the log echoes, and what an error advises, asks for the same.
		if again, err := asked(strings.Fields(job.Asked(w))...); err != nil || again != w {
			t.Errorf("%s: %v, %v", job.Asked(w), again, err)
		}
	}
}

func TestWindowsThatCannotBe(t *testing.T) {
	for args, want := range map[string]string{
		"--day 2026-11-20 --from 2026-11-20":                         "--day and --from contradict",
		"--day 2026-11-20 --to 2026-11-20":                           "--day and --to contradict",
		"--day 2026-11-20 --last 24h":                                "--day and --last contradict",
		"--from 2026-11-20 --last 24h":                               "--from and --last contradict",
		"--to 2026-11-20 --last 24h":                                 "--to and --last contradict",
		"--to 2026-11-20":                                            "without --from",
		"--day yesterday":                                            "not a day like",
		"--day 2026-11-20T00:00:00Z":                                 "not a day like",
		"--from 2026-11-31":                                          "neither a day like",
		"--from 2026-11-20T6:00:00Z":                                 "neither a day like",
		"--from 2026-11-20T24:00:00Z":                                "neither a day like",
		"--from 2026-11-20T06:00:00":                                 "add the zone",
		"--from 2026-11-20T06:00:00+24:00":                           "neither a day like",
		"--from 2026-12-31T23:59:60Z":                                "leap second",
		"--from 2026-11-20T06:00:00.5Z":                              "not a whole second",
		"--from 2026-11-20 --to 2026-11-20":                          "is not before --to",
		"--from 2026-11-21 --to 2026-11-20":                          "is not before --to",
		"--from 2026-11-20T00:00:00Z --to 2026-11-20T01:00:00+01:00": "is not before --to",
		"--from 2026-11-22T07:30:00Z":                                "is not before now, 2026-11-22T07:30:00Z",
		"--from 2027-01-01":                                          "is not before now",
		"--last 0h":                                                  "no length of time",
		"--last -1h":                                                 "no length of time",
		"--last 24":                                                  "no length of time",
		"--last d":                                                   "no length of time",
		"--last -1d":                                                 "no length of time",
		"--last 1500ms":                                              "no length of time",
		"--last 2w":                                                  "no length of time",
		"--last 1000000h":                                            "",
		"--last 2000000h":                                            "",
		"--last 99999999999d":                                        "no length of time",
		"--day 1677-12-31":                                           "years 1678 to 2261",
		"--day 9999-12-31":                                           "years 1678 to 2261",
		"--day 2261-12-31":                                           "",
		"--day 1678-01-01":                                           "",
	} {
		_, err := asked(strings.Fields(args)...)
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) || exitCode(err) != exitUsage {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// One analysis is of 31 days at most.
func TestLongestRun(t *testing.T) {
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for length, ok := range map[time.Duration]bool{31 * 24 * time.Hour: true, 31*24*time.Hour + time.Second: false} {
		err := notTooLong(event.Window{From: from, To: from.Add(length)})
		if (err == nil) != ok || err != nil && (exitCode(err) != exitUsage || !strings.Contains(err.Error(), "backfill")) {
			t.Errorf("%v: %v", length, err)
		}
	}
}

// The last hours before a moment just after midnight are of two days, and the same
// command a second later is about another window, which reads anew.
func TestLastAcrossMidnight(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(at time.Time, process string) {
		folder := at.Format("day/WorkspaceResourceId=/w/") + at.Format("y=2006/m=01/d=02/h=15/m=00")
		if err := os.MkdirAll(folder, 0o750); err != nil {
			t.Fatal(err)
		}
		line := `{"TimeGenerated":"` + at.Format(time.RFC3339Nano) + `","EventID":4688,"Process":"` + process + `","NewProcessName":"C:\\Temp\\` + process + `","Computer":"c"}` + "\n"
		f, err := os.OpenFile(filepath.Join(folder, "PT05M.json"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(line)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 12, 31, 24, 10, 5, 600_000_000, time.UTC) // of 2027
	start := time.Date(2026, 12, 31, 22, 10, 5, 0, time.UTC)
	write(start.Add(-time.Nanosecond), "early.exe")
	write(start, "svch0st.exe")
	write(start.Add(2*time.Hour-time.Nanosecond), "1sass.exe")
	write(start.Add(2*time.Hour), "late.exe")
	args := []string{"run", "--folder", "day", "--last", "2h", "--missing-hours", "3", "--out", "found-{day}.jsonl"}
	table, log := atTime(t, now, args...)
	for text, want := range map[string]bool{`"window":"20261231T221005Z-20270101T001005Z","from":"2026-12-31T22:10:05Z","to":"2027-01-01T00:10:05Z"`: true,
		`"events":2,`: true, "outside of the window, were left out\",\"events\":2}": true, `"reused":0,`: true} {
		if strings.Contains(log, text) != want {
			t.Errorf("%s in the log: %v\n%s", text, !want, log)
		}
	}
	if !strings.Contains(table, "svch0st.exe") || !strings.Contains(table, "1sass.exe") || strings.Contains(table, "early") || strings.Contains(table, "late") {
		t.Error(table)
	}
	if _, log = atTime(t, now.Add(300*time.Millisecond), args...); !strings.Contains(log, `"reused":1,`) {
		t.Errorf("the same second: %s", log)
	}
	if _, log = atTime(t, now.Add(time.Second), args...); !strings.Contains(log, `"reused":0,`) || !strings.Contains(log, `"events":3,`) && !strings.Contains(log, `"events":2,`) {
		t.Errorf("a second later: %s", log)
	}
	files, err := filepath.Glob("found-*.jsonl")
	if want := []string{"found-20261231T221005Z-20270101T001005Z.jsonl", "found-20261231T221006Z-20270101T001006Z.jsonl"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("%q, %v", files, err)
	}
}
