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
	"sparkless/storage/event"
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
	h.Sinks = func(event.Window) ([]publish.Sink, error) { return []publish.Sink{later, api}, nil }
	end := day.AddDate(0, 0, 5)

	// Still down: it is asked once, and not at all where it failed before.
	api.sends = 0
	done, err := h.Settle(t.Context(), job.Debts{To: end})
	if !errors.Is(err, job.ErrUndelivered) || api.sends != 1 || len(done) != 5 {
		t.Errorf("%d sends, %+v, %v", api.sends, done, err)
	}
	if _, err = h.Settle(t.Context(), job.Debts{To: end, Earlier: done}); !errors.Is(err, job.ErrUndelivered) || api.sends != 1 {
		t.Errorf("%d sends, %v", api.sends, err)
	}

	api.fail = nil
	done, err = h.Settle(t.Context(), job.Debts{From: day.AddDate(0, 0, 1), To: day.AddDate(0, 0, 3)})
	if err != nil || len(done) != 2 || done[0].Key != "all/words/2026-11-21" || done[0].Sent != want["2026-11-21"] {
		t.Errorf("two days: %+v, %v", done, err)
	}
	if _, err = h.Settle(t.Context(), job.Debts{To: end}); err != nil || fmt.Sprint(arrived(api)) != fmt.Sprint(want) || later.sends > 0 {
		t.Errorf("all: %v, %v, want %v", err, arrived(api), want)
	}
	if done, err = h.Settle(t.Context(), job.Debts{To: end}); err != nil || len(done) > 0 {
		t.Errorf("nothing is left, but %+v, %v", done, err)
	}

	// One day, to whoever is set up.
	done, err = h.Publish(t.Context(), event.Day(day))
	if err != nil || len(done) != 2 || later.sends != 1 || len(later.taken) != want["2026-11-20"] || done[1].Already != want["2026-11-20"] {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err = h.Publish(t.Context(), event.Day(day.AddDate(0, 0, 9))); !errors.Is(err, storage.ErrNotExist) || !strings.Contains(err.Error(), "2026-11-29") {
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
	_, err := h.Settle(t.Context(), job.Debts{})
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
	if _, err := h.Settle(t.Context(), job.Debts{To: day}); !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.Work = work
	if _, err := h.Settle(ctx, job.Debts{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// overtaken is a work store where another run is done with a day just before the
// lock is asked for.
type overtaken struct {
	*storagetest.Mem
	before func()
}

func (o *overtaken) Lock(ctx context.Context, name string) (context.Context, func() error, error) {
	if f := o.before; f != nil {
		o.before = nil
		f()
	}
	return o.Mem.Lock(ctx, name)
}

// Settle sends no revision that another run has replaced meanwhile: whoever reads
// the table takes the one that arrived last.
func TestSettleSendsTheNewest(t *testing.T) {
	input := newExport(t, 60)
	input.put(blobName(day, 0), input.line(day, "w1")+"\n")
	api := &sink{name: "api", batch: 10, fail: func() error { return errDown }}
	work := storagetest.NewMem()
	if _, err := newHunt(input, work, api).Day(t.Context(), day); !errors.Is(err, job.ErrUndelivered) {
		t.Fatal(err)
	}
	api.fail = nil
	input.put(blobName(day, 1), input.line(day, "w1")+"\n")
	other := newHunt(input, work, api)
	late := newHunt(input, &overtaken{work, func() { mustDay(t, other, day) }}, api)
	if _, err := late.Settle(t.Context(), job.Debts{}); err != nil {
		t.Fatal(err)
	}
	if len(api.taken) != 1 || !strings.Contains(string(api.taken[0].Body), `"count":2`) {
		t.Errorf("%s arrived", asText(api.taken))
	}
}

// Who settles patiently hears of a day that stays taken.
func TestSettlePatiently(t *testing.T) {
	h, api, want := owing(t)
	api.fail = nil
	if _, _, err := h.Work.(*storagetest.Mem).Lock(t.Context(), "locks/all/words/2026-11-22"); err != nil {
		t.Fatal(err)
	}
	done, err := h.Settle(t.Context(), job.Debts{Patient: true})
	if !errors.Is(err, job.ErrBusy) || !strings.Contains(err.Error(), "2026-11-22") || len(done) != 4 || arrived(api)["2026-11-24"] != want["2026-11-24"] {
		t.Errorf("%+v, %v", done, err)
	}
}

// What is owed to a sink that is not set up is said, until the day is published
// to those that are; what these do not take at once is owed to them.
func TestDebtsToASinkThatIsGone(t *testing.T) {
	h, _, want := owing(t)
	n := 0
	other := &sink{name: "other", batch: 1, fail: func() error {
		if n++; n > 1 {
			return errDown
		}
		return nil
	}}
	h.Sinks = func(event.Window) ([]publish.Sink, error) { return []publish.Sink{other}, nil }
	_, err := h.Settle(t.Context(), job.Debts{To: day.AddDate(0, 0, 1)})
	if !errors.Is(err, job.ErrUndelivered) || !strings.Contains(err.Error(), "owed to api") || !strings.Contains(err.Error(), "publish --day 2026-11-20") || other.sends > 0 {
		t.Errorf("%d sends, %v", other.sends, err)
	}
	// Another scope's debts to others are that scope's.
	scope := *h
	scope.Scope = "elsewhere"
	if _, err := scope.Settle(t.Context(), job.Debts{}); err != nil {
		t.Error(err)
	}
	if done, err := h.Publish(t.Context(), event.Day(day)); !errors.Is(err, job.ErrUndelivered) || done[0].Sent != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	other.fail = nil
	if _, err := scope.Settle(t.Context(), job.Debts{}); err != nil || arrived(other)["2026-11-20"] != want["2026-11-20"] {
		t.Errorf("%v, %v arrived, want %v", err, arrived(other), want)
	}
	if _, err := h.Settle(t.Context(), job.Debts{To: day.AddDate(0, 0, 1)}); err != nil {
		t.Error(err)
	}
}

// fickle is a detector that may not find again what it found before.
type fickle struct {
	counter
	forgets bool
}

func (f *fickle) Finish(ctx context.Context, w event.Window, d, history *words) ([]publish.Record, error) {
	out, err := f.counter.Finish(ctx, w, d, history)
	if f.forgets {
		return out[1:], err
	}
	return out, err
}

// A finding that was owed and is none any more is named once, unless it had
// arrived.
func TestSupersededFindings(t *testing.T) {
	input := newExport(t, 62).fill(day, 4)
	for _, works := range []bool{true, false} {
		api := &sink{name: "api", batch: 100}
		if !works {
			api.fail = func() error { return errDown }
		}
		d := &fickle{}
		h := newHunt(input, storagetest.NewMem(), api)
		h.Detector = d
		h.Day(t.Context(), day)
		d.forgets, api.fail = true, nil
		for run := range 2 {
			r := mustDay(t, h, day)
			if want := input.oracle(day)[:boolInt(!works && run == 0)]; len(r.Superseded) != len(want) || len(want) == 1 && r.Superseded[0] != want[0].ID {
				t.Errorf("works %v, run %d: %q", works, run, r.Superseded)
			}
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// An outbox that a later release wrote is not written anew: it may owe in a way
// that this one does not know.
func TestOutboxOfALaterRelease(t *testing.T) {
	h, api, _ := owing(t)
	api.fail = nil
	work := h.Work.(*storagetest.Mem)
	name := "outbox/all/words/2026-11-20.jsonl"
	file := strings.Replace(content(t, work, name)[name], `"version":2`, `"version":3`, 1)
	put(t, work, name, []byte(file))
	if r, err := h.Day(t.Context(), day); r != nil || err == nil || !strings.Contains(err.Error(), "later release") || content(t, work, name)[name] != file {
		t.Error(err)
	}
}
