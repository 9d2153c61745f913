package event

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Reason says why a line could not be used.
type Reason string

// The reasons.
const (
	NotObject Reason = "not a JSON object"
	Truncated Reason = "ends too early"
	Syntax    Reason = "not valid JSON"
	TooLong   Reason = "longer than 16 MiB"
	NoTime    Reason = "no readable TimeGenerated"
)

// Stats counts what a scan has seen. Its JSON form is part of partial files.
type Stats struct {
	Bytes      int64            `json:"bytes"`               // of lines without their newlines, after decompression; of Parquet, of the wanted columns as its footer says
	Lines      int64            `json:"lines"`               // that are not blank
	Records    int64            `json:"records"`             // handed out
	Hours      Hours            `json:"hours,omitzero"`      // Records by the hour of their Time; all 0 in files of before there was this
	Other      int64            `json:"other"`               // events with another ID, or none
	OutsideDay int64            `json:"outside_day"`         // events outside of the window
	Outside    Span             `json:"outside,omitzero"`    // the times of these; none in files of before there was this
	Malformed  map[Reason]int64 `json:"malformed,omitempty"` // lines, by reason
	Samples    []Sample         `json:"samples,omitempty"`   // the first malformed lines
	// MalformedHours are the malformed lines by the hour that their blob's name
	// states, counted from the midnight before the window: 0 to 23 is the hour of the
	// first day, 24 the first one of the next. Of a name without an hour they are not
	// there.
	MalformedHours map[int]int64 `json:"malformed_hours,omitempty"`
}

// Span is the first and the last of some times, in nanoseconds since 1970, UTC; both 0
// of none.
type Span struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// merge adds the times of another span.
func (s *Span) merge(o Span) {
	switch {
	case o == Span{}:
	case *s == Span{}:
		*s = o
	default:
		s.First, s.Last = min(s.First, o.First), max(s.Last, o.Last)
	}
}

// outside counts an event outside of the window.
func (s *Stats) outside(t int64) {
	s.OutsideDay++
	s.Outside.merge(Span{t, t})
}

// Sample is a malformed line, or the TimeGenerated of a row, for display.
type Sample struct {
	Blob   string `json:"blob"`
	Offset int64  `json:"offset"` // of the line's first byte, after decompression; of Parquet, the row from 0
	Reason Reason `json:"reason"`
	Text   string `json:"text"` // shortened and escaped: printable ASCII
}

// Place says where in the blob the line is: "byte 4096", or "row 7" of Parquet.
func (s Sample) Place() string {
	if isParquetName(s.Blob) {
		return fmt.Sprintf("row %d", s.Offset)
	}
	return fmt.Sprintf("byte %d", s.Offset)
}

// maxSamples is how many malformed lines are kept.
const maxSamples = 10

// sampleBytes is how much of a malformed line is kept.
const sampleBytes = 160

// MalformedLines is the number of lines that could not be used.
func (s *Stats) MalformedLines() int64 {
	var n int64
	for _, c := range s.Malformed {
		n += c
	}
	return n
}

// Merge adds the counts of o, which covers other lines.
func (s *Stats) Merge(o Stats) {
	s.Bytes += o.Bytes
	s.Lines += o.Lines
	s.Records += o.Records
	s.Hours.add(&o.Hours)
	s.Other += o.Other
	s.OutsideDay += o.OutsideDay
	s.Outside.merge(o.Outside)
	s.Malformed = sums(s.Malformed, o.Malformed)
	s.MalformedHours = sums(s.MalformedHours, o.MalformedHours)
	s.Samples = append(slices.Clip(s.Samples), o.Samples...)
	slices.SortFunc(s.Samples, bySample)
	s.Samples = s.Samples[:min(len(s.Samples), maxSamples)]
}

// sums adds the numbers of b to those of a, which may be nil. It leaves b as it is.
func sums[K comparable](a, b map[K]int64) map[K]int64 {
	if a == nil {
		return maps.Clone(b)
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}

// more counts malformed lines of an hour, -1 if that is not known.
func (s *Stats) more(r Reason, hour int, n int64) {
	if s.Malformed == nil {
		s.Malformed = map[Reason]int64{}
	}
	s.Malformed[r] += n
	if hour < 0 {
		return
	}
	if s.MalformedHours == nil {
		s.MalformedHours = map[int]int64{}
	}
	s.MalformedHours[hour] += n
}

// sample keeps a malformed line if it is among the first.
func (s *Stats) sample(blob string, offset int64, r Reason, line []byte) {
	sample := Sample{Blob: blob, Offset: offset, Reason: r}
	at, _ := slices.BinarySearchFunc(s.Samples, sample, bySample)
	if at == maxSamples {
		return
	}
	sample.Text = strconv.QuoteToASCII(string(line[:min(len(line), sampleBytes)]))
	if len(line) > sampleBytes {
		sample.Text += "…"
	}
	s.Samples = slices.Insert(s.Samples[:min(len(s.Samples), maxSamples-1)], at, sample)
}

// bySample is the order of lines in blobs.
func bySample(a, b Sample) int {
	return cmp.Or(cmp.Compare(a.Blob, b.Blob), cmp.Compare(a.Offset, b.Offset))
}
