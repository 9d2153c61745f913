package masquerade

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
)

// similar are counts of a frequent name and so many rare ones that resemble it,
// and of others that nothing resembles.
func similar(rare int) *Counts {
	c := NewCounts()
	for range 50 {
		c.Add(record(1, "somewhat_long_name_000000.exe", `C:\a`, "host"))
	}
	for i := range rare {
		c.Add(record(1, fmt.Sprintf("somewhat_long_name_%06d.exe", i+1), `C:\b`, "host", "parent", "account", strings.Repeat("x", 300)))
	}
	return c
}

// Finish keeps to its limit: too many names, and too many findings, are an error
// that says what lacks; where memory suffices the findings are the same.
func TestFinishLimit(t *testing.T) {
	date := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	day := similar(300)
	free := New(NotebookParams(), "s", 1)
	want, err := free.Finish(t.Context(), event.Day(date), day, nil)
	if err != nil || len(want) < 40 {
		t.Fatal(len(want), err)
	}
	room, _ := free.roomFor(day, finishPerName)
	names := -room.left
	needed := int64(0)
	for _, r := range want {
		needed += int64(recordCost(r))
	}
	for _, c := range []struct {
		limit int64
		want  string // in the error
	}{
		{names - 1, "comparing 301 process names"},
		{names, "keeping more than 0 findings"},
		{names + leastCost*int64(len(want)/2), fmt.Sprintf("keeping more than %d findings", len(want)/2)},
		{names + needed - 1, "keeping the findings"},
		{names + needed, ""},
	} {
		d := New(NotebookParams(), "s", 1)
		d.Limit(c.limit)
		got, err := d.Finish(t.Context(), event.Day(date), day, nil)
		if c.want == "" {
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("with %d bytes: %d findings, %v", c.limit, len(got), err)
			}
			continue
		}
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Limit != c.limit || limit.Need <= c.limit || got != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %d bytes: %v", c.limit, err)
		}
	}
	d := New(NotebookParams(), "s", 1)
	d.Limit(1)
	var limit *LimitError
	if _, err := d.SelfTest(t.Context(), day); !errors.As(err, &limit) {
		t.Errorf("self-test: %v", err)
	}
}

// With evidence, too, names that something speaks against and findings are bounded,
// though there are no pairs.
func TestFinishLimitOfEvidence(t *testing.T) {
	day := NewCounts()
	for i := range 300 {
		day.Add(record(1, fmt.Sprintf("letter_%03d.pdf.exe", i), fmt.Sprintf(`C:\Users\a\letter_%03d.pdf.exe`, i), "host"))
	}
	params, err := ParamsOf(Balanced)
	if err != nil {
		t.Fatal(err)
	}
	free := New(params, "s", 1)
	want, err := free.Finish(t.Context(), event.Day(november20), day, NewCounts())
	if err != nil || len(want) != 300 {
		t.Fatal(len(want), err)
	}
	room, _ := free.roomFor(day, finishPerName)
	needed := -room.left
	suspects := needed + 300*perLikeness
	records := suspects
	for _, r := range want {
		records += int64(recordCost(r))
	}
	for _, c := range []struct {
		limit int64
		want  string // in the error
	}{
		{needed, keepingSuspects},
		{suspects - 1, keepingSuspects},
		{suspects, "keeping more than 0 findings"},
		{suspects + 100*leastCost, "keeping more than 100 findings"},
		{records - 1, "keeping the findings"},
		{records, ""},
	} {
		d := New(params, "s", 1)
		d.Limit(c.limit)
		got, err := d.Finish(t.Context(), event.Day(november20), day, NewCounts())
		var limit *LimitError
		switch {
		case c.want == "" && (err != nil || len(got) != 300):
			t.Errorf("with %d bytes: %d findings, %v", c.limit, len(got), err)
		case c.want != "" && (!errors.As(err, &limit) || limit.Need <= c.limit || !strings.Contains(err.Error(), c.want)):
			t.Errorf("with %d bytes: %v, not %s", c.limit, err, c.want)
		}
	}
}
