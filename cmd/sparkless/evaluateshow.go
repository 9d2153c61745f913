package main

import (
	"fmt"
	"io"
	"strings"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/masquerade/evaluation"
)

// writeEvaluation writes the figures side by side.
func (a *app) writeEvaluation(r evaluation.Report, list bool) error {
	writePlanted(a.stdout, r)
	t := &terminal.Table{Columns: []terminal.Column{{Least: 16, Fit: terminal.Wrap}}}
	for _, f := range r.Profiles {
		t.Columns = append(t.Columns, terminal.Column{Title: f.Profile, Least: 9, Fit: terminal.Wrap})
	}
	for _, row := range evaluationRows(r.Planted) {
		title := strings.TrimLeft(row.title, " ")
		cells := []terminal.Cell{terminal.Text(title).Indent(len(row.title) - len(title))}
		for _, f := range r.Profiles {
			cells = append(cells, terminal.Text(row.cell(f)))
		}
		t.Row(cells...)
	}
	if err := a.write(t); err != nil || !list {
		return err
	}
	return a.listEvaluation(r)
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
	var rows []evaluationRow
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
func (a *app) listEvaluation(r evaluation.Report) error {
	for _, f := range r.Profiles {
		t := &terminal.Table{Columns: []terminal.Column{
			{}, {Least: 7, Fit: terminal.Wrap}, {Least: 14, Fit: terminal.Middle}, {Least: 12, Fit: terminal.Middle}, {Rank: 1}, {Rank: 2},
		}}
		row := func(texts ...string) {
			cells := []terminal.Cell{terminal.Text(f.Profile)}
			for _, text := range texts {
				cells = append(cells, terminal.Text(text))
			}
			t.Row(cells...)
		}
		for _, one := range f.Targets {
			row("recall", one.Target, fmt.Sprintf("%d of %d", one.Found, one.All))
		}
		for _, one := range f.Missed {
			row("missed", one.Name, one.Target)
		}
		found := func(what string, findings []evaluation.Finding) {
			for _, one := range findings {
				row(what, one.Suspect, one.Target, fmt.Sprintf("%.3f", one.Score), one.Severity)
			}
		}
		found("base", f.BaseFalse)
		found("base, planted", f.BaseShifted)
		found("pair", f.PairsFound)
		found("benign", f.NamesFound)
		if err := a.write(t); err != nil {
			return err
		}
	}
	return nil
}
