package report_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/publish/report"
)

// severities fall with the score.
var severities = []string{anomaly.High, anomaly.Medium, anomaly.Low, anomaly.Informational}

// oddFinding is the finding i of a hunt on a date, of a score that falls with i.
func oddFinding(hunt, date string, i int) anomaly.Finding {
	who := fmt.Sprintf(`CONTOSO\user%03d`, i)
	f := anomaly.Finding{
		TimeStamp: date + "T24:00:00.0000000Z", FindingId: anomaly.ID(hunt, "", who), DataDay: date + "T00:00:00.0000000Z", Scope: "law-brackwater-18c5b977",
		RuleName: hunt, Entity: who, EntityKind: "account", Description: fmt.Sprintf("%d failed sign-ins from 10.1.2.%d; 3 a day are usual (0 to 7 on 21 days)", 900-i, i%256),
		Score: 0.99 / (1 + float64(i)/40), Severity: severities[min(i/5, 3)], StartTime: date + "T02:11:09.1230000Z", EndTime: date + "T05:47:31.0000000Z", Events: int64(900 - i),
		Tactics: []string{"CredentialAccess"}, Techniques: []string{"T1110.003", "T1078"}, UserName: who, SourceDevice: "WKS-0042", SourceIpAddress: "10.1.2.3", DestinationDevice: "SRV-DB01",
		AnomalyReasons: []anomaly.Reason{
			{Name: "FailedLogons", Value: fmt.Sprint(900 - i), Usual: "3 (0 to 7 on 21 days)", Weight: 0.7, Why: "far more sign-ins failed than on any earlier day"},
			{Name: "password-spraying", Value: "214 accounts", Weight: 0.25, Why: "one address tried many accounts, each a few times"},
			{Name: "ActiveTime", Value: "3 h 36 min", Usual: "8 h 2 min", Weight: 0.05, Why: "at night alone"},
		},
		AnomalyDetails: json.RawMessage(`{"Samples":["4625 from 10.1.2.3 at 02:11","4625 from 10.1.2.4 at 02:12"],"z":{"FailedLogons":12.25,"SuccessfulLogons":-0.4},"Hours":[2,3,4,5],"Service":false,"None":null}`),
		Entities:       []anomaly.Entity{{Kind: "account", Value: who, Count: 900}, {Kind: "host", Value: "SRV-DB01", Count: 412}, {Kind: "host", Value: "SRV-DB02", Count: 38}, {Kind: "ip", Value: "10.1.2.3"}},
		FirstSeen:      "2026-10-30T08:00:00.0000000Z", HistoryDays: 21, DaysSeen: 17,
	}
	if i%4 == 1 {
		f.DaysSeen, f.FirstSeen = 0, f.StartTime
	}
	return f
}

// oddFindings are a number of them.
func oddFindings(hunt, date string, n int) (all []anomaly.Finding) {
	for i := range n {
		all = append(all, oddFinding(hunt, date, i))
	}
	return all
}

// series are numbers that differ from each other, and are the same in every run.
func series(name string, n int, seed uint64, of func(i int, random float64) float64) chart.Series {
	random := rand.New(rand.NewPCG(seed, 3))
	s := chart.Series{Name: name}
	for i := range n {
		s.Values = append(s.Values, of(i, random.Float64()))
	}
	return s
}

var features = []string{"FailedLogons", "SuccessfulLogons", "Computers", "Domains", "SourceAddresses", "SourceHosts", "ActiveTime", "Packages"}

// charts are one of each kind, of usual sizes.
func charts(findings []anomaly.Finding) []chart.Chart {
	days := make([]string, 60)
	for i := range days {
		days[i] = fmt.Sprintf("2026-%02d-%02d", 9+i/30, 1+i%30)
	}
	programs := make([]string, 20)
	for i := range programs {
		programs[i] = fmt.Sprintf(`C:\Program Files\Contoso\tool%02d.exe`, i)
	}
	trend := series("CONTOSO\\user000", 60, 1, func(i int, r float64) float64 {
		return math.Round(20+8*math.Sin(float64(i)/1.1)+6*r) + 380*float64(i/59)
	})
	trend.Marks = []int{59}
	importance := series("share", 20, 3, func(i int, r float64) float64 { return 0.4 / float64(1+i) * (0.8 + r/4) })
	importance.Marks = []int{2}
	return []chart.Chart{
		{Kind: chart.Lines, Title: "Failed sign-ins by day", Note: "The day of the finding is marked.", X: "day, UTC", Y: "failed sign-ins", Labels: days, Series: []chart.Series{trend,
			series("median of all accounts", 60, 2, func(i int, r float64) float64 { return 4 + 3*r + 2*math.Sin(float64(i)/1.1) }), series("95th percentile", 60, 9, func(i int, r float64) float64 { return 40 + 9*r })}},
		{Kind: chart.Bars, Title: "What the score is made of", Note: "Mean of the absolute contributions over all accounts.", X: "feature", Y: "share", Labels: programs, Series: []chart.Series{importance}},
		{Kind: chart.Histogram, Title: "Scores", X: "score, 0 to 1", Y: "accounts", LogY: true, Edges: edgesOf(40, func(i int) float64 { return float64(i) / 40 }), Series: []chart.Series{
			series("all accounts", 40, 4, func(i int, r float64) float64 { return math.Floor(4000 * math.Exp(-float64(i)/4) * (0.5 + r)) }), series("new accounts", 40, 5, func(i int, r float64) float64 { return math.Floor(300 * math.Exp(-float64(i)/7) * (0.5 + r)) })}},
		{Kind: chart.Histogram, Title: "Command length", X: "characters", Y: "executions", LogX: true, Edges: edgesOf(24, func(i int) float64 { return math.Pow(10, float64(i)/6) }), Series: []chart.Series{
			series("", 24, 6, func(i int, r float64) float64 {
				return math.Floor(1000 * math.Exp(-math.Pow(float64(i-11), 2)/16) * (0.8 + r/2))
			})}},
		scatterOf(5000, findings), correlation(8),
		{Kind: chart.Bars, Title: "What speaks for and against", X: "feature", Y: "contribution", Labels: features[:5], Series: []chart.Series{{Name: "today", Values: []float64{-3.2, 1.5, 0, -0.25, 2.125}}, {Name: "usual", Values: []float64{0.2, 0.3, -0.1, 0.4, 0}}}},
		{Kind: chart.Lines, Title: "An empty day", Note: "No account signed in."},
	}
}

func edgesOf(bins int, of func(int) float64) (edges []float64) {
	for i := range bins + 1 {
		edges = append(edges, of(i))
	}
	return edges
}

// scatterOf are clouds of points, with findings apart from them.
func scatterOf(n int, findings []anomaly.Finding) chart.Chart {
	c := chart.Chart{Kind: chart.Scatter, Title: "Accounts in two dimensions", Note: "Each point is an account; findings lie apart.", X: "first component", Y: "second component",
		Groups: []string{"cluster 1", "cluster 2", "cluster 3", "noise"}}
	random := rand.New(rand.NewPCG(uint64(n), 8))
	for i := range n - min(len(findings), 20) {
		group := i % 4
		at := [][2]float64{{-3, 1}, {2, 3.5}, {3, -2}, {0, 0}}[group]
		spread := []float64{0.8, 0.6, 1, 3.5}[group]
		p := chart.Point{X: at[0] + spread*random.NormFloat64(), Y: at[1] + spread*random.NormFloat64(), Group: group, Label: fmt.Sprintf(`CONTOSO\account-of-%05d`, i)}
		if i%9 == 0 {
			p.Count = 1 + int64(300*math.Pow(random.Float64(), 6))
		}
		c.Points = append(c.Points, p)
	}
	for i, f := range findings[:min(len(findings), 20)] {
		c.Points = append(c.Points, chart.Point{X: 9 + float64(i%5), Y: 8 - float64(i/5), Group: 3, Label: f.Entity, Finding: f.FindingId})
	}
	return c
}

// correlation is a matrix of features.
func correlation(n int) chart.Chart {
	c := chart.Chart{Kind: chart.Matrix, Title: "Correlation of the features", Labels: features[:n]}
	for i := range n {
		s := chart.Series{Name: features[i]}
		for j := range n {
			v := math.Cos(float64(i+j)) * math.Exp(-math.Abs(float64(i-j))/4)
			if i == j {
				v = 1
			}
			s.Values = append(s.Values, v)
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// huntDay is a day of a hunt with so many findings.
func huntDay(t testing.TB, hunt, date string, n int) report.HuntDay {
	day := sampleDay(t, date)
	findings := oddFindings(hunt, date, n)
	return report.HuntDay{Date: date, Findings: findings, Left: n * 3, Charts: charts(findings), Hours: day.Hours, Input: day.Input, Partial: day.Partial, Notes: []string{"Half of the accounts are new: the model is older than they are."},
		Suppressed: []report.Suppression{{Rule: `CONTOSO\scanner`, Reason: "the scanner of vulnerabilities", Names: []string{`CONTOSO\scanner`}}}, Deliveries: day.Deliveries}
}

// hunted has a tab for names, and three for hunts with 1, 0 and 500 findings.
func hunted(t testing.TB) report.Data {
	d := dayReport(t)
	const date = "2026-11-20"
	quiet := report.HuntDay{Date: date, Empty: "No program was like no other. Check that event 4688 has command lines.", Charts: charts(nil)[1:3], Input: report.Input{Events: 41000}}
	d.Hunts = []report.Hunt{
		{Name: "sign-ins", Title: "Sign-ins", Note: "Accounts whose sign-ins are unlike those of their other days.", Days: []report.HuntDay{huntDay(t, "sign-ins", date, 1)}},
		{Name: "programs", Title: "Programs", Days: []report.HuntDay{quiet}},
		{Name: "traffic", Title: "Connections", Days: []report.HuntDay{huntDay(t, "traffic", date, 500)}},
	}
	d.Failed = []report.Failed{
		{Hunts: []string{"Programs", "Sign-ins"}, First: "2026-11-18", Last: "2026-11-19", Why: "the container is not there"},
		{Hunts: []string{"Files"}, First: date, Last: date, Why: "not authorised"},
	}
	return d
}

// huntedRange is of two hunts over five days, without names.
func huntedRange(t testing.TB) report.Data {
	d := dayReport(t)
	d.Days = nil
	for _, name := range []string{"sign-ins", "traffic"} {
		h := report.Hunt{Name: name}
		for i := range 5 {
			day := huntDay(t, name, fmt.Sprintf("2026-11-%02d", 16+i), 12)
			day.Findings = day.Findings[i*2 : 6+i]
			day.Charts = day.Charts[:2+i]
			h.Days = append(h.Days, day)
		}
		d.Hunts = append(d.Hunts, h)
	}
	return d
}

// huntedAlone is of one hunt, whose page has no tabs.
func huntedAlone(t testing.TB) report.Data {
	return report.Data{Version: "1.2.3", Hunts: []report.Hunt{{Name: "sign-ins", Title: "Sign-ins", Days: []report.HuntDay{huntDay(t, "sign-ins", "2026-11-20", 12)}}}}
}

// huntedLarge has three scatters of as many points as there may be.
func huntedLarge(t testing.TB) report.Data {
	d := huntedAlone(t)
	day := &d.Hunts[0].Days[0]
	for i := range 3 {
		c := scatterOf(chart.MaxPoints, day.Findings)
		c.Title += fmt.Sprint(" ", i)
		day.Charts = append(day.Charts, c)
	}
	day.Charts = day.Charts[len(day.Charts)-3:]
	return d
}

// hostileHunt has hostile text in every field of a hunt that can hold one.
func hostileHunt(t testing.TB) report.Hunt {
	day := huntDay(t, "bad", "2026-11-20", 0)
	long := strings.Repeat("long", 500)
	for i, s := range hostile() {
		f := oddFinding("bad", "2026-11-20", i)
		f.FindingId, f.Entity, f.EntityKind, f.Description, f.Scope, f.Mode = fmt.Sprintf("an-%d%.40s", i, s), s, s, s, s, s
		f.Tactics, f.Techniques, f.UserName, f.SourceDevice, f.SourceIpAddress, f.DestinationDevice = []string{s}, []string{s}, s, s, s, s
		f.AnomalyReasons = []anomaly.Reason{{Name: s, Value: s, Usual: s, Why: s, Weight: 7}}
		details, err := json.Marshal(map[string]any{s: []any{s, map[string]any{s: s, "deep": []any{[]any{[]any{[]any{[]any{s}}}}}}}, "__proto__": s})
		if err != nil {
			t.Fatal(err)
		}
		f.AnomalyDetails = details
		f.Entities = []anomaly.Entity{{Kind: s, Value: s}, {Kind: "host", Value: s}}
		if i%3 == 0 {
			f.Severity, f.StartTime, f.EndTime, f.FirstSeen = s, s, s, s
		}
		day.Findings = append(day.Findings, f)
	}
	texts := hostile()
	for i, s := range texts {
		texts[i] = s[:min(len(s), chart.MaxText)]
	}
	n := len(texts)
	day.Charts = []chart.Chart{
		{Kind: chart.Bars, Title: texts[0], Note: texts[1], X: texts[2], Y: texts[3], Labels: texts, Series: []chart.Series{series(texts[4], n, 1, func(_ int, r float64) float64 { return r }), series(long, n, 2, func(_ int, r float64) float64 { return -r })}},
		{Kind: chart.Histogram, Title: texts[5], X: long, Y: long, Edges: edgesOf(n, func(i int) float64 { return float64(i) * 1e15 }), Series: []chart.Series{series(texts[6], n, 3, func(_ int, r float64) float64 { return r * 1e99 })}},
		{Kind: chart.Lines, Title: texts[7], Labels: texts},
		{Kind: chart.Matrix, Title: long, Labels: texts},
		{Kind: chart.Scatter, Title: texts[8], Groups: texts[:24]},
	}
	for i, s := range texts {
		day.Charts[2].Series = append(day.Charts[2].Series, series(s, n, uint64(i), func(_ int, r float64) float64 { return -r * 1e-9 }))
		day.Charts[3].Series = append(day.Charts[3].Series, series(s, n, uint64(i), func(_ int, r float64) float64 { return 2*r - 1 }))
		day.Charts[4].Points = append(day.Charts[4].Points, chart.Point{X: float64(i), Y: -chart.Largest, Group: i % 24, Label: s, Finding: day.Findings[i].FindingId}, chart.Point{X: 1e9 + float64(i), Y: chart.Largest, Label: s, Finding: s})
	}
	day.Charts[2].Series = day.Charts[2].Series[:24]
	all := fmt.Sprint(hostile())
	day.Partial, day.Empty, day.From, day.To, day.Notes = all, all, all, all, hostile()
	return report.Hunt{Name: "bad", Title: all, Note: all, Days: []report.HuntDay{day}}
}

// hostileHunts are such a hunt and a quiet one, so that it has a tab.
func hostileHunts(t testing.TB) report.Data {
	return report.Data{Version: "1", Hunts: []report.Hunt{hostileHunt(t), {Name: "quiet", Days: []report.HuntDay{{Date: "2026-11-20", Empty: fmt.Sprint(hostile())}}}}}
}
