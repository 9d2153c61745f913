package event

import (
	"bytes"
	"time"

	"sparkless/storage"
)

// fault counts a malformed line that starts at offset, or of Parquet a row, and
// keeps it aside.
func (s *selector) fault(r Reason, offset int64, line []byte) {
	s.faultOf(r, offset, int64(len(line)), line)
}

// faultOf is fault of a line of which only the beginning is at hand.
func (s *selector) faultOf(r Reason, offset, length int64, text []byte) {
	blob := s.at.blob
	s.stats.sample(blob, offset, r, text)
	s.stats.more(r, s.hour(), 1)
	s.kept.take(Line{Blob: blob, Offset: offset, Reason: r, Length: length}, text)
}

// passLong goes on behind a line that is too long, of which the beginning was
// read. It returns false at the end and on error.
func (s *Scanner) passLong(line []byte) bool {
	start, text := s.lines.offset-int64(len(line)), bytes.Clone(line[:keptLine+1])
	more := s.lines.skipRest()
	s.tooLong(start, s.lines.offset-start, text)
	return more
}

// tooLong counts a line that is too long, for every query that it was read for.
func (s *Scanner) tooLong(start, length int64, text []byte) {
	for _, sel := range s.each {
		if sel.active {
			sel.stats.Lines++
			sel.faultOf(TooLong, start, length, text)
		}
	}
}

// blobHour remembers which hour the last blob's name states.
type blobHour struct {
	blob string
	hour int // as in Stats.MalformedHours, -1 for none
}

// hour is the one that the open blob's name states, or -1.
func (s *selector) hour() int {
	if h := &s.hours; h.blob != s.at.blob || h.blob == "" {
		h.blob, h.hour = s.at.blob, hourIn(s.from, s.to, s.at.blob)
	}
	return s.hours.hour
}

// hourIn is the hour of a blob in the window, given in nanoseconds since 1970: the
// hour of the day where the window touches one day.
func hourIn(from, to int64, blob string) int {
	first := Day(time.Unix(0, from))
	if to <= first.To.UnixNano() {
		if hour, ok := storage.ExportHour(blob); ok {
			return hour
		}
		return -1
	}
	if at, ok := storage.ExportTime(blob); ok && !at.Before(first.From) {
		return int(at.Sub(first.From) / time.Hour)
	}
	return -1
}
