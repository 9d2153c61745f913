package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/storage"
	"sparkless/storage/event"
)

// layoutOf reads how the input is said to be laid out.
func layoutOf(v *values) (storage.Layout, error) {
	name := v.text("storage.layout")
	if !slices.Contains(storage.Layouts(), name) {
		return "", fmt.Errorf("storage.layout (%s): %s is not auto, export or plain", v.origin["storage.layout"], address(name))
	}
	if want := v.text("storage.workspace"); storage.Layout(name) == storage.LayoutPlain && want != "" {
		return "", fmt.Errorf("storage.layout (%s) is plain, and plain files have no storage.workspace (%s): leave one out", v.origin["storage.layout"], v.origin["storage.workspace"])
	}
	return storage.Layout(name), nil
}

// findLayout settles how the input is laid out, and says so where nobody has told. A
// container is one of an export unless told: a name that is mistyped must not have all
// of another container read.
func (a *app) findLayout(ctx context.Context, v *values, h *hunt) (err error) {
	if h.bar, err = a.tryExport(ctx, v, firstExport(v), &h.Config, h.Input); err != nil {
		return err
	}
	for _, p := range h.pursuits {
		if err := p.follow(ctx, h); err != nil {
			return err
		}
	}
	return h.stuck()
}

// layOut does so for one container.
func (a *app) layOut(ctx context.Context, v *values, h *job.Config, input storage.Reader) error {
	if h.Layout != storage.LayoutAuto {
		return nil
	}
	if h.Layout = storage.LayoutExport; !mayBePlain(v) {
		return nil
	}
	found, beside, err := storage.FindLayout(ctx, input)
	if err != nil {
		return err
	}
	h.Layout = found
	if found == storage.LayoutPlain {
		a.log.Info("no folders of an export were found, so every file is read by the times of its events; which hours are missing cannot be told", "storage.layout", "plain", "source", address(h.Source))
	}
	if len(beside) > 0 {
		a.log.Warn("beside the export there are folders that are none of it, and are not read", "folders", len(beside), "first", beside[0])
	}
	return nil
}

// mayBePlain reports whether the layout is looked for where nobody has told it.
func mayBePlain(v *values) bool {
	return v.text("storage.folder") != "" && v.text("storage.workspace") == ""
}

// longestAll is how much is analysed at a time of plain files.
const longestAll = 366 * 24 * time.Hour

// runAll is the story of all that plain files hold: the whole days from the first
// event to the last, as one window.
func (a *app) runAll(ctx context.Context, v *values) error {
	h, err := a.newPrintingHunt(ctx, v)
	if err != nil {
		return err
	}
	if !h.plain() {
		return usageError{errors.New("--all is for plain files, and this is read as an export (storage.layout): --from and --to, or --day, say which part of it; `sparkless backfill` hunts through each day of a range")}
	}
	h.AllFiles = true
	for _, p := range h.pursuits {
		if err := p.follow(ctx, h); err != nil {
			return err
		}
	}
	first, last, err := h.span(ctx)
	if err != nil {
		return withFields(ctx, v, h, event.Window{From: time.Unix(0, 0), To: time.Unix(1<<33, 0)}, err)
	}
	w := event.Window{From: event.Day(first).From, To: event.Day(last).To}
	a.log.Info("the events of all files", "first", first, "last", last)
	if w.To.Sub(w.From) > longestAll {
		return usageError{fmt.Errorf("the events are from %s to %s, too long for one analysis: --from and --to choose a part", first.Format(time.RFC3339), last.Format(time.RFC3339))}
	}
	return a.huntWindow(ctx, v, h, told{w, "--all"})
}

// span is from the first event to the last that any of the hunts reads. It fails only if
// there is none.
func (h *hunt) span(ctx context.Context) (first, last time.Time, err error) {
	var spans []func(context.Context) (time.Time, time.Time, error)
	if h.masquerades && h.bar == nil {
		spans = append(spans, h.Span)
	}
	for _, p := range h.pursuits {
		if p.barred() == nil {
			spans = append(spans, p.span)
		}
	}
	var none error
	for _, span := range spans {
		from, to, err := span(ctx)
		switch {
		case errors.Is(err, job.ErrNoEvents) || errors.Is(err, job.ErrNoBlobs):
			none = cmp.Or(none, err)
			continue
		case err != nil:
			return first, last, err
		case first.IsZero():
			first, last = from, to
		}
		if from.Before(first) {
			first = from
		}
		if to.After(last) {
			last = to
		}
	}
	if first.IsZero() {
		return first, last, none
	}
	return first, last, nil
}

// withFields adds to an error what the files hold in place of the events.
func withFields(ctx context.Context, v *values, h *hunt, w event.Window, err error) error {
	if !errors.Is(err, job.ErrNoEvents) && !errors.Is(err, job.ErrMalformed) {
		return err
	}
	e, failed := h.List(ctx, w)
	if text := lookAt(ctx, v, h.Input, e.Blobs); failed == nil && text != "" {
		return fmt.Errorf("%w; %s", err, text)
	}
	return err
}

// look notes what a result without events may lack.
func (h *hunt) look(ctx context.Context, v *values, r *job.Result[*masquerade.Counts]) {
	h.looks = ""
	if r != nil && r.Stats.Records == 0 && r.Stats.OutsideDay == 0 && r.Stats.Lines > 0 {
		h.looks = lookAt(ctx, v, h.Input, r.Export.Blobs)
	}
}

// elsewhen says of which time the events are that are not of the window.
func elsewhen(stats event.Stats) string {
	s := stats.Outside
	if s == (event.Span{}) {
		return "is the window in UTC?"
	}
	first, last := time.Unix(0, s.First).UTC(), time.Unix(0, s.Last).UTC()
	text := fmt.Sprintf("the files have events from %s to %s: --all takes all of them", first.Format(time.RFC3339), last.Format(time.RFC3339))
	if event.Day(first) == event.Day(last) {
		return text + ", --day " + first.Format(time.DateOnly) + " that day"
	}
	return text + ", --day or --from and --to a part"
}
