package storage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Gap is the hours of one day of which a workspace's export has no blob.
type Gap struct {
	Workspace string // as Export.Workspaces states it, in lower case
	// Day is the midnight before the hours where several days were looked at;
	// otherwise it is zero, and not said.
	Day   time.Time
	Hours []int // 0 to 23, ascending
}

// String names the hours, "03, 07-09", with their day if it has to be said, and the
// workspace.
func (g Gap) String() string { return g.When() + " of " + g.Workspace }

// When names the hours, with their day if it has to be said: "2026-11-20 03, 07-09".
func (g Gap) When() string {
	if g.Day.IsZero() {
		return Hours(g.Hours)
	}
	return g.Day.Format(time.DateOnly) + " " + Hours(g.Hours)
}

// Hours writes ascending hours of a day with those in a row as a range: "03, 07-09".
func Hours(hours []int) string {
	var b strings.Builder
	for i := 0; i < len(hours); {
		last := i
		for last+1 < len(hours) && hours[last+1] == hours[last]+1 {
			last++
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%02d", hours[i])
		if last > i {
			fmt.Fprintf(&b, "-%02d", hours[last])
		}
		i = last + 1
	}
	return b.String()
}

// Coverage is what the export of a workspace has of a span of time. Its JSON is part of
// profiles.
type Coverage struct {
	Workspace string        `json:"workspace"` // as its blobs' names state it, in lower case
	Hours     []CoveredHour `json:"hours"`     // that have blobs, in order
}

// CoveredHour is an hour of which there are blobs, by their names.
type CoveredHour struct {
	Start time.Time `json:"start"`
	Blobs int       `json:"blobs"` // 0 if all of them lie aside
	Bytes int64     `json:"bytes"` // as stored
}

// Coverage returns what there is, by workspace. Blobs whose names state no hour are
// left out. Of plain files nothing is known.
func (e Export) Coverage() []Coverage {
	if e.Plain {
		return nil
	}
	found := map[string]map[time.Time]CoveredHour{}
	add := func(b Blob, blobs int, bytes int64) {
		at, ok := ExportTime(b.Name)
		if !ok {
			return
		}
		id := workspaceOf(b.Name)
		if found[id] == nil {
			found[id] = map[time.Time]CoveredHour{}
		}
		h := found[id][at]
		found[id][at] = CoveredHour{at, h.Blobs + blobs, h.Bytes + bytes}
	}
	for _, b := range e.Blobs {
		add(b, 1, b.Size)
	}
	for _, b := range e.Aside {
		add(b, 0, 0)
	}
	var all []Coverage
	for _, id := range slices.Sorted(maps.Keys(found)) {
		hours := slices.SortedFunc(maps.Values(found[id]), func(a, b CoveredHour) int { return a.Start.Compare(b.Start) })
		all = append(all, Coverage{id, hours})
	}
	return all
}

// has reports whether there are blobs of the hour that starts then.
func (c *Coverage) has(start time.Time) bool {
	_, ok := slices.BinarySearchFunc(c.Hours, start, func(h CoveredHour, t time.Time) int { return h.Start.Compare(t) })
	return ok
}

// Gaps returns the gaps among the hours from from up to until, the first and the
// last of which may be parts. Of the workspaces it tells of those that have a blob
// of these days at all: one that is retired lacks nothing.
func Gaps(covered []Coverage, from, until time.Time) []Gap {
	several := until.Sub(dayOf(from)) > wholeDay
	var gaps []Gap
	for _, c := range covered {
		g := Gap{Workspace: c.Workspace}
		for hour := from.UTC().Truncate(time.Hour); hour.Before(until); hour = hour.Add(time.Hour) {
			if day := dayOf(hour); several && !day.Equal(g.Day) {
				gaps = append(gaps, g)
				g = Gap{Workspace: c.Workspace, Day: day}
			}
			if !c.has(hour) {
				g.Hours = append(g.Hours, hour.Hour())
			}
		}
		gaps = append(gaps, g)
	}
	return slices.DeleteFunc(gaps, func(g Gap) bool { return len(g.Hours) == 0 })
}

const wholeDay = 24 * time.Hour

// dayOf is the midnight before a moment, UTC.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(wholeDay) }

// workspaceOf is the workspace that an export blob's name states, in lower case.
func workspaceOf(name string) string {
	if rest, ok := strings.CutPrefix(name, jobRoot); ok {
		id, _, _ := strings.Cut(rest, jobFolder)
		return strings.ToLower(id)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(name, exportRoot), "/y=")
	return strings.ToLower(id)
}

// HourOf names the hour that an export blob's name states: "07", or "?".
func HourOf(name string) string {
	if hour, ok := ExportHour(name); ok {
		return fmt.Sprintf("%02d", hour)
	}
	return "?"
}
