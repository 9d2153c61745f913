package job_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// crash counts every call that leaves the process, to the container, the work
// store and the destinations, and makes some of them go wrong. The zero value
// lets a process end well.
type crash struct {
	at      int     // the call that fails, counted from 1; 0 for none
	how     failure // how it fails
	dead    bool    // all calls behind it fail too, as when the process has died
	stopAt  int     // the call at which the process is told to stop
	only    string  // calls that name this are counted, before the one that fails
	share   float64 // of all calls that fail in passing
	seed    uint64  // draws which, and how
	retry   bool    // the process tries again what failed
	workers int

	process int
	stop    context.CancelFunc
	mu      sync.Mutex
	calls   int
	where   string // what failed first
	// failures counts the calls that failed, and being told to stop.
	failures int
	opens    atomic.Int64 // of export blobs
	meddled  atomic.Bool  // the export has changed under way
}

// failure is how a call fails.
type failure int

const (
	none    failure = iota
	before          // nothing is done
	after           // it is done, or half done, and the answer is lost
	shorted         // a body ends early without an error
	changed         // a body turns out to be another version's
	meddled         // the export changes, then the call is made
)

// hit draws how this call fails, if such a call can fail so.
func (c *crash) hit(what string, can ...failure) failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls < max(c.at, c.stopAt) && !strings.Contains(what, c.only) {
		return none
	}
	c.calls++
	f := c.draw()
	if f > after && !slices.Contains(can, f) {
		f = none
	}
	if c.calls == c.stopAt {
		c.stop()
		c.failures++
	}
	if f != none {
		c.failures++
		if c.where == "" {
			c.where = what
		}
	}
	return f
}

func (c *crash) draw() failure {
	switch {
	case c.calls == c.at:
		return c.how
	case c.dead && c.at > 0 && c.calls > c.at:
		return before
	}
	rng := rand.New(rand.NewPCG(c.seed, uint64(c.calls)))
	if rng.Float64() >= c.share {
		return none
	}
	return []failure{before, after, shorted, changed, meddled}[rng.IntN(5)]
}

// script breaks calls to a store.
func (c *crash) script(place string, w *world) func(storagetest.Call) storagetest.Fault {
	return func(call storagetest.Call) storagetest.Fault {
		var can []failure
		if call.Op == storagetest.OpOpen {
			can = append(can, shorted, changed)
			if place == "input" {
				can = append(can, meddled)
				c.opens.Add(1)
			}
		}
		switch f := c.hit(fmt.Sprint(place, " ", call.Op, " ", call.Name), can...); {
		case f == meddled:
			w.change()
			c.meddled.Store(true)
		case f == shorted:
			return storagetest.Fault{Break: io.EOF, BreakAt: 200}
		case f == changed:
			return storagetest.Fault{Break: storage.ErrChanged, BreakAt: 200}
		case f == before:
			return storagetest.Fault{Before: errCrash}
		case f == after && (call.Op == storagetest.OpPut || call.Op == storagetest.OpCreate):
			return storagetest.Fault{After: errCrash}
		case f == after:
			return storagetest.Fault{Break: errCrash, BreakAt: 1}
		}
		return storagetest.Fault{}
	}
}

// passing is a process that meets many failures and outlives them, perhaps.
func passing(rng *rand.Rand) *crash {
	return &crash{share: 0.02 + 0.2*rng.Float64(), seed: rng.Uint64(), retry: rng.IntN(4) > 0}
}

// dying is a process that is killed while it reads or while it delivers.
func dying(rng *rand.Rand) *crash {
	c := hurt(rng)
	c.how, c.dead = []failure{before, after}[rng.IntN(2)], true
	return c
}

// hurt is a process that meets one failure.
func hurt(rng *rand.Rand) *crash {
	c := &crash{how: []failure{before, after}[rng.IntN(2)], retry: rng.IntN(4) == 0}
	c.at, c.only = someCall(rng)
	if c.only == "input Open" {
		c.how = []failure{before, after, shorted, changed, meddled}[rng.IntN(5)]
	}
	return c
}

// stopped is a process that is told to stop.
func stopped(rng *rand.Rand) *crash {
	c := &crash{}
	c.stopAt, c.only = someCall(rng)
	return c
}

// someCall draws a call of some kind.
func someCall(rng *rand.Rand) (at int, only string) {
	kinds := []struct {
		only string
		most int
	}{{"", 40}, {"input List", 2}, {"input Open", 6}, {"input Open", 6}, {"work Put", 14}, {"sink ", 9}, {"receipts/", 9}}
	k := kinds[rng.IntN(len(kinds))]
	return 1 + rng.IntN(k.most), k.only
}

// fate draws what happens to a process.
func fate(rng *rand.Rand) *crash {
	return []func(*rand.Rand) *crash{passing, dying, dying, hurt, hurt, stopped}[rng.IntN(6)](rng)
}

// fixed are the same sinks for every day.
func fixed(sinks []publish.Sink) func(event.Window) ([]publish.Sink, error) {
	return func(event.Window) ([]publish.Sink, error) { return sinks, nil }
}
