package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage/printable"
)

func (a *app) explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain NAME",
		Short: "Tell all that speaks for and against one process name on one day",
		Long: `Explain tells how often a name was seen and where it ran, what it looks like, each
rule that speaks against it or does not, what was added to its score, and why it
was reported or was not. It reads the day's profile, which a run has kept, and no
export. A name that was not seen is judged by its looks alone.`,
		Example: `  sparkless explain svch0st.exe --folder ./export --day 2026-11-20
  sparkless explain 'C:\Users\Public\lsass.exe' --account mystorage --format json`,
	}
	cmd.Args = oneName
	day := cmd.Flags().String("day", "", "the UTC day, like 2026-11-20; yesterday unless told")
	format := cmd.Flags().String("format", "text", "text or json")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		date := midnight(a.now()).AddDate(0, 0, -1)
		var err error
		if *day != "" {
			if date, err = parseDay("--day", *day); err != nil {
				return err
			}
		}
		if *format != "text" && *format != "json" {
			return usageError{fmt.Errorf("--format %q is neither text nor json", *format)}
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.explain(cmd.Context(), v, date, args[0], *format)
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
func (a *app) explain(ctx context.Context, v *values, date time.Time, name, format string) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	r, err := h.Recall(ctx, date)
	if err != nil {
		return err
	}
	s, err := h.detector.Explain(ctx, r.Date, r.Day, r.Past, name)
	if err != nil {
		return err
	}
	if s.Finding != nil && h.quiet != nil {
		if err := h.quiet.tell(&s); err != nil {
			return err
		}
	}
	if format == "json" {
		return writeJSON(a.stdout, s)
	}
	return writeStory(a.stdout, s)
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

// storyWriter writes lines whose cells are in columns, and texts of others in a form
// that does no harm.
type storyWriter struct{ *tabwriter.Writer }

func (w storyWriter) line(format string, args ...any) {
	for i := range args {
		if text, ok := args[i].(string); ok {
			args[i] = printable.Whole(text)
		}
	}
	fmt.Fprintf(w, format+"\n", args...)
}

// gap ends a table: what follows has columns of its own.
func (w storyWriter) gap() {
	_ = w.Flush() // an error comes again with the last Flush
	fmt.Fprintln(w)
}

// writeStory prints a story for people. It leaves nothing out: whoever asks for one
// name wants all of it.
func writeStory(out io.Writer, s masquerade.Story) error {
	w := storyWriter{tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)}
	w.line("%s on %s: %s", s.Name, s.Day, s.Verdict)
	w.gap()
	w.facts(s)
	w.gap()
	w.line("NEAREST\tSEEN\tPERCENT RANK\tEDITS\tSIMILARITY\tIS")
	for _, n := range s.Nearest {
		w.line("%s\t%d\t%.3f\t%d\t%.3f\t%s", n.Name, n.Count, n.Percent, n.Distance, n.Score, kindOf(n))
	}
	w.gap()
	w.rules(s)
	return w.Flush()
}

// facts is what is known of the name.
func (w storyWriter) facts(s masquerade.Story) {
	if s.Count == 0 {
		w.line("seen\tnever among %d names of %s hosts", s.Names, s.EstateHosts)
	} else {
		w.line("seen\t%s on %s of %s hosts; %s, percent rank %.3f among %d names", counted(s.Count, "time"), s.Hosts, s.EstateHosts, s.Group, s.PercentRank, s.Names)
		w.line("\tfrom %s to %s", s.FirstSeen, s.LastSeen)
	}
	if s.History != "" {
		w.line("before\t%s", s.History)
	}
	if s.Windows != "" {
		w.line("Windows\t%s", s.Windows)
	}
	for _, c := range s.Context {
		for i, v := range c.Values {
			label := c.Kind
			if i > 0 {
				label = ""
			}
			w.line("%s\t%s: %s", label, counted(v.Count, "time"), v.Value)
		}
		if !c.Whole {
			w.line("\tand others")
		}
	}
}

// rules is what speaks for and against it, and what that comes to.
func (w storyWriter) rules(s masquerade.Story) {
	w.line("RULE\tPOINTS\tWHY")
	for _, r := range s.Rules {
		points := "-"
		if r.Fired {
			points = "yes"
			if s.Severity != "" {
				points = fmt.Sprintf("%+d", r.Points)
			}
		}
		w.line("%s\t%s\t%s", r.Name, points, r.Why)
	}
	for _, m := range s.Modifiers {
		w.line("%s\t%+d\t%s", m.Name, m.Points, m.Reason)
	}
	if slices.ContainsFunc(s.Rules, func(r masquerade.Rule) bool { return r.Fired }) && s.Severity != "" {
		w.line("score\t%d\t%s: the strongest rule's points and all that is added to them, from 0 to 100", s.Score, s.Severity)
	}
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
