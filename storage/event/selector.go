package event

import "slices"

// selector takes the records of one query out of lines.
type selector struct {
	query    Query
	index    int // of the query among those that are read for
	active   bool
	needs    []int  // columns without which an event is not wanted
	from, to int64  // the window of Time, half-open
	at       *lines // where the line that is read last stands

	parser    *parser
	mapped    *mapped // in place of parser and predictor, unless nil
	elsewhere *mapped // for lines that lack what is needed; nil for none
	predictor predictor
	spans     []span // of the record, where those of a parser are in another order
	clock     clock
	timeHour  timeHour
	record    Record
	stats     Stats
	kept      quarantine
	hours     blobHour
	columnar  *columnar // nil until a Parquet blob is read
}

func newSelector(q Query, index int, at *lines) *selector {
	p := newParser(q)
	s := &selector{query: q, index: index, active: true, at: at, parser: p, predictor: newPredictor(p, q.Mode)}
	if q.Fields != nil {
		s.mapped = newMapped(q)
	} else if q.Elsewhere != nil {
		s.elsewhere = newMapped(q.With(q.Elsewhere))
	}
	for _, column := range q.Needs {
		s.needs = append(s.needs, slices.Index(q.Columns, column))
	}
	return s
}

// lacks reports whether the record is without a column that is needed.
func (s *selector) lacks(r *Record) bool {
	for _, i := range s.needs {
		if r.Value(i).Absent() {
			return true
		}
	}
	return false
}

// restart makes the selector as new, but for what it knows of layouts. The buffers
// of large pages are not kept.
func (s *selector) restart() {
	s.stats, s.record, s.kept, s.hours = Stats{}, Record{}, quarantine{}, blobHour{}
	if s.columnar != nil && !s.columnar.rest() {
		s.columnar = nil
	}
}

// take counts one line, and keeps it as the record if it is wanted.
func (s *selector) take(line []byte) bool {
	if s.mapped != nil {
		return s.takeMapped(line)
	}
	switch wanted, ok := s.read(line); {
	case !ok:
		return false
	case !wanted:
		s.stats.Other++
		return false
	}
	s.record = Record{line: line, spans: s.of(s.parser, 0)}
	if s.lacks(&s.record) {
		return s.takeElsewhere(line)
	}
	var ok bool
	s.record.Time, ok = s.clock.nanos(s.parser.text(line, s.parser.time))
	return s.inWindow(s.record.Time, ok, line)
}

// takeElsewhere is take of a line that was counted and lacks what is needed.
func (s *selector) takeElsewhere(line []byte) bool {
	if s.elsewhere == nil || s.elsewhere.parse(withoutReturn(line)) != "" {
		s.stats.Other++
		return false
	}
	return s.takeFrom(s.elsewhere, line)
}

// inWindow counts a wanted event by its time, if that could be read.
func (s *selector) inWindow(t int64, ok bool, line []byte) bool {
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
// from the first byte to the last. It is not ok if the line cannot be read; it then
// is counted.
func (s *selector) read(whole []byte) (wanted, ok bool) {
	line := withoutReturn(whole)
	if isObject(line) {
		if live, ok := s.predictor.read(line); ok {
			s.stats.Lines++
			return live != 0, true
		}
	}
	if skipSpace(line, 0) == len(line) {
		return false, false
	}
	s.stats.Lines++
	if reason := s.parser.parse(line); reason != "" {
		s.malformed(reason, whole)
		return false, false
	}
	return s.parser.who(line) != 0, true
}

// withoutReturn is a line without the carriage return before its newline.
func withoutReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// isObject reports whether a line may be read by prediction.
func isObject(line []byte) bool {
	n := len(line)
	return n > 1 && line[0] == '{' && line[n-1] == '}'
}

// malformed counts the line that was read last, and keeps it aside.
func (s *selector) malformed(r Reason, line []byte) {
	s.fault(r, s.at.offset-int64(len(line)), line)
}

// of returns where the values are of the columns of the query, which is the i-th
// one of the parser that has read the line.
func (s *selector) of(p *parser, i int) []span {
	a := &p.queries[i]
	if a.first {
		return p.spans[:len(a.columns)]
	}
	s.spans = s.spans[:0]
	for _, column := range a.columns {
		s.spans = append(s.spans, p.spans[column])
	}
	return s.spans
}
