package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"sparkless/job"
	"sparkless/publish/health"
	"sparkless/storage/event"
)

// dayFacts are what the records of a run say of a day beyond its summary.
type dayFacts struct {
	label  string // of the window
	result bool   // there is one
	listed bool   // what the container holds of the day is known
	hours  int    // with blobs, of the hours that the window touches, once for each workspace
	lacks  int    // the other hours
	short  bool   // one of the hunts beside the first has read less than all, or nothing
}

// factsOf are the facts of a day that has a result, or failed with err. The hours of
// a day without any blob are all missing, of one workspace.
func factsOf(w event.Window, r *job.Outcome, err error) dayFacts {
	first := w.From.UTC().Truncate(time.Hour)
	switch {
	case r == nil && errors.Is(err, job.ErrNoBlobs):
		return dayFacts{label: w.Label(), listed: true, lacks: int((w.To.Sub(first) + time.Hour - 1) / time.Hour)}
	case r == nil:
		return dayFacts{label: w.Label()}
	}
	f := dayFacts{label: w.Label(), result: true, listed: true}
	for _, g := range r.Missing.Gaps {
		f.lacks += len(g.Hours)
	}
	if r.Listed == nil {
		return f
	}
	for _, c := range r.Listed.Coverage {
		for _, h := range c.Hours {
			if !h.Start.Before(first) && h.Start.Before(w.To) {
				f.hours++
			}
		}
	}
	return f
}

// runs are the records of the run: one for each day that came to an end, or one of
// the run itself. Those that somebody else sends are not among them.
func (r *recorder) runs(id, host string) []health.Run {
	base := health.Run{
		TimeStamp: r.Finished, RunId: id, Command: r.Command, Host: host, Version: r.Version, Profile: r.Profile, Scope: r.Scope,
		Started: r.Started, DurationSeconds: r.DurationSeconds, ExitCode: r.ExitCode, ExitMeaning: r.ExitMeaning,
		PeakMemoryBytes: known(r.PeakMemoryBytes > 0, r.PeakMemoryBytes),
	}
	if !r.own(r.first) {
		return nil
	}
	if len(r.Days) == 0 {
		base.Error = strings.Join(r.Errors, "\n")
		if r.Window != nil {
			base.WindowStart, base.WindowEnd = r.Window.From, r.Window.To
		}
		return []health.Run{base}
	}
	var all []health.Run
	for i, d := range r.Days {
		if r.others[r.first][r.facts[i].label] {
			continue
		}
		one := base
		one.Error = d.wrong()
		if len(r.Days) == 1 {
			one.Error = strings.Join(r.Errors, "\n")
		}
		d.describe(&one, r.facts[i])
		all = append(all, one)
	}
	return all
}

// wrong is what went wrong on the day with any of the hunts, each error once.
func (d *DaySummary) wrong() string {
	all := []string{d.Error}
	for _, h := range d.Hunts {
		if !slices.Contains(all, h.Error) {
			all = append(all, h.Error)
		}
	}
	return strings.TrimSpace(strings.Join(all, "\n"))
}

// describe fills in what is known of the day. It is partial if it is so for one of the
// hunts: a hunt whose container is gone must not go unnoticed among those that are well.
func (d *DaySummary) describe(r *health.Run, f dayFacts) {
	r.DataDay, r.WindowStart, r.WindowEnd = d.From, d.From, d.To
	r.Partial = d.Partial || f.result && f.short
	if d.Empty != nil {
		r.Empty = d.Empty.Cause
	}
	r.BlobsListed = known(f.listed, int64(d.Blobs))
	r.HoursExpected, r.HoursRead, r.HoursMissing = known(f.listed, f.hours+f.lacks), known(f.listed, f.hours), known(f.listed, f.lacks)
	for _, m := range d.Missing {
		day := m.Day
		if day == "" {
			day = d.Date
		}
		r.MissingHours = append(r.MissingHours, health.MissingHours{Workspace: m.Workspace, Day: day, Hours: m.Hours})
	}
	if f.result {
		d.describeResult(r)
	}
}

// describeResult fills in what a result says.
func (d *DaySummary) describeResult(r *health.Run) {
	r.Workspaces = slices.Clone(d.Workspaces)
	r.BlobsUnreadable, r.BytesListed, r.BytesRead = known(true, int64(d.UnreadableBlobs)), &d.Bytes, &d.ReadBytes
	r.Lines, r.Events, r.OtherEvents, r.OutsideWindow, r.MalformedLines = &d.Lines, &d.Events, &d.OtherEvents, &d.OutsideWindow, &d.MalformedLines
	r.Names, r.HistoryDays = known(true, int64(d.Names)), &d.History
	r.Findings, r.Suppressed = &d.Findings.Total, &d.Suppressed
	if s := d.Findings.BySeverity; s != nil {
		r.FindingsHigh, r.FindingsMedium, r.FindingsLow, r.FindingsInformational = &s.High, &s.Medium, &s.Low, &s.Informational
	}
	if t := d.SelfTest; t != nil {
		r.SelfTestCaught, r.SelfTestTotal = &t.Caught, &t.Total
	}
	var sum DeliverySummary
	for _, one := range d.Deliveries {
		if !isFile(one.Sink) {
			sum.Sent, sum.Before, sum.Left, sum.Refused = sum.Sent+one.Sent, sum.Before+one.Before, sum.Left+one.Left, sum.Refused+one.Refused
		}
	}
	r.Delivered, r.DeliveredBefore = known(true, int64(sum.Sent)), known(true, int64(sum.Before))
	r.NotDelivered, r.Refused = known(true, int64(sum.Left)), known(true, int64(sum.Refused))
}

// known is a value that a record has, or leaves out.
func known[T any](is bool, value T) *T {
	if !is {
		return nil
	}
	return &value
}
