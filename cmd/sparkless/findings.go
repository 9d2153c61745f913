package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage/printable"
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

// logSeverities says how many findings of each severity a day has.
func (a *app) logSeverities(date time.Time, findings []masquerade.Finding) {
	count := map[string]int{}
	for _, f := range findings {
		count[f.Severity]++
	}
	args := []any{"day", date.Format(time.DateOnly)}
	for _, severity := range []string{"High", "Medium", "Low", "Informational"} {
		args = append(args, strings.ToLower(severity), count[severity])
	}
	a.log.Info("findings by severity", args...)
}

// writeJudged prints findings that evidence was weighed for.
func writeJudged(w io.Writer, findings []masquerade.Finding) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "DAY\tSEVERITY\tSCORE\tSUSPECT\tSEEN\tLOOKS LIKE\tWHY\tHOST\tPATH")
	for _, f := range findings {
		why := "-"
		if len(f.Reasons) > 0 {
			why = brief(f.Reasons[0])
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%d\t%s\t%s\t%s\t%s\n", dayOf(f), printable.Text(f.Severity), f.Score, printable.Text(f.PotentiallyMaliciousProcess),
			f.MaliciousCount, looksLike(f), why, first(f.Hosts), first(f.Paths))
	}
	return t.Flush()
}

// writePairs prints findings of the notebook's rule.
func writePairs(w io.Writer, findings []masquerade.Finding) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "DAY\tSCORE\tSUSPECT\tSEEN\tLOOKS LIKE\tSEEN\tHOST\tPATH")
	for _, f := range findings {
		fmt.Fprintf(t, "%s\t%.3f\t%s\t%d\t%s\t%d\t%s\t%s\n", dayOf(f), f.AnomalyScore, printable.Text(f.PotentiallyMaliciousProcess),
			f.MaliciousCount, printable.Text(f.NormalProcess), f.NormalCount, first(f.Hosts), first(f.Paths))
	}
	return t.Flush()
}

// dayOf is the day of a finding, as in 2026-11-20.
func dayOf(f masquerade.Finding) string {
	day, _, _ := strings.Cut(f.DataDay, "T")
	return printable.Text(day)
}

// looksLike is the name that a suspect imitates; nothing, if its name is odd in
// itself, or is the imitated name itself.
func looksLike(f masquerade.Finding) string {
	if f.NormalProcess == "" || f.NormalProcess == f.PotentiallyMaliciousProcess {
		return "-"
	}
	return printable.Text(f.NormalProcess)
}

// widest is how many characters of a reason a table shows.
const widest = 80

// brief is a reason cut to what a table has room for.
func brief(reason string) string {
	if runes := []rune(reason); len(runes) > widest {
		return printable.Whole(strings.TrimRight(string(runes[:widest-1]), " ")) + "…"
	}
	return printable.Whole(reason)
}

// first shows the most frequent value and how many others there are.
func first(values []masquerade.Tally) string {
	switch len(values) {
	case 0:
		return "-"
	case 1:
		return printable.Text(values[0].Value)
	}
	return fmt.Sprintf("%s (+%d)", printable.Text(values[0].Value), len(values)-1)
}
