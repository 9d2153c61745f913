package job_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/storage"
)

// sharedDefect is a mistake of a program that shares a day out.
type sharedDefect struct {
	name    string
	parts   func(*parts)
	store   func(storage.Store) storage.Store
	instead func(work storage.Store, f job.Frozen, pieces []job.Piece) []job.Piece
}

// sharedDefects are mistakes that programs of this kind make.
func sharedDefects() []sharedDefect {
	replaces := func(s storage.Store) storage.Store { return replacing{s} }
	return []sharedDefect{
		{name: "what comes second replaces what came first", store: replaces},
		{name: "pieces that are not checked by their digest", store: replaces, instead: asTheyAre},
		{name: "pieces taken from a listing", instead: asListed},
		{name: "pieces taken from a listing that lags", instead: asListedLate},
		{name: "a batch counted twice", instead: withOneTwice},
		{name: "a batch counted twice in merging", parts: func(p *parts) { p.detector = twofold{p.detector} }},
		{name: "a batch left out", instead: withoutOne},
		{name: "a piece of another batch", instead: exchanged},
	}
}

// That the tests of the steps notice each of the defects.
func TestDefectsOfStepsAreNoticed(t *testing.T) {
	const within = 10
	for _, d := range sharedDefects() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			if d.store == nil {
				d.store = func(s storage.Store) storage.Store { return s }
			}
			if d.parts == nil {
				d.parts = func(*parts) {}
			}
			var found complaints
			for _, lateReads := range []bool{false, true} {
				m := newMachines(1, 3)
				m.instead = d.instead
				lateFold(t, &found, lateReads, d.store, m)
			}
			for seed := uint64(0); seed < within && len(found.texts) == 0; seed++ {
				w, m := newSharedWorld(t, &found, seed, 6)
				m.instead = d.instead
				w.defect = &defect{d.name, func(p *parts) {
					d.parts(p)
					p.work = d.store(p.work)
				}}
				w.live()
			}
			if len(found.texts) == 0 {
				t.Fatal("not noticed")
			}
			t.Logf("noticed: %.200s", found.texts[0])
		})
	}
}

// replacing takes an object that is there for none.
type replacing struct{ storage.Store }

func (r replacing) Create(ctx context.Context, name string, data []byte) error {
	return r.Put(ctx, name, data)
}

func (r replacing) Lock(ctx context.Context, name string) (context.Context, func() error, error) {
	return r.Store.(storage.Locker).Lock(ctx, name)
}

// asTheyAre refers to what the pieces' objects hold now.
func asTheyAre(work storage.Store, _ job.Frozen, pieces []job.Piece) []job.Piece {
	all := slices.Clone(pieces)
	for i, p := range all {
		data, err := storage.ReadAll(context.Background(), work, p.Object)
		if err == nil {
			all[i].SHA256, all[i].Size = fmt.Sprintf("%x", sha256.Sum256(data)), int64(len(data))
		}
	}
	return all
}

// asListed takes for the pieces what lies in the folder of the run.
func asListed(work storage.Store, f job.Frozen, pieces []job.Piece) []job.Piece {
	if len(pieces) < 2 {
		return pieces
	}
	folder, _, _ := strings.Cut(pieces[0].Object, f.Run)
	var all []job.Piece
	for b, err := range work.List(context.Background(), folder+f.Run+"/") {
		if err != nil {
			return pieces
		}
		p := job.Piece{Ref: job.Ref{Object: b.Name}}
		if n, _ := fmt.Sscanf(b.Name[len(folder+f.Run):], "/merge-%d-%d.parquet", &p.First, &p.Last); n < 2 {
			if n, _ = fmt.Sscanf(b.Name[len(folder+f.Run):], "/part-%d.parquet", &p.First); n < 1 {
				continue
			}
			p.Last = p.First + 1
		}
		for _, known := range pieces {
			if known.First == p.First && known.Last == p.Last {
				p = known
			}
		}
		all = append(all, p)
	}
	return asTheyAre(work, f, all)
}

// asListedLate does not see the last one yet.
func asListedLate(_ storage.Store, _ job.Frozen, pieces []job.Piece) []job.Piece {
	return pieces[:max(1, len(pieces)-1)]
}

func withOneTwice(_ storage.Store, _ job.Frozen, pieces []job.Piece) []job.Piece {
	if len(pieces) < 2 {
		return pieces
	}
	return append(slices.Clone(pieces), pieces[0])
}

func withoutOne(_ storage.Store, _ job.Frozen, pieces []job.Piece) []job.Piece {
	if len(pieces) < 2 {
		return pieces
	}
	return slices.Clone(pieces[1:])
}

// exchanged has one batch's state for another's.
func exchanged(_ storage.Store, _ job.Frozen, pieces []job.Piece) []job.Piece {
	if len(pieces) < 2 {
		return pieces
	}
	all := slices.Clone(pieces)
	all[0].Ref = all[1].Ref
	return all
}

// twofold merges what it has read from a file twice.
type twofold struct{ job.Detector[*sightings] }

func (d twofold) New() *sightings {
	s := d.Detector.New()
	s.twice = true
	return s
}

// Where there is no defect none is noticed.
func TestNoDefectOfSteps(t *testing.T) {
	var found complaints
	for seed := range uint64(10) {
		w, _ := newSharedWorld(t, &found, seed, 6)
		w.defect = &defect{"none", func(*parts) {}}
		w.live()
	}
	if len(found.texts) > 0 {
		t.Errorf("%q", found.texts)
	}
}
