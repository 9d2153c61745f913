package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
)

// resultVersion is that of the result in the work store.
//
// History: 1, the first.
const resultVersion = 1

// concluded is what a run came to, as it is kept: what Recall cannot tell.
type concluded struct {
	Version    int                `json:"version"`
	Run        string             `json:"run"`
	At         time.Time          `json:"at"`
	Kinds      []string           `json:"kinds,omitempty"` // of the error, as KindOf names them
	Error      string             `json:"error,omitempty"`
	Reused     int                `json:"reused"`
	BytesRead  int64              `json:"bytes_read"`
	Findings   int                `json:"findings"`
	Deliveries []publish.Delivery `json:"deliveries,omitempty"`
	Superseded []string           `json:"superseded,omitempty"`
}

// Conclude makes the findings of a frozen plan, whose whole state all is, and delivers
// them, alone: as Window does when it has read the day. What it came to, an error like
// ErrPartial, ErrUndelivered or ErrMalformed too, is in the object that the conclusion
// refers to; it returns an error only where another try, or a new plan, may help.
func (h *Hunt[S]) Conclude(ctx context.Context, f Frozen, all Piece) (Conclusion, error) {
	h = h.apart()
	defer h.report(Progress{Phase: Over})
	t, err := h.thaw(ctx, f)
	if err == nil && !f.Known && (all.First != 0 || all.Last != len(t.batches)) {
		err = fmt.Errorf("%w: %s has the batches %d to %d, and there are %d", storage.ErrInvalid, all.Object, all.First, all.Last-1, len(t.batches))
	}
	if err != nil {
		return Conclusion{}, err
	}
	r := resultOf[S](t.Window)
	r.Export, r.BytesRead = t.export, all.Read
	r.list(listingOf(t.export, t.Plan))
	r.Reused = all.Reused
	if f.Known {
		r.Reused = r.Shards
	}
	var ended error // how the run ended, which trying again does not change
	conclude := func(ctx context.Context) error {
		if err := h.assemble(ctx, f, t, all, r); err != nil {
			return err
		}
		if ended = h.checkReadable(r); ended != nil {
			return nil
		}
		err := h.conclude(ctx, r, outage{})
		if complete(err) && ctx.Err() == nil {
			ended, err = err, nil
		}
		return err
	}
	if h.DryRun {
		err = conclude(ctx)
	} else {
		err = h.alone(ctx, h.folder(r.Window.Label()), conclude)
	}
	if err != nil {
		return Conclusion{}, err
	}
	return h.putResult(ctx, f, r, ended)
}

// assemble brings the state of the whole plan into r, and keeps it as the profile.
func (h *Hunt[S]) assemble(ctx context.Context, f Frozen, t thawed, all Piece, r *Result[S]) error {
	name := h.profileName(r.Window)
	kept, before, err := h.get(ctx, name)
	switch {
	case err != nil && !errors.Is(err, errNoFile):
		return err
	case err == nil && before.Key == t.Key:
		r.Day, r.Stats, r.Missing.Unreadable = kept.State, before.Stats, before.Unreadable
		return nil
	}
	kept.memory.close()
	if f.Known {
		return fmt.Errorf("%w: the profile of %s that covered the plan is there no more", ErrStale, r.Window)
	}
	if err == nil && before.Key != f.Before {
		if err := h.checkCurrent(ctx, t); err != nil {
			return err
		}
	}
	whole, err := h.getPiece(ctx, t, all)
	if err != nil {
		return err
	}
	r.Day, r.Stats, r.Missing.Unreadable = whole.State, whole.Stats, whole.Unreadable
	return h.step(ctx, Merging, func(ctx context.Context) error {
		return h.put(ctx, name, h.noteOf(t.Plan, r), r.Day, whole.memory)
	})
}

// checkCurrent fails with ErrStale unless the export still is as it was planned. It is
// asked where another run has kept a profile since the plan was frozen: which of the two
// has read the later state, neither sizes nor clocks can tell.
func (h *Hunt[S]) checkCurrent(ctx context.Context, t thawed) error {
	now, err := h.List(ctx, t.Window)
	if err != nil {
		return err
	}
	if NewPlan(h.Source, h.spec(), t.Window, now.Blobs, t.ShardSize).Key != t.Key {
		return fmt.Errorf("%w: another run has concluded %s since it was planned, and its blobs are others now", ErrStale, t.Window)
	}
	return nil
}

// putResult keeps what a run came to under a name of its content: a second run of the
// same plan may come to something else.
func (h *Hunt[S]) putResult(ctx context.Context, f Frozen, r *Result[S], ended error) (Conclusion, error) {
	now := time.Now
	if h.Now != nil {
		now = h.Now
	}
	c := concluded{Version: resultVersion, Run: f.Run, At: now().UTC(), Kinds: kindsOf(ended), Reused: r.Reused, BytesRead: r.BytesRead,
		Findings: len(r.Records), Deliveries: r.Deliveries, Superseded: r.Superseded}
	if ended != nil {
		c.Error = ended.Error()
	}
	text, err := json.Marshal(c)
	if err != nil {
		return Conclusion{}, fmt.Errorf("keeping the result of %s: %w", r.Window, err)
	}
	ref := refTo("", text)
	ref.Object = h.inRun(f, "result-"+ref.SHA256[:16]+".json")
	if err := h.Work.Put(ctx, ref.Object, text); err != nil {
		return Conclusion{}, fmt.Errorf("writing to the work store: %w", err)
	}
	return Conclusion{Ref: ref, Kind: KindOf(ended), By: h.Identity, Findings: c.Findings}, nil
}

// Concluded returns what a run on many machines came to, as Window would have: the
// result from the kept profile, or nil if there is none, and the error. It sends nothing
// and writes nothing.
func (h *Hunt[S]) Concluded(ctx context.Context, f Frozen, c Conclusion) (*Result[S], error) {
	text, err := h.fetch(ctx, c.Ref)
	if err != nil {
		return nil, err
	}
	var k concluded
	if err = json.Unmarshal(text, &k); err == nil && (k.Version != resultVersion || k.Run != f.Run) {
		err = fmt.Errorf("it is of version %d of run %s", k.Version, k.Run)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: result %s: %w", ErrDamaged, c.Object, err)
	}
	ended := ofKinds(k.Kinds, k.Error)
	if ended != nil && !complete(ended) {
		return nil, ended
	}
	t, err := h.thaw(ctx, f)
	if err != nil {
		return nil, err
	}
	w, err := event.ParseLabel(f.Window)
	if err != nil {
		return nil, err
	}
	r, err := h.apart().Recall(ctx, w)
	if err != nil {
		return nil, errors.Join(err, ended)
	}
	r.Export, r.Reused, r.BytesRead = t.export, k.Reused, k.BytesRead
	r.Deliveries, r.Superseded = k.Deliveries, k.Superseded
	return r, ended
}
