package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// List lists what there is of a window.
func (h *Hunt[S]) List(ctx context.Context, w event.Window) (storage.Export, error) {
	if h.Layout == storage.LayoutPlain && h.AllFiles {
		w = anyTime()
	}
	if h.Layout == storage.LayoutPlain {
		return storage.ListPlain(ctx, h.Input, w.From, w.To)
	}
	return storage.List(ctx, h.Input, h.Workspace, w.From, w.To)
}

// anyTime is a window that no file is outside of.
func anyTime() event.Window { return event.Window{From: time.Unix(0, 0), To: time.Unix(1<<33, 0)} }

// noFiles says what there is in place of plain files.
func noFiles[S State[S]](r *Result[S]) error {
	e := r.Export
	if first, last, ok := storage.Dates(e.Aside); ok {
		return fmt.Errorf("%w of %s: by the names of their folders the files are of the days from %s to %s",
			ErrNoBlobs, r.Window, first.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	if n := len(e.Unknown); n > 0 {
		return fmt.Errorf("%w: none of the %d files is .json, .jsonl, .ndjson, .gz, .zst or .parquet; the first is %q", ErrNoBlobs, n, e.Unknown[0])
	}
	return fmt.Errorf("%w: there is no file", ErrNoBlobs)
}

// ErrNoEvents means that plain files hold no event that the detector reads.
var ErrNoEvents = errors.New("no events")

// Span reads all plain files, and returns the times of the first and the last event
// that the detector reads. It keeps nothing. Without any such event it fails with
// ErrNoEvents, without any file with ErrNoBlobs.
func (h *Hunt[S]) Span(ctx context.Context) (first, last time.Time, err error) {
	defer h.report(Progress{Phase: Over})
	r := resultOf[S](anyTime())
	if r.Export, err = h.List(ctx, r.Window); err != nil {
		return first, last, err
	}
	if len(r.Export.Blobs) == 0 {
		return first, last, noFiles(r)
	}
	spec := h.spec()
	spec.Columns = spec.Needs // and times
	none := event.Window{From: time.Unix(0, 0), To: time.Unix(0, 0)}
	plan := NewPlan(h.Source, spec, none, r.Export.Blobs, shardSizeFor(r.Export.Blobs))
	lanes := h.Lanes
	if lanes == nil {
		lanes = event.NewLanes(1, 1)
	}
	h.meter = newMeter(plan, len(r.Export.Blobs), nil, h.report)
	stats := make([]event.Stats, len(plan.Shards))
	err = h.Engine.Run(ctx, len(plan.Shards), func(ctx context.Context, shard int) error {
		reading := lanes.Read(h.Input, spec.Query, none, plan.Shards[shard].Parts)
		defer h.meter.watch(shard, reading)()
		err := Local(reading.Lanes()).Run(ctx, reading.Lanes(), func(ctx context.Context, _ int) error {
			return reading.Lane(ctx, func(*event.Record) {})
		})
		if len(reading.Unreadable()) > 0 && errors.As(err, new(*event.UnreadableError)) {
			err = nil // the run names it
		}
		stats[shard] = reading.Stats()
		h.meter.done(shard, false)
		return err
	})
	if err != nil {
		return first, last, err
	}
	var all event.Stats
	for _, s := range stats {
		all.Merge(s)
	}
	if all.OutsideDay == 0 {
		return first, last, fmt.Errorf("%w in %d files: of %d lines %d are other events and %d malformed", ErrNoEvents, len(r.Export.Blobs), all.Lines, all.Other, all.MalformedLines())
	}
	return time.Unix(0, all.Outside.First).UTC(), time.Unix(0, all.Outside.Last).UTC(), nil
}
