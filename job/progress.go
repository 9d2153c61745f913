package job

import (
	"context"

	"sparkless/publish"
)

// Phase is what a run is doing.
type Phase string

// The phases of a day, in order. Over comes last, however the day ended; until then
// the day is in the phase that was reported last.
const (
	Waiting    Phase = "waiting for another run of the same day to end"
	Listing    Phase = "listing"
	Reading    Phase = "reading"
	Merging    Phase = "merging"
	Finishing  Phase = "finishing"
	Delivering Phase = "delivering"
	Over       Phase = "over"
)

// Progress is how far a day is.
type Progress struct {
	Phase Phase
	// While reading:
	Shards, Done int
	Reused       int   // of Done, those an earlier run had read
	Bytes        int64 // of all blobs, as stored
	BytesDone    int64 // read, or known from an earlier run
	Blobs        int
	BlobsDone    int   // to their ends
	Lines        int64 // read by this run, that are not blank: events, wanted or not
	// Now, while reading, tells the progress at the time of the call. It may be called
	// by any goroutine, also later. What it tells never falls, and never exceeds what
	// there is, also when something is read again.
	Now func() Progress
	// Sink is the destination that is delivered to. It is set in one report for each.
	Sink string
}

// Step is what Hunt.Trace is told of: a day, within it a phase, and within Delivering
// what one destination is given.
type Step struct {
	Day      string            // "" for what is within
	Phase    Phase             // "" for a day
	Delivery *publish.Delivery // nil for a phase; what came of it is set before the step ends
}

func (h *Hunt[S]) report(p Progress) {
	if h.Observe != nil {
		h.Observe(p)
	}
}

// step reports a phase, and carries it out.
func (h *Hunt[S]) step(ctx context.Context, p Phase, do func(context.Context) error) error {
	h.report(Progress{Phase: p})
	return h.traced(ctx, Step{Phase: p}, do)
}

// traced carries out a step in the context that Trace gives.
func (h *Hunt[S]) traced(ctx context.Context, s Step, do func(context.Context) error) error {
	ctx, end := h.begin(ctx, s)
	err := do(ctx)
	end(err)
	return err
}

// begin tells Trace of a step.
func (h *Hunt[S]) begin(ctx context.Context, s Step) (context.Context, func(error)) {
	if h.Trace == nil {
		return ctx, func(error) {}
	}
	return h.Trace(ctx, s)
}
