package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/report"
	"sparkless/storage"
	"sparkless/storage/event"
)

// show prints the findings of a day to stdout and the rest of the result to the
// log.
func (a *app) show(ctx context.Context, h *hunt, r *job.Result[*masquerade.Counts]) error {
	a.logDay(r)
	findings, err := findingsOf(r.Records)
	if err != nil {
		return err
	}
	if h.judged {
		a.logSeverities(r.Date, findings)
	}
	if err := a.print(h, r.Records, findings); err != nil {
		return err
	}
	if err := a.showSuppressed(h); err != nil {
		return err
	}
	if err := a.selfTest(ctx, h, r); err != nil {
		return err
	}
	if h.DryRun {
		for _, d := range r.Deliveries {
			a.log.Info("dry run: nothing sent", "sink", d.Sink, "would send", d.Left, "delivered before", d.Already)
		}
	} else {
		a.logDeliveries("delivered", r.Deliveries)
	}
	unwritten := slices.ContainsFunc(r.Deliveries, func(d publish.Delivery) bool { return strings.HasPrefix(d.Sink, "file-") && d.Left > 0 })
	if files := h.files(r.Date); len(files) > 0 && !unwritten && !h.DryRun {
		a.log.Info("findings are in", "files", strings.Join(files, " "))
	}
	return h.pages.add(h, r)
}

// selfTest says how many planted impostors would be found. A day for which there
// is not enough memory to plant them has its findings all the same.
func (a *app) selfTest(ctx context.Context, h *hunt, r *job.Result[*masquerade.Counts]) error {
	h.tested = nil
	if !h.selfTest || ctx.Err() != nil {
		return nil
	}
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
	a.log.Info("self-test: "+t.String(), "missed", strings.Join(t.Missed, " "))
	h.tested = &report.SelfTest{Caught: t.Caught, Total: t.Total, Missed: t.Missed}
	return nil
}

func (a *app) logDeliveries(text string, deliveries []publish.Delivery) {
	for _, d := range deliveries {
		a.log.Info(text, "sink", d.Sink, "day", path.Base(d.Key), "sent", d.Sent, "before", d.Already, "left", d.Left, "refused", d.Refused)
	}
}

// print writes the findings to stdout: for people, or in a dry run as they would
// be published.
func (a *app) print(h *hunt, records []publish.Record, findings []masquerade.Finding) error {
	switch {
	case h.DryRun:
		return writeLines(a.stdout, records)
	case len(findings) == 0:
		return nil
	case h.judged:
		return writeJudged(a.stdout, findings)
	}
	return writePairs(a.stdout, findings)
}

// logDay logs what was read, and whatever a reader should worry about.
func (a *app) logDay(r *job.Result[*masquerade.Counts]) {
	s := r.Stats
	a.log.Info("read", "day", r.Date.Format(time.DateOnly), "workspaces", len(r.Export.Workspaces), "blobs", len(r.Export.Blobs), "bytes", r.Bytes,
		"shards", r.Shards, "read before", r.Reused, "lines", s.Lines, "events", s.Records, "other events", s.Other, "names", r.Day.Names(), "history days", len(r.History.Days), "findings", len(r.Records), "suppressed", len(r.Suppressed))
	if s.OutsideDay > 0 {
		a.log.Warn("events of another day in this day's folders were left out", "events", s.OutsideDay)
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
		a.log.Warn("hours without blobs", "hours", storage.Hours(g.Hours), "workspace", g.Workspace)
	}
	if n := len(r.Export.Unknown); n > 0 {
		a.log.Warn("files that are no export blobs were left out", "files", n, "first", r.Export.Unknown[0])
	}
	if s.Records == 0 {
		a.log.Warn("no event 4688 at all: is process creation audited and collected?", "other events", s.Other)
	}
}

func reasons(s event.Stats) string {
	text, _ := json.Marshal(s.Malformed)
	return string(text)
}

// writeLines prints records as they would be published.
func writeLines(w io.Writer, records []publish.Record) error {
	for _, r := range records {
		if _, err := fmt.Fprintf(w, "%s\n", r.Body); err != nil {
			return err
		}
	}
	return nil
}

// observe logs the phases of a day, and now and then how far reading is.
func (a *app) observe() func(job.Progress) {
	const every = 30 * time.Second
	var mu sync.Mutex
	last := a.now()
	return func(p job.Progress) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case p.Phase == job.Waiting:
			a.log.Info(string(p.Phase))
		case p.Phase != job.Reading:
			a.log.Debug(string(p.Phase))
		case p.Done == 0:
			a.log.Info("reading", "shards", p.Shards, "bytes", p.Bytes)
		case a.now().Sub(last) >= every:
			last = a.now()
			a.log.Info("reading", "shards", p.Shards, "done", p.Done, "bytes done", p.BytesDone, "bytes", p.Bytes)
		}
	}
}
