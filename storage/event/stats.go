package event

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"sparkless/storage"
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
	Other      int64            `json:"other"`               // events with another ID, or none
	OutsideDay int64            `json:"outside_day"`         // events of another day
	Malformed  map[Reason]int64 `json:"malformed,omitempty"` // lines, by reason
	Samples    []Sample         `json:"samples,omitempty"`   // the first malformed lines
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
	if namedParquet(storage.Blob{Name: s.Blob}) {
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
	s.Other += o.Other
	s.OutsideDay += o.OutsideDay
	if s.Malformed == nil {
		s.Malformed = maps.Clone(o.Malformed)
	} else {
		for r, n := range o.Malformed {
			s.Malformed[r] += n
		}
	}
	s.Samples = append(slices.Clip(s.Samples), o.Samples...)
	slices.SortFunc(s.Samples, bySample)
	s.Samples = s.Samples[:min(len(s.Samples), maxSamples)]
}

// malformed counts a line, and keeps it if it is among the first.
func (s *Stats) malformed(blob string, offset int64, r Reason, line []byte) {
	if s.Malformed == nil {
		s.Malformed = map[Reason]int64{}
	}
	s.Malformed[r]++
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
