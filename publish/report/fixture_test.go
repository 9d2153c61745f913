package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"sparkless/masquerade/lookalike"
	"sparkless/publish/report"
)

// sampleFindings are those of the sample day.
func sampleFindings(t testing.TB) []report.Finding {
	t.Helper()
	text, err := os.ReadFile("testdata/findings.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var findings []report.Finding
	for line := range bytes.Lines(text) {
		var f report.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		findings = append(findings, mark(f))
	}
	return findings
}

// withStories takes the hours from every other finding, as if they were not known, and
// gives every third its story.
func withStories(findings []report.Finding) []report.Finding {
	for i := range findings {
		if i%2 == 1 {
			findings[i].HoursSeen = nil
		}
		if i%3 == 0 {
			findings[i].Story = sampleStory(findings[i])
		}
	}
	return findings
}

func mark(f report.Finding) report.Finding {
	suspect, imitated := f.PotentiallyMaliciousProcess, f.NormalProcess
	if imitated != "" {
		f.Marks, f.NormalMarks = lookalike.Class(suspect, imitated).Marks, lookalike.Class(imitated, suspect).Marks
	}
	return f
}

// counts are how often names are seen: few often, many hardly ever.
func counts(names int, seed uint64) []int64 {
	random := rand.New(rand.NewPCG(seed, 1))
	out := make([]int64, names)
	for i := range out {
		out[i] = 1 + int64(4*math.Pow(random.Float64(), 2)*math.Pow(float64(names)/float64(i+1), 0.75))
	}
	return out
}

// sampleDay is a day with something of all that a report shows.
func sampleDay(t testing.TB, date string) report.Day {
	day := report.Day{
		Date: date, Findings: withStories(sampleFindings(t)), Told: 10, Names: 1798, Curve: report.NewCurve(counts(1798, 7), 0.8, 0.2),
		Partial:  "no blob of hour 03-04 of law-brackwater-18c5b977; hour 13: 7 malformed line(s)",
		SelfTest: &report.SelfTest{Caught: 40, Total: 41, Missed: []string{"avahi-daemonn"}},
		Input: report.Input{
			Workspaces: []string{"law-brackwater-18c5b977"}, Blobs: 270, Bytes: 83276933, Shards: 8, Reused: 3,
			Lines: 60000, Events: 30000, Other: 29993, OutsideDay: 0,
			Gaps:       []report.Gap{{Workspace: "law-brackwater-18c5b977", Hours: []int{3, 4}}},
			Unreadable: []report.Unreadable{{Blob: "y=2026/m=11/d=20/h=17/m=35/PT1H.json.gz", Reason: "damaged gzip"}},
			Malformed:  []report.Malformed{{Reason: "not JSON", Lines: 5}, {Reason: "no time", Lines: 2}},
			Samples:    []report.Sample{{Blob: "y=2026/m=11/d=20/h=13/m=05/PT1H.json", Place: "byte 40960", Reason: "not JSON", Text: `{"TimeGenerated":"2026-11-20T13:0`}},
			Quarantine: "quarantine/law-brackwater-18c5b977/masquerade/2026-11-20/",
			History:    []string{"2026-11-16", "2026-11-17", "2026-11-19"},
			LeftOut:    []report.LeftOut{{Day: "2026-11-18", Reason: "the profile is damaged"}},
		},
		Suppressed: []report.Suppression{{Rule: `acmeupdate*.exe like acmeupdater.exe in C:\Program Files\Acme\*`, Reason: "our own updater, ticket 4711", Expires: "2027-03-31", Names: []string{"acmeupdate2.exe"}}},
		Deliveries: []report.Delivery{{Sink: "file-findings.jsonl", Sent: 29}, {Sink: "logsingestion", Sent: 20, Already: 7, Left: 2, Refused: 1}},
	}
	for hour := range 24 {
		h := report.Hour{Hour: hour, Blobs: 12, Events: 300 + int64(1900*math.Exp(-math.Pow(float64(hour)-12.5, 2)/18))}
		if hour == 3 || hour == 4 {
			h.Blobs, h.Missing = 6, true
			h.Events = 140 * int64(4-hour)
		}
		if hour == 13 {
			h.Malformed = 7
		}
		day.Hours = append(day.Hours, h)
	}
	return day
}

func settings() []report.Setting {
	return []report.Setting{
		{Name: "masquerade.profile", Value: "balanced", Source: "default"},
		{Name: "masquerade.frequent", Value: "0.8", Source: "default"},
		{Name: "masquerade.rare", Value: "0.2", Source: "config.yaml"},
		{Name: "job.history", Value: "30d", Source: "--history"},
	}
}

// dayReport is that of one day.
func dayReport(t testing.TB) report.Data {
	return report.Data{Version: "1.2.3", Made: "2026-11-21T12:30:00Z", Scope: "law-brackwater-18c5b977", Settings: settings(), Days: []report.Day{sampleDay(t, "2026-11-20")}}
}

// rangeReport is that of six days, with findings that come again.
func rangeReport(t testing.TB) report.Data {
	d := dayReport(t)
	d.Days = nil
	for i := range 6 {
		day := sampleDay(t, fmt.Sprintf("2026-11-%02d", 16+i))
		if i != 4 {
			day.Partial, day.Input.Gaps, day.Input.Unreadable, day.Input.Malformed, day.Input.Samples = "", nil, nil, nil, nil
			for h := range day.Hours {
				day.Hours[h].Missing, day.Hours[h].Malformed = false, 0
			}
		}
		var some []report.Finding
		for j, f := range day.Findings {
			if i == 2 || (j*7+i*5)%11 > 4 && i != 2 {
				continue
			}
			f.DataDay = day.Date + "T00:00:00.0000000Z"
			f.FirstSeen, f.LastSeen = day.Date+f.FirstSeen[10:], day.Date+f.LastSeen[10:]
			f.MaliciousCount += int64(i)
			some = append(some, f)
		}
		if day.Findings = some; len(some) == 0 {
			day.Empty = "No process creations (event 4688) were read: is auditing of process creation on?"
		}
		d.Days = append(d.Days, day)
	}
	return d
}

// hostile are texts that a browser might take for something else.
func hostile() []string {
	return []string{
		`</script><script>window.hacked=1</script>.exe`,
		`"><img src=x onerror="window.hacked=1">.exe`,
		`<svg onload=window.hacked=1>.exe`, `<!--<script>`, `{{data}}{{script}}{{policy}}.exe`, `${window.hacked=1}`,
		`javascript:window.hacked=1//.exe`, `&lt;b&gt;&#60;i&#62;`, "a\u2028window.hacked=1\u2029.exe", "gpj\u202eexe.tac.exe",
		"svc\u200bhost.exe", "svchost\ufe00.exe", " \tsvchost.exe ", "z" + string(slices.Repeat([]rune{0x0301}, 60)) + "algo.exe", "\x00\x1b[2J\x7f.exe",
		"שלום.exe", "مرحبا.exe", "😀\U000e0041.exe", `'-alert(1)-'`, "__proto__", "constructor", string(slices.Repeat([]rune("long"), 3000)) + ".exe",
		"C:\\\\Users\\\\x\\\\<iframe src=\"https://example.invalid/\"></iframe>", "</title></style><style>*{display:none}</style>", "\ufeff\ufffd\ufffe.exe",
	}
}

// hostileReport has hostile text in every field that can hold one.
func hostileReport(t testing.TB) report.Data {
	d := dayReport(t)
	day := &d.Days[0]
	base := day.Findings[0]
	day.Findings = nil
	tally := func(s string) []report.Tally { return []report.Tally{{Value: s, Count: 3}, {Value: s + s, Count: 1}} }
	for i, s := range hostile() {
		f := base
		f.PotentiallyMaliciousProcess, f.NormalProcess, f.FindingId = s, "svchost.exe", fmt.Sprintf("mq-%d%s", i, s)
		if i%3 == 0 {
			f.NormalProcess = hostile()[(i+1)%len(hostile())]
		}
		f.NormalCount, f.NormalPercentRank = 100, 0.99
		f.Scope, f.Technique, f.Techniques, f.Tactic, f.AttackTactic = s, s, []string{s, "T1036.005"}, s, s
		f.Paths, f.Hosts, f.Parents, f.Accounts, f.CommandLines, f.NormalPaths = tally(s), tally(s), tally(s), tally(s), tally(s), tally(s)
		f.Reasons, f.AlsoLike = []string{s, s + "?"}, []string{s, "svchost.exe"}
		f.Evidence, f.Modifiers = []report.Point{{Name: s, Points: 60, Reason: s}}, []report.Point{{Name: s, Points: 5, Reason: s}}
		f.Story = &report.Story{Verdict: s, Windows: s, History: s, Nearest: []report.Neighbour{{Name: s}}, Rules: []report.Rule{{Name: s, Why: s}}}
		switch i % 4 {
		case 0:
			f.Severity = s
		case 1:
			f.FirstSeen, f.LastSeen, f.FirstSeenEver = s, s, s
		}
		day.Findings = append(day.Findings, mark(f))
		day.Suppressed = append(day.Suppressed, report.Suppression{Rule: s, Reason: s, Expires: s, Names: []string{s}})
		day.Deliveries = append(day.Deliveries, report.Delivery{Sink: s})
		day.Input.Workspaces = append(day.Input.Workspaces, s)
		day.Input.Gaps = append(day.Input.Gaps, report.Gap{Workspace: s, Hours: []int{1}})
		day.Input.Unreadable = append(day.Input.Unreadable, report.Unreadable{Blob: s, Reason: s})
		day.Input.Malformed = append(day.Input.Malformed, report.Malformed{Reason: s, Lines: 1})
		day.Input.Samples = append(day.Input.Samples, report.Sample{Blob: s, Place: s, Reason: s, Text: s})
		day.Input.LeftOut = append(day.Input.LeftOut, report.LeftOut{Day: s, Reason: s})
		d.Settings = append(d.Settings, report.Setting{Name: s, Value: s, Source: s})
		d.Failed = append(d.Failed, report.Failed{Hunts: []string{s, s}, First: s, Last: s + "-", Why: s})
		day.SelfTest.Missed = append(day.SelfTest.Missed, s)
	}
	all := fmt.Sprint(hostile())
	d.Version, d.Made, d.Scope = all, all, all
	day.Partial, day.Empty, day.From, day.To, day.SelfTest.Note, day.Input.Quarantine = all, all, all, all, all, all
	day.Input.History = hostile()
	return d
}

// sampleStory is one as the detector tells it.
func sampleStory(f report.Finding) *report.Story {
	s := &report.Story{Verdict: "reported: a score of 85 reaches masquerade.min-score (40)", Windows: "no program of Windows has this name", History: "not seen on any of the 7 days before that are kept"}
	for i := range 5 {
		s.Nearest = append(s.Nearest, report.Neighbour{Name: fmt.Sprintf("microsoftedgeupdate%d.exe", i), Count: 75, Percent: 0.98, Distance: 1 + i, Similarity: 0.95 - float32(i)/20})
	}
	for i := range 18 {
		s.Rules = append(s.Rules, report.Rule{Name: fmt.Sprint("rule-", i), Fired: i < 2, Points: 5 * i, Why: "it holds no Windows name that would be played upon, says rule " + fmt.Sprint(i) + " of " + f.PotentiallyMaliciousProcess})
	}
	return s
}

// largeReport has 5,000 findings among 200,000 names, and stories of 500.
func largeReport(t testing.TB) report.Data {
	d := dayReport(t)
	day := &d.Days[0]
	some := day.Findings
	day.Findings = nil
	for i := range 5000 {
		f := some[i%len(some)]
		f.FindingId = fmt.Sprintf("mq-%020d", i)
		f.PotentiallyMaliciousProcess = fmt.Sprintf("n%04d-%s", i, f.PotentiallyMaliciousProcess)
		f.MaliciousCount = int64(1 + i%40)
		f.MaliciousPercentRank = float64(i%40) / 45
		if f.Story = nil; i < 500 {
			f.Story = sampleStory(f)
		}
		day.Findings = append(day.Findings, mark(f))
	}
	day.Told = 500
	day.Names, day.Curve = 200000, report.NewCurve(counts(200000, 9), 0.8, 0.2)
	return d
}

// quietReport has no findings.
func quietReport(t testing.TB) report.Data {
	return report.Data{Version: "1.2.3", Days: []report.Day{{Date: "2026-11-20", Empty: "No blobs of 2026-11-20 are below am-securityevent. Check --day and --workspace.", SelfTest: &report.SelfTest{Note: "not run: there are no names"}}}}
}

// pairsReport is one of the notebook's profile: nothing is weighed.
func pairsReport(t testing.TB) report.Data {
	d := dayReport(t)
	for i, f := range d.Days[0].Findings {
		f.Severity, f.Score, f.Evidence, f.Modifiers, f.Techniques, f.Tactic, f.AttackTactic, f.HostCount, f.EstateHosts = "", 0, nil, nil, nil, "", "", 0, 0
		d.Days[0].Findings[i] = f
	}
	return d
}

// reports are all that the tests look at, by the name of the file. They are made
// once, and no test changes them.
func reports(t testing.TB) map[string]report.Data {
	t.Helper()
	once.Do(func() {
		made = map[string]report.Data{
			"day": dayReport(t), "range": rangeReport(t), "hostile": hostileReport(t),
			"large": largeReport(t), "quiet": quietReport(t), "pairs": pairsReport(t),
			"hunts": hunted(t), "hunts-range": huntedRange(t), "hunt": huntedAlone(t), "hunt-large": huntedLarge(t), "hunt-hostile": hostileHunts(t),
		}
	})
	return made
}

var (
	once sync.Once
	made map[string]report.Data
)
