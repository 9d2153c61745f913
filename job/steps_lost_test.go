package job_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// A day of which blobs are gone since it was read is read as it is now, and a plan from
// before that does not take its place either.
func TestADayThatLostBlobs(t *testing.T) {
	input, work := newExport(t, 94).fill(day, 8), storagetest.NewMem()
	mustDay(t, newHunt(input, work), day)
	input.Remove(blobName(day, 2*36))
	r, err := process(t.Context(), newMachines(94, 2), newHunt(input, work), event.Day(day), 1)
	if err != nil {
		t.Fatal(err)
	}
	sameRecords(t, "result", r.Records, input.oracle(day))

	late, err := newHunt(input, work).Freeze(t.Context(), event.Day(day))
	if err != nil || !late.Known || late.Before != "" {
		t.Fatalf("%+v, %v", late, err)
	}
	input.Remove(blobName(day, 36))
	d := newHunt(input, work)
	f, err := d.Freeze(t.Context(), event.Day(day))
	if err != nil || f.Before == "" {
		t.Fatalf("%+v, %v", f, err)
	}
	input.put(blobName(day, 7), input.lines(day, 500))
	mustDay(t, newHunt(input, work), day)
	var pieces []job.Piece
	for i := range f.Batches {
		p, err := d.FoldBatch(t.Context(), f, i, func(job.Beat) {})
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, p)
	}
	all, err := d.MergeAll(t.Context(), f, pieces)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Conclude(t.Context(), f, all); !errors.Is(err, job.ErrStale) {
		t.Errorf("a later state gave way: %v", err)
	}
}

// What is made once and replaced while it is read, by one who found it damaged, is read
// again. It is not replaced once more, and whoever has read it before is right.
func TestObjectsReplacedUnderWay(t *testing.T) {
	for _, times := range []int{1, 2, 3} {
		d := freezeDay(t, 102)
		busy := func(open string) *job.Hunt[*words] {
			h := d.hunt()
			h.Work = &storagetest.Faulty{Store: d.work, Script: func(c storagetest.Call) storagetest.Fault {
				if c.Op == storagetest.OpOpen && strings.Contains(c.Name, open) && c.N < times {
					return storagetest.Fault{Break: storage.ErrChanged}
				}
				return storagetest.Fault{}
			}}
			return h
		}
		ever := times == 3
		before := listed(t, d.work)
		f, err := busy("/plan.json").Freeze(t.Context(), event.Day(day))
		if ever != errors.Is(err, storage.ErrChanged) || ever != (err != nil) || !ever && f != d.f {
			t.Errorf("%d times: frozen as %+v, %v", times, f, err)
		}
		if !slices.Equal(listed(t, d.work), before) {
			t.Errorf("%d times: the plan was replaced", times)
		}
		_, err = busy(d.all.Object).Conclude(t.Context(), d.f, d.all)
		if ever != errors.Is(err, storage.ErrChanged) || ever != (err != nil) {
			t.Errorf("%d times: concluded, %v", times, err)
		}
		if err != nil && !job.Passes(job.KindOf(err)) {
			t.Errorf("%v does not pass", err)
		}
	}
}
