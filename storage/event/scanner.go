package event

import (
	"errors"
	"slices"
)

// Scanner reads records from JSON lines or Parquet, range after range, one Scan at
// a time.
// What it learns of their layout makes it faster, so it is worth keeping.
type Scanner struct {
	columns  int
	from, to int64 // the window of Time, half-open

	lines   lines
	head    *fragment // at the start of the open piece, if any
	closers []func() error

	parser    *parser
	mapped    *mapped // in place of parser and predictor, unless nil
	predictor predictor
	clock     clock
	timeHour  timeHour
	record    Record
	stats     Stats
	kept      quarantine
	hours     blobHour
	loan      *loan
	tally     tally

	query     Query
	columnar  *columnar // nil until a Parquet blob is read
	isParquet bool      // the open range
}

// NewScanner returns a scanner for the records that q wants and that lie in the
// window. It reads nothing before Open.
func NewScanner(q Query, w Window) *Scanner {
	p := newParser(q)
	s := &Scanner{columns: len(q.Columns), from: w.From.UnixNano(), to: w.To.UnixNano(),
		query: q, parser: p, predictor: predictor{p: p, strict: q.Mode == Strict, observed: map[string]*habit{}}}
	if q.Fields != nil {
		s.mapped = newMapped(q)
	}
	return s
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

// Record returns the record that the last Scan found.
func (s *Scanner) Record() *Record { return &s.record }

// Err returns the error that ended the range, nil at a regular end.
func (s *Scanner) Err() error { return s.lines.err }

// Stats returns the counts of all ranges so far. A malformed line is counted,
// never an error.
func (s *Scanner) Stats() Stats {
	st := s.stats
	st.Bytes = s.lines.bytes
	return st
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

// take counts one line, and keeps it as the record if it is wanted.
func (s *Scanner) take(line []byte) bool {
	if s.mapped != nil {
		return s.takeMapped(line)
	}
	switch s.read(line) {
	case unwanted:
		s.stats.Other++
		return false
	case unreadable:
		return false // it is counted
	}
	t, ok := s.clock.nanos(s.parser.text(line, s.parser.time))
	if !s.inWindow(t, ok, line) {
		return false
	}
	s.record = Record{Time: t, line: line, spans: s.parser.spans[:s.columns]}
	return true
}

// inWindow counts a wanted event by its time, if that could be read.
func (s *Scanner) inWindow(t int64, ok bool, line []byte) bool {
	switch {
	case !ok:
		s.malformed(NoTime, line)
		return false
	case t < s.from || t >= s.to:
		s.stats.outside(t)
		return false
	}
	s.stats.Records++
	s.stats.Hours[s.timeHour.at(t)]++
	return true
}

// read finds the line's values: by prediction or, where that does not get on,
// from the first byte to the last.
func (s *Scanner) read(whole []byte) verdict {
	line := whole
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if n := len(line); n > 1 && line[0] == '{' && line[n-1] == '}' {
		if v := s.predictor.read(line); v != unreadable {
			s.stats.Lines++
			return v
		}
	}
	if skipSpace(line, 0) == len(line) {
		return unreadable
	}
	s.stats.Lines++
	if reason := s.parser.parse(line); reason != "" {
		s.malformed(reason, whole)
		return unreadable
	}
	if s.parser.filters() && !s.parser.wants(line) {
		return unwanted
	}
	return wanted
}

// malformed counts the line that was read last, and keeps it aside.
func (s *Scanner) malformed(r Reason, line []byte) {
	s.fault(r, s.lines.offset-int64(len(line)), line)
}
