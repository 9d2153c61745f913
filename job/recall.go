package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// ErrNoProfile means that nothing usable is kept of a day.
var ErrNoProfile = errors.New("no profile")

// Recall returns what is kept of one UTC day: its state, its statistics, the history
// and the findings that Day would make of them now. It lists and reads no export, so
// it does not see what came late, and Export, Shards, Bytes and the gaps of Missing
// are empty. It writes and sends nothing, and waits for nobody. Where no profile is
// kept, or one that is damaged or of another format, it fails with ErrNoProfile.
func (h *Hunt[S]) Recall(ctx context.Context, date time.Time) (*Result[S], error) {
	r := &Result[S]{Date: event.Day(date).From}
	h.budget = newBudget(h.Memory)
	kept, n, err := h.getProfile(ctx, r.Date)
	if errors.Is(err, errNoFile) && !errors.Is(err, ErrMemory) {
		day := r.Date.Format(time.DateOnly)
		reason := ""
		if !errors.Is(err, storage.ErrNotExist) {
			reason = fmt.Sprintf(" (%v)", err)
		}
		return nil, fmt.Errorf("%w of %s: run `sparkless run --day %s` first%s", ErrNoProfile, day, day, reason)
	}
	if err != nil {
		return nil, err
	}
	r.Day, r.Stats = kept.State, n.Stats
	r.Missing = Missing{Unreadable: n.Unreadable, Malformed: n.Stats.MalformedHours}
	if err := h.finish(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// getProfile reads the profile of a date, also one that a run replaces meanwhile.
func (h *Hunt[S]) getProfile(ctx context.Context, date time.Time) (Partial[S], note, error) {
	for left := attempts; ; left-- {
		p, n, err := h.get(ctx, h.profileName(date))
		if !errors.Is(err, storage.ErrChanged) || left == 1 {
			return p, n, err
		}
	}
}

// finish makes findings of the day's state beside what earlier days know, and sets
// aside those that are suppressed. Day and Recall share it, so that they find the
// same.
func (h *Hunt[S]) finish(ctx context.Context, r *Result[S]) (err error) {
	h.report(Progress{Phase: Finishing})
	if err = h.lookBack(ctx, r); err != nil {
		return err
	}
	if r.Records, err = h.Detector.Finish(ctx, r.Date, r.Day, r.Past); err != nil {
		return asMemory(err)
	}
	return h.suppress(r)
}
