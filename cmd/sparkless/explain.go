package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/file"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

func (a *app) explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain NAME",
		Short: "Tell all that speaks for and against one process name on one day",
		Long: `Explain tells how often a name was seen and where it ran, what it looks like, each
rule that speaks against it or does not, what was added to its score, and why it
was reported or was not. It reads the day's profile, which a run has kept, and no
export. A name that was not seen is judged by its looks alone. With --from and --to it
is about a window as it was run. It is about the hunt masquerade alone.`,
		Example: `  sparkless explain svch0st.exe --folder ./export --day 2026-11-20
  sparkless explain 'C:\Users\Public\lsass.exe' --account mystorage --format json`,
	}
	cmd.Args = oneName
	f := addWindowFlags(cmd)
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		format, err := askedFormat(cmd, v, formatTable, file.JSON)
		if err = join(err, namesOnly(v, "explain")); err != nil {
			return err
		}
		return a.explain(cmd.Context(), v, w, args[0], format)
	}
	return cmd
}

func oneName(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" || strings.ContainsAny(args[0][len(args[0])-1:], `/\`) {
		return usageError{errors.New("explain takes one process name, like svch0st.exe")}
	}
	return nil
}

// explain is the story of one name.
func (a *app) explain(ctx context.Context, v *values, w event.Window, name, format string) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	r, err := h.Recall(ctx, w)
	if err != nil {
		return err
	}
	s, err := h.detector.Explain(ctx, r.Window, r.Day, r.Past, name)
	if err != nil {
		return err
	}
	if s.Finding != nil && h.quiet != nil {
		if err := h.quiet.tell(&s); err != nil {
			return err
		}
	}
	if format == file.JSON {
		return writeJSON(a.stdout, s)
	}
	return a.writeStory(s)
}

// tell adds the rule of suppression that covers the story's finding, if one does.
func (q *quiet) tell(s *masquerade.Story) error {
	record, err := s.Record()
	if err != nil {
		return err
	}
	o, err := q.rules.Apply(q.now, suppressFields(), []publish.Record{record})
	if err != nil {
		return err
	}
	for _, c := range o.Applied {
		s.Reported = false
		s.Verdict = fmt.Sprintf("suppressed by %s:%d until %s (%s); otherwise %s", q.rules.File, c.Rule.Line, c.Rule.Expires.Format(time.DateOnly), c.Rule.Reason, s.Verdict)
	}
	for _, c := range o.Expired {
		s.Verdict += fmt.Sprintf("; the rule %s:%d would suppress it and expired on %s", q.rules.File, c.Rule.Line, c.Rule.Expires.Format(time.DateOnly))
	}
	for _, c := range o.Unsure {
		s.Verdict += fmt.Sprintf("; the rule %s:%d is not applied, since there may be more hosts or paths than are listed", q.rules.File, c.Rule.Line)
	}
	return nil
}

// writeJSON writes a value as JSON that does no harm to a terminal.
func writeJSON(w io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", printable.JSON(text))
	return err
}

// writeStory prints a story for people. It leaves nothing out: whoever asks for one
// name wants all of it. What is too long for the window goes on below, and a window too
// narrow for that breaks the lines itself.
func (a *app) writeStory(s masquerade.Story) error {
	if a.screen.Width > 0 {
		a.screen.Width = max(a.screen.Width, leastWidth)
	}
	verdict := &terminal.Table{Columns: []terminal.Column{{Least: 1, Fit: terminal.Wrap}}}
	verdict.Row(terminal.Text(fmt.Sprintf("%s on %s: %s", printable.Whole(s.Name), s.Day, s.Verdict)))
	for _, t := range []*terminal.Table{verdict, storyFacts(s), nearestTable(s), rulesOf(s)} {
		if err := a.write(t); err != nil {
			return err
		}
	}
	return nil
}

// storyFacts is what is known of the name.
func storyFacts(s masquerade.Story) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{{}, {Least: 20, Fit: terminal.Wrap}}}
	line := func(label, format string, args ...any) {
		t.Row(terminal.Text(label), terminal.Text(fmt.Sprintf(format, args...)))
	}
	if s.Count == 0 {
		line("seen", "never among %d names of %s hosts", s.Names, s.EstateHosts)
	} else {
		line("seen", "%s on %s of %s hosts; %s, percent rank %.3f among %d names", counted(s.Count, "time"), s.Hosts, s.EstateHosts, s.Group, s.PercentRank, s.Names)
		line("", "from %s to %s", s.FirstSeen, s.LastSeen)
	}
	if s.History != "" {
		line("before", "%s", s.History)
	}
	if s.Windows != "" {
		line("Windows", "%s", s.Windows)
	}
	for _, c := range s.Context {
		for i, v := range c.Values {
			label := c.Kind
			if i > 0 {
				label = ""
			}
			line(label, "%s: %s", counted(v.Count, "time"), v.Value)
		}
		if !c.Whole {
			line("", "and others")
		}
	}
	return t
}

// nearestTable is the names that it is most similar to.
func nearestTable(s masquerade.Story) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "NEAREST", Least: 12, Fit: terminal.Wrap}, {Title: "SEEN", Right: true}, {Title: "PERCENT RANK", Rank: 1}, {Title: "EDITS", Right: true}, {Title: "SIMILARITY"}, {Title: "IS", Least: 9, Fit: terminal.Wrap},
	}}
	for _, n := range s.Nearest {
		t.Row(terminal.Text(n.Name), terminal.Text(fmt.Sprint(n.Count)), terminal.Text(fmt.Sprintf("%.3f", n.Percent)), terminal.Text(fmt.Sprint(n.Distance)), terminal.Text(fmt.Sprintf("%.3f", n.Score)), terminal.Text(kindOf(n)))
	}
	return t
}

// rulesOf is what speaks for and against it, and what that comes to.
func rulesOf(s masquerade.Story) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "RULE"}, {Title: "POINTS", Right: true}, {Title: "WHY", Least: 12, Fit: terminal.Wrap}}}
	for _, r := range s.Rules {
		points := "-"
		if r.Fired {
			points = "yes"
			if s.Severity != "" {
				points = fmt.Sprintf("%+d", r.Points)
			}
		}
		t.Row(terminal.Text(r.Name), terminal.Text(points), terminal.Text(r.Why))
	}
	for _, m := range s.Modifiers {
		t.Row(terminal.Text(m.Name), terminal.Text(fmt.Sprintf("%+d", m.Points)), terminal.Text(m.Reason))
	}
	if slices.ContainsFunc(s.Rules, func(r masquerade.Rule) bool { return r.Fired }) && s.Severity != "" {
		t.Row(terminal.Text("score"), terminal.Text(fmt.Sprint(s.Score)), terminal.Text(s.Severity+": the strongest rule's points and all that is added to them, from 0 to 100"))
	}
	return t
}

func kindOf(n masquerade.Neighbour) string {
	var kinds []string
	if n.Frequent {
		kinds = append(kinds, "frequent")
	}
	if n.Windows {
		kinds = append(kinds, "Windows")
	}
	if len(kinds) == 0 {
		return "-"
	}
	return strings.Join(kinds, ", ")
}
