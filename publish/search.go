package publish

import (
	"fmt"
)

// search finds the records that a sink refuses among those it takes.
type search struct {
	suspects int   // one of so many records at the front may be refused; 0: nothing is known
	best     int   // the most that were taken at once among these suspects
	most     int   // no more than that at once; 0: as many as the sink likes
	tries    int   // refusals so far
	inARow   int   // records left out since one was taken
	left     int   // records left out
	first    error // why the first was
	last     error // the last refusal
}

const (
	// Refusals after which a Deliver ends. Finding one record in a batch of 5,000
	// takes fourteen.
	maxRefusals = 400
	// Records that are refused in a row, each alone, after which it is not them.
	maxInARow = 3
)

// next is how many records to try. Behind one that was left out comes one alone:
// if it is refused too, it may not be the records.
func (s *search) next(pending int) int {
	switch {
	case s.inARow > 0:
		return 1
	case s.suspects > 0:
		return max(1, min(s.suspects, pending)/2)
	case s.most > 0:
		return min(s.most, pending)
	}
	return pending
}

// taken notes that n more records were taken.
func (s *search) taken(n int) {
	s.inARow = 0
	if s.suspects == 0 {
		return
	}
	s.suspects, s.best = max(0, s.suspects-n), max(s.best, n)
	if s.suspects == 0 {
		s.most = s.best // each for itself the sink takes them: there were too many
	}
}

// refused notes that the first size records were refused, and reports whether
// that is the one to leave out.
func (s *search) refused(size int, r Record, err error) bool {
	s.tries++
	s.last = err
	if size > 1 {
		s.suspects, s.best = size, 0
		return false
	}
	if s.left == 0 {
		s.first = fmt.Errorf("record %q: %w", r.ID, err)
	}
	s.suspects = 0
	s.left++
	s.inARow++
	return true
}

func (s *search) hopeless() bool { return s.inARow >= maxInARow || s.tries >= maxRefusals }

// result is the error about the records that were left out, and those behind them
// that were not tried.
func (s *search) result(untried int) error {
	if s.left == 0 && untried == 0 {
		return nil
	}
	err := s.first
	if err == nil {
		err = s.last
	}
	if untried > 0 {
		return fmt.Errorf("%d record(s) refused and %d not tried after %d refusals, they stay in the outbox: %w", s.left, untried, s.tries, err)
	}
	return fmt.Errorf("%d record(s) refused, they stay in the outbox: %w", s.left, err)
}
