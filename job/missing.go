package job

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sparkless/storage"
)

// ErrPartial means that the result is written, and something of the day is
// missing in it.
var ErrPartial = errors.New("done on partial input")

// Missing is what a result lacks.
type Missing struct {
	// Gaps are hours without any blob.
	Gaps []storage.Gap
	// Unreadable are blobs that nobody can read as they are.
	Unreadable []Unreadable
	// Malformed counts the lines by hour that could not be used.
	Malformed map[int]int64
}

// Unreadable is a blob that is left out of a result.
type Unreadable struct {
	Blob   string `json:"blob"`
	Reason string `json:"reason"`
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
		parts = append(parts, fmt.Sprintf("hour %s: blob %q cannot be read (%s)", storage.HourOf(u.Blob), u.Blob, u.Reason))
	}
	for _, hour := range slices.Sorted(maps.Keys(m.Malformed)) {
		parts = append(parts, fmt.Sprintf("hour %02d: %d malformed line(s)", hour, m.Malformed[hour]))
	}
	return strings.Join(parts, "; ")
}

// missing finds what the result lacks, and makes it an error if that is more
// than the settings allow.
func (h *Hunt[S]) missing(r *Result[S]) error {
	r.Missing.Gaps, r.Missing.Malformed = r.Export.Gaps(h.hoursOver(r.Date)), r.Stats.MalformedHours
	bad := Missing{Unreadable: r.Missing.Unreadable}
	hours := 0
	for _, g := range r.Missing.Gaps {
		hours += len(g.Hours)
	}
	if hours > h.MissingHours {
		bad.Gaps = r.Missing.Gaps
	}
	if share(r.Stats) > h.PartialMalformed {
		bad.Malformed = r.Missing.Malformed
	}
	if len(bad.Gaps)+len(bad.Unreadable)+len(bad.Malformed) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrPartial, bad)
}

// hoursOver is how many hours of the day are over, 24 unless it is today.
func (h *Hunt[S]) hoursOver(date time.Time) int {
	now := time.Now
	if h.Now != nil {
		now = h.Now
	}
	return int(min(max(now().Sub(date)/time.Hour, 0), 24))
}
