package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"sparkless/masquerade/evaluation"
	"sparkless/storage/printable"
)

// writeEvaluation writes the figures side by side.
func writeEvaluation(w io.Writer, r evaluation.Report, list bool) error {
	writePlanted(w, r)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, row := range evaluationRows(r.Planted) {
		fmt.Fprint(t, row.title)
		for _, f := range r.Profiles {
			fmt.Fprint(t, "\t", row.cell(f))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil || !list {
		return err
	}
	return listEvaluation(w, r)
}

// writePlanted says what was planted into what.
func writePlanted(w io.Writer, r evaluation.Report) {
	b, p := r.Base, r.Planted
	fmt.Fprintf(w, "base: %s; %s, %s, %s, %s\n", b.Name, counted(int64(b.Days), "day"), counted(b.Events, "process creation"), counted(int64(b.Names), "name"), counted(int64(b.Hosts), "host"))
	fmt.Fprintf(w, "planted: %s, %s, %s; at most %.0f %% of the base's names at a time, in runs: %d\n",
		counted(int64(p.Impostors), "impostor"), counted(int64(p.Pairs), "pair"), counted(int64(p.Names), "benign name"), 100*r.Batch, p.Batches)
	if p.Impostors > 0 {
		fmt.Fprintf(w, "  impostors: %d are names of the base, %d are not rare; targets: %d, of which %d are in the base, %d of these frequent, and %d planted\n",
			p.ImpostorsInBase, p.NotRare, p.Targets, p.TargetsInBase, p.TargetsFrequent, p.TargetsPlanted)
	}
	if p.PairsInBase+p.NamesInBase > 0 {
		fmt.Fprintf(w, "  in the base: a name of %s, which is as rare as it is there; %s, left out\n", counted(int64(p.PairsInBase), "pair"), counted(int64(p.NamesInBase), "more benign name"))
	}
	if p.Displaced > 0 {
		fmt.Fprintf(w, "  of the base's frequent names a run leaves up to %d below the rank of frequent ones\n", p.Displaced)
	}
	fmt.Fprintln(w)
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// evaluationRow is a line of the table: a figure of each profile.
type evaluationRow struct {
	title string
	cell  func(evaluation.Figures) string
}

func evaluationRows(p evaluation.Planted) []evaluationRow {
	rows := []evaluationRow{{"", func(f evaluation.Figures) string { return f.Profile }}}
	if p.Impostors > 0 {
		rows = append(rows,
			evaluationRow{"impostors found", func(f evaluation.Figures) string { return ratio(f.Recall) }},
			evaluationRow{"  with the right target", func(f evaluation.Figures) string { return ratio(f.RightTarget) }},
			evaluationRow{"  of targets with short stems", func(f evaluation.Figures) string { return ratio(f.ShortStems) }},
			evaluationRow{"  " + severityTitle(), func(f evaluation.Figures) string { return bySeverity(f.Severities.Impostors) }})
	}
	rows = append(rows,
		evaluationRow{"false findings on the base", func(f evaluation.Figures) string { return fmt.Sprint(len(f.BaseFalse)) }},
		evaluationRow{"  more with what is planted", func(f evaluation.Figures) string { return fmt.Sprint(len(f.BaseShifted)) }})
	if p.Pairs > 0 {
		rows = append(rows,
			evaluationRow{"benign pairs hit", func(f evaluation.Figures) string { return ratio(f.PairsHit) }},
			evaluationRow{"  found otherwise", func(f evaluation.Figures) string { return ratio(f.PairsHitElse) }})
	}
	if p.Names > 0 {
		rows = append(rows,
			evaluationRow{"benign names hit", func(f evaluation.Figures) string { return ratio(f.NamesHit) }},
			evaluationRow{"  false pairs per 1,000", func(f evaluation.Figures) string { return fmt.Sprintf("%.1f", f.PerThousand) }})
	}
	return append(rows, evaluationRow{"false findings, " + severityTitle(), func(f evaluation.Figures) string { return bySeverity(f.Severities.False) }})
}

func ratio(s evaluation.Share) string {
	if s.All == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d, %.1f %%", s.Found, s.All, 100*s.Rate())
}

func severityTitle() string { return strings.Join(evaluation.Severities(), "/") }

func bySeverity(counts map[string]int) string {
	var out []string
	for _, s := range evaluation.Severities() {
		out = append(out, fmt.Sprint(counts[s]))
	}
	return strings.Join(out, "/")
}

// listEvaluation writes what the figures count, profile by profile.
func listEvaluation(w io.Writer, r evaluation.Report) error {
	for _, f := range r.Profiles {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, one := range f.Targets {
			fmt.Fprintf(t, "%s\trecall\t%s\t%d of %d\n", f.Profile, printable.Text(one.Target), one.Found, one.All)
		}
		for _, one := range f.Missed {
			fmt.Fprintf(t, "%s\tmissed\t%s\t%s\n", f.Profile, printable.Text(one.Name), printable.Text(one.Target))
		}
		found := func(what string, findings []evaluation.Finding) {
			for _, one := range findings {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.3f\t%s\n", f.Profile, what, printable.Text(one.Suspect), printable.Text(one.Target), one.Score, one.Severity)
			}
		}
		found("base", f.BaseFalse)
		found("base, planted", f.BaseShifted)
		found("pair", f.PairsFound)
		found("benign", f.NamesFound)
		fmt.Fprintln(w)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}
