package event

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Lanes that borrow again and again, as much as one may, never hold too much
// together and never wait for one another without end.
func TestSpaceIsBoundedAndLanesGetOn(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) { // fails if all wait
			s := newSpace(leastLimit)
			var group sync.WaitGroup
			for lane := range uint64(8) {
				rng := rand.New(rand.NewPCG(seed, lane))
				group.Go(func() {
					l := s.open()
					for range 20 {
						l.begin(t.Context())
						for more := rng.Int64N(s.most()); more > 0; {
							n := 1 + rng.Int64N(more)
							if err := l.borrow(n); err != nil {
								t.Error(err)
							}
							s.check(t)
							time.Sleep(time.Duration(rng.IntN(3)))
							more -= n
						}
						l.giveBack()
					}
				})
			}
			group.Wait()
			if len(s.loans) > 0 {
				t.Errorf("%d loans are left", len(s.loans))
			}
		})
	}
}

func (s *space) check(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var held int64
	for l := range s.loans {
		held += l.held
	}
	if held > s.limit {
		t.Errorf("%d bytes of %d are held", held, s.limit)
	}
}

// A lane that waits ends with its context; what can never fit fails at once.
func TestSpaceWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpace(100 << 20)
		a, b := s.open(), s.open()
		a.begin(t.Context())
		if err := a.borrow(75 << 20); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		b.begin(ctx)
		if err := b.borrow(26 << 20); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(b.failed(), err) {
			t.Error(err)
		}
		b.begin(t.Context())
		go func() {
			synctest.Wait() // until b waits
			a.giveBack()
		}()
		if err := errors.Join(b.borrow(26<<20), b.failed()); err != nil {
			t.Error(err)
		}
		err := b.borrow(124 << 20)
		if !errors.Is(err, ErrMemory) || !strings.Contains(err.Error(), "needs 150 MiB") || !strings.Contains(err.Error(), "2.0 times") || !strings.Contains(err.Error(), "job.memory") {
			t.Error(err)
		}
	})
}
