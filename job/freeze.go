package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"sparkless/storage"
	"sparkless/storage/event"
)

// maxBatches is how many batches a plan has at most: an engine keeps a record of each.
const maxBatches = 1500

// frozenVersion is that of the plan in the work store.
//
// History: 1, the first.
const frozenVersion = 1

// frozenPlan is a plan as it is kept. The shards follow from the rest: whoever cuts them
// otherwise notices by the key.
type frozenPlan struct {
	Version   int            `json:"version"`
	Run       string         `json:"run"`
	Key       string         `json:"key"` // of the plan
	Window    string         `json:"window"`
	ShardSize int64          `json:"shard_size"`
	Export    storage.Export `json:"export"`
}

// thawed is a frozen plan that can be worked on.
type thawed struct {
	Plan
	export  storage.Export
	batches []batch
}

// batch is the shards first to last-1 of a plan.
type batch struct{ first, last int }

// Freeze lists the window, plans, and keeps the plan in the work store, cut into
// batches of about Config.BatchSize bytes. Two processes of equal settings and code that
// see the same blobs get the same Frozen. With nothing to read it fails with ErrNoBlobs.
func (h *Hunt[S]) Freeze(ctx context.Context, w event.Window) (Frozen, error) {
	w, err := checked(w)
	if err != nil {
		return Frozen{}, err
	}
	h = h.apart()
	defer h.report(Progress{Phase: Over})
	// Before the listing: what the profile was read from is then no later than this.
	kept, before, err := h.get(ctx, h.profileName(w))
	kept.memory.close()
	if err != nil && !errors.Is(err, errNoFile) {
		return Frozen{}, err
	}
	export, err := h.listed(ctx, w)
	if err != nil {
		return Frozen{}, err
	}
	plan := NewPlan(h.Source, h.spec(), w, export.Blobs, h.shardSize(before, export.Blobs))
	return h.freeze(ctx, thawed{plan, export, batches(plan, h.BatchSize)}, before.Key)
}

// Readable lists the window as Freeze does, and fails with ErrNoBlobs if there is nothing
// to read: a window that nobody freezes a plan of.
func (h *Hunt[S]) Readable(ctx context.Context, w event.Window) error {
	w, err := checked(w)
	if err != nil {
		return err
	}
	h = h.apart()
	defer h.report(Progress{Phase: Over})
	_, err = h.listed(ctx, w)
	return err
}

// listed is what there is to read of a window: with nothing it fails with ErrNoBlobs.
func (h *Hunt[S]) listed(ctx context.Context, w event.Window) (storage.Export, error) {
	r := resultOf[S](w)
	err := h.step(ctx, Listing, func(ctx context.Context) (err error) {
		r.Export, err = h.List(ctx, w)
		return err
	})
	if err == nil && len(r.Export.Blobs) == 0 {
		err = h.noBlobs(ctx, r)
	}
	return r.Export, err
}

// freeze keeps the plan. One of the same run that is kept already is the one that
// counts: of what is not read, a later listing can tell more.
// Before is the key of the profile.
func (h *Hunt[S]) freeze(ctx context.Context, t thawed, before string) (Frozen, error) {
	f := Frozen{Run: h.runOf(t), Window: t.Window.Label(), Batches: len(t.batches),
		Shards: len(t.Shards), Blobs: len(t.export.Blobs), Bytes: t.Bytes, Before: before}
	if before == t.Key {
		f.Batches, f.Known, f.Before = 0, true, ""
	}
	plan := frozenPlan{frozenVersion, f.Run, t.Key, f.Window, t.ShardSize, t.export}
	text, err := json.Marshal(plan)
	if err != nil {
		return f, fmt.Errorf("keeping the plan of %s: %w", t.Window, err)
	}
	f.Plan, err = h.create(ctx, h.inRun(f, "plan.json"), text, plan.isIn)
	return f, err
}

// isIn fails unless the kept plan reads the same.
func (p frozenPlan) isIn(kept []byte) error {
	var k frozenPlan
	err := json.Unmarshal(kept, &k)
	same := k.Version == p.Version && k.Run == p.Run && k.Key == p.Key && k.Window == p.Window && k.ShardSize == p.ShardSize
	if err == nil && !(same && slices.Equal(k.Export.Blobs, p.Export.Blobs)) {
		err = errors.New("it is another plan")
	}
	return err
}

// runOf names the run of a plan. A plan of equal batches is another's run if they are
// cut otherwise, or read with other settings or by other code.
func (h *Hunt[S]) runOf(t thawed) string {
	cuts := make([]int, len(t.batches))
	for i, b := range t.batches {
		cuts[i] = b.first
	}
	return digest(frozenVersion, t.Key, cuts, h.Code)
}

// thaw reads a frozen plan, and cuts it as it was cut.
func (h *Hunt[S]) thaw(ctx context.Context, f Frozen) (thawed, error) {
	text, err := h.fetch(ctx, f.Plan)
	if err != nil {
		return thawed{}, err
	}
	return h.melt(f.Plan.Object, text, f)
}

// melt makes a plan of what is kept of it.
func (h *Hunt[S]) melt(name string, text []byte, f Frozen) (thawed, error) {
	var p frozenPlan
	var t thawed
	err := json.Unmarshal(text, &p)
	if err == nil && p.Version != frozenVersion {
		err = fmt.Errorf("it is of version %d, and this program knows %d", p.Version, frozenVersion)
	}
	if err == nil {
		t, err = h.cut(p)
	}
	if err == nil && (p.Run != f.Run || p.Window != f.Window || h.runOf(t) != f.Run || !f.Known && len(t.batches) != f.Batches) {
		err = errors.New("it is of another run, or this program cuts it otherwise")
	}
	if err != nil {
		return thawed{}, fmt.Errorf("%w: plan %s: %w", ErrDamaged, name, err)
	}
	return t, nil
}

// cut plans anew what was planned when it was frozen.
func (h *Hunt[S]) cut(p frozenPlan) (thawed, error) {
	w, err := event.ParseLabel(p.Window)
	if err == nil && (p.ShardSize <= 0 || len(p.Export.Blobs) == 0) {
		err = errors.New("it lacks blobs or a size of shards")
	}
	if err != nil {
		return thawed{}, err
	}
	plan := NewPlan(h.Source, h.spec(), w, p.Export.Blobs, p.ShardSize)
	if plan.Key != p.Key {
		return thawed{}, errors.New("this program reads something else of it: code and settings must be the same")
	}
	return thawed{plan, p.Export, batches(plan, h.BatchSize)}, nil
}

// batches cuts a plan into runs of shards of about size bytes each, or of as many as
// suit the day: a task should take a minute or so, beside which giving it out costs
// nothing.
func batches(p Plan, size int64) []batch {
	if size <= 0 {
		size = min(max(p.Bytes/512, 2<<30), 8<<30)
	}
	for {
		if cut := cutBatches(p, size); len(cut) <= maxBatches {
			return cut
		}
		size *= 2
	}
}

func cutBatches(p Plan, size int64) []batch {
	var all []batch
	var bytes int64
	first := 0
	for i, s := range p.Shards {
		bytes += s.Bytes()
		if bytes >= size || i == len(p.Shards)-1 {
			all = append(all, batch{first, i + 1})
			first, bytes = i+1, 0
		}
	}
	return all
}

// part is a plan of some of the shards.
func (t thawed) part(first, last int) Plan {
	p := Plan{Window: t.Window, Shards: t.Shards[first:last], ShardSize: t.ShardSize}
	keys := []string{t.Key}
	for _, s := range p.Shards {
		p.Bytes += s.Bytes()
		keys = append(keys, s.Key)
	}
	p.Key = digest(keys)
	return p
}

// apart is a hunt whose steps can go on beside those of others.
func (h *Hunt[S]) apart() *Hunt[S] {
	one := *h
	one.budget, one.meter, one.members, one.handed = newBudget(h.Memory), nil, nil, nil
	return &one
}

// inRun is the name of an object of a run.
func (h *Hunt[S]) inRun(f Frozen, name string) string {
	return path.Join("runs", h.folder(f.Window), f.Run, name)
}

// ErrDamaged means that an object in the work store is not what it was put there as, or
// not what is referred to.
var ErrDamaged = errors.New("damaged, or not what it should be")

// create keeps an object that is made once. Where there is one already that is good, it
// is the one that counts; one that is not is replaced.
func (h *Hunt[S]) create(ctx context.Context, name string, data []byte, good func(kept []byte) error) (Ref, error) {
	err := errors.ErrUnsupported
	if store, ok := h.Work.(storage.Creator); ok {
		err = store.Create(ctx, name, data)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return Ref{}, fmt.Errorf("%w: the work store cannot keep objects from being replaced, which an engine on many machines needs: %w", storage.ErrInvalid, err)
	}
	if errors.Is(err, storage.ErrExist) {
		kept, readErr := anew(func() ([]byte, error) { return storage.ReadAll(ctx, h.Work, name) })
		switch {
		case readErr != nil && !errors.Is(readErr, storage.ErrNotExist):
			return Ref{}, fmt.Errorf("reading from the work store: %w", readErr)
		case readErr == nil && good(kept) == nil:
			return refTo(name, kept), nil
		}
		err = h.Work.Put(ctx, name, data)
	}
	if err != nil {
		return Ref{}, fmt.Errorf("writing to the work store: %w", err)
	}
	return refTo(name, data), nil
}

func refTo(name string, data []byte) Ref {
	sum := sha256.Sum256(data)
	return Ref{Object: name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data))}
}

// fetch reads an object, and makes sure that it is the one that is referred to.
func (h *Hunt[S]) fetch(ctx context.Context, r Ref) ([]byte, error) {
	data, err := anew(func() ([]byte, error) {
		b, err := storage.Find(ctx, h.Work, r.Object)
		if err == nil && b.Size != r.Size {
			err = fmt.Errorf("%w: %s: %d bytes where %d were put", ErrDamaged, r.Object, b.Size, r.Size)
		}
		if err != nil {
			return nil, err
		}
		return storage.ReadBlob(ctx, h.Work, b)
	})
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return nil, fmt.Errorf("%w: %s is there no more", ErrDamaged, r.Object)
	case err != nil:
		return nil, fmt.Errorf("reading from the work store: %w", err)
	case refTo(r.Object, data) != r:
		return nil, fmt.Errorf("%w: %s: another content than was put", ErrDamaged, r.Object)
	}
	return data, nil
}

// anew reads an object once more when it was replaced under way: whoever found it
// damaged has put the same again.
func anew(read func() ([]byte, error)) ([]byte, error) {
	for left := attempts; ; left-- {
		data, err := read()
		if !errors.Is(err, storage.ErrChanged) || left == 1 {
			return data, err
		}
	}
}
