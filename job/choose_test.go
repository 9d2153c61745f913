package job_test

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// ranker is a counter that makes its findings one by one.
type ranker struct {
	counter
	made  int
	fails int // at which finding, counted from 1
}

var errRank = errors.New("no such finding")

func (r *ranker) Rank(ctx context.Context, w event.Window, day, history *words) (int, iter.Seq2[publish.Record, error], error) {
	all, err := r.Finish(ctx, w, day, history)
	return len(all), func(yield func(publish.Record, error) bool) {
		for _, one := range all {
			if r.made++; r.made == r.fails {
				yield(publish.Record{}, errRank)
				return
			}
			if !yield(one, nil) {
				return
			}
		}
	}, err
}

// A budget is one of findings that are not suppressed, the first of them; those beyond
// are counted, and not made where the detector makes them one by one.
func TestBudgetOfFindings(t *testing.T) {
	input := newExport(t, 75).fill(day, 4)
	all := input.oracle(day)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		covered := map[string]bool{}
		for _, r := range all {
			covered[r.ID] = rng.IntN(3) == 0
		}
		budget := rng.IntN(len(all) + 2)
		var kept, suppressed []publish.Record
		for _, r := range all {
			switch {
			case budget > 0 && len(kept) == budget:
			case covered[r.ID]:
				suppressed = append(suppressed, r)
			default:
				kept = append(kept, r)
			}
		}
		for _, d := range []job.Detector[*words]{&counter{}, &ranker{}} {
			work, api := storagetest.NewMem(), &sink{name: "api", batch: 100}
			h := newHunt(input, work, api)
			h.Detector, h.Budget = d, budget
			h.Suppress = func() func(publish.Record) (bool, error) {
				return func(r publish.Record) (bool, error) { return covered[r.ID], nil }
			}
			r := mustDay(t, h, day)
			sameRecords(t, "kept", r.Records, kept)
			sameRecords(t, "suppressed", r.Suppressed, suppressed)
			sameRecords(t, "sent", api.taken, kept)
			wantOutbox(t, work, kept)
			looked := len(kept) + len(suppressed)
			if r.OverBudget != len(all)-looked {
				t.Errorf("%d are beyond the budget of %d, want %d", r.OverBudget, budget, len(all)-looked)
			}
			if one, ok := d.(*ranker); ok && one.made != looked {
				t.Errorf("%d findings were made, and %d looked at", one.made, looked)
			}
		}
	}
}

// What is suppressed makes room for what was beyond the budget, and takes it again when
// the rule is gone. Each arrives once.
func TestSuppressedMakesRoom(t *testing.T) {
	input := newExport(t, 76).fill(day, 4)
	all := input.oracle(day)
	work, api := storagetest.NewMem(), &sink{name: "api", batch: 100}
	word := ""
	h := newHunt(input, work, api)
	h.Budget, h.Suppress = 2, quiet(&word)
	first := all[0].ID[len("w-"):]
	for _, step := range []struct {
		word       string
		kept, sent []publish.Record // sent in all
	}{{"", all[:2], all[:2]}, {first, all[1:3], all[:3]}, {first, all[1:3], all[:3]}, {"", all[:2], all[:3]}} {
		word = step.word
		r := mustDay(t, h, day)
		sameRecords(t, "kept", r.Records, step.kept)
		sameRecords(t, "sent", api.taken, step.sent)
		wantOutbox(t, work, step.kept)
		if r.OverBudget != len(all)-2-len(r.Suppressed) {
			t.Errorf("%d beyond the budget", r.OverBudget)
		}
	}
}

// A finding that cannot be made ends the day, unless nobody wants it.
func TestRankFails(t *testing.T) {
	input := newExport(t, 77).fill(day, 4)
	for budget, want := range []error{errRank, nil, errRank} {
		api := &sink{name: "api", batch: 100}
		h := newHunt(input, storagetest.NewMem(), api)
		h.Detector, h.Budget = &ranker{fails: 2}, budget
		if _, err := h.Day(t.Context(), day); !errors.Is(err, want) || err != nil && len(api.taken) > 0 {
			t.Errorf("budget %d: %v, sent %d", budget, err, len(api.taken))
		}
	}
}

// Days of a range, and what is recalled, keep to the budget, too.
func TestBudgetElsewhere(t *testing.T) {
	input := newExport(t, 78).fill(day, 4)
	h := newHunt(input, storagetest.NewMem(), &sink{name: "api", batch: 100})
	h.Budget = 2
	want := mustDay(t, h, day)
	r, err := h.Recall(t.Context(), want.Window)
	if err != nil || r.OverBudget != want.OverBudget || !slices.Equal(ids(r.Records), ids(want.Records)) || len(r.Records) != 2 {
		t.Errorf("%v beyond %d, want %v beyond %d: %v", ids(r.Records), r.OverBudget, ids(want.Records), want.OverBudget, err)
	}
	h.DryRun = true
	if r := mustDay(t, h, day); len(r.Records) != 2 || r.Deliveries[0].Left+r.Deliveries[0].Already != 2 {
		t.Errorf("%+v", r.Deliveries)
	}
}
