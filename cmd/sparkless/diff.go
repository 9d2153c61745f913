package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/file"
	"sparkless/storage/event"
)

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff DAY DAY",
		Short: "Compare the findings of two days: new, gone and changed ones",
		Long: `Diff compares the findings of one UTC day with those of another, by FindingId: which
the second day has and the first has not, which are gone, and of which severity,
score, evidence, hosts or the number of events changed, in words. It reads the
profiles that runs have kept, and no export, and judges both days by the settings
and the rules of suppression as they are now. It is about the findings of the hunt
masquerade alone.`,
		Example: `  sparkless diff 2026-11-19 2026-11-20 --account mystorage
  sparkless diff --day 2026-11-19 --day 2026-11-20 --account mystorage --format csv`,
		Args: cobra.ArbitraryArgs,
	}
	days := cmd.Flags().StringArray("day", nil, "a UTC day, like 2026-11-20; twice: the earlier one, then the later one")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		from, to, err := twoDays(append(slices.Clone(*days), args...))
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		format, err := askedFormat(cmd, v, formatTable, file.JSON, file.JSONLines, file.CSV)
		if err = join(err, namesOnly(v, "diff")); err != nil {
			return err
		}
		return a.diff(cmd.Context(), v, [2]time.Time{from, to}, format)
	}
	return cmd
}

// twoDays are the days to compare.
func twoDays(texts []string) (from, to time.Time, err error) {
	if len(texts) != 2 {
		return from, to, usageError{fmt.Errorf("diff compares two days, and %d were given: sparkless diff 2026-11-19 2026-11-20", len(texts))}
	}
	from, err = parseDay("the first day", texts[0])
	if err == nil {
		to, err = parseDay("the second day", texts[1])
	}
	if err == nil && from.Equal(to) {
		err = usageError{fmt.Errorf("diff compares two days, and both are %s", texts[0])}
	}
	return from, to, err
}

// askedFormat is the format that a command was asked for with --format, of those that
// it has; the first unless told. What is set elsewhere is for runs: it goes if the
// command has it.
func askedFormat(cmd *cobra.Command, v *values, formats ...string) (string, error) {
	format := v.text("output.format")
	switch {
	case slices.Contains(formats, format):
		return format, nil
	case format == "auto" || !cmd.Flags().Changed("format"):
		return formats[0], nil
	}
	return "", usageError{fmt.Errorf("output.format (%s): %s: %s prints %s", v.origin["output.format"], address(format), cmd.Name(), eitherOf(formats))}
}

// eitherOf is such as "a, b or c".
func eitherOf(words []string) string {
	text := words[0]
	for i, word := range words[1:] {
		if i == len(words)-2 {
			text += " or " + word
		} else {
			text += ", " + word
		}
	}
	return text
}

// diff is the story of comparing two days.
func (a *app) diff(ctx context.Context, v *values, days [2]time.Time, format string) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	var sides [2]side
	var problems []error
	for i, date := range days {
		r, err := h.Recall(ctx, event.Day(date))
		if errors.Is(err, job.ErrNoProfile) {
			problems = append(problems, err)
			continue
		}
		if err == nil {
			sides[i], err = sideOf(r)
		}
		if err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return join(problems...)
	}
	changes := compare(sides[0], sides[1])
	count := map[string]int{}
	for _, c := range changes {
		count[c.Change]++
	}
	a.log.Info("compared", "from", sides[0].day, "to", sides[1].day, "new", count[isNew], "changed", count[isChanged], "gone", count[isGone], "same", len(sides[1].findings)-count[isNew]-count[isChanged])
	if format == formatTable {
		if len(changes) == 0 {
			return nil
		}
		return a.write(changesTable(changes))
	}
	return a.writeChanges(ctx, changes, format)
}

// side is one of the days that are compared.
type side struct {
	day        string
	findings   []masquerade.Finding
	suppressed map[string]bool // by FindingId
	seen       func(name string) int64
}

func sideOf(r *job.Result[*masquerade.Counts]) (side, error) {
	s := side{day: r.Window.Label(), suppressed: map[string]bool{}, seen: r.Day.Count}
	for _, record := range r.Suppressed {
		s.suppressed[record.ID] = true
	}
	var err error
	s.findings, err = findingsOf(r.Records)
	return s, err
}

// changesTable is changes for people.
func changesTable(changes []change) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "CHANGE"}, {Title: "SEVERITY", Rank: 1, Least: 8}, {Title: "SCORE", Rank: 3, Right: true}, {Title: "SUSPECT", Rank: -1, Least: 14, Wish: 16, Fit: terminal.Middle},
		{Title: "LOOKS LIKE", Rank: 2, Least: 11, Wish: 14, Fit: terminal.Middle}, {Title: "WHAT", Least: 18, Wish: 18, Fit: terminal.Wrap},
	}}
	styles := map[string]terminal.Style{isNew: terminal.Bold, isGone: terminal.Faint}
	for _, c := range changes {
		f := c.finding()
		score := fmt.Sprint(f.Score)
		if f.Severity == "" { // the notebook's
			score = fmt.Sprintf("%.3f", f.AnomalyScore)
		}
		suspect, normal := namesOf(f)
		t.Row(terminal.Text(c.Change).In(styles[c.Change]), severity(f.Severity), terminal.Text(score), suspect, normal, terminal.Text(c.words()))
	}
	return t
}

// writeChanges prints changes for programs.
func (a *app) writeChanges(ctx context.Context, changes []change, format string) error {
	encode, err := file.NewEncoder(format, nil)
	if err != nil {
		return err
	}
	var records []publish.Record
	for _, c := range changes {
		body, err := publish.Body(c.published())
		if err != nil {
			return err
		}
		records = append(records, publish.Record{ID: c.finding().FindingId, Body: body})
	}
	return encode(ctx, a.stdout, records)
}
