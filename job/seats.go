package job

import (
	"errors"
	"runtime"
	"sync"

	"sparkless/storage/event"
)

// seats are the states that the lanes of a shard add to. Most of the time most lanes
// wait for storage: so there are few seats, and a lane takes one that is free for each
// record. States of the lanes' own would each learn the day's texts anew, push one another
// out of the processors' caches, and have to be merged.
type seats []*seat

// mostSeats is how many a shard has at most: adding is about half of what its reading
// takes of the processors, and other shards are under way as well.
func mostSeats() int { return (runtime.GOMAXPROCS(0) + 1) / 2 }

// seat is a state of each hunt.
type seat struct {
	mu   sync.Mutex
	add  []func(*event.Record)
	ends []func() error
}

// newSeats makes n of them for all hunts, with what stops the reading.
func newSeats(n int, all []gatherer, stop func(error)) seats {
	s := make(seats, n)
	for i := range s {
		s[i] = &seat{}
		for _, g := range all {
			add, done := g.lane(stop)
			s[i].add, s[i].ends = append(s[i].add, add), append(s[i].ends, done)
		}
	}
	return s
}

// lane returns what the i-th of some lanes adds each hunt's records with.
func (s seats) lane(i, lanes int) []func(*event.Record) {
	if lanes <= len(s) {
		return s[i].add
	}
	at := i % len(s)
	add := make([]func(*event.Record), len(s[at].add))
	for hunt := range add {
		add[hunt] = func(r *event.Record) {
			var own *seat
			own, at = s.take(at)
			own.add[hunt](r)
			own.mu.Unlock()
		}
	}
	return add
}

// take locks a seat and says which, the given one if that is free.
func (s seats) take(at int) (*seat, int) {
	for range s {
		if s[at].mu.TryLock() {
			return s[at], at
		}
		at = (at + 1) % len(s)
	}
	s[at].mu.Lock()
	return s[at], at
}

// done ends all states: nothing more is added.
func (s seats) done() error {
	var err error
	for _, one := range s {
		for _, done := range one.ends {
			err = errors.Join(err, done())
		}
	}
	return err
}
