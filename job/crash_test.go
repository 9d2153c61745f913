package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

var errCrash = errors.New("crash")

// crash counts every call that leaves the job, to the container, the work store
// and the sink, and makes one of them go wrong.
type crash struct {
	at   int  // the call that fails, counted from 1
	dead bool // all calls behind it fail too, as when the process has died
	late bool // it takes effect although it fails: an answer that got lost

	mu    sync.Mutex
	calls int
	where string // what failed first
}

// hit reports whether this call fails, and whether it takes effect before.
func (c *crash) hit(what string) (fails, late bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if c.calls == c.at {
		c.where = what
	}
	fails = c.calls == c.at || c.dead && c.calls > c.at
	return fails, c.late && c.calls == c.at
}

func (c *crash) script(place string) func(storagetest.Call) storagetest.Fault {
	return func(call storagetest.Call) storagetest.Fault {
		fails, late := c.hit(fmt.Sprint(place, " ", call.Op, " ", call.Name))
		switch {
		case !fails:
			return storagetest.Fault{}
		case !late:
			return storagetest.Fault{Before: errCrash}
		case call.Op == storagetest.OpPut:
			return storagetest.Fault{After: errCrash}
		default:
			return storagetest.Fault{Break: errCrash, BreakAt: 1}
		}
	}
}

// crashingSink is a destination that keeps what it took when the job dies.
type crashingSink struct {
	*sink
	c *crash
}

func (s crashingSink) Send(ctx context.Context, records []publish.Record) (int, error) {
	fails, late := s.c.hit("sink Send")
	if fails && !late {
		return 0, errCrash
	}
	n, err := s.sink.Send(ctx, records)
	if fails {
		return 0, errCrash
	}
	return n, err
}

// scene is what outlives a crash.
type scene struct {
	*export
	work *storagetest.Mem
	api  *sink
}

func newScene(t testing.TB) *scene {
	return &scene{newExport(t, 99).fill(day, 8), storagetest.NewMem(), &sink{name: "api", batch: 4}}
}

// run runs the day once with a crash.
func (s *scene) run(ctx context.Context, c *crash, workers int) error {
	input := &storagetest.Faulty{Store: s.Mem, Script: c.script("input")}
	work := &storagetest.Faulty{Store: s.work, Script: c.script("work")}
	h := newHunt(input, work, crashingSink{s.api, c})
	h.Engine, h.Workers = job.Local(workers), workers
	h.Lanes = event.NewLanes(workers, workers)
	_, err := h.Day(ctx, day)
	return err
}

// wantDone compares all that can be seen from outside with the oracle.
func (s *scene) wantDone(what string, mayRepeat int) {
	s.t.Helper()
	want := s.oracle(day)
	kept, err := publish.ReadOutbox(s.t.Context(), s.work, "all/words/2026-11-20")
	if err != nil {
		s.t.Errorf("%s: %v", what, err)
	}
	sameRecords(s.t, what+": outbox", kept.Records, want)
	latest := map[string]publish.Record{}
	seen := map[string]int{}
	for _, r := range s.api.taken {
		latest[r.ID] = r
		seen[r.ID+" "+publish.Digest(r.Body)]++
	}
	repeated := 0
	for _, n := range seen {
		repeated += n - 1
	}
	if repeated > mayRepeat {
		s.t.Errorf("%s: %d records were sent twice, at most %d may", what, repeated, mayRepeat)
	}
	var last []publish.Record
	for _, r := range want {
		last = append(last, latest[r.ID])
	}
	sameRecords(s.t, what+": at the destination", last, want)
	s.wantReceipts(what, want)
}

// wantReceipts reads the receipts as text: one for each record.
func (s *scene) wantReceipts(what string, want []publish.Record) {
	s.t.Helper()
	have := map[string]int{}
	for _, file := range content(s.t, s.work, "receipts/api/all/words/2026-11-20/") {
		for line := range strings.Lines(file) {
			var r struct{ ID, Revision string }
			if json.Unmarshal([]byte(line), &r) == nil && r.ID != "" {
				have[r.ID+" "+r.Revision]++
			}
		}
	}
	for _, r := range want {
		if n := have[r.ID+" "+publish.Digest(r.Body)]; n != 1 {
			s.t.Errorf("%s: %d receipts of %s", what, n, r.ID)
		}
	}
}

// mayRepeat is how many records the guarantees allow to arrive twice after a
// crash there: those of one batch whose receipt was not kept.
func (s *scene) mayRepeat(c *crash) int {
	sentButUnknown := strings.HasPrefix(c.where, "sink") && c.late || strings.HasPrefix(c.where, "work Put receipts/") && !c.late
	if sentButUnknown {
		return s.api.batch
	}
	return 0
}

// At whatever call a run dies, the next run completes the day as if nothing had
// happened.
func TestEveryCrashPoint(t *testing.T) {
	for mode := range 4 {
		for n := 1; ; n++ {
			s, c := newScene(t), &crash{at: n, dead: mode&1 > 0, late: mode&2 > 0}
			err := s.run(t.Context(), c, 1)
			if c.where == "" { // the run has fewer calls
				if err != nil || n < 30 {
					t.Errorf("%d calls, %v", n-1, err)
				}
				break
			}
			what := fmt.Sprintf("call %d (%s), dead %v, late %v", n, c.where, c.dead, c.late)
			unnoticed := err == nil && strings.HasPrefix(c.where, "work List") // one that broke behind the name looked for
			if !errors.Is(err, errCrash) && !unnoticed {
				t.Fatalf("%s: the run says %v", what, err)
			}
			if err := s.run(t.Context(), &crash{}, 1); err != nil {
				t.Fatalf("%s: the next run says %v", what, err)
			}
			s.wantDone(what, s.mayRepeat(c))
			s.wantNothingLeft(what)
		}
	}
}

// wantNothingLeft runs the day once more: nothing is read or sent.
func (s *scene) wantNothingLeft(what string) {
	s.t.Helper()
	sends, input := s.api.sends, &opens{export: s.export}
	h := newHunt(input, s.work, s.api)
	if _, err := h.Day(s.t.Context(), day); err != nil || s.api.sends != sends || len(input.reset()) > 0 {
		s.t.Errorf("%s: a further run sends or reads again, %v", what, err)
	}
}

// The same with several workers, crash after crash, a run that is told to stop,
// and blobs that arrive between the runs.
func TestCrashAfterCrash(t *testing.T) {
	for seed := range uint64(25) {
		s := newScene(t)
		rng := s.rng
		repeats := 0
		for round := range 5 {
			c := &crash{at: 1 + rng.IntN(45), dead: rng.IntN(2) == 0, late: rng.IntN(2) == 0}
			ctx, cancel := context.WithCancel(t.Context())
			if rng.IntN(4) == 0 { // told to stop in the middle
				cancel()
			}
			err := s.run(ctx, c, 1+rng.IntN(4))
			cancel()
			if err != nil && !errors.Is(err, errCrash) && !errors.Is(err, context.Canceled) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			repeats += s.mayRepeat(c)
			if rng.IntN(3) == 0 {
				s.put(blobName(day, int(seed)*7+round), s.lines(day, 3))
			}
		}
		if err := s.run(t.Context(), &crash{}, 3); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		s.wantDone(fmt.Sprint("seed ", seed), repeats)
		s.wantNothingLeft(fmt.Sprint("seed ", seed))
	}
}

// A short listing hides blobs; it must never be taken for the whole day when the
// store says that it failed.
func TestBrokenListingIsNoDay(t *testing.T) {
	for at := range 12 {
		s := newScene(t)
		input := &storagetest.Faulty{Store: s.Mem, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op == storagetest.OpList {
				return storagetest.Fault{Break: errCrash, BreakAt: int64(at)}
			}
			return storagetest.Fault{}
		}}
		if r, err := newHunt(input, s.work, s.api).Day(t.Context(), day); r != nil || !errors.Is(err, errCrash) || s.api.sends > 0 {
			t.Errorf("after %d names: %v", at, err)
		}
	}
}

// seededRun has many passing faults; behind Retry the day comes out right.
func TestPassingFaultsBehindRetry(t *testing.T) {
	for seed := range uint64(30) {
		s := newScene(t)
		flaky := &storagetest.Faulty{Store: s.Mem, Script: storagetest.Seeded(seed, 0.5)}
		input := storage.Retry(flaky, storage.Policy{Attempts: 4})
		r, err := newHunt(input, s.work, s.api).Day(t.Context(), day)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		sameRecords(t, "result", r.Records, s.oracle(day))
		if !slices.EqualFunc(s.api.taken, r.Records, func(a, b publish.Record) bool { return a.ID == b.ID }) {
			t.Errorf("seed %d: sent %s", seed, asText(s.api.taken))
		}
	}
}
