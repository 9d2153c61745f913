package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

const dayLock = "locks/all/words/2026-11-20"

// Runs of one day that overlap do it one after the other: each gets the whole
// day, and every record arrives once.
func TestRunsAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		input := newExport(t, 15).fill(day, 40)
		want := input.oracle(day)
		work, api := storagetest.NewMem(), &sink{name: "api", batch: 2}
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				h := newHunt(input, work, api)
				h.DryRun, h.Wait = i%3 == 0, time.Minute
				r, err := h.Day(t.Context(), day)
				if err != nil {
					t.Error(err)
					return
				}
				sameRecords(t, "result", r.Records, want)
			})
		}
		wg.Wait()
		sameRecords(t, "sent", api.taken, want)
	})
}

// Who finds the day taken waits as long as it was told, then leaves and says who
// has it; with time it gets its turn, and a dry run asks nobody.
func TestWaitingForAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		input := newExport(t, 16).fill(day, 4)
		work, api := storagetest.NewMem(), &sink{name: "api"}
		_, unlock, err := work.Lock(t.Context(), dayLock)
		if err != nil {
			t.Fatal(err)
		}
		h := newHunt(input, work, api)
		for _, wait := range []time.Duration{0, time.Second, 90 * time.Second} {
			h.Wait = wait
			start := time.Now()
			r, err := h.Day(t.Context(), day)
			if r != nil || !errors.Is(err, job.ErrBusy) || !errors.Is(err, storage.ErrLocked) || !strings.Contains(err.Error(), "job.wait") {
				t.Errorf("after %v: %v", wait, err)
			}
			if spent := time.Since(start); spent != wait || api.sends > 0 {
				t.Errorf("waited %v of %v, %d sends", spent, wait, api.sends)
			}
		}
		if _, err := h.Publish(t.Context(), event.Day(day)); !errors.Is(err, job.ErrBusy) {
			t.Error(err)
		}
		dry := newHunt(input, work, api)
		dry.DryRun = true
		mustDay(t, dry, day)

		var phases []job.Phase
		h.Observe = func(p job.Progress) {
			if p.Phase == job.Waiting {
				phases = append(phases, p.Phase)
			}
		}
		time.AfterFunc(30*time.Second, func() { unlock() })
		start := time.Now()
		mustDay(t, h, day)
		if spent := time.Since(start); spent < 30*time.Second || spent > 33*time.Second || len(phases) != 1 || api.sends == 0 {
			t.Errorf("its turn came after %v, %v", spent, phases)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, unlock, err = work.Lock(t.Context(), dayLock)
		time.AfterFunc(time.Second, cancel)
		if _, err2 := h.Day(ctx, day); err != nil || !errors.Is(err2, context.Canceled) || errors.Is(err2, job.ErrBusy) {
			t.Error(err, err2)
		}
		unlock()
	})
}

// A run that loses its lock stops, sends no more, and the next one completes it.
func TestLosingTheLock(t *testing.T) {
	for at := 1; ; at++ {
		input := newExport(t, 17).fill(day, 4)
		work, api := storagetest.NewMem(), &sink{name: "api", batch: 1}
		calls, lostAt := 0, -1
		lose := func() {
			if calls++; calls == at {
				work.BreakLock(dayLock)
				lostAt = api.sends
			}
		}
		store := &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op != storagetest.OpLock {
				lose()
			}
			return storagetest.Fault{}
		}}
		h := newHunt(input, store, api)
		h.Engine, h.Workers = job.Local(1), 1
		r, err := h.Day(t.Context(), day)
		if lostAt < 0 {
			if err != nil || at < 10 {
				t.Errorf("%d calls, %v", calls, err)
			}
			return
		}
		what := fmt.Sprintf("lost at call %d", at)
		if err != nil && !errors.Is(err, storage.ErrLockLost) || err == nil && r == nil {
			t.Errorf("%s: %v", what, err)
		}
		if api.sends > lostAt+1 {
			t.Errorf("%s: %d batches were sent afterwards", what, api.sends-lostAt)
		}
		again := newHunt(input, work, api)
		sameRecords(t, what, mustDay(t, again, day).Records, input.oracle(day))
		once := map[string]int{}
		for _, r := range api.taken {
			once[r.ID]++
		}
		for _, r := range input.oracle(day) {
			if once[r.ID] < 1 || once[r.ID] > 2 {
				t.Errorf("%s: %s arrived %d times", what, r.ID, once[r.ID])
			}
		}
	}
}

// A day that somebody works on is left to them when debts are settled.
func TestSettleLeavesADayThatIsTaken(t *testing.T) {
	h, api, want := owing(t)
	api.fail = nil
	_, unlock, err := h.Work.(*storagetest.Mem).Lock(t.Context(), "locks/all/words/2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	h.Wait = time.Hour // not for this
	if _, err := h.Settle(t.Context(), job.Debts{}); err != nil {
		t.Error(err)
	}
	if got := arrived(api); got["2026-11-22"] != 0 || got["2026-11-23"] != want["2026-11-23"] {
		t.Errorf("%v", got)
	}
	unlock()
}

// A work store that knows no locks works without.
type lockless struct{ storage.Store }

func TestWithoutLocks(t *testing.T) {
	input := newExport(t, 18).fill(day, 4)
	api := &sink{name: "api"}
	for _, work := range []storage.Store{lockless{storagetest.NewMem()}, storage.RetryStore(lockless{storagetest.NewMem()}, storage.Policy{})} {
		mustDay(t, newHunt(input, work, api), day)
	}
}
