package report_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"sparkless/masquerade/lookalike"
	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/publish/report"
)

// Findings as JSON lines, as a file sink writes them, become a report of their day.
func Example() {
	lines, err := os.Open("testdata/findings.jsonl")
	if err != nil {
		panic(err)
	}
	defer lines.Close()
	day := report.Day{Date: "2026-11-20"}
	for in := bufio.NewScanner(lines); in.Scan(); {
		var f report.Finding
		if err := json.Unmarshal(in.Bytes(), &f); err != nil {
			panic(err)
		}
		suspect, imitated := f.PotentiallyMaliciousProcess, f.NormalProcess
		if imitated != "" {
			f.Marks, f.NormalMarks = lookalike.Class(suspect, imitated).Marks, lookalike.Class(imitated, suspect).Marks
		}
		day.Findings = append(day.Findings, f)
	}
	counts := []int64{1, 1, 2, 40, 1304} // of all names of the day
	day.Names, day.Curve = len(counts), report.NewCurve(counts, 0.8, 0.2)

	var page strings.Builder
	if err := report.Write(&page, report.Data{Version: "1.2.3", Days: []report.Day{day}}); err != nil {
		panic(err)
	}
	fmt.Println(len(day.Findings) > 20, strings.HasPrefix(page.String(), "<!doctype html>"))
	// Output: true true
}

// The findings of other hunts have a tab each, with their charts.
func Example_hunts() {
	finding := anomaly.Finding{
		FindingId: anomaly.ID("sign-ins", "", `CONTOSO\alice`), RuleName: "sign-ins", Entity: `CONTOSO\alice`, EntityKind: "account",
		Description: "91 failed sign-ins, usually 2", Score: 0.93, Severity: anomaly.High, Events: 91,
		AnomalyReasons: []anomaly.Reason{{Name: "FailedLogons", Value: "91", Usual: "2", Weight: 1, Why: "more failed than on any day before"}},
	}
	trend := chart.Chart{
		Kind: chart.Lines, Title: "Failed sign-ins by day", Y: "failed sign-ins", Labels: []string{"2026-11-18", "2026-11-19", "2026-11-20"},
		Series: []chart.Series{{Name: finding.Entity, Values: []float64{2, 1, 91}, Marks: []int{2}}},
	}
	day := report.HuntDay{Date: "2026-11-20", Findings: []anomaly.Finding{finding}, Charts: []chart.Chart{trend}, Input: report.Input{Events: 4100}}
	data := report.Data{Version: "1.2.3", Hunts: []report.Hunt{
		{Name: "sign-ins", Title: "Sign-ins", Note: "Accounts whose day was unlike their others.", Days: []report.HuntDay{day}},
		{Name: "programs", Title: "Programs", Days: []report.HuntDay{{Date: "2026-11-20", Empty: "No program was like no other."}}},
	}}
	var page strings.Builder
	fmt.Println(report.Write(&page, data), strings.Contains(page.String(), "91 failed sign-ins, usually 2"))
	// Output: <nil> true
}
