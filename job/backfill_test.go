package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

func TestBackfill(t *testing.T) {
	input := &opens{export: newExport(t, 20)}
	for i := range 5 {
		input.fill(day.AddDate(0, 0, i), 4)
	}
	work, api := storagetest.NewMem(), &sink{name: "api"}
	h := newHunt(input, work, api)
	for round := range 2 {
		var dates []time.Time
		err := h.Backfill(t.Context(), day, day.AddDate(0, 0, 5), func(date time.Time, r *job.Result[*words], err error) {
			dates = append(dates, date)
			if err != nil || r.Date != date {
				t.Errorf("%v: %v", date, err)
				return
			}
			sameRecords(t, "result", r.Records, input.oracle(date))
		})
		if err != nil || len(dates) != 5 || !slices.IsSortedFunc(dates, time.Time.Compare) || dates[0] != day {
			t.Errorf("%v, %v", dates, err)
		}
		if opened := input.reset(); (len(opened) > 0) != (round == 0) {
			t.Errorf("round %d opened %d blobs", round, len(opened))
		}
	}
	total := 0
	for i := range 5 {
		total += len(input.oracle(day.AddDate(0, 0, i)))
	}
	if len(api.taken) != total {
		t.Errorf("%d records sent, want %d", len(api.taken), total)
	}
	if err := h.Backfill(t.Context(), day, day, nil); err != nil {
		t.Errorf("no days: %v", err)
	}
}

// A day that fails is named and does not stop the others.
func TestBackfillGoesPastAFailingDay(t *testing.T) {
	input := newExport(t, 21)
	for _, i := range []int{0, 1, 3} { // nothing of the third day
		input.fill(day.AddDate(0, 0, i), 4)
	}
	broken := errors.New("connection reset")
	second := day.AddDate(0, 0, 1).Format("/y=2006/m=01/d=02/")
	meddling := &meddler{export: input, open: func(_ *meddler, b storage.Blob) error {
		if strings.Contains(b.Name, second) {
			return broken
		}
		return nil
	}}
	h := newHunt(meddling, storagetest.NewMem())
	var outcome []string
	err := h.Backfill(t.Context(), day, day.AddDate(0, 0, 4), func(date time.Time, r *job.Result[*words], err error) {
		outcome = append(outcome, fmt.Sprint(date.Day(), r != nil, err != nil))
		if err != nil && !strings.HasPrefix(err.Error(), date.Format(time.DateOnly)+": ") {
			t.Errorf("the day is not named in %v", err)
		}
	})
	if got := fmt.Sprint(outcome); got != "[20 true false 21 false true 22 false true 23 true false]" {
		t.Error(got)
	}
	if !errors.Is(err, broken) || !errors.Is(err, job.ErrNoBlobs) || !strings.Contains(err.Error(), "2026-11-21: ") || !strings.Contains(err.Error(), "2026-11-22: ") || strings.Contains(err.Error(), "2026-11-20: ") {
		t.Error(err)
	}
}

// Undelivered findings are a failure of their day, and its result is complete.
func TestBackfillReportsUndelivered(t *testing.T) {
	input := newExport(t, 22).fill(day, 3).fill(day.AddDate(0, 0, 1), 3)
	down := &sink{name: "api", fail: func() error { return errors.New("down") }}
	results := 0
	err := newHunt(input, storagetest.NewMem(), down).Backfill(t.Context(), day, day.AddDate(0, 0, 2), func(date time.Time, r *job.Result[*words], err error) {
		if r != nil && len(r.Records) > 0 && errors.Is(err, job.ErrUndelivered) {
			results++
		}
	})
	if results != 2 || !errors.Is(err, job.ErrUndelivered) {
		t.Errorf("%d results, %v", results, err)
	}
}

func TestBackfillStopsWhenTold(t *testing.T) {
	input := newExport(t, 23)
	for i := range 4 {
		input.fill(day.AddDate(0, 0, i), 4)
	}
	// While the second day is read: that day has no outcome, the first keeps its.
	ctx, cancel := context.WithCancel(t.Context())
	var adds atomic.Int64
	h := newHunt(input, storagetest.NewMem(), &sink{name: "api"})
	var outcomes []string
	note := func(date time.Time, r *job.Result[*words], err error) {
		outcomes = append(outcomes, fmt.Sprint(date.Day(), r != nil, err))
		h.Detector = &counter{onAdd: func() {
			if adds.Add(1) == 2 {
				cancel()
			}
		}}
	}
	err := h.Backfill(ctx, day, day.AddDate(0, 0, 4), note)
	if got := fmt.Sprint(outcomes); !errors.Is(err, context.Canceled) || got != "[20 true <nil>]" {
		t.Errorf("%s, %v", got, err)
	}

	// While the last batch of a day is sent: that day is complete.
	ctx, cancel = context.WithCancel(t.Context())
	outcomes = nil
	api := &sink{name: "other", batch: 1000, fail: func() error { cancel(); return nil }}
	h = newHunt(input, storagetest.NewMem(), api)
	err = h.Backfill(ctx, day, day.AddDate(0, 0, 4), note)
	if got := fmt.Sprint(outcomes); !errors.Is(err, context.Canceled) || got != "[20 true <nil>]" || api.sends != 1 {
		t.Errorf("%s, %d sends, %v", got, api.sends, err)
	}
}
