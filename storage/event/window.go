package event

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Window is a span of time in UTC, From included, To not.
type Window struct{ From, To time.Time }

// Day is the window of one UTC day.
func Day(t time.Time) Window {
	from := t.UTC().Truncate(day)
	return Window{from, from.Add(day)}
}

// day is how long a UTC day is: Unix time has no leap seconds.
const day = 24 * time.Hour

// IsDay reports whether the window is exactly one UTC day.
func (w Window) IsDay() bool {
	d := Day(w.From)
	return w.From.Equal(d.From) && w.To.Equal(d.To)
}

// WholeDays reports whether the window is one or more whole UTC days.
func (w Window) WholeDays() bool {
	return w.From.Before(w.To) && w.From.Equal(Day(w.From).From) && w.To.Equal(Day(w.To).From)
}

// Days are the windows of the UTC days that the window touches, in order.
func (w Window) Days() []Window {
	var days []Window
	for d := Day(w.From); d.From.Before(w.To); d = Day(d.To) {
		days = append(days, d)
	}
	return days
}

// stamp is how a label writes a moment: the basic format of ISO 8601, which may
// stand in the name of any file.
const stamp = "20060102T150405Z"

// Label names the window in names of files: 2026-11-20 a day, and any other
// 20261120T060000Z-20261120T180000Z. The ends of such a window are whole seconds.
func (w Window) Label() string {
	if w.IsDay() {
		return w.From.UTC().Format(time.DateOnly)
	}
	return w.From.UTC().Format(stamp) + "-" + w.To.UTC().Format(stamp)
}

// errLabel: a text is the label of no window.
var errLabel = errors.New("not the label of a window of time")

// ParseLabel returns the window with that label. A text that Label does not write
// is an error.
func ParseLabel(label string) (Window, error) {
	if date, err := time.Parse(time.DateOnly, label); err == nil {
		return Day(date), nil
	}
	first, last, _ := strings.Cut(label, "-")
	from, err1 := time.Parse(stamp, first)
	to, err2 := time.Parse(stamp, last)
	w := Window{from, to}
	if err1 != nil || err2 != nil || !from.Before(to) || w.Label() != label {
		return Window{}, fmt.Errorf("%q: %w", label, errLabel)
	}
	return w, nil
}

// String is the window for people: 2026-11-20 a day, and any other
// 2026-11-20T06:00:00Z to 2026-11-20T18:00:00Z.
func (w Window) String() string {
	if w.IsDay() {
		return w.From.UTC().Format(time.DateOnly)
	}
	return w.From.UTC().Format(time.RFC3339) + " to " + w.To.UTC().Format(time.RFC3339)
}
