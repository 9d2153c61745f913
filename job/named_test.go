package job_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparkless/job"
	"sparkless/publish/file"
	"sparkless/storage"
	"sparkless/storage/event"
)

const pointer = "/named/p.json"

// named is the object that refers to the plan p of the day.
func (d *frozenDay) named() (name string, content []byte) {
	d.t.Helper()
	for b, err := range d.work.List(d.t.Context(), "runs/") {
		if err != nil {
			d.t.Fatal(err)
		}
		if strings.HasSuffix(b.Name, pointer) {
			data, err := storage.ReadBlob(d.t.Context(), d.work, b)
			if err != nil {
				d.t.Fatal(err)
			}
			return b.Name, data
		}
	}
	d.t.Fatal("no plan is named")
	return "", nil
}

// Of many that freeze under one name at once all get the plan of one, whatever each of
// them saw, and it stays whatever comes late.
func TestFirstToComeNamesThePlan(t *testing.T) {
	d := freezeDay(t, 1)
	if _, err := d.hunt().FrozenAs(t.Context(), event.Day(day), "p"); !errors.Is(err, job.ErrNoPlan) {
		t.Fatalf("before: %v", err)
	}
	plans := make([]job.Frozen, 8)
	var all sync.WaitGroup
	for i := range plans {
		all.Go(func() {
			var err error
			if plans[i], err = d.hunt().FreezeAs(t.Context(), event.Day(day), "p"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d.input.fill(day, 30)
	late, err := d.hunt().FreezeAs(t.Context(), event.Day(day), "p")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := d.hunt().FrozenAs(t.Context(), event.Day(day), "p")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(plans, late, kept) {
		if f != plans[0] || f.Batches == 0 {
			t.Errorf("%+v, and %+v", f, plans[0])
		}
	}
	if other, err := d.hunt().FreezeAs(t.Context(), event.Day(day), "q"); err != nil || other.Run == late.Run {
		t.Errorf("another name: %+v, %v", other, err)
	}
}

// A plan is of one program and of what it reads. A damaged reference is refused, also
// by who would freeze anew.
func TestNamedPlanIsOfOneProgram(t *testing.T) {
	d := freezeDay(t, 2)
	w := event.Day(day)
	if _, err := d.hunt().FreezeAs(t.Context(), w, "p"); err != nil {
		t.Fatal(err)
	}
	other := d.hunt()
	other.Code = "other code"
	if _, err := other.FreezeAs(t.Context(), w, "p"); err == nil || !strings.Contains(err.Error(), "choose another name") {
		t.Errorf("other code: %v", err)
	}
	name, good := d.named()
	for _, bad := range [][]byte{nil, []byte("x"), bytes.Replace(good, []byte(`"version":1`), []byte(`"version":2`), 1), good[:len(good)/2]} {
		if err := d.work.Put(t.Context(), name, bad); err != nil {
			t.Fatal(err)
		}
		for _, freeze := range []func(context.Context, event.Window, string) (job.Frozen, error){d.hunt().FrozenAs, d.hunt().FreezeAs} {
			if _, err := freeze(t.Context(), w, "p"); !errors.Is(err, job.ErrDamaged) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
	for _, bad := range []string{"", ".", "../p", "a/b", "a\\b", "a b", "ä", strings.Repeat("a", 101), ".hidden", "a\x00"} {
		if _, err := d.hunt().FreezeAs(t.Context(), w, bad); err == nil {
			t.Errorf("%q names a plan", bad)
		}
	}
}

// Pieces are exactly those of the plan's batches: what is missing or damaged is named.
func TestPiecesAreOfThePlan(t *testing.T) {
	d := freezeDay(t, 3)
	found, missing, err := d.hunt().Pieces(t.Context(), d.f)
	if err != nil || len(missing) > 0 || len(found) != d.f.Batches {
		t.Fatalf("%d found, %v missing, %v", len(found), missing, err)
	}
	for i, p := range found {
		if p.Ref != d.parts[i].Ref || p.First != i || p.Lines != d.parts[i].Lines {
			t.Errorf("%+v, want %+v", p, d.parts[i])
		}
	}
	if all, err := d.hunt().MergeAll(t.Context(), d.f, found); err != nil || all.Ref != d.all.Ref {
		t.Errorf("%+v, want %+v, %v", all, d.all, err)
	}
	if none, err := d.hunt().MergeAll(t.Context(), d.f, nil); err != nil || none != (job.Piece{}) {
		t.Errorf("%+v, %v", none, err)
	}
	d.work.Remove(d.parts[1].Object)
	if err := d.work.Put(t.Context(), d.parts[3].Object, []byte("x")); err != nil {
		t.Fatal(err)
	}
	found, missing, err = d.hunt().Pieces(t.Context(), d.f)
	if err != nil || !slices.Equal(missing, []int{1, 3}) || len(found) != d.f.Batches-2 {
		t.Errorf("%d found, %v missing, %v", len(found), missing, err)
	}
}

// Who waits for a run that another concludes writes its own files, and sends nothing.
func TestReplaceWritesFilesAlone(t *testing.T) {
	d := freezeDay(t, 4)
	path := t.TempDir() + "/found.jsonl"
	f, err := file.New(file.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	end, err := d.hunt().Conclude(t.Context(), d.f, d.all)
	if err != nil {
		t.Fatal(err)
	}
	sent := len(d.api.taken)
	for _, dry := range []bool{true, false} {
		h := newHunt(d.input, d.work, f, d.api)
		h.BatchSize, h.Code = 1<<10, "code"
		r, err := h.Concluded(t.Context(), d.f, end)
		if err != nil {
			t.Fatal(err)
		}
		h.DryRun = dry
		if err := h.Replace(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		first := r.Deliveries[0]
		if len(r.Deliveries) != 2 || first.Sink != f.Name() || r.Deliveries[1].Sink != "api" || len(d.api.taken) != sent || sent == 0 {
			t.Errorf("dry %v: %+v, %d sent", dry, r.Deliveries, len(d.api.taken)-sent)
		}
		if dry && first.Left != len(r.Records) || !dry && first.Sent != len(r.Records) {
			t.Errorf("dry %v: %+v", dry, first)
		}
	}
}
