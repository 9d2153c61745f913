package job

import (
	"context"
	"errors"
	"fmt"

	"sparkless/storage"
	"sparkless/storage/event"
)

// ErrNoProfile means that nothing usable is kept of a window.
var ErrNoProfile = errors.New("no profile")

// Recall returns what is kept of one window: its state, its statistics, the history
// and the findings that Window would make of them now. It lists and reads no export, so
// it does not see what came late, and Export is empty; what was listed when the window
// was read is in Listed, unless a version kept it that did not tell. It writes and sends
// nothing, and waits for nobody. Where no profile is
// kept, or one that is damaged or of another format, it fails with ErrNoProfile.
func (h *Hunt[S]) Recall(ctx context.Context, w event.Window) (*Result[S], error) {
	defer h.report(Progress{Phase: Over})
	r := resultOf[S](w)
	h.budget = newBudget(h.Memory)
	kept, n, err := h.getProfile(ctx, w)
	if errors.Is(err, errNoFile) && !errors.Is(err, ErrMemory) {
		reason := ""
		if !errors.Is(err, storage.ErrNotExist) {
			reason = fmt.Sprintf(" (%v)", err)
		}
		return nil, fmt.Errorf("%w of %s: run `sparkless run %s` first%s", ErrNoProfile, w, Asked(w), reason)
	}
	if err != nil {
		return nil, err
	}
	r.Day, r.Stats = kept.State, n.Stats
	r.list(n.Listed)
	r.Reused = r.Shards
	r.Missing = h.lacking(r, n.Unreadable)
	if err := h.finish(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// getProfile reads the profile of a window, also one that a run replaces meanwhile.
func (h *Hunt[S]) getProfile(ctx context.Context, w event.Window) (Partial[S], note, error) {
	for left := attempts; ; left-- {
		p, n, err := h.get(ctx, h.profileName(w))
		if !errors.Is(err, storage.ErrChanged) || left == 1 {
			return p, n, err
		}
	}
}

// finish makes findings of the day's state beside what earlier days know, and sets
// aside those that are suppressed, or too many. Day and Recall share it, so that they find the
// same.
func (h *Hunt[S]) finish(ctx context.Context, r *Result[S]) error {
	return h.step(ctx, Finishing, func(ctx context.Context) (err error) {
		if err = h.lookBack(ctx, r); err != nil {
			return err
		}
		return asMemory(h.choose(ctx, r))
	})
}
