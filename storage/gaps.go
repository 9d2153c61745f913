package storage

import (
	"fmt"
	"slices"
	"strings"
)

// Gap is the hours of a day of which a workspace's export has no blob.
type Gap struct {
	Workspace string // as Export.Workspaces states it, in lower case
	Hours     []int  // 0 to 23, ascending
}

// String names the hours, "03, 07-09", and the workspace.
func (g Gap) String() string { return Hours(g.Hours) + " of " + g.Workspace }

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

// Gaps returns the gaps among the day's first hours (24 of a day that is over),
// of the workspaces that have a blob of the day at all: one that is retired lacks
// nothing.
func (e Export) Gaps(hours int) []Gap {
	var gaps []Gap
	for id, has := range e.hours() {
		var g Gap
		for hour := range hours {
			if !has[hour] {
				g.Hours = append(g.Hours, hour)
			}
		}
		if len(g.Hours) > 0 {
			g.Workspace = id
			gaps = append(gaps, g)
		}
	}
	slices.SortFunc(gaps, func(a, b Gap) int { return strings.Compare(a.Workspace, b.Workspace) })
	return gaps
}

// hours are those that have blobs, by workspace in lower case.
func (e Export) hours() map[string]*[24]bool {
	found := map[string]*[24]bool{}
	for _, b := range e.Blobs {
		hour, ok := ExportHour(b.Name)
		if !ok {
			continue
		}
		id := workspaceOf(b.Name)
		if found[id] == nil {
			found[id] = new([24]bool)
		}
		found[id][hour] = true
	}
	return found
}

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
