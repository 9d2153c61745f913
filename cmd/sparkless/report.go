package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/masquerade/lookalike"
	"sparkless/publish/report"
	"sparkless/publish/suppress"
	"sparkless/storage"
)

func (a *app) reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the HTML report of days that earlier runs have read",
		Long: `Report writes one HTML file, which needs no network, of a day or a range of days,
from the profiles that runs have kept. It reads no export and sends nothing. Days
without a profile are left out, and said.`,
		Example: `  sparkless report --account mystorage --day 2026-11-20 --report day.html
  sparkless report --account mystorage --from 2026-11-01 --to 2026-12-01 --report november.html`,
	}
	day := cmd.Flags().String("day", "", "the UTC day, like 2026-11-20; yesterday unless told")
	from := cmd.Flags().String("from", "", "the first UTC day of a range")
	to := cmd.Flags().String("to", "", "the day after the last")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		first, end, err := a.window(*day, *from, *to)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.report(cmd.Context(), v, first, end)
	}
	return cmd
}

// window is the day or the range that a command was asked for; yesterday if none.
func (a *app) window(day, from, to string) (first, end time.Time, err error) {
	switch {
	case day != "" && from+to != "":
		return first, end, usageError{errors.New("--day and --from/--to contradict each other: set one of them")}
	case day != "":
		first, err = parseDay("--day", day)
		return first, first.AddDate(0, 0, 1), err
	case from+to == "":
		end = midnight(a.now())
		return end.AddDate(0, 0, -1), end, nil
	}
	if first, err = parseDay("--from", from); err != nil {
		return first, end, err
	}
	if end, err = parseDay("--to", to); err == nil && !first.Before(end) {
		err = usageError{fmt.Errorf("--from %s is not before --to %s, which is the day after the last", from, to)}
	}
	return first, end, err
}

// report is the story of a report from what is kept.
func (a *app) report(ctx context.Context, v *values, first, end time.Time) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	p := newPages(v, h)
	if p.file == "" {
		p.file = "report.html"
	}
	var none error
	for date := first; date.Before(end); date = date.AddDate(0, 0, 1) {
		r, err := h.Recall(ctx, date)
		if errors.Is(err, job.ErrNoProfile) {
			a.log.Warn(err.Error(), "day", date.Format(time.DateOnly))
			none = err
			continue
		}
		if err == nil {
			err = a.selfTest(ctx, h, r)
		}
		if err == nil {
			err = p.add(h, r)
		}
		if err != nil {
			return err
		}
	}
	if len(p.data.Days) == 0 {
		return none
	}
	return a.writePages(p)
}

// pages are the report of a run, if there is to be one.
type pages struct {
	file string // "" for none
	data report.Data
}

func newPages(v *values, h *hunt) *pages {
	p := &pages{file: v.text("output.report"), data: report.Data{Version: buildVersion(), Scope: h.Scope}}
	for _, s := range settings() {
		section, _, _ := strings.Cut(s.key, ".")
		if !s.secret && slices.Contains([]string{"storage", "job", "masquerade", "suppress"}, section) {
			p.data.Settings = append(p.data.Settings, report.Setting{Name: s.key, Value: v.shown(s), Source: v.origin[s.key]})
		}
	}
	return p
}

// add adds what a day gave.
func (p *pages) add(h *hunt, r *job.Result[*masquerade.Counts]) error {
	if p.file == "" {
		return nil
	}
	s := r.Stats
	day := report.Day{
		Date: r.Date.Format(time.DateOnly), Names: r.Day.Names(), SelfTest: h.tested,
		Curve: report.NewCurve(r.Day.NameCounts(), h.params.Frequent, h.params.Rare),
		Input: report.Input{Workspaces: r.Export.Workspaces, Blobs: len(r.Export.Blobs), Bytes: r.Bytes, Shards: r.Shards, Reused: r.Reused,
			Lines: s.Lines, Events: s.Records, Other: s.Other, OutsideDay: s.OutsideDay},
		Hours: hoursOf(r),
	}
	if len(r.Missing.Gaps)+len(r.Missing.Unreadable)+len(r.Missing.Malformed) > 0 {
		day.Partial = r.Missing.String()
	}
	if s.Records == 0 {
		day.Empty = "there was no event 4688 at all: is process creation audited and collected?"
	}
	for _, record := range r.Records {
		f, err := reported(record.Body)
		if err != nil {
			return fmt.Errorf("finding %s: %w", record.ID, err)
		}
		day.Findings = append(day.Findings, f)
	}
	readOf(&day.Input, r)
	day.Suppressed = h.quiet.reported()
	for _, d := range r.Deliveries {
		day.Deliveries = append(day.Deliveries, report.Delivery{Sink: d.Sink, Sent: d.Sent, Already: d.Already, Left: d.Left, Refused: d.Refused})
	}
	p.data.Days = append(p.data.Days, day)
	return nil
}

// reported is a record with the characters marked that differ.
func reported(body []byte) (f report.Finding, err error) {
	if err := json.Unmarshal(body, &f); err != nil {
		return f, err
	}
	if suspect, normal := f.PotentiallyMaliciousProcess, f.NormalProcess; normal != "" {
		f.Marks, f.NormalMarks = lookalike.Class(suspect, normal).Marks, lookalike.Class(normal, suspect).Marks
	}
	return f, nil
}

// readOf fills in what was read and what was not.
func readOf(in *report.Input, r *job.Result[*masquerade.Counts]) {
	for _, g := range r.Missing.Gaps {
		in.Gaps = append(in.Gaps, report.Gap{Workspace: g.Workspace, Hours: g.Hours})
	}
	for _, u := range r.Missing.Unreadable {
		in.Unreadable = append(in.Unreadable, report.Unreadable{Blob: u.Blob, Reason: u.Reason})
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Stats.Malformed)) {
		in.Malformed = append(in.Malformed, report.Malformed{Reason: string(reason), Lines: r.Stats.Malformed[reason]})
	}
	for _, s := range r.Stats.Samples {
		in.Samples = append(in.Samples, report.Sample{Blob: s.Blob, Place: s.Place(), Reason: string(s.Reason), Text: s.Text})
	}
	for _, d := range r.History.Days {
		in.History = append(in.History, d.Format(time.DateOnly))
	}
	for _, l := range r.History.Left {
		in.LeftOut = append(in.LeftOut, report.LeftOut{Day: l.Day.Format(time.DateOnly), Reason: l.Reason})
	}
}

// hoursOf are the day's blobs by hour. A day that was recalled knows none.
func hoursOf(r *job.Result[*masquerade.Counts]) []report.Hour {
	if len(r.Export.Blobs) == 0 {
		return nil
	}
	hours := make([]report.Hour, 24)
	for i := range hours {
		hours[i] = report.Hour{Hour: i, Malformed: r.Missing.Malformed[i]}
	}
	for _, b := range r.Export.Blobs {
		if i, ok := storage.ExportHour(b.Name); ok {
			hours[i].Bytes += b.Size
			hours[i].Blobs++
		}
	}
	for _, g := range r.Missing.Gaps {
		for _, i := range g.Hours {
			hours[i].Missing = true
		}
	}
	return hours
}

// reported says which findings the rules kept quiet.
func (q *quiet) reported() []report.Suppression {
	if q == nil || q.outcome == nil {
		return nil
	}
	var all []report.Suppression
	at := map[int]int{} // by the rule's line
	for _, s := range q.outcome.Suppressed {
		i, ok := at[s.Rule.Line]
		if !ok {
			i = len(all)
			at[s.Rule.Line] = i
			all = append(all, report.Suppression{Rule: s.Rule.Covers(), Reason: s.Rule.Reason, Expires: s.Rule.Expires.Format(time.DateOnly)})
		}
		all[i].Names = append(all[i].Names, suspectOf(s))
	}
	return all
}

func suspectOf(s suppress.Suppressed) string {
	var f masquerade.Finding
	if json.Unmarshal(s.Body, &f) != nil {
		return s.ID
	}
	return f.PotentiallyMaliciousProcess
}

// writePages writes the report, if there is to be one: whole, or not at all.
func (a *app) writePages(p *pages) (err error) {
	if p.file == "" || len(p.data.Days) == 0 {
		return nil
	}
	p.data.Made = a.now().UTC().Format(time.RFC3339)
	f, err := os.CreateTemp(filepath.Dir(p.file), ".report-*.html")
	if err != nil {
		return fmt.Errorf("output.report: %w", withoutPath(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("output.report %s: %w", address(p.file), withoutPath(err)), os.Remove(f.Name()))
		}
	}()
	const forOthersToRead = 0o644 // as the files of findings are
	if err = errors.Join(report.Write(f, p.data), f.Chmod(forOthersToRead), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), p.file); err != nil {
		return err
	}
	a.log.Info("the report is in", "file", path.Base(p.file))
	return nil
}
