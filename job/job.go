// Package job takes a day of export blobs, or another window of time, to published
// findings: it plans, folds, merges, finishes and delivers, and goes on where an
// earlier run stopped.
//
// All that passes from one step to the next is a file in the work store:
//
//	partials/<scope>/<detector>/<day>/<shard key>.parquet     one shard's state
//	profiles/<scope>/<detector>/day=<day>/profile.parquet     the day's state
//	quarantine/<scope>/<detector>/<day>/<shard key>.jsonl     lines of it that could not be used
//	outbox/<scope>/<detector>/<day>.jsonl                     what is to be sent
//	receipts/<sink>/<scope>/<detector>/<day>/<batch>.jsonl    what was sent
//	locks/<scope>/<detector>/<day>                            who is at work on it
//
// A window that is no UTC day has its label (event.Window.Label) for the day, and its
// profile is in window=<label>: no day's history knows of it.
package job

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync/atomic"
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
	// Beside are hunts over the same input that will run over the same windows after
	// this one, with the same settings of what is read and the same work store. Where
	// this one reads a shard whose partial they lack, it makes theirs from the same
	// reading: each as it would have been of a reading of its own.
	Beside []Fellow
	// Sinks returns the destinations for one window.
	Sinks func(event.Window) ([]publish.Sink, error)
	// Suppress, if set, is called for each day when its findings are made, before any is
	// kept or sent. What it returns is asked of them, in their order, whether one is to be
	// kept quiet; those beyond the budget it is not asked of.
	Suppress func() (covers func(publish.Record) (bool, error))
	Config
	// Now replaces the clock, which decides which hours of today are over. Optional.
	Now func() time.Time
	// Observe, if set, is told how far a day is. Calls do not overlap.
	Observe func(Progress)
	// Trace, if set, is told when a step begins. What the step does gets the context
	// that it returns, and the function is called with how the step ended. A step
	// within another gets the other's context.
	Trace func(context.Context, Step) (context.Context, func(error))

	budget  *budget    // of the plan that is carried out
	meter   *meter     // of the same
	members []member   // whose shards are read with those of the plan
	handed  *handed[S] // what another hunt has read for this one
}

// Result is what a window gave.
type Result[S State[S]] struct {
	Outcome
	Day  S
	Past S // what Finish got as history
}

// Outcome is what a window gave, apart from the state.
type Outcome struct {
	Window     event.Window
	Date       time.Time // the UTC day that the window starts on
	Export     storage.Export
	Listed     *Listed // nil where what is kept of the day does not tell
	Shards     int
	Reused     int   // shards that an earlier run, or another hunt beside, had read
	Bytes      int64 // of the blobs, as stored
	BytesRead  int64 // of these, what this run has read
	Stats      event.Stats
	Missing    Missing
	History    History
	Records    []publish.Record
	Suppressed []publish.Record // findings that are neither kept nor sent
	OverBudget int              // findings that Config.Budget leaves out, also those that would be suppressed
	Deliveries []publish.Delivery
	// Superseded are the IDs of findings that an earlier run of the day had and
	// could not deliver everywhere, and that are none any more, or are suppressed.
	Superseded []string
}

// ErrNoBlobs means that the container holds nothing of that window.
var ErrNoBlobs = errors.New("no export blobs")

// ErrMalformed means that more lines than allowed could not be read.
var ErrMalformed = errors.New("too many malformed lines")

// Day is Window of the UTC day of date.
func (h *Hunt[S]) Day(ctx context.Context, date time.Time) (*Result[S], error) {
	return h.Window(ctx, event.Day(date))
}

// Window runs the hunt over one window of time, as one analysis of all its events.
// What an earlier run over the same window has read is not read again and what it
// has delivered is not delivered again. With ErrUndelivered and ErrPartial, both of
// which an error can wrap at once, the result is complete; with other errors there
// is none. While another run works on the same window, it waits for Config.Wait and
// then fails with ErrBusy.
func (h *Hunt[S]) Window(ctx context.Context, w event.Window) (*Result[S], error) {
	return h.run(ctx, w, outage{})
}

// run is one of several days.
func (h *Hunt[S]) run(ctx context.Context, w event.Window, down outage) (r *Result[S], err error) {
	if w, err = checked(w); err != nil {
		return nil, err
	}
	defer h.report(Progress{Phase: Over})
	ctx, end := h.begin(ctx, Step{Day: w.Label()})
	defer func() { end(err) }()
	if h.DryRun {
		return h.day(ctx, w, down)
	}
	err = h.alone(ctx, h.folder(w.Label()), func(ctx context.Context) error {
		r, err = h.day(ctx, w, down)
		return err
	})
	return r, err
}

// checked refuses a window that its label does not name.
func checked(w event.Window) (event.Window, error) {
	same, err := event.ParseLabel(w.Label())
	if err == nil && (!same.From.Equal(w.From) || !same.To.Equal(w.To)) {
		err = errors.New("its ends are not whole seconds")
	}
	if err != nil {
		return w, fmt.Errorf("no window to hunt through: %w", err)
	}
	return same, nil
}

// Asked is how a command is asked for the window: "--day 2026-11-20".
func Asked(w event.Window) string {
	if w.IsDay() {
		return "--day " + w.Label()
	}
	return "--from " + w.From.UTC().Format(time.RFC3339) + " --to " + w.To.UTC().Format(time.RFC3339)
}

// day is run without looking for others.
func (h *Hunt[S]) day(ctx context.Context, w event.Window, down outage) (*Result[S], error) {
	r := resultOf[S](w)
	if err := h.read(ctx, r); err != nil {
		return nil, err
	}
	if err := h.checkReadable(r); err != nil {
		return nil, err
	}
	err := h.conclude(ctx, r, down)
	if err != nil && !complete(err) {
		return nil, err
	}
	return r, err
}

// complete reports whether there is a whole result beside the error.
func complete(err error) bool { return errors.Is(err, ErrPartial) || errors.Is(err, ErrUndelivered) }

// conclude makes findings of what was read, and delivers them.
func (h *Hunt[S]) conclude(ctx context.Context, r *Result[S], down outage) error {
	partial := h.missing(r)
	if err := h.finish(ctx, r); err != nil {
		return err
	}
	sinks, err := h.Sinks(r.Window)
	if err != nil {
		return err
	}
	key := h.folder(r.Window.Label())
	if h.DryRun {
		return errors.Join(h.preview(ctx, key, sinks, r), partial)
	}
	if r.Superseded, err = h.writeOutbox(ctx, key, sinks, r.Records); err != nil {
		return err
	}
	r.Deliveries, err = h.deliver(ctx, key, sinks, r.Records, down)
	return errors.Join(err, partial)
}

func resultOf[S State[S]](w event.Window) *Result[S] {
	return &Result[S]{Outcome: Outcome{Window: w, Date: event.Day(w.From).From}}
}

// attempts is how often a day is planned anew when its blobs change under way.
const attempts = 3

// read brings the day's state into r. A blob that changed since the listing
// makes it list and plan again; the shards it does not touch stay as they are.
func (h *Hunt[S]) read(ctx context.Context, r *Result[S]) (err error) {
	h.meter = nil
	for range attempts {
		err = h.step(ctx, Listing, func(ctx context.Context) (err error) {
			r.Export, err = h.listing(ctx, r.Window)
			return err
		})
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
	return fmt.Errorf("the blobs of %s kept changing while they were read: %w", r.Window, err)
}

// carryOut reads the listed blobs, unless the profile already covers them.
func (h *Hunt[S]) carryOut(ctx context.Context, r *Result[S]) error {
	h.budget = newBudget(h.Memory)
	profile := h.profileName(r.Window)
	kept, before, err := h.get(ctx, profile)
	if err != nil && !errors.Is(err, errNoFile) {
		return err
	}
	plan := NewPlan(h.Source, h.spec(), r.Window, r.Export.Blobs, h.shardSize(before, r.Export.Blobs))
	r.list(listingOf(r.Export, plan))
	if err == nil && before.Key == plan.Key {
		r.Day, r.Stats, r.Reused = kept.State, before.Stats, r.Shards
		r.Missing.Unreadable = before.Unreadable
		return nil
	}
	kept.memory.close()
	if err == nil && h.overtaken() {
		return fmt.Errorf("%w: another run has kept a profile of %s since it was listed", errStale, r.Window)
	}
	if err := h.invite(ctx, plan, r.Export.Blobs, true); err != nil {
		return err
	}
	m := h.take(plan)
	report := h.report
	if m.whole() {
		report = func(Progress) {} // nothing is read
	}
	h.meter = newMeter(plan, len(r.Export.Blobs), h.meter, report)
	var read atomic.Int64
	err = h.traced(ctx, Step{Phase: Reading}, func(ctx context.Context) error { return h.foldAll(ctx, plan, m, &read) })
	r.BytesRead += read.Load() // also before blobs changed under way
	if err != nil {
		return err
	}
	for _, one := range h.members {
		one.handOver(r.Export)
	}
	r.Reused = h.meter.now().Reused
	return h.step(ctx, Merging, func(ctx context.Context) error {
		if err := h.mergeRest(ctx, plan, m); err != nil {
			return err
		}
		r.Day, r.Stats, r.Missing.Unreadable = m.state, m.stats, m.lost
		return h.put(ctx, profile, h.noteOf(plan, r), r.Day, m.memory)
	})
}

// noteOf is what is kept of a plan that was read, beside the state.
func (h *Hunt[S]) noteOf(plan Plan, r *Result[S]) note {
	n := note{Key: plan.Key, Stats: r.Stats, Unreadable: r.Missing.Unreadable, Listed: r.Listed}
	if h.ShardSize == 0 {
		n.ShardSize = plan.ShardSize
	}
	return n
}

// foldAll has the engine fold every shard of the plan, and merges what it gets.
// It adds to read the bytes of those that no earlier run had read.
func (h *Hunt[S]) foldAll(ctx context.Context, plan Plan, m *merging[S], read *atomic.Int64) error {
	return h.Engine.Run(ctx, len(plan.Shards), func(ctx context.Context, shard int) error {
		if m.has(shard) {
			h.meter.done(shard, true)
			return nil
		}
		p, err := h.Fold(ctx, plan, shard)
		if err == nil {
			err = m.add(shard, p)
		}
		if err == nil {
			h.meter.done(shard, p.Reused)
		}
		if err == nil && !p.Reused {
			read.Add(plan.Shards[shard].Bytes())
		}
		return err
	})
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
	day := r.Window.String()
	if r.Export.Plain {
		return noFiles(r)
	}
	if n := len(r.Export.Aside); n > 0 {
		return fmt.Errorf("%w of %s; of the same day there are %d, %s: is the time in UTC?", ErrNoBlobs, day, n, span(r.Export.Aside))
	}
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
		return fmt.Errorf("%w of any day: nothing starts with WorkspaceResourceId= or workspaceId/; is this the container of the export? Plain files in a container want storage.layout plain", ErrNoBlobs)
	}
	return fmt.Errorf("%w of the workspace %q (setting storage.workspace); the container holds %q", ErrNoBlobs, h.Workspace, found)
}

// span names the first and the last hour of blobs.
func span(blobs []storage.Blob) string {
	var hours []time.Time
	for _, b := range blobs {
		if at, ok := storage.ExportTime(b.Name); ok {
			hours = append(hours, at)
		}
	}
	const hour = "2006-01-02T15:04Z"
	if len(hours) == 0 {
		return "of no known hour"
	}
	return "from " + slices.MinFunc(hours, time.Time.Compare).Format(hour) + " to " + slices.MaxFunc(hours, time.Time.Compare).Add(time.Hour).Format(hour)
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
	s.Query = s.With(h.Fields)
	s.Arrays = h.Layout == storage.LayoutPlain
	return s
}

// folder is where a kind of file of this hunt lies.
func (h *Hunt[S]) folder(below string) string {
	return path.Join(h.Scope, h.Detector.Spec().Detector, below)
}

func (h *Hunt[S]) partialName(p Plan, s Shard) string {
	return path.Join("partials", h.folder(p.Window.Label()), s.Key+".parquet")
}

func (h *Hunt[S]) profileName(w event.Window) string {
	kind := "window="
	if w.IsDay() {
		kind = "day="
	}
	return path.Join("profiles", h.folder(kind+w.Label()), "profile.parquet")
}
