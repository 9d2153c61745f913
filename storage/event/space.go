package event

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrMemory means that a blob takes more memory to read than Lanes.Limit allows.
// The blob may well be whole: with more memory it can be read.
var ErrMemory = errors.New("not enough memory")

// leastLimit lets one lane hold the longest line.
const leastLimit = 32 << 20

// space is the memory that all lanes may take for large buffers.
//
// A lane that holds some of it may need more, and wait. So that never all wait
// for one another, the lanes but the one that holds most may together hold a
// quarter: what that one needs, up to three quarters, is always there, and when
// it is done another one is the largest.
type space struct {
	limit int64

	mu      sync.Mutex
	changed sync.Cond
	loans   map[*loan]struct{} // that are not empty
}

func newSpace(limit int64) *space {
	s := &space{limit: limit, loans: map[*loan]struct{}{}}
	s.changed.L = &s.mu
	return s
}

// most is what one lane may hold.
func (s *space) most() int64 { return s.limit - s.others() }

// others is what all lanes but the largest may hold together.
func (s *space) others() int64 { return s.limit / 4 }

// fits reports whether the lane may hold so many bytes in all.
func (s *space) fits(l *loan, bytes int64) bool {
	total, largest := bytes, bytes
	for o := range s.loans {
		if o != l {
			total, largest = total+o.held, max(largest, o.held)
		}
	}
	return total-largest <= s.others()
}

// loan is what one lane holds of the space. One goroutine at a time uses it. A nil
// loan is without bounds.
type loan struct {
	space *space
	ctx   context.Context // of the piece that is read: waiting ends with it
	held  int64
	err   error // that borrow returned: it is not about the blob's content
}

// open returns the loan of a lane; of no space it is nil.
func (s *space) open() *loan {
	if s == nil {
		return nil
	}
	return &loan{space: s, ctx: context.Background()}
}

// borrow takes so many bytes more, before they are allocated. It waits while other
// lanes hold them, and fails with ErrMemory where no waiting helps.
func (l *loan) borrow(bytes int64) error {
	if l == nil || bytes <= 0 {
		return nil
	}
	l.err = l.space.lend(l, l.held+bytes)
	return l.err
}

// failed returns the error that borrow returned for the present piece.
func (l *loan) failed() error {
	if l == nil {
		return nil
	}
	return l.err
}

// begin readies the loan for a piece.
func (l *loan) begin(ctx context.Context) {
	if l != nil {
		l.ctx, l.err = ctx, nil
	}
}

// lend lets the lane hold so many bytes in all.
func (s *space) lend(l *loan, need int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if need > s.most() {
		return fmt.Errorf("%w: the blob needs %d MiB or more at once while it is read, and of job.memory one blob may take %d MiB: give the job %.1f times the memory, or more (the container's, and job.memory if that is set)",
			ErrMemory, mebibytes(need), mebibytes(s.most()), float64(need)/float64(s.most())+0.05)
	}
	if !s.fits(l, need) {
		if err := s.wait(l, need); err != nil {
			return err
		}
	}
	l.held = need
	s.loans[l] = struct{}{}
	return nil
}

func mebibytes(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 }

// wait waits until so many bytes fit. The lock is held.
func (s *space) wait(l *loan, bytes int64) error {
	stop := context.AfterFunc(l.ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	defer stop()
	for !s.fits(l, bytes) {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		s.changed.Wait()
	}
	return nil
}

// giveBack gives all back: the buffers are not held any more.
func (l *loan) giveBack() {
	if l == nil || l.held == 0 {
		return
	}
	s := l.space
	s.mu.Lock()
	defer s.mu.Unlock()
	l.held = 0
	delete(s.loans, l)
	s.changed.Broadcast()
}

// letGo drops the large buffers and gives back what they took. It comes before each
// piece too, so that whether a blob can be read does not depend on those before.
func (s *Scanner) letGo() {
	if s.loan == nil || s.loan.held == 0 {
		return
	}
	if len(s.lines.buf) > freeBuffer {
		s.lines.buf = nil
	}
	for _, sel := range s.each {
		if sel.columnar != nil {
			sel.columnar.drop()
		}
		sel.record, sel.predictor.member = Record{}, member{} // they are part of a line
	}
	for _, j := range s.joints {
		j.predictor.member = member{}
	}
	s.loan.giveBack()
}
