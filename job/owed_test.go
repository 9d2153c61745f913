package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

var errDown = errors.New("the line is down")

// owing is a hunt through five days, all found while the sink api was down.
func owing(t *testing.T) (h *job.Hunt[*words], api *sink, want map[string]int) {
	input := newExport(t, 50)
	for i := range 5 {
		input.fill(day.AddDate(0, 0, i), 4)
	}
	api = &sink{name: "api", batch: 3, fail: func() error { return errDown }}
	h = newHunt(input, storagetest.NewMem(), api)
	err := h.Backfill(t.Context(), day, day.AddDate(0, 0, 5), func(date time.Time, r *job.Result[*words], err error) {
		if r == nil || !errors.Is(err, job.ErrUndelivered) {
			t.Errorf("%v: %v", date, err)
		}
	})
	if !errors.Is(err, job.ErrUndelivered) || !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if api.sends != 1 {
		t.Errorf("a sink that is down was tried %d times in a backfill", api.sends)
	}
	want = map[string]int{}
	for i := range 5 {
		date := day.AddDate(0, 0, i)
		want[date.Format(time.DateOnly)] = len(input.oracle(date))
	}
	return h, api, want
}

// arrived counts what a sink has, by day.
func arrived(s *sink) map[string]int {
	got := map[string]int{}
	for _, r := range s.taken {
		got[r.Day]++
	}
	return got
}

func TestSettleSendsWhatIsOwed(t *testing.T) {
	h, api, want := owing(t)
	later := &sink{name: "later", batch: 100}
	h.Sinks = func(time.Time) ([]publish.Sink, error) { return []publish.Sink{later, api}, nil }
	end := day.AddDate(0, 0, 5)

	// Still down: it is asked once, and not at all where it failed before.
	api.sends = 0
	done, err := h.Settle(t.Context(), time.Time{}, end, nil)
	if !errors.Is(err, job.ErrUndelivered) || api.sends != 1 || len(done) != 5 {
		t.Errorf("%d sends, %+v, %v", api.sends, done, err)
	}
	if _, err = h.Settle(t.Context(), time.Time{}, end, done); !errors.Is(err, job.ErrUndelivered) || api.sends != 1 {
		t.Errorf("%d sends, %v", api.sends, err)
	}

	api.fail = nil
	done, err = h.Settle(t.Context(), day.AddDate(0, 0, 1), day.AddDate(0, 0, 3), nil)
	if err != nil || len(done) != 2 || done[0].Key != "all/words/2026-11-21" || done[0].Sent != want["2026-11-21"] {
		t.Errorf("two days: %+v, %v", done, err)
	}
	if _, err = h.Settle(t.Context(), time.Time{}, end, nil); err != nil || fmt.Sprint(arrived(api)) != fmt.Sprint(want) || later.sends > 0 {
		t.Errorf("all: %v, %v, want %v", err, arrived(api), want)
	}
	if done, err = h.Settle(t.Context(), time.Time{}, end, nil); err != nil || len(done) > 0 {
		t.Errorf("nothing is left, but %+v, %v", done, err)
	}

	// One day, to whoever is set up.
	done, err = h.Publish(t.Context(), day)
	if err != nil || len(done) != 2 || later.sends != 1 || len(later.taken) != want["2026-11-20"] || done[1].Already != want["2026-11-20"] {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err = h.Publish(t.Context(), day.AddDate(0, 0, 9)); !errors.Is(err, storage.ErrNotExist) || !strings.Contains(err.Error(), "2026-11-29") {
		t.Error(err)
	}
}

// Damage in one day's files stops neither the other days nor goes unnoticed.
func TestSettleNamesDamage(t *testing.T) {
	h, api, want := owing(t)
	api.fail = nil
	work := h.Work.(*storagetest.Mem)
	put(t, work, "outbox/all/words/2026-11-21.jsonl", []byte("nothing"))
	put(t, work, "receipts/api/all/words/2026-11-22/x.jsonl", []byte("nothing"))
	put(t, work, "outbox/all/words/notes.txt", []byte("mine"))
	_, err := h.Settle(t.Context(), time.Time{}, day.AddDate(0, 0, 5), nil)
	if err == nil || !strings.Contains(err.Error(), "outbox/all/words/2026-11-21.jsonl") || !strings.Contains(err.Error(), "receipts/api/all/words/2026-11-22/x.jsonl") {
		t.Error(err)
	}
	delete(want, "2026-11-21")
	delete(want, "2026-11-22")
	if fmt.Sprint(arrived(api)) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", arrived(api), want)
	}
	broken := errors.New("broken")
	h.Work = &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
		if c.Op == storagetest.OpList && strings.HasPrefix(c.Name, "outbox/") {
			return storagetest.Fault{Before: broken}
		}
		return storagetest.Fault{}
	}}
	if _, err := h.Settle(t.Context(), time.Time{}, day, nil); !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.Work = work
	if _, err := h.Settle(ctx, time.Time{}, day.AddDate(0, 0, 5), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
