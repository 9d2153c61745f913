package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sparkless/storage"
)

// MaxPieces is how many pieces MergePieces takes at a time.
const MaxPieces = 32

// beatEvery is how often a fold tells how far it is.
const beatEvery = 3 * time.Second

// FoldBatch makes sure that the piece of one batch is in the work store, and returns it:
// it is there already, or the batch's shards are folded, as far as they are not. It
// calls beat every few seconds while it works, on a goroutine of its own, never after
// it has returned. A blob that is not there any more as it was planned fails with
// ErrStale.
func (h *Hunt[S]) FoldBatch(ctx context.Context, f Frozen, number int, beat func(Beat)) (Piece, error) {
	h = h.apart()
	defer h.report(Progress{Phase: Over})
	t, err := h.thaw(ctx, f)
	if err == nil && (number < 0 || number >= len(t.batches)) {
		err = fmt.Errorf("%w: batch %d of %d", storage.ErrInvalid, number, len(t.batches))
	}
	if err != nil {
		return Piece{}, err
	}
	plan, piece := t.batch(number)
	name := h.pieceName(f, number)
	kept, err := h.keptPiece(ctx, name, plan.Key, piece)
	if !errors.Is(err, errNoFile) {
		return kept, err
	}
	if err := h.invite(ctx, t.Plan, t.export.Blobs, false); err != nil {
		return Piece{}, err
	}
	h.meter = newMeter(plan, 0, nil, h.report)
	stop := h.beating(number, beat)
	defer stop()
	return h.foldPiece(ctx, plan, name, piece)
}

// batch is the part of the plan that a batch is, and its piece before it is made.
func (t thawed) batch(number int) (Plan, Piece) {
	b := t.batches[number]
	plan := t.part(b.first, b.last)
	return plan, Piece{First: number, Last: number + 1, Shards: len(plan.Shards), Bytes: plan.Bytes}
}

func (h *Hunt[S]) pieceName(f Frozen, number int) string {
	return h.inRun(f, fmt.Sprintf("part-%05d.parquet", number))
}

// foldPiece folds all shards of a part of a plan into one piece.
func (h *Hunt[S]) foldPiece(ctx context.Context, part Plan, name string, piece Piece) (Piece, error) {
	m := h.merging(part)
	var read atomic.Int64
	err := h.traced(ctx, Step{Phase: Reading}, func(ctx context.Context) error { return h.foldAll(ctx, part, m, &read) })
	if err != nil {
		return Piece{}, err
	}
	piece.Read, piece.Reused = read.Load(), h.meter.now().Reused
	return h.putPiece(ctx, name, part.Key, piece, m)
}

// beating calls beat every now and then, until the function it returns has returned.
func (h *Hunt[S]) beating(number int, beat func(Beat)) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	tick := time.NewTicker(beatEvery)
	m := h.meter
	go func() {
		defer close(ended)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				p := m.now()
				beat(Beat{Batch: number, Shards: p.Done, Bytes: p.BytesDone, Lines: p.Lines})
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// keptPiece is the piece that is in the work store under that name already, or
// errNoFile. One that is damaged is made anew.
func (h *Hunt[S]) keptPiece(ctx context.Context, name, key string, piece Piece) (Piece, error) {
	data, err := storage.ReadAll(ctx, h.Work, name)
	if err != nil {
		return Piece{}, unread(err)
	}
	n, err := h.checkPiece(data, key)
	if err != nil {
		return Piece{}, fmt.Errorf("%w: %s: %w", errNoFile, name, err)
	}
	piece.Ref, piece.Reused = refTo(name, data), piece.Shards
	return piece.counting(n), nil
}

// checkPiece makes sure that a file is a piece of that key.
func (h *Hunt[S]) checkPiece(data []byte, key string) (n note, err error) {
	text, err := h.Detector.New().Decode(data)
	if err == nil {
		err = json.Unmarshal([]byte(text), &n)
	}
	if err == nil && n.Key != key {
		err = errors.New("made for something else")
	}
	return n, err
}

func (p Piece) counting(n note) Piece {
	p.Lines, p.Records = n.Stats.Lines, n.Stats.Records
	return p
}

// putPiece keeps what was merged as the piece of that name, and gives its memory back.
func (h *Hunt[S]) putPiece(ctx context.Context, name, key string, piece Piece, m *merging[S]) (Piece, error) {
	defer m.memory.close()
	n := note{Key: key, Stats: m.stats, Unreadable: m.lost}
	text, err := json.Marshal(n)
	if err != nil {
		return Piece{}, fmt.Errorf("%s: %w", name, err)
	}
	err = m.memory.lend(func() error {
		data, err := m.state.Encode(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		piece.Ref, err = h.create(ctx, name, data, func(kept []byte) error {
			n, err = h.checkPiece(kept, key)
			return err
		})
		return err
	})
	if err != nil {
		return Piece{}, err
	}
	return piece.counting(n), nil
}

// MergePieces merges pieces of a frozen plan whose batches follow each other without a
// gap, at most MaxPieces of them, into one. It refuses a piece that is not the one that
// is referred to.
func (h *Hunt[S]) MergePieces(ctx context.Context, f Frozen, pieces []Piece) (Piece, error) {
	h = h.apart()
	defer h.report(Progress{Phase: Over})
	t, err := h.thaw(ctx, f)
	if err == nil {
		err = follow(pieces, len(t.batches))
	}
	if err != nil {
		return Piece{}, err
	}
	all := sum(pieces)
	plan := t.between(all)
	name := h.inRun(f, fmt.Sprintf("merge-%05d-%05d.parquet", all.First, all.Last))
	m := h.merging(Plan{Shards: make([]Shard, len(pieces))})
	err = h.step(ctx, Merging, func(ctx context.Context) error {
		for i, p := range pieces {
			one, err := h.getPiece(ctx, t, p)
			if err == nil {
				err = m.add(i, one)
			}
			if err != nil {
				return err
			}
		}
		all, err = h.putPiece(ctx, name, plan.Key, all, m)
		return err
	})
	return all, err
}

// follow makes sure that pieces are of batches that follow each other.
func follow(pieces []Piece, batches int) error {
	if len(pieces) == 0 || len(pieces) > MaxPieces {
		return fmt.Errorf("%w: %d pieces to merge, of 1 to %d", storage.ErrInvalid, len(pieces), MaxPieces)
	}
	at := pieces[0].First
	for _, p := range pieces {
		if p.First != at || p.Last <= p.First || p.First < 0 || p.Last > batches {
			return fmt.Errorf("%w: %s has the batches %d to %d of %d, and %d is the next", storage.ErrInvalid, p.Object, p.First, p.Last-1, batches, at)
		}
		at = p.Last
	}
	return nil
}

// sum is what pieces that follow each other are together.
func sum(pieces []Piece) Piece {
	all := Piece{First: pieces[0].First, Last: pieces[len(pieces)-1].Last}
	for _, p := range pieces {
		all.Shards += p.Shards
		all.Bytes += p.Bytes
		all.Reused += p.Reused
		all.Read += p.Read
	}
	return all
}

// between is the part of the plan that a piece is of.
func (t thawed) between(p Piece) Plan {
	return t.part(t.batches[p.First].first, t.batches[p.Last-1].last)
}

// getPiece reads a piece, and makes sure that it is the one that is referred to.
func (h *Hunt[S]) getPiece(ctx context.Context, t thawed, p Piece) (Partial[S], error) {
	one := h.empty()
	var n note
	err := h.budget.lend(decodedRatio*p.Size, func() error {
		data, err := h.fetch(ctx, p.Ref)
		if err != nil {
			return err
		}
		text, err := one.State.Decode(data)
		if err == nil {
			err = json.Unmarshal([]byte(text), &n)
		}
		if want := t.between(p); err == nil && (n.Key != want.Key || p.Bytes != want.Bytes || p.Shards != len(want.Shards)) {
			err = fmt.Errorf("it is not of the batches %d to %d", p.First, p.Last-1)
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, p.Object, err)
		}
		return one.memory.update()
	})
	if err != nil {
		one.memory.close()
		return Partial[S]{}, err
	}
	one.Stats, one.Unreadable = n.Stats, n.Unreadable
	return one, nil
}
