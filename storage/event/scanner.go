package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ErrCorrupt: the blob's bytes are not what its name or its first bytes say, as
// with a gzip stream that ends early.
var ErrCorrupt = errors.New("corrupt content")

const (
	bufferSize = 256 << 10
	maxLine    = 16 << 20
)

// Scanner reads records from JSON lines, one Scan at a time.
type Scanner struct {
	query    Query
	from, to int64 // the window of Time, half-open
	blob     string

	src     io.Reader
	closers []io.Closer
	buf     []byte
	start   int   // of the unread bytes in buf
	end     int   // of the bytes in buf
	offset  int64 // of buf[start] in the decompressed blob
	stop    int64 // lines that start here or later are not ours
	eof     bool

	parser *parser
	clock  clock
	record Record
	stats  Stats
	err    error
}

// The columns that every scan reads, behind the query's.
const (
	colEventID = iota
	colTime
	ownColumns
)

func newScanner(q Query, window Window, blob string) *Scanner {
	s := &Scanner{query: q, blob: blob, buf: make([]byte, bufferSize)}
	s.from, s.to = window.From.UnixNano(), window.To.UnixNano()
	s.parser = newParser(append(slices.Clone(q.Columns), "EventID", "TimeGenerated"))
	return s
}

// Window is a span of time, From included, To not.
type Window struct{ From, To time.Time }

// Day is the window of one UTC day.
func Day(t time.Time) Window {
	from := t.UTC().Truncate(24 * time.Hour)
	return Window{from, from.Add(24 * time.Hour)}
}

// Scan goes on to the next record that the query wants and that lies in the
// window. It returns false at the end and after an error of the source.
func (s *Scanner) Scan() bool {
	for s.err == nil {
		line, ok := s.line()
		if !ok {
			return false
		}
		if s.take(line) {
			return true
		}
	}
	return false
}

// Record returns the record that the last Scan found.
func (s *Scanner) Record() *Record { return &s.record }

// Err returns the error that ended the scan, nil at a regular end.
func (s *Scanner) Err() error { return s.err }

// Stats returns the counts so far. A malformed line is counted, never an error.
func (s *Scanner) Stats() Stats { return s.stats }

// Close releases the source.
func (s *Scanner) Close() error {
	var err error
	for _, c := range slices.Backward(s.closers) {
		err = errors.Join(err, c.Close())
	}
	s.closers = nil
	return err
}

// take counts one line, and keeps it as the record if it is wanted.
func (s *Scanner) take(line []byte) bool {
	if len(bytes.TrimSpace(line)) == 0 {
		return false
	}
	s.stats.Lines++
	if reason := s.parser.parse(line); reason != "" {
		s.malformed(reason, line)
		return false
	}
	n := len(s.query.Columns)
	if id, ok := integer(s.parser.values[n+colEventID]); len(s.query.EventIDs) > 0 && (!ok || !slices.Contains(s.query.EventIDs, id)) {
		s.stats.Other++
		return false
	}
	t, ok := s.clock.nanos(s.parser.values[n+colTime].raw)
	switch {
	case !ok:
		s.malformed(NoTime, line)
		return false
	case t < s.from || t >= s.to:
		s.stats.OutsideDay++
		return false
	}
	s.stats.Records++
	s.record = Record{t, s.parser.values[:n]}
	return true
}

func (s *Scanner) malformed(r Reason, line []byte) {
	s.stats.malformed(s.blob, s.offset-int64(len(line)), r, line)
}

// line returns the next line without its newline, valid until the next call.
// Afterwards offset is behind the line, or on its newline where there is one.
func (s *Scanner) line() ([]byte, bool) {
	if s.start < s.end && s.buf[s.start] == '\n' { // of the line before
		s.advance(1)
	}
	searched := 0
	for s.offset < s.stop {
		i := bytes.IndexByte(s.buf[s.start+searched:s.end], '\n')
		switch {
		case i >= 0 && searched+i <= maxLine:
			return s.cut(searched + i), true
		case i >= 0 || s.end-s.start > maxLine:
			if !s.skipLine() {
				return nil, false
			}
			searched = 0
			continue
		}
		searched = s.end - s.start
		if s.eof {
			return s.cut(searched), searched > 0
		}
		if !s.fill() {
			return nil, false
		}
	}
	return nil, false
}

// cut takes n bytes off the buffer.
func (s *Scanner) cut(n int) []byte {
	line := s.buf[s.start : s.start+n]
	s.advance(n)
	s.stats.Bytes += int64(n)
	return line
}

func (s *Scanner) advance(n int) {
	s.start += n
	s.offset += int64(n)
}

// fill reads more bytes behind those in the buffer. It returns false on error.
func (s *Scanner) fill() bool {
	if s.start > 0 {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.src.Read(s.buf[s.end:])
	s.end += n
	switch {
	case err == io.EOF:
		s.eof = true
	case err != nil:
		s.err = fmt.Errorf("reading %s: %w", s.blob, err)
		return false
	}
	return true
}

// skipLine counts an endless line as malformed and goes on to its newline
// without keeping it.
func (s *Scanner) skipLine() bool {
	s.stats.Lines++
	s.stats.malformed(s.blob, s.offset, TooLong, s.buf[s.start:s.end])
	for {
		if i := bytes.IndexByte(s.buf[s.start:s.end], '\n'); i >= 0 {
			s.cut(i)
			s.advance(1)
			return true
		}
		s.cut(s.end - s.start)
		if s.eof || !s.fill() {
			return false
		}
	}
}
