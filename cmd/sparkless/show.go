package main

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"sparkless/cmd/sparkless/progress"
	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/report"
	"sparkless/storage/event"
)

// show prints the findings of a day to stdout, and warns of what a reader should
// worry about. The rest is for the summary.
func (a *app) show(ctx context.Context, h *hunt, r *job.Result[*masquerade.Counts]) error {
	a.logDay(&r.Outcome)
	a.logEmpty(h.whyEmpty(r, nil), r)
	a.count(ctx, r)
	findings, err := findingsOf(r.Records)
	if err != nil {
		return err
	}
	if err := a.print(ctx, h, r.Records, findings); err != nil {
		return err
	}
	if err := a.showSuppressed(ctx, h); err != nil {
		return err
	}
	if err := a.selfTest(ctx, h, r); err != nil {
		return err
	}
	unwritten := slices.ContainsFunc(r.Deliveries, func(d publish.Delivery) bool { return isFile(d.Sink) && d.Left > 0 })
	if files := h.files(r.Window); len(files) > 0 && !unwritten && !h.DryRun {
		a.log.Info("findings are in", "files", strings.Join(files, " "))
	}
	return a.addDay(ctx, h.pages, h, r)
}

// selfTest says how many planted impostors would be found. A day for which there
// is not enough memory to plant them has its findings all the same.
func (a *app) selfTest(ctx context.Context, h *hunt, r *job.Result[*masquerade.Counts]) error {
	h.tested = nil
	if !h.selfTest || ctx.Err() != nil {
		return nil
	}
	a.display.Show(func() progress.State { return progress.State{Phase: "self-test"} })
	defer a.display.Hide()
	t, err := h.detector.SelfTest(ctx, r.Day)
	var limit *masquerade.LimitError
	switch {
	case errors.As(err, &limit):
		a.log.Warn("no self-test: " + err.Error())
		h.tested = &report.SelfTest{Note: "not done: " + err.Error()}
		return nil
	case err != nil:
		return err
	}
	h.tested = &report.SelfTest{Caught: t.Caught, Total: t.Total, Missed: t.Missed}
	return nil
}

func (a *app) logDeliveries(text string, deliveries []publish.Delivery) {
	for _, d := range deliveries {
		a.log.Info(text, "sink", d.Sink, "day", path.Base(d.Key), "sent", d.Sent, "before", d.Already, "left", d.Left, "refused", d.Refused)
	}
}

// logDay warns of what a reader should worry about.
func (a *app) logDay(r *job.Outcome) {
	s := r.Stats
	switch {
	case s.OutsideDay == 0:
	case r.Export.Plain:
		a.log.Info("events outside of the window were left out", "events", s.OutsideDay, "first", time.Unix(0, s.Outside.First).UTC(), "last", time.Unix(0, s.Outside.Last).UTC())
	case r.Window.WholeDays():
		a.log.Warn("events of another day in this day's folders were left out", "events", s.OutsideDay)
	default:
		a.log.Info("events of the same hours, outside of the window, were left out", "events", s.OutsideDay)
	}
	if n := s.MalformedLines(); n > 0 {
		for _, sample := range s.Samples {
			a.log.Warn("malformed line", "blob", sample.Blob, "at", sample.Place(), "reason", sample.Reason, "line", sample.Text)
		}
		a.log.Warn("malformed lines were left out", "lines", n, "reasons", reasons(s))
	}
	a.logSuperseded(r)
	for _, l := range r.History.Left[:min(len(r.History.Left), 10)] {
		a.log.Warn("the profile of an earlier day is left out of the history", "history day", l.Day.Format(time.DateOnly), "reason", l.Reason, "left out", len(r.History.Left))
	}
	for _, g := range r.Missing.Gaps[:min(len(r.Missing.Gaps), 10)] {
		a.log.Warn("hours without blobs", "hours", g.When(), "workspace", g.Workspace)
	}
	if n := len(r.Export.Unknown); n > 0 {
		a.log.Warn("files that are no export blobs were left out", "files", n, "first", r.Export.Unknown[0])
	}
	if n := len(r.Export.Aside); r.Export.Plain && n > 0 {
		a.log.Info("files whose folders name other days were not read", "files", n, "first", r.Export.Aside[0].Name)
	}
}

func reasons(s event.Stats) string {
	text, _ := json.Marshal(s.Malformed)
	return string(text)
}
