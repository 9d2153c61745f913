package job_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"sparkless/job"
)

// newSharedWorld is newWorld for many machines.
func newSharedWorld(t testing.TB, rep reporter, seed uint64, n int) (*world, *machines) {
	w := newWorld(t, rep, seed, n)
	m := newMachines(seed, 2+int(seed%3))
	w.subject = w.shared(m)
	return w, m
}

// At whatever call a process dies, or fails once, the next one completes the day as if
// nothing had happened, whether the engine knows how far it was or not.
func TestEveryCrashPointOfSteps(t *testing.T) {
	for mode := range 4 {
		t.Run(fmt.Sprint("mode", mode), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				w, m := newSharedWorld(t, t, 99, 6)
				c := &crash{at: n, dead: mode&1 > 0, how: []failure{before, after}[mode>>1]}
				w.what = fmt.Sprintf("call %d, dead %v, in effect %v", n, c.dead, c.how == after)
				err := w.run(c)
				if c.where == "" { // the run has fewer calls
					if n < 45 {
						t.Errorf("%d calls, %v", n-1, err)
					}
					break
				}
				unnoticed := err == nil && strings.HasPrefix(c.where, "work List") // one that broke behind the name looked for
				if !errors.Is(err, errCrash) && !errors.Is(err, job.ErrUndelivered) && !unnoticed {
					t.Fatalf("%s (%s): the run says %v", w.what, c.where, err)
				}
				if n%2 == 0 {
					m.forget()
				}
				w.run(&crash{})
				w.wantNothingLeft()
			}
		})
	}
}

// Whatever befalls the processes of a day that many machines share, what is seen from
// outside is right in the end.
func TestLivesOfSteps(t *testing.T) {
	const groups = 4
	for g := range uint64(groups) {
		t.Run(fmt.Sprint("group", g), func(t *testing.T) {
			t.Parallel()
			for seed := g; seed < lives/2 && !t.Failed(); seed += groups {
				w, m := newSharedWorld(t, t, seed, 6)
				if seed%8 == 0 {
					w.poison = `"w4"`
				}
				if seed%3 == 0 {
					m.forget()
				}
				w.live()
			}
		})
	}
}

// Processes that share a day at once, of which some fail and die, do no more harm than
// one after the other.
func TestLivesOfStepsAtOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			w, _ := newSharedWorld(t, t, seed, 6)
			w.crowded = true
			fates := make([]*crash, 2+w.rng.IntN(3))
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
}
