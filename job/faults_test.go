package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// At whatever call a process dies, or fails once, the next one completes the day
// as if nothing had happened.
func TestEveryCrashPoint(t *testing.T) {
	for mode := range 4 {
		t.Run(fmt.Sprint("mode", mode), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				w := newWorld(t, t, 99, 6)
				c := &crash{at: n, dead: mode&1 > 0, how: []failure{before, after}[mode>>1]}
				w.what = fmt.Sprintf("call %d, dead %v, in effect %v", n, c.dead, c.how == after)
				err := w.run(c)
				if c.where == "" { // the run has fewer calls
					if n < 30 {
						t.Errorf("%d calls, %v", n-1, err)
					}
					break
				}
				unnoticed := err == nil && strings.HasPrefix(c.where, "work List") // one that broke behind the name looked for
				if !errors.Is(err, errCrash) && !unnoticed {
					t.Fatalf("%s (%s): the run says %v", w.what, c.where, err)
				}
				w.run(&crash{})
				w.wantNothingLeft()
			}
		})
	}
}

// live lets several processes run, most of which die, fail or are stopped, while
// the export goes on changing; then one that ends well.
func (w *world) live() {
	workers := func() int { return 1 + w.rng.IntN(4) }
	if w.defect != nil {
		workers = func() int { return 1 } // what a seed brings to light is always the same
	}
	for range 1 + w.rng.IntN(4) {
		c := fate(w.rng)
		c.workers = workers()
		w.run(c)
		if w.rng.IntN(3) == 0 {
			w.change()
		}
	}
	if w.run(&crash{workers: workers()}) == nil {
		w.wantNothingLeft()
	}
}

// lives is how many seeded lives are tested.
const lives = 200

// Whatever befalls the processes of a day, what is seen from outside is right in
// the end: nothing is lost, nothing is wrong, and only what was in flight comes
// twice.
func TestLives(t *testing.T) {
	const groups = 4
	for g := range uint64(groups) {
		t.Run(fmt.Sprint("group", g), func(t *testing.T) {
			t.Parallel()
			for seed := g; seed < lives && !t.Failed(); seed += groups {
				w := newWorld(t, t, seed, 6)
				if seed%8 == 0 {
					w.poison = `"w4"`
				}
				w.live()
			}
		})
	}
}

// Processes that run at once, and fail and die beside each other, do no more harm
// than one after the other.
func TestLivesOfTwoAtOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		lifeOfTwo(t, seed)
	}
}

// That holds because they keep each other out: two that do not both deliver.
func TestTwoAtOnceWithoutLocks(t *testing.T) {
	var found complaints
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &found, 1, 6)
		w.crowded = true
		var both sync.WaitGroup
		both.Add(2)
		w.defect = &defect{"no locks", func(p *parts) {
			p.work = struct{ storage.Store }{p.work}
			meet := sync.OnceFunc(func() {
				both.Done()
				both.Wait()
			})
			eachSink(p, func(s publish.Sink) publish.Sink { return meeting{s, meet} })
		}}
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { w.run(&crash{}) })
		}
		all.Wait()
		for _, d := range w.dests {
			w.wantFewRepeats(d)
		}
	})
	if len(found.texts) == 0 {
		t.Error("not noticed")
	}
}

// meeting is a sink that waits for another process before it sends.
type meeting struct {
	publish.Sink
	meet func()
}

func (m meeting) Send(ctx context.Context, records []publish.Record) (int, error) {
	m.meet()
	return m.Sink.Send(ctx, records)
}

func lifeOfTwo(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) { // where waiting takes no time, and waiting for ever is a failure
		w := newWorld(t, t, seed, 6)
		w.crowded = true
		fates := make([]*crash, 2+w.rng.IntN(2))
		for i := range fates {
			fates[i] = fate(w.rng)
			fates[i].workers = 1 + w.rng.IntN(3)
		}
		var all sync.WaitGroup
		for _, c := range fates {
			all.Go(func() { w.run(c) })
		}
		all.Wait()
		w.crowded = false
		w.run(&crash{})
		w.wantNothingLeft()
	})
}

// A short listing hides blobs; it must never be taken for the whole day when the
// store says that it failed.
func TestBrokenListingIsNoDay(t *testing.T) {
	for at := range 8 {
		input, api := newExport(t, 99).fill(day, 8), &sink{name: "api", batch: 4}
		broken := &storagetest.Faulty{Store: input.Mem, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op == storagetest.OpList {
				return storagetest.Fault{Break: errCrash, BreakAt: int64(at)}
			}
			return storagetest.Fault{}
		}}
		if r, err := newHunt(broken, storagetest.NewMem(), api).Day(t.Context(), day); r != nil || !errors.Is(err, errCrash) || api.sends > 0 {
			t.Errorf("after %d names: %v", at, err)
		}
	}
}

// A day behind Retry comes out right at once, however many passing faults the
// container has.
func TestPassingFaultsBehindRetry(t *testing.T) {
	for seed := range uint64(30) {
		source := newExport(t, seed).fill(day, 8)
		flaky := &storagetest.Faulty{Store: source.Mem, Script: storagetest.Seeded(seed, 0.5)}
		input, api := storage.Retry(flaky, storage.Policy{Attempts: 4}), &sink{name: "api", batch: 4}
		r, err := newHunt(input, storagetest.NewMem(), api).Day(t.Context(), day)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		sameRecords(t, "result", r.Records, source.oracle(day))
		sameRecords(t, "sent", api.taken, r.Records)
	}
}
