package report_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"sparkless/masquerade/lookalike"
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
