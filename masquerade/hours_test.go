package masquerade

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sparkless/storage/event"
)

// The hours of a name are those of its events, counted one by one, whatever its
// origins; by origin and for all of them.
func TestHoursOfNames(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(24, 3))
	for range 30 {
		records := randomRecords(rng, rng.IntN(200))
		c, want := counted(records), map[string][24]bool{}
		for _, r := range records {
			name, absent := processName(r)
			if absent {
				continue
			}
			seen := want[name]
			seen[time.Unix(0, r.Time).UTC().Hour()] = true
			want[name] = seen
		}
		for name, seen := range want {
			var hours []int
			for hour := range seen {
				if seen[hour] {
					hours = append(hours, hour)
				}
			}
			if got := c.view(name, nil).hours.list(); !slices.Equal(got, hours) {
				t.Fatalf("%q: %d, want %d", name, got, hours)
			}
		}
	}
}

// Hours that a file of an earlier format does not tell are not told, neither of it
// nor of what it is merged with; and all else of it is as it was.
func TestHoursOfEarlierFormats(t *testing.T) {
	t.Parallel()
	of := func(at ...float64) *Counts {
		c := NewCounts()
		for _, hour := range at {
			c.Add(record(int64(hour*float64(time.Hour)), "a.exe", `C:\a.exe`, "host"))
		}
		return c
	}
	for _, c := range []struct {
		at    []float64
		hours []int
	}{
		{[]float64{3}, []int{3}},
		{[]float64{3, 9.5}, []int{3, 9}},
		{[]float64{3, 3.2, 3.9}, []int{3}},
		{[]float64{3.9, 4, 4.2}, []int{3, 4}},
		{[]float64{23.9, 23.95, 24.1}, []int{0, 23}},
		{[]float64{3, 4, 5}, nil},
		{[]float64{3, 3, 5}, nil},
		{[]float64{5.9, 6, 29.1}, nil}, // nearly a day later, in the same hour of the day
	} {
		day := of(c.at...)
		for _, e := range earlierFormats() {
			got := NewCounts()
			if _, err := got.Decode(encodedEarlier(t, day, e)); err != nil {
				t.Fatal(err)
			}
			if hours := got.view("a.exe", nil).hours.list(); !slices.Equal(hours, c.hours) {
				t.Errorf("%s, %v: %d, want %d", e.format, c.at, hours, c.hours)
			}
			again := NewCounts()
			if _, err := again.Decode(encoded(t, got)); err != nil || !equal(again, got) {
				t.Errorf("%s, %v: written and read again it is another: %v", e.format, c.at, err)
			}
			got.Merge(of(12))
			if hours := got.view("a.exe", nil).hours.list(); (hours == nil) != (c.hours == nil) {
				t.Errorf("%s, %v: merged, %d", e.format, c.at, hours)
			}
			want, ours := knownOf(of(append(slices.Clone(c.at), 12)...).view("a.exe", nil)), knownOf(got.view("a.exe", nil))
			want.hours, ours.hours = 0, 0
			if fmt.Sprint(want) != fmt.Sprint(ours) {
				t.Errorf("%s, %v: %v, want %v", e.format, c.at, ours, want)
			}
		}
	}
}

// All hours from the first event's to the last's, as a clock counts them.
func TestHoursWithin(t *testing.T) {
	rng := rand.New(rand.NewPCG(24, 4))
	for range 3000 {
		first := rng.Int64N(100*anHour) - 50*anHour
		if rng.IntN(2) == 0 {
			first -= first % anHour
		}
		last := first + rng.Int64N([]int64{2, 30 * anHour, 24*anHour + 2}[rng.IntN(3)])
		var want hours
		for at := time.Unix(0, first).UTC().Truncate(time.Hour); !at.After(time.Unix(0, last)); at = at.Add(time.Hour) {
			want |= 1 << at.Hour()
		}
		if got := hoursWithin(first, last); got != want {
			t.Fatalf("%v to %v: %b, want %b", time.Unix(0, first).UTC(), time.Unix(0, last).UTC(), got, want)
		}
	}
}

// The hours a suspect was seen in are no news, and the notebook's findings have none.
func TestHoursOfFindings(t *testing.T) {
	f := Finding{FindingId: "mq-1", DataDay: "2026-11-20T00:00:00.0000000Z", HoursSeen: []int{1, 2}}
	first, err := f.record()
	if err != nil {
		t.Fatal(err)
	}
	f.HoursSeen = []int{1, 2, 3}
	if second, err := f.record(); err != nil || second.Revision != first.Revision || string(second.Body) == string(first.Body) {
		t.Errorf("%s, then %s: %v", first.Body, second.Body, err)
	}
	for _, p := range []Params{NotebookParams(), paramsOf(t, Balanced)} {
		c := NewCounts()
		addNames(c, map[string]int{"svchost.exe": 100, "svch0st.exe": 1, "a.exe": 1, "b.exe": 1, "c.exe": 1})
		records, err := New(p, "", 1).Finish(t.Context(), event.Day(november20), c, NewCounts())
		if err != nil || len(records) == 0 {
			t.Fatal(len(records), err)
		}
		if has := bytes.Contains(records[0].Body, []byte(`"HoursSeen":[0]`)); has != p.Evidence || bytes.Contains(records[0].Body, []byte("HoursSeen")) != p.Evidence {
			t.Errorf("evidence %v: %s", p.Evidence, records[0].Body)
		}
	}
}
