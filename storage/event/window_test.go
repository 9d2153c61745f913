package event_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A day is named by its date, whichever way its ends are written, and nothing else is.
func TestLabels(t *testing.T) {
	for _, c := range []struct{ from, to, label, text string }{
		{"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-20", "2026-11-20"},
		{"2026-11-20T02:00:00+02:00", "2026-11-20T19:00:00-05:00", "2026-11-20", "2026-11-20"},
		{"2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z", "2026-12-31", "2026-12-31"},
		{"2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z", "20261120T000000Z-20261122T000000Z", "2026-11-20T00:00:00Z to 2026-11-22T00:00:00Z"},
		{"2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z", "20261120T000000Z-20261120T235959Z", "2026-11-20T00:00:00Z to 2026-11-20T23:59:59Z"},
		{"2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z", "20261120T120000Z-20261121T120000Z", "2026-11-20T12:00:00Z to 2026-11-21T12:00:00Z"},
		{"2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", "20260329T003000Z-20260329T013000Z", "2026-03-29T00:30:00Z to 2026-03-29T01:30:00Z"},
	} {
		w := event.Window{From: moment(t, c.from), To: moment(t, c.to)}
		if w.Label() != c.label || w.String() != c.text || w.IsDay() != (len(c.label) == 10) {
			t.Errorf("%s to %s: %s, %s", c.from, c.to, w.Label(), w)
		}
	}
}

// Any window of whole seconds can be read back from its label, and its days cover it.
func TestLabelsReadBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(4688, 1))
	for range 2000 {
		from := time.Unix(rng.Int64N(1<<33)-1<<32, 0).UTC()
		switch rng.IntN(4) {
		case 0:
			from = from.Truncate(24 * time.Hour)
		case 1:
			from = from.Truncate(time.Hour)
		}
		w := event.Window{From: from, To: from.Add(time.Duration(1+rng.Int64N(31*24*3600)) * time.Second)}
		if rng.IntN(3) == 0 {
			w.To = from.Add(time.Duration(1+rng.IntN(3)) * 24 * time.Hour)
		}
		got, err := event.ParseLabel(w.Label())
		if err != nil || got != w {
			t.Fatalf("%v: %v, %v", w, got, err)
		}
		days := w.Days()
		for i, d := range days {
			if !d.IsDay() || i > 0 && d.From != days[i-1].To || !d.From.Before(w.To) || !d.To.After(w.From) {
				t.Fatalf("%v: %v", w, days)
			}
		}
		if days[0].From.After(w.From) || days[len(days)-1].To.Before(w.To) {
			t.Fatalf("%v: %v", w, days)
		}
		if w.WholeDays() != (w.From == days[0].From && w.To == days[len(days)-1].To) {
			t.Fatalf("%v: whole days %v", w, w.WholeDays())
		}
	}
	for _, label := range []string{"", "-", "2026-11-20T00:00:00Z", "20261120T000000Z", "20261120T000000Z-", "20261121T000000Z-20261120T000000Z", "20261120T060000Z-20261120T060000Z",
		"20261120T000000Z-20261121T000000Z", "20261120T060000Z-20261120T180000Z-x", "20261120T060000-20261120T180000", "20261120T060000Z-20261120T180060Z", "2026-11-31", "2026-11-2", "readme", "../2026-11-20"} {
		if w, err := event.ParseLabel(label); err == nil {
			t.Errorf("%q is taken for %v", label, w)
		}
	}
}

// The first moment of a window is in it, the last is not, to the nanosecond.
func TestWindowIsHalfOpen(t *testing.T) {
	w := event.Window{From: moment(t, "2026-12-31T22:30:00Z"), To: moment(t, "2027-01-01T00:30:00Z")}
	for stamp, in := range map[string]bool{
		"2026-12-31T22:30:00Z":               true,
		"2026-12-31T22:29:59.999999999Z":     false,
		"2026-12-31T23:59:59.9999999Z":       true,
		"2027-01-01T00:00:00Z":               true,
		"2027-01-01T00:29:59.999999999Z":     true,
		"2027-01-01T00:30:00Z":               false,
		"2027-01-01T01:30:00+02:00":          true,
		"2026-12-31T17:30:00-05:00":          true,
		"2026-12-31T19:30:00.000000000-0500": false,
	} {
		data := strings.Replace(line, "2026-11-20T00:00:01.5Z", stamp, 1)
		b := storage.Blob{Name: "x.json", Size: int64(len(data))}
		reading := event.NewLanes(1, 1).Read(blob{data: []byte(data)}, query, w, []event.Range{event.Whole(b)})
		records := 0
		err := reading.Lane(t.Context(), func(*event.Record) { records++ })
		if s := reading.Stats(); err != nil || (records == 1) != in || s.OutsideDay != int64(1-records) || s.MalformedLines() != 0 {
			t.Errorf("%s: %d records, %+v, %v", stamp, records, s, err)
		}
	}
}

// Hours of malformed lines are counted from the midnight before the window: on one
// day they are the hours of that day.
func TestMalformedHoursOfWindows(t *testing.T) {
	folder := func(day, hour int) string {
		return fmt.Sprintf("WorkspaceResourceId=/w/y=2026/m=11/d=%02d/h=%02d/m=00/PT05M.json", day, hour)
	}
	for _, c := range []struct {
		from, to string
		name     string
		want     int
	}{
		{"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", folder(20, 7), 7},
		{"2026-11-20T06:00:00Z", "2026-11-21T00:00:00Z", folder(20, 23), 23},
		{"2026-11-20T06:00:00Z", "2026-11-21T00:00:01Z", folder(20, 7), 7},
		{"2026-11-20T06:00:00Z", "2026-11-22T06:00:00Z", folder(21, 0), 24},
		{"2026-11-20T06:00:00Z", "2026-11-22T06:00:00Z", folder(22, 5), 53},
		{"2026-11-20T06:00:00Z", "2026-11-22T06:00:00Z", "workspaceId/x/jobId/j/timestamp=2026-11-21T03/p.json", 27},
	} {
		lanes := event.NewLanes(1, 1)
		for range 2 { // a scanner that is used again
			data := []byte("{broken\n")
			w := event.Window{From: moment(t, c.from), To: moment(t, c.to)}
			reading := lanes.Read(blob{data: data}, query, w, []event.Range{event.Whole(storage.Blob{Name: c.name, Size: int64(len(data))})})
			if err := reading.Lane(t.Context(), func(*event.Record) {}); err != nil {
				t.Fatal(err)
			}
			if got := reading.Stats().MalformedHours; len(got) != 1 || got[c.want] != 1 {
				t.Errorf("%s in %v: %v, want hour %d", c.name, w, got, c.want)
			}
			// Another window in between knows the same blob by another hour.
			other := lanes.Read(blob{data: data}, query, event.Window{From: w.From.AddDate(0, 0, -3), To: w.To}, []event.Range{event.Whole(storage.Blob{Name: c.name, Size: int64(len(data))})})
			if err := other.Lane(t.Context(), func(*event.Record) {}); err != nil || other.Stats().MalformedHours[c.want%24+24*(3+c.want/24)] != 1 {
				t.Errorf("%s: %v, %v", c.name, other.Stats().MalformedHours, err)
			}
		}
	}
}
