package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/masquerade"
)

// dayDone logs a day of a backfill: all that there is for machines, the gist for
// people, who see the rest at the end.
func (a *app) dayDone() {
	r := a.summary
	if r == nil || r.Command != "backfill" || len(r.Days) == 0 {
		return
	}
	d := r.Days[len(r.Days)-1]
	if r.json {
		a.log.Info("day done", d.attributes()...)
		return
	}
	a.log.Info("day done", "day", d.Date, "events", d.Events, "findings", d.Findings.Total, "suppressed", d.Suppressed)
}

// attributes are those of a day in a JSON log, under the names of the summary.
func (d DaySummary) attributes() []any {
	attributes := append([]any{"day", d.Date, "partial", d.Partial, "workspaces", len(d.Workspaces)}, d.Amounts.attributes()...)
	attributes = append(attributes, "names", d.Names, "history_days", d.History, "deliveries", d.Deliveries, "phase_seconds", d.PhaseSeconds)
	if d.SelfTest != nil {
		attributes = append(attributes, "self_test", d.SelfTest)
	}
	if d.Empty != nil {
		attributes = append(attributes, "empty", d.Empty)
	}
	if len(d.Hunts) > 0 {
		attributes = append(attributes, "hunts", d.Hunts)
	}
	return attributes
}

func (a Amounts) attributes() []any {
	return []any{"blobs", a.Blobs, "bytes", a.Bytes, "read_bytes", a.ReadBytes, "hours", a.Hours, "missing_hours", a.MissingHours, "unreadable_blobs", a.UnreadableBlobs,
		"shards", a.Shards, "reused", a.Reused, "lines", a.Lines, "events", a.Events, "other_events", a.OtherEvents, "outside_window", a.OutsideWindow,
		"malformed_lines", a.MalformedLines, "malformed", a.Malformed, "findings", a.Findings, "suppressed", a.Suppressed}
}

// attributes are those of a run in a JSON log: of the day, if it was one, else of
// all days together.
func (s *Summary) attributes() []any {
	attributes := []any{"command", s.Command, "exit_code", s.ExitCode, "exit_meaning", s.ExitMeaning, "scope", s.Scope, "profile", s.Profile, "dry_run", s.DryRun}
	if s.Window != nil {
		attributes = append(attributes, "from", s.Window.From, "to", s.Window.To)
	}
	if len(s.Days) == 1 {
		attributes = append(attributes, s.Days[0].attributes()...)
	} else {
		t := s.Totals
		attributes = append(append(attributes, "days", t.Days, "partial_days", t.PartialDays, "failed_days", t.FailedDays), t.Amounts.attributes()...)
		attributes = append(attributes, "deliveries", t.Deliveries)
		if hunts := s.hunts(); len(hunts) > 0 {
			attributes = append(attributes, "hunts", hunts)
		}
	}
	return append(attributes, "earlier", s.Earlier, "duration_seconds", s.DurationSeconds, "read_bytes_per_second", s.ReadBytesPerSecond, "peak_memory_bytes", s.PeakMemoryBytes)
}

// close ends the summary of a run and shows it. It returns the exit code, which is
// another if the summary cannot be written.
func (a *app) close(ctx context.Context, code int, err error) int {
	r := a.summary
	if r == nil {
		return code
	}
	r.finish(code, err)
	if err := r.write(); err != nil {
		a.log.Error(err.Error())
		r.ExitCode = worst(code, exitFailed)
		r.ExitMeaning = meaningOf(r.ExitCode)
	} else if r.file != "" {
		a.log.Info("the summary is in", "file", path.Base(r.fileName()))
	}
	a.recordRun(ctx, r)
	switch {
	case r.quiet:
	case r.json:
		a.log.Info("done", r.attributes()...)
	case r.ExitCode != exitUsage: // who mistyped something wants to know that alone
		writeSummary(a.display, &r.Summary, r.first == "" || r.first == masquerade.Name)
	}
	return r.ExitCode
}

// summarise begins the summary of a command that hunts. Asking another one for it,
// or for what hangs on it, is a mistake.
func (a *app) summarise(cmd *cobra.Command, v *values) error {
	if slices.Contains([]string{"run", "backfill", "merge"}, cmd.Name()) {
		if err := oneFileEach(v); err != nil {
			return err
		}
		a.summary = newRecorder(v, cmd.Name(), logsJSON(isTerminal(a.stderr), v.text("log.format")))
		return nil
	}
	for _, key := range []string{"output.summary", "output.fail-on"} {
		if strings.HasPrefix(v.origin[key], "flag ") && cmd.Name() != "worker" { // which is given the flags of a run
			return usageError{fmt.Errorf("%s: %s hunts through no day; run, backfill and merge do", strings.TrimPrefix(v.origin[key], "flag "), cmd.CommandPath())}
		}
	}
	return nil
}
