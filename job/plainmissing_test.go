package job_test

import (
	"errors"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// Malformed lines of files whose names tell no hour make a result partial as any others
// do, also where it comes from what is kept.
func TestMalformedLinesOfNoHour(t *testing.T) {
	input := newExport(t, 70)
	input.put("logs/a.jsonl", input.lines(day, 997)+"\n{broken\n{broken\n{broken\n")
	h := newHunt(input, storagetest.NewMem())
	h.Layout, h.PartialMalformed = storage.LayoutPlain, 0.001
	for range 2 {
		r, err := h.Day(t.Context(), day)
		if !errors.Is(err, job.ErrPartial) || !strings.HasSuffix(err.Error(), "partial input: 3 malformed line(s) of no known hour") || r == nil {
			t.Errorf("%v", err)
		}
	}
	kept, err := h.Recall(t.Context(), event.Day(day))
	if err != nil || kept.Missing.MalformedNoHour != 3 || kept.Missing.Nothing() {
		t.Errorf("recalled %+v, %v", kept, err)
	}
	h.PartialMalformed = 0.01
	if r := mustDay(t, h, day); r.Missing.MalformedNoHour != 3 {
		t.Errorf("%+v", r.Missing)
	}
}

// A file of no known hour that cannot be read is named without one.
func TestUnreadablePlainFiles(t *testing.T) {
	input := newExport(t, 71)
	input.put("a.jsonl", input.lines(day, 5))
	input.put("b.json.gz", cutGzip(t))
	h := newHunt(input, storagetest.NewMem())
	h.Layout = storage.LayoutPlain
	_, err := h.Day(t.Context(), day)
	if !errors.Is(err, job.ErrPartial) || !strings.Contains(err.Error(), `partial input: blob "b.json.gz" cannot be read`) {
		t.Error(err)
	}
}
