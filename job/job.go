// Package job takes a day of export blobs to published findings: it plans,
// folds, merges, finishes and delivers, and goes on where an earlier run
// stopped.
//
// All that passes from one step to the next is a file in the work store:
//
//	partials/<scope>/<detector>/<day>/<shard key>.parquet     one shard's state
//	profiles/<scope>/<detector>/day=<day>/profile.parquet     the day's state
//	quarantine/<scope>/<detector>/<day>/<shard key>.jsonl     lines of it that could not be used
//	outbox/<scope>/<detector>/<day>.jsonl                     what is to be sent
//	receipts/<sink>/<scope>/<detector>/<day>/<batch>.jsonl    what was sent
//	locks/<scope>/<detector>/<day>                            who is at work on it
package job

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
)

// Hunt is one detector over one container, and all it needs.
type Hunt[S State[S]] struct {
	Detector Detector[S]
	Input    storage.Reader
	Work     storage.Store
	Engine   Engine
	// Lanes bounds the requests of all folds together. Without it each fold reads
	// one blob after the other.
	Lanes *event.Lanes
	// Sinks returns the destinations for one day.
	Sinks func(date time.Time) ([]publish.Sink, error)
	// Suppress, if set, is given the findings of a day once, after they are made and
	// before any is kept or sent. It returns those to publish and those to keep
	// quiet, each of them in one of the two and in the order it was given.
	Suppress func(records []publish.Record) (kept, suppressed []publish.Record, err error)
	Config
	// Now replaces the clock, which decides which hours of today are over. Optional.
	Now func() time.Time
	// Observe, if set, is told how far a day is. Calls do not overlap.
	Observe func(Progress)

	budget *budget // of the plan that is carried out
}

// Result is what a day gave.
type Result[S State[S]] struct {
	Date       time.Time
	Export     storage.Export
	Shards     int
	Reused     int   // shards that an earlier run had read
	Bytes      int64 // of the day's blobs, as stored
	Stats      event.Stats
	Missing    Missing
	Day        S
	Past       S // what Finish got as history
	History    History
	Records    []publish.Record
	Suppressed []publish.Record // findings that are neither kept nor sent
	Deliveries []publish.Delivery
	// Superseded are the IDs of findings that an earlier run of the day had and
	// could not deliver everywhere, and that are none any more, or are suppressed.
	Superseded []string
}

// ErrNoBlobs means that the container holds nothing of that day.
var ErrNoBlobs = errors.New("no export blobs")

// ErrMalformed means that more lines than allowed could not be read.
var ErrMalformed = errors.New("too many malformed lines")

// Day runs the hunt over one UTC day. What an earlier run has read is not read
// again and what it has delivered is not delivered again. With ErrUndelivered and
// ErrPartial, both of which an error can wrap at once, the result is complete;
// with other errors there is none. While another run works on the same day, it
// waits for Config.Wait and then fails with ErrBusy.
func (h *Hunt[S]) Day(ctx context.Context, date time.Time) (*Result[S], error) {
	return h.run(ctx, date, outage{})
}

// run is one of several days.
func (h *Hunt[S]) run(ctx context.Context, date time.Time, down outage) (r *Result[S], err error) {
	date = event.Day(date).From
	if h.DryRun {
		return h.day(ctx, date, down)
	}
	err = h.alone(ctx, h.folder(date.Format(time.DateOnly)), func(ctx context.Context) error {
		r, err = h.day(ctx, date, down)
		return err
	})
	return r, err
}

// day is run without looking for others.
func (h *Hunt[S]) day(ctx context.Context, date time.Time, down outage) (*Result[S], error) {
	r := &Result[S]{Date: date}
	if err := h.read(ctx, r); err != nil {
		return nil, err
	}
	if err := h.checkReadable(r); err != nil {
		return nil, err
	}
	partial := h.missing(r)
	if err := h.finish(ctx, r); err != nil {
		return nil, err
	}
	sinks, err := h.Sinks(r.Date)
	if err != nil {
		return nil, err
	}
	key := h.folder(r.Date.Format(time.DateOnly))
	if h.DryRun {
		return r, errors.Join(h.preview(ctx, key, sinks, r), partial)
	}
	if r.Superseded, err = h.writeOutbox(ctx, key, sinks, r.Records); err != nil {
		return nil, err
	}
	h.report(Progress{Phase: Delivering})
	r.Deliveries, err = h.deliver(ctx, key, sinks, r.Records, down)
	return r, errors.Join(err, partial)
}

// attempts is how often a day is planned anew when its blobs change under way.
const attempts = 3

// read brings the day's state into r. A blob that changed since the listing
// makes it list and plan again; the shards it does not touch stay as they are.
func (h *Hunt[S]) read(ctx context.Context, r *Result[S]) (err error) {
	for range attempts {
		h.report(Progress{Phase: Listing})
		r.Export, err = storage.ListDay(ctx, h.Input, h.Workspace, r.Date)
		if err != nil {
			return err
		}
		if len(r.Export.Blobs) == 0 {
			return h.noBlobs(ctx, r)
		}
		err = h.carryOut(ctx, r)
		if !errors.Is(err, errStale) {
			return err
		}
	}
	return fmt.Errorf("the blobs of %s kept changing while they were read: %w", r.Date.Format(time.DateOnly), err)
}

// carryOut reads the listed blobs, unless the profile already covers them.
func (h *Hunt[S]) carryOut(ctx context.Context, r *Result[S]) error {
	h.budget = newBudget(h.Memory)
	profile := h.profileName(r.Date)
	kept, before, err := h.get(ctx, profile)
	if err != nil && !errors.Is(err, errNoFile) {
		return err
	}
	plan := NewPlan(h.Source, h.spec(), r.Date, r.Export.Blobs, h.shardSize(before, r.Export.Blobs))
	r.Shards, r.Bytes = len(plan.Shards), plan.Bytes
	if err == nil && before.Key == plan.Key {
		r.Day, r.Stats, r.Reused = kept.State, before.Stats, r.Shards
		r.Missing.Unreadable = before.Unreadable
		return nil
	}
	kept.memory.close()
	progress, m := h.meter(plan), h.merging(plan)
	err = h.Engine.Run(ctx, len(plan.Shards), func(ctx context.Context, shard int) error {
		p, err := h.Fold(ctx, plan, shard)
		if err == nil {
			err = m.add(shard, p)
		}
		if err == nil {
			progress.done(plan, shard, p.Reused)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.Reused = progress.Reused
	h.report(Progress{Phase: Merging})
	if err := h.mergeRest(ctx, plan, m); err != nil {
		return err
	}
	r.Day, r.Stats, r.Missing.Unreadable = m.state, m.stats, m.lost
	n := note{Key: plan.Key, Stats: r.Stats, Unreadable: m.lost}
	if h.ShardSize == 0 {
		n.ShardSize = plan.ShardSize
	}
	return h.put(ctx, profile, n, r.Day, m.memory)
}

// shardSize is the one that was set, or the one the day was cut with before, so
// that what arrives late does not cut it anew, or one that suits the day.
func (h *Hunt[S]) shardSize(before note, blobs []storage.Blob) int64 {
	switch {
	case h.ShardSize > 0:
		return h.ShardSize
	case before.ShardSize > 0:
		return before.ShardSize
	}
	return shardSizeFor(blobs)
}

// noBlobs says what the container holds instead.
func (h *Hunt[S]) noBlobs(ctx context.Context, r *Result[S]) error {
	day := r.Date.Format(time.DateOnly)
	if n := len(r.Export.Unknown); n > 0 {
		return fmt.Errorf("%w of %s that can be read; there are %d other files, the first %q", ErrNoBlobs, day, n, r.Export.Unknown[0])
	}
	if len(r.Export.Workspaces) > 0 {
		return fmt.Errorf("%w of %s for %q; is the export rule on, and the day over?", ErrNoBlobs, day, r.Export.Workspaces)
	}
	found, err := storage.Workspaces(ctx, h.Input, "")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w of any day: nothing starts with WorkspaceResourceId= or workspaceId/; is this the container of the export?", ErrNoBlobs)
	}
	return fmt.Errorf("%w of the workspace %q (setting storage.workspace); the container holds %q", ErrNoBlobs, h.Workspace, found)
}

// checkReadable fails when so much of the day cannot be used that the rest says
// nothing about it.
func (h *Hunt[S]) checkReadable(r *Result[S]) error {
	if lost := r.Missing.Unreadable; len(lost) > 0 && len(lost) == len(r.Export.Blobs) {
		return fmt.Errorf("none of the %d blobs of %s can be read; the first: %s", len(lost), r.Date.Format(time.DateOnly), lost[0].Reason)
	}
	s := r.Stats
	if share(s) <= h.MaxMalformed {
		return nil
	}
	first := "not known"
	if len(s.Samples) > 0 {
		one := s.Samples[0]
		first = fmt.Sprintf("%s, %s, %s: %s", one.Blob, one.Place(), one.Reason, one.Text)
	}
	return fmt.Errorf("%w: %d of %d, more than the share of %v that job.max-malformed allows; the first: %s",
		ErrMalformed, s.MalformedLines(), s.Lines, h.MaxMalformed, first)
}

// share is that of the malformed lines. Divided, not multiplied: 0.29 times 100
// is a little less than 29.
func share(s event.Stats) float64 {
	bad := s.MalformedLines()
	if bad == 0 {
		return 0
	}
	return float64(bad) / float64(s.Lines)
}

// spec is what the detector reads, in the mode that was set.
func (h *Hunt[S]) spec() event.Spec {
	s := h.Detector.Spec()
	if h.Strict {
		s.Mode = event.Strict
	}
	return s
}

// folder is where a kind of file of this hunt lies.
func (h *Hunt[S]) folder(below string) string {
	return path.Join(h.Scope, h.Detector.Spec().Detector, below)
}

func (h *Hunt[S]) partialName(p Plan, s Shard) string {
	return path.Join("partials", h.folder(p.Date.Format(time.DateOnly)), s.Key+".parquet")
}

func (h *Hunt[S]) profileName(date time.Time) string {
	return path.Join("profiles", h.folder("day="+date.Format(time.DateOnly)), "profile.parquet")
}
