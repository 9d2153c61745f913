package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/masquerade/lookalike"
	"sparkless/publish"
	"sparkless/publish/report"
	"sparkless/publish/suppress"
	"sparkless/storage/event"
)

func (a *app) reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the HTML report of days that earlier runs have read",
		Long: `Report writes one HTML file, which needs no network, of a day or a range of days,
from the profiles that runs have kept. It reads no export and sends nothing. Days
without a profile are left out, and said. A window that was run as one analysis is
asked for by its --from and --to.`,
		Example: `  sparkless report --account mystorage --day 2026-11-20 --report day.html
  sparkless report --account mystorage --from 2026-11-01 --to 2026-12-01 --report november.html`,
	}
	f := addWindowFlags(cmd)
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.report(cmd.Context(), v, w)
	}
	return cmd
}

// report is the story of a report from what is kept: of days, or of a window that was
// run as one.
func (a *app) report(ctx context.Context, v *values, w event.Window) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	p := newPages(v, h)
	if p.file == "" {
		p.file = "report.html"
	}
	windows := []event.Window{w}
	if w.WholeDays() {
		windows = w.Days()
	}
	p.share(len(windows))
	none, err := a.recall(ctx, h, p, windows)
	if err == nil && p.empty() && len(windows) > 1 {
		if _, err = a.recall(ctx, h, p, []event.Window{w}); err == nil && !p.empty() {
			none = nil
		}
	}
	if err != nil {
		return err
	}
	if p.empty() {
		return none[len(none)-1]
	}
	for _, err := range none {
		a.log.Warn(err.Error())
	}
	return a.writePages(p)
}

// recall adds what is kept of each window, and returns those errors that say that
// nothing is.
func (a *app) recall(ctx context.Context, h *hunt, p *pages, windows []event.Window) (none []error, err error) {
	for _, w := range windows {
		err := a.recallNames(ctx, h, p, w)
		for _, other := range h.pursuits {
			if err == nil || errors.Is(err, job.ErrNoProfile) {
				err = join(err, a.recallAnomalies(ctx, p, other, w))
			}
		}
		for _, one := range steps(err) {
			if one != nil && !errors.Is(one, job.ErrNoProfile) {
				return none, err
			}
		}
		if err != nil {
			none = append(none, err)
		}
	}
	return none, nil
}

func (a *app) recallNames(ctx context.Context, h *hunt, p *pages, w event.Window) error {
	if !h.masquerades {
		return nil
	}
	r, err := h.Recall(ctx, w)
	if err == nil {
		err = a.selfTest(ctx, h, r)
	}
	if err == nil {
		err = a.addDay(ctx, p, h, r)
	}
	return err
}

func (a *app) recallAnomalies(ctx context.Context, p *pages, of pursuit, w event.Window) error {
	r, err := of.recall(ctx, w)
	if err == nil {
		err = p.addAnomalies(of, r)
	}
	if err != nil {
		return inHunt(of.name(), err)
	}
	return nil
}

// pages are the report of a run, if there is to be one.
type pages struct {
	file    string // "" for none
	stories int    // that are told of a day
	data    report.Data
	failed  []report.Failed // of one hunt each
}

func newPages(v *values, h *hunt) *pages {
	p := &pages{file: v.text("output.report"), stories: mostStories, data: report.Data{Version: buildVersion(), Scope: h.Scope, Name: masquerade.Name, Title: "Masquerading"}}
	for _, s := range settings() {
		section, _, _ := strings.Cut(s.key, ".")
		if !s.secret && slices.Contains([]string{"storage", "job", "hunts", "process", "network", "masquerade", "suppress"}, section) {
			p.data.Settings = append(p.data.Settings, report.Setting{Name: s.key, Value: v.shown(s), Source: v.origin[s.key]})
		}
	}
	return p
}

// add adds what a day gave, and the stories of its strongest findings.
func (p *pages) add(h *hunt, r *job.Result[*masquerade.Counts], told map[string]*report.Story) error {
	day := report.Day{
		Date: r.Date.Format(time.DateOnly), Names: r.Day.Names(), SelfTest: h.tested, Told: len(told),
		Curve: report.NewCurve(r.Day.NameCounts(), h.params.Frequent, h.params.Rare),
		Input: inputOf(&r.Outcome), Hours: hoursOf(&r.Outcome), Deliveries: reportedDeliveries(r.Deliveries),
	}
	if !r.Missing.Nothing() {
		day.Partial = r.Missing.String()
	}
	if !r.Window.IsDay() {
		day.From, day.To = r.Window.From.Format(time.RFC3339), r.Window.To.Format(time.RFC3339)
	}
	if e := h.whyEmpty(r, nil); e != nil {
		day.Empty = e.String()
	}
	for _, record := range r.Records {
		f, err := reported(record.Body)
		if err != nil {
			return fmt.Errorf("finding %s: %w", record.ID, err)
		}
		f.Story = told[f.PotentiallyMaliciousProcess]
		day.Findings = append(day.Findings, f)
	}
	day.Suppressed = h.quiet.reported()
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

// reportedDeliveries are what destinations have.
func reportedDeliveries(all []publish.Delivery) (out []report.Delivery) {
	for _, d := range all {
		out = append(out, report.Delivery{Sink: d.Sink, Sent: d.Sent, Already: d.Already, Left: d.Left, Refused: d.Refused})
	}
	return out
}

// inputOf is what was read and what was not.
func inputOf(r *job.Outcome) report.Input {
	s := r.Stats
	in := report.Input{Lines: s.Lines, Events: s.Records, Other: s.Other, OutsideDay: s.OutsideDay, Unlisted: r.Listed == nil}
	if l := r.Listed; l != nil {
		in.Workspaces, in.Blobs, in.Bytes, in.Shards, in.Reused = l.Workspaces, l.Blobs, l.Bytes, l.Shards, r.Reused
	}
	for _, g := range r.Missing.Gaps {
		gap := report.Gap{Workspace: g.Workspace, Hours: g.Hours}
		if !g.Day.IsZero() {
			gap.Workspace += ", " + g.Day.Format(time.DateOnly)
		}
		in.Gaps = append(in.Gaps, gap)
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
	return in
}

// hoursOf are the events and blobs by hour, as far as they are known, of the hours that
// the window touches. The hours of several days are not told apart.
func hoursOf(r *job.Outcome) []report.Hour {
	events := r.Stats.Hours
	if events.Sum() != r.Stats.Records { // counted by a version that did not tell hours
		events = event.Hours{}
	}
	if r.Listed == nil && events.Sum() == 0 || len(r.Window.Days()) > 1 {
		return nil
	}
	hours := make([]report.Hour, 24)
	for i := range hours {
		hours[i] = report.Hour{Hour: i, Events: events[i], Malformed: r.Missing.Malformed[i]}
	}
	if r.Listed != nil {
		for _, c := range r.Listed.Coverage {
			for _, h := range c.Hours {
				of := &hours[h.Start.Hour()]
				of.Bytes, of.Blobs = of.Bytes+h.Bytes, of.Blobs+h.Blobs
			}
		}
	}
	for _, g := range r.Missing.Gaps {
		for _, i := range g.Hours {
			hours[i].Missing = true
		}
	}
	first, last := r.Window.From.Hour(), 24
	if r.Window.To.Before(event.Day(r.Date).To) {
		last = int((r.Window.To.Sub(r.Date) + time.Hour - 1) / time.Hour)
	}
	return hours[first:last]
}

// reported says which findings the rules kept quiet.
func (q *quiet) reported() []report.Suppression {
	if q == nil || q.sieve == nil {
		return nil
	}
	return reportedBy(q.sieve.Outcome(), suspectOf)
}

// reportedBy says which findings each rule kept quiet, each by its name.
func reportedBy(o *suppress.Outcome, name func(suppress.Suppressed) string) []report.Suppression {
	if o == nil {
		return nil
	}
	var all []report.Suppression
	at := map[int]int{} // by the rule's line
	for _, s := range o.Suppressed {
		i, ok := at[s.Rule.Line]
		if !ok {
			i = len(all)
			at[s.Rule.Line] = i
			all = append(all, report.Suppression{Rule: s.Rule.Covers(), Reason: s.Rule.Reason, Expires: s.Rule.Expires.Format(time.DateOnly)})
		}
		all[i].Names = append(all[i].Names, name(s))
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
func (a *app) writePages(p *pages) error {
	if p.file == "" || p.empty() {
		return nil
	}
	p.data.Failed = joined(p.failed)
	p.data.Made = a.now().UTC().Format(time.RFC3339)
	var html bytes.Buffer
	err := report.Write(&html, p.data)
	if err == nil {
		err = replaceFile(p.file, html.Bytes())
	}
	if err != nil {
		return fmt.Errorf("output.report %s: %w", address(p.file), withoutPath(err))
	}
	a.log.Info("the report is in", "file", p.file)
	return nil
}
