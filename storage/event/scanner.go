package event

import (
	"errors"
	"slices"
)

// Scanner reads records from JSON lines or Parquet, range after range, one Scan at
// a time.
// What it learns of their layout makes it faster, so it is worth keeping.
type Scanner struct {
	lines   lines
	head    *fragment // at the start of the open piece, if any
	closers []func() error
	loan    *loan
	tally   tally

	queries   []Query
	each      []*selector // by query
	alone     []*selector // of them, those that read lines by themselves
	joints    []*joint    // and those that read them together
	*selector             // the first one that the open range is read for
	isParquet bool        // the open range, which then is read for one query
}

// NewScanner returns a scanner for the records that q wants and that lie in the
// window. It reads nothing before Open.
func NewScanner(q Query, w Window) *Scanner { return newScanner([]Query{q}, w) }

// newScanner returns a scanner that gives the records of several queries.
func newScanner(queries []Query, w Window) *Scanner {
	s := &Scanner{queries: queries}
	for i, q := range queries {
		s.each = append(s.each, newSelector(q, i, &s.lines))
	}
	s.selector = s.each[0]
	s.alone, s.joints = together(s.each)
	s.within(w)
	return s
}

// within sets the window.
func (s *Scanner) within(w Window) {
	for _, sel := range s.each {
		sel.from, sel.to = w.From.UnixNano(), w.To.UnixNano()
	}
}

// Scan goes on to the next record of the open range. It returns false at the end
// and after an error of the source.
func (s *Scanner) Scan() bool {
	if s.isParquet {
		return s.scanParquet()
	}
	for {
		line, tooLong, ok := s.lines.next()
		switch {
		case !ok:
			return false
		case tooLong:
			if !s.passLong(line) {
				return false
			}
		case s.take(line):
			return true
		}
	}
}

// scanFor reads the open piece and gives each query's records to its add.
func (s *Scanner) scanFor(add []func(*Record)) {
	if s.isParquet {
		for s.scanParquet() {
			add[s.index](&s.record)
		}
		return
	}
	for {
		line, tooLong, ok := s.lines.next()
		switch {
		case !ok:
			return
		case tooLong:
			if !s.passLong(line) {
				return
			}
		default:
			s.give(line, add)
		}
	}
}

// give has every query that the open range is read for take a line.
func (s *Scanner) give(line []byte, add []func(*Record)) {
	for _, sel := range s.alone {
		if sel.active && sel.take(line) {
			add[sel.index](&sel.record)
		}
	}
	for _, j := range s.joints {
		j.give(line, add)
	}
}

// openFor says which queries, by index, the range is read for that is opened next.
func (s *Scanner) openFor(queries []int) {
	s.settle()
	for i, sel := range s.each {
		sel.active = slices.Contains(queries, i)
	}
	s.selector = s.each[queries[0]]
}

// settle has what was read count for the queries that it was read for.
func (s *Scanner) settle() {
	for _, sel := range s.each {
		if sel.active {
			sel.stats.Bytes += s.lines.bytes
		}
	}
	s.lines.bytes = 0
}

// Record returns the record that the last Scan found.
func (s *Scanner) Record() *Record { return &s.record }

// Err returns the error that ended the range, nil at a regular end.
func (s *Scanner) Err() error { return s.lines.err }

// Stats returns the counts of all ranges so far. A malformed line is counted,
// never an error.
func (s *Scanner) Stats() Stats {
	s.settle()
	return s.stats
}

// Close releases the open range.
func (s *Scanner) Close() error {
	var err error
	for _, c := range slices.Backward(s.closers) {
		err = errors.Join(err, c())
	}
	s.closers = nil
	s.lines.stop, s.isParquet = 0, false // nothing is left to read
	return err
}
