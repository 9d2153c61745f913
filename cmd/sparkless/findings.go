package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/masquerade"
	"sparkless/masquerade/lookalike"
	"sparkless/publish"
)

// findingsOf reads findings from the records that are published.
func findingsOf(records []publish.Record) ([]masquerade.Finding, error) {
	findings := make([]masquerade.Finding, len(records))
	for i, r := range records {
		if err := json.Unmarshal(r.Body, &findings[i]); err != nil {
			return nil, fmt.Errorf("finding %s: %w", r.ID, err)
		}
	}
	return findings, nil
}

// findingsTable is findings for people.
func findingsTable(findings []masquerade.Finding, judged bool) *terminal.Table {
	if judged {
		return judgedTable(findings)
	}
	return pairsTable(findings)
}

// judgedTable is findings that evidence was weighed for. At 60 columns it has
// severity, score, both names and why.
func judgedTable(findings []masquerade.Finding) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "DAY", Rank: 2, Above: true}, {Title: "SEVERITY", Least: 8}, {Title: "SCORE", Right: true},
		{Title: "SUSPECT", Rank: -1, Least: 14, Wish: 24, Fit: terminal.Middle}, {Title: "SEEN", Rank: 4, Right: true},
		{Title: "LOOKS LIKE", Least: 11, Wish: 16, Fit: terminal.Middle}, {Title: "WHY", Least: 14, Wish: 34},
		{Title: "HOST", Rank: 3, Least: 10, Wish: 14, Fit: terminal.Middle}, {Title: "PATH", Rank: 1, Least: 18, Wish: 20, Fit: terminal.Path},
	}}
	for _, f := range findings {
		why := "-"
		if len(f.Reasons) > 0 {
			why = f.Reasons[0]
		}
		suspect, normal := namesOf(f)
		t.Row(terminal.Text(dayOf(f)), severity(f.Severity), terminal.Text(fmt.Sprint(f.Score)), suspect, terminal.Text(fmt.Sprint(f.MaliciousCount)),
			normal, terminal.Text(why), first(f.Hosts), first(f.Paths))
	}
	return t
}

// pairsTable is findings of the notebook's rule.
func pairsTable(findings []masquerade.Finding) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "DAY", Rank: 2, Above: true}, {Title: "SCORE"}, {Title: "SUSPECT", Rank: -1, Least: 14, Wish: 18, Fit: terminal.Middle}, {Title: "SEEN", Rank: 4, Right: true},
		{Title: "LOOKS LIKE", Least: 11, Wish: 14, Fit: terminal.Middle}, {Title: "SEEN", Rank: 5, Right: true},
		{Title: "HOST", Rank: 3, Least: 10, Wish: 14, Fit: terminal.Middle}, {Title: "PATH", Rank: 1, Least: 18, Wish: 20, Fit: terminal.Path},
	}}
	for _, f := range findings {
		suspect, normal := namesOf(f)
		t.Row(terminal.Text(dayOf(f)), terminal.Text(fmt.Sprintf("%.3f", f.AnomalyScore)), suspect, terminal.Text(fmt.Sprint(f.MaliciousCount)),
			normal, terminal.Text(fmt.Sprint(f.NormalCount)), first(f.Hosts), first(f.Paths))
	}
	return t
}

// severity is a severity in its colour.
func severity(s string) terminal.Cell {
	styles := map[string]terminal.Style{"High": terminal.Red, "Medium": terminal.Yellow, "Low": terminal.Cyan}
	return terminal.Text(s).In(styles[s])
}

// namesOf is the suspect with the characters marked that differ, and the name that
// it imitates. If the suspect only lacks some, they are marked in the other name.
// There is no other if the suspect is odd in itself, or has the very name.
func namesOf(f masquerade.Finding) (suspect, normal terminal.Cell) {
	name, other := f.PotentiallyMaliciousProcess, f.NormalProcess
	if other == "" || other == name {
		return terminal.Name(name, nil), terminal.Text("-")
	}
	if marks := lookalike.Class(name, other).Marks; len(marks) > 0 {
		return terminal.Name(name, marks), terminal.Name(other, nil)
	}
	return terminal.Name(name, nil), terminal.Name(other, lookalike.Class(other, name).Marks)
}

// dayOf is the day of a finding, as in 2026-11-20.
func dayOf(f masquerade.Finding) string {
	day, _, _ := strings.Cut(f.DataDay, "T")
	return day
}

// first shows the most frequent value and how many others there are.
func first(values []masquerade.Tally) terminal.Cell {
	switch len(values) {
	case 0:
		return terminal.Text("-")
	case 1:
		return terminal.Text(values[0].Value)
	}
	return terminal.Text(fmt.Sprintf("%s (+%d)", values[0].Value, len(values)-1))
}
