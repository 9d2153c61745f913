package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sparkless/bench/sample"
	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/report"
	"sparkless/storage"
	"sparkless/storage/event"
)

// dataOf is what the page of a report reads.
func dataOf(t *testing.T, file string) report.Data {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), `<script type="application/json" id="data">`)
	text, _, ok := strings.Cut(rest, "</script>")
	var d report.Data
	if err := json.Unmarshal([]byte(text), &d); err != nil || !ok {
		t.Fatalf("%s: %v", file, err)
	}
	return d
}

// twoSampleDays writes two sample days into the folder export, the second with an hour that
// is missing, a malformed line and a blob that nobody can read.
func twoSampleDays(t *testing.T) (first, second string) {
	t.Helper()
	cfg := sample.Default()
	cfg.Events, cfg.Names, cfg.Hosts = 4_000, 300, 20
	write := func(name string, data []byte) error {
		path := filepath.Join("export", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	}
	if _, err := sample.Generate(cfg, write); err != nil {
		t.Fatal(err)
	}
	first = cfg.Day.Format(time.DateOnly)
	cfg.Day = cfg.Day.AddDate(0, 0, 1)
	_, err := sample.Generate(cfg, func(name string, data []byte) error {
		switch {
		case strings.Contains(name, "/h=05/"):
			return nil
		case strings.Contains(name, "/h=07/m=00/PT05M.json"):
			data = append(data, `{"TimeGenerated":"`+"\n"...)
		case strings.Contains(name, "/h=09/m=00/PT05M.json"):
			name, data = name+".gz", []byte("\x1f\x8b\x08damaged")
		}
		return write(name, data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return first, cfg.Day.Format(time.DateOnly)
}

// The report of what was kept is the one of the run that kept it, but for deliveries
// and for who read the shards.
func TestReportOfWhatIsKept(t *testing.T) {
	t.Chdir(t.TempDir())
	first, second := twoSampleDays(t)
	common := []string{"--folder", "export", "--work-folder", "work", "--partial-malformed", "1", "--missing-hours", "24"}
	inProcess(t, 0, "suppress", "add", "--file", "rules.yaml", "--name", "c*", "--reason", "known", "--expires", "90d")
	inProcess(t, 0, append([]string{"run", "--day", first}, common...)...)
	common = append(common, "--suppressions", "rules.yaml")
	inProcess(t, 3, append([]string{"run", "--day", second, "--report", "run.html", "--out", "f.jsonl"}, common...)...)
	inProcess(t, 0, append([]string{"report", "--day", second, "--report", "kept.html"}, common...)...)
	ran, kept := dataOf(t, "run.html"), dataOf(t, "kept.html")
	if day := ran.Days[0]; len(day.Deliveries) == 0 || len(day.Findings) == 0 || len(day.Suppressed) == 0 || day.Partial == "" || len(day.Input.Gaps) != 1 || len(day.Input.Unreadable) != 1 ||
		len(day.Input.Malformed) != 1 || day.Input.Blobs == 0 || day.Input.Bytes == 0 || len(day.Input.Workspaces) != 1 || len(day.Input.History) != 1 {
		t.Errorf("%+v", day)
	}
	for _, d := range []*report.Data{&ran, &kept} {
		d.Made = ""
		d.Days[0].Deliveries, d.Days[0].Input.Reused = nil, 0
	}
	if !reflect.DeepEqual(ran, kept) {
		t.Errorf("kept is\n%+v\nthe run's\n%+v", asText(t, kept), asText(t, ran))
	}
	wantHours(t, kept.Days[0])
	for _, f := range kept.Days[0].Findings {
		if f.Story == nil || f.Story.Verdict == "" || f.Distance == 1 && len(f.Story.Nearest) == 0 || len(f.Story.Nearest) > 5 || len(f.Story.Rules) < 10 || len(f.HoursSeen) == 0 {
			t.Errorf("the story of %s: %+v, seen in the hours %d", f.PotentiallyMaliciousProcess, f.Story, f.HoursSeen)
		}
	}
	if kept.Days[0].Told == 0 {
		t.Error("nothing is told")
	}
}

// wantHours checks the hours of the second of twoSampleDays.
func wantHours(t *testing.T, day report.Day) {
	t.Helper()
	var events int64
	for i, h := range day.Hours {
		if h.Hour != i || (h.Blobs == 0) != (i == 5) || h.Missing != (i == 5) || (h.Events == 0) != (i == 5) || (h.Bytes == 0) != (i == 5) || (h.Malformed == 1) != (i == 7) {
			t.Errorf("%+v", h)
		}
		events += h.Events
	}
	if len(day.Hours) != 24 || events != day.Input.Events {
		t.Errorf("%d hours with %d of %d events", len(day.Hours), events, day.Input.Events)
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a profile of an earlier version does not tell, the report says it does not know.
func TestReportOfAnEarlierProfile(t *testing.T) {
	t.Chdir(t.TempDir())
	day := smallDay(t, func(name string, data []byte) error {
		path := filepath.Join("export", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
	common := []string{"--folder", "export", "--work-folder", "work", "--day", day}
	inProcess(t, 0, append([]string{"run"}, common...)...)
	files, err := filepath.Glob("work/profiles/*/masquerade/*/profile.parquet")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	forget(t, files[0])
	inProcess(t, 0, append([]string{"report", "--report", "old.html"}, common...)...)
	d := dataOf(t, "old.html").Days[0]
	if in := d.Input; !in.Unlisted || in.Blobs+in.Shards > 0 || in.Bytes > 0 || len(in.Workspaces) > 0 || in.Events == 0 || d.Hours != nil || d.Partial != "" || len(d.Findings) == 0 {
		t.Errorf("%+v, hours %+v", in, d.Hours)
	}
}

// forget takes out of a profile what versions before did not keep.
func forget(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	counts := masquerade.NewCounts()
	text, err := counts.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var note map[string]any
	if err := json.Unmarshal([]byte(text), &note); err != nil || note["listed"] == nil {
		t.Fatal(text, err)
	}
	delete(note, "listed")
	delete(note["stats"].(map[string]any), "hours")
	if data, err = counts.Encode(asText(t, note)); err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Of many findings the strongest names have their stories, each once; of the days of a
// range fewer.
func TestStrongestAreTold(t *testing.T) {
	r := &job.Result[*masquerade.Counts]{}
	for i := range 1000 {
		body := fmt.Appendf(nil, `{"PotentiallyMaliciousProcess":"n%d.exe"}`, i/2)
		r.Records = append(r.Records, publish.Record{ID: fmt.Sprint(i), Body: body})
	}
	for days, want := range map[int]int{1: 500, 2: 250, 10: 50, 30: 20, 365: 20, 0: 500} {
		var p pages
		p.share(days)
		names, err := p.strongest(r)
		if err != nil || len(names) != want || names[0] != "n0.exe" || names[want-1] != fmt.Sprintf("n%d.exe", want-1) {
			t.Errorf("%d days: %d names, %v", days, len(names), err)
		}
	}
}

// Of a window within a day its hours are told, also those that it has in part; of a
// longer one none, since a day has one hour of a name.
func TestHoursOfAWindow(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, to    time.Duration
		first, last int
	}{{0, 24 * time.Hour, 0, 23}, {10 * time.Hour, 14 * time.Hour, 10, 13}, {10*time.Hour + time.Minute, 14*time.Hour + 1, 10, 14}, {22 * time.Hour, 26 * time.Hour, -1, -1}} {
		r := &job.Outcome{Date: day, Window: event.Window{From: day.Add(c.from), To: day.Add(c.to)}}
		r.Stats.Records, r.Stats.Hours[12] = 3, 3
		r.Listed = &job.Listed{Coverage: []storage.Coverage{{Hours: []storage.CoveredHour{{Start: day.Add(12 * time.Hour), Blobs: 2, Bytes: 5}}}}}
		hours := hoursOf(r)
		if c.first < 0 && hours == nil {
			continue
		}
		if len(hours) != c.last-c.first+1 || hours[0].Hour != c.first || hours[12-c.first] != (report.Hour{Hour: 12, Events: 3, Blobs: 2, Bytes: 5}) {
			t.Errorf("%v to %v: %+v", c.from, c.to, hours)
		}
		r.Stats.Records = 4 // some of them counted by a version that did not tell hours
		if got := hoursOf(r); got[12-c.first].Events != 0 || got[12-c.first].Blobs != 2 {
			t.Errorf("%+v", got)
		}
	}
}
