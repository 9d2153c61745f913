package job

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// ErrPartial means that the result is written, and something of the day is
// missing in it.
var ErrPartial = errors.New("done on partial input")

// Missing is what a result lacks, of the hours that its window touches.
type Missing struct {
	Window event.Window
	// Gaps are hours without any blob.
	Gaps []storage.Gap
	// Unreadable are blobs that nobody can read as they are.
	Unreadable []Unreadable
	// Malformed counts the lines that could not be used, by hour as
	// event.Stats.MalformedHours does.
	Malformed map[int]int64
	// MalformedNoHour counts those of blobs whose names tell no hour.
	MalformedNoHour int64
}

// Unreadable is a blob that is left out of a result.
type Unreadable struct {
	Blob   string `json:"blob"`
	Reason string `json:"reason"`
}

// Nothing reports whether nothing is missing.
func (m Missing) Nothing() bool {
	return len(m.Gaps)+len(m.Unreadable)+len(m.Malformed) == 0 && m.MalformedNoHour == 0
}

// String names all that is missing, by hour.
func (m Missing) String() string {
	const shown = 5
	var parts []string
	for i, g := range m.Gaps {
		if i == shown {
			parts = append(parts, fmt.Sprintf("%d more workspaces lack hours", len(m.Gaps)-shown))
			break
		}
		parts = append(parts, "no blob of hour "+g.String())
	}
	for i, u := range m.Unreadable {
		if i == shown {
			parts = append(parts, fmt.Sprintf("%d more blobs cannot be read", len(m.Unreadable)-shown))
			break
		}
		hour := ""
		if _, ok := storage.ExportHour(u.Blob); ok {
			hour = "hour " + storage.HourOf(u.Blob) + ": "
		}
		parts = append(parts, fmt.Sprintf("%sblob %q cannot be read (%s)", hour, u.Blob, u.Reason))
	}
	for _, hour := range slices.Sorted(maps.Keys(m.Malformed)) {
		parts = append(parts, fmt.Sprintf("hour %s: %d malformed line(s)", m.hour(hour), m.Malformed[hour]))
	}
	if n := m.MalformedNoHour; n > 0 {
		parts = append(parts, fmt.Sprintf("%d malformed line(s) of no known hour", n))
	}
	return strings.Join(parts, "; ")
}

// hour names an hour of Malformed, with its day if there are several.
func (m Missing) hour(n int) string {
	at := hourOf(m.Window, n)
	if event.Day(m.Window.From).To.Before(m.Window.To) {
		return at.Format("2006-01-02 15")
	}
	return at.Format("15")
}

// hourOf is when an hour of event.Stats.MalformedHours starts.
func hourOf(w event.Window, n int) time.Time {
	return event.Day(w.From).From.Add(time.Duration(n) * time.Hour)
}

// touches reports whether something of the hour lies in the window.
func touches(w event.Window, hour time.Time) bool {
	return hour.Before(w.To) && hour.Add(time.Hour).After(w.From)
}

// malformedIn are those of the hours that the window touches: some beside it are
// read, too.
func malformedIn(w event.Window, hours map[int]int64) map[int]int64 {
	var in map[int]int64
	for n, lines := range hours {
		if !touches(w, hourOf(w, n)) {
			continue
		}
		if in == nil {
			in = map[int]int64{}
		}
		in[n] = lines
	}
	return in
}

// unreadableIn are those of the blobs that hold something of the window.
func unreadableIn(w event.Window, blobs []Unreadable) []Unreadable {
	return slices.DeleteFunc(slices.Clone(blobs), func(u Unreadable) bool {
		at, ok := storage.ExportTime(u.Blob)
		return ok && !touches(w, at)
	})
}

// missing finds what the result lacks, and makes it an error if that is more
// than the settings allow.
func (h *Hunt[S]) missing(r *Result[S]) error {
	r.Missing = h.lacking(r, r.Missing.Unreadable)
	bad := Missing{Window: r.Window, Unreadable: r.Missing.Unreadable}
	hours := 0
	for _, g := range r.Missing.Gaps {
		hours += len(g.Hours)
	}
	if hours > h.MissingHours {
		bad.Gaps = r.Missing.Gaps
	}
	if share(r.Stats) > h.PartialMalformed {
		bad.Malformed, bad.MalformedNoHour = r.Missing.Malformed, r.Missing.MalformedNoHour
	}
	if bad.Nothing() {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrPartial, bad)
}

// lacking is what the listing and what was read of it lack. Of a window that was read
// before it was over, the hours that have passed since are missing, too.
func (h *Hunt[S]) lacking(r *Result[S], unreadable []Unreadable) Missing {
	m := Missing{
		Window:     r.Window,
		Unreadable: unreadableIn(r.Window, unreadable),
		Malformed:  malformedIn(r.Window, r.Stats.MalformedHours),
	}
	m.MalformedNoHour = r.Stats.MalformedLines()
	for _, n := range r.Stats.MalformedHours {
		m.MalformedNoHour -= n
	}
	if r.Listed != nil {
		m.Gaps = storage.Gaps(r.Listed.Coverage, r.Window.From, h.over(r.Window))
	}
	return m
}

// over is up to when the hours of the window are over, which may be its end.
func (h *Hunt[S]) over(w event.Window) time.Time {
	now := time.Now
	if h.Now != nil {
		now = h.Now
	}
	if hour := now().Truncate(time.Hour); hour.Before(w.To) {
		return hour
	}
	return w.To
}
