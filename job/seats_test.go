package job

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"sparkless/storage/event"
)

// tellers makes states that tell when two lanes add to one at once.
type tellers struct {
	gatherer
	made, added, ended, clashes atomic.Int64
}

func (t *tellers) lane(func(error)) (add func(*event.Record), done func() error) {
	t.made.Add(1)
	busy := false // the race detector tells, too
	add = func(*event.Record) {
		if busy {
			t.clashes.Add(1)
		}
		busy = true
		t.added.Add(1)
		busy = false
	}
	return add, func() error {
		t.ended.Add(1)
		return errSomething
	}
}

var errSomething = errors.New("something")

// However many lanes there are, each state is added to by one at a time, and by each hunt's
// own function; all states are ended.
func TestSeatsAreTakenInTurns(t *testing.T) {
	for _, c := range []struct{ seats, lanes int }{{1, 1}, {1, 5}, {2, 2}, {2, 16}, {3, 7}} {
		hunts := []*tellers{{}, {}}
		s := newSeats(c.seats, []gatherer{hunts[0], hunts[1]}, nil)
		var lanes sync.WaitGroup
		const records = 3000
		for i := range c.lanes {
			lanes.Go(func() {
				add := s.lane(i, c.lanes)
				for n := range records {
					add[0](nil)
					if n%3 == 0 {
						add[1](nil)
					}
				}
			})
		}
		lanes.Wait()
		if err := s.done(); !errors.Is(err, errSomething) {
			t.Errorf("%+v: %v: an error is lost", c, err)
		}
		for i, h := range hunts {
			want := int64(c.lanes * records / (1 + 2*i))
			if h.made.Load() != int64(c.seats) || h.ended.Load() != int64(c.seats) || h.added.Load() != want || h.clashes.Load() > 0 {
				t.Errorf("%+v: hunt %d: %d states, %d ended, %d of %d added, %d times two at once", c, i, h.made.Load(), h.ended.Load(), h.added.Load(), want, h.clashes.Load())
			}
		}
	}
}

// A lane does not wait for a state that another one uses while there is one that is free.
func TestSeatsThatAreFree(t *testing.T) {
	s := newSeats(2, []gatherer{&tellers{}}, nil)
	first, at := s.take(0)
	second, other := s.take(0)
	if first == second || at != 0 || other != 1 {
		t.Fatalf("the same seat is taken twice, or another than the given one though that is free: %d and %d", at, other)
	}
	first.mu.Unlock()
	if third, at := s.take(other); third != first || at != 0 {
		t.Error("the free seat is not found")
	}
	waited, waits := context.WithCancel(t.Context())
	go func() {
		one, _ := s.take(0)
		one.mu.Unlock()
		waits()
	}()
	first.mu.Unlock()
	<-waited.Done()
}
