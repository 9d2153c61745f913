package storage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Azure Monitor's data export writes
//
//	WorkspaceResourceId=<resource ID>/y=2026/m=11/d=20/h=07/m=05/PT05M.json
//
// with the resource ID in lower case, a five-minute folder by TimeGenerated,
// and PT05M_1.json, … beside a full blob. Also seen: PT5M.json, the older
// PT1H.json, and Spark's part-*.json or part-*.snappy.parquet in folders without
// leading zeros. (Microsoft Learn, "Log Analytics workspace data export in Azure
// Monitor".)
const exportRoot = "WorkspaceResourceId="

// Export is what a container holds of a span of time.
type Export struct {
	// Blobs are its data, in name order.
	Blobs []Blob
	// Aside are data of the same days that lie more than an hour outside of the
	// span, in name order.
	Aside []Blob
	// Workspaces are the resource IDs, or of export jobs the workspace IDs, whose
	// folders the span was looked for in, as written in the blob names; empty if
	// none matches.
	Workspaces []string
	// Unknown are names in the folders of these days that are neither data nor the
	// markers that writers leave behind, in name order.
	Unknown []string
	// Plain says that the data are plain files (ListPlain), whose names tell no
	// workspace and no hour.
	Plain bool
}

// ListDay is List of one UTC day.
func ListDay(ctx context.Context, r Reader, workspace string, day time.Time) (Export, error) {
	return List(ctx, r, workspace, dayOf(day), dayOf(day).Add(wholeDay))
}

// beside is how far outside of a span its events are looked for, within the same
// days: exports file an event by the hour of its TimeGenerated, others may round it.
const beside = time.Hour

// List lists the data of a span of time, from from up to, not including, to: of the
// workspace with the given resource ID in any case (a bare workspace name will do), or
// of every workspace in the container when it is empty. For what export jobs wrote,
// the workspace is its GUID, or GUID/jobId/ID for one of several jobs. No other days'
// folders are looked into than those of the days that the span touches.
//
// It fails with ErrInvalid where events may be there twice: when two jobs, or both
// kinds of folders of one job, hold the same hour of a workspace, and when every
// workspace is asked for and both a continuous export and a job hold a day,
// since nothing in their names tells whether they are of the same workspace.
func List(ctx context.Context, r Reader, workspace string, from, to time.Time) (Export, error) {
	var e Export
	bases, err := Workspaces(ctx, r, workspace)
	if err != nil {
		return e, err
	}
	e.Workspaces = append(e.Workspaces, bases...)
	for day := dayOf(from); day.Before(to); day = day.Add(wholeDay) {
		one := Export{Workspaces: e.Workspaces}
		if err := one.addDay(ctx, r, workspace, day); err != nil {
			return e, err
		}
		e.Blobs, e.Unknown = append(e.Blobs, one.Blobs...), append(e.Unknown, one.Unknown...)
	}
	byName := func(a, b Blob) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(e.Blobs, byName)
	slices.Sort(e.Unknown)
	e.setAside(from, to)
	return e, nil
}

// setAside leaves those blobs that can hold something of the span.
func (e *Export) setAside(from, to time.Time) {
	e.Blobs = slices.DeleteFunc(e.Blobs, func(b Blob) bool {
		at, ok := ExportTime(b.Name)
		far := ok && (!at.Add(time.Hour+beside).After(from) || !at.Before(to.Add(beside)))
		if far {
			e.Aside = append(e.Aside, b)
		}
		return far
	})
}

// addDay adds a UTC day from the folders of all workspaces.
func (e *Export) addDay(ctx context.Context, r Reader, workspace string, day time.Time) (err error) {
	var exported, jobs string // a workspace of either kind that holds the day
	for _, id := range e.Workspaces {
		before, kind := len(e.Blobs), &exported
		if isGUID(id) {
			kind = &jobs
			err = e.addJobs(ctx, r, id, workspace, day)
		} else {
			err = e.addFolders(ctx, r, exportRoot+id+"/", day)
		}
		if err != nil {
			return err
		}
		if len(e.Blobs) > before {
			*kind = id
		}
	}
	if err := e.checkJobs(day); err != nil {
		return err
	}
	if exported != "" && jobs != "" {
		return fmt.Errorf("%s is there both from the continuous export of %s and from an export job of %s, so that its events may be there twice: set storage.workspace to one of the two: %w",
			day.Format(time.DateOnly), exported, jobs, ErrInvalid)
	}
	return nil
}

// addFolders adds the day from the folders of a workspace's continuous export.
func (e *Export) addFolders(ctx context.Context, r Reader, base string, day time.Time) error {
	folders, err := dayFolders(ctx, r, base, [3]string{"y", "m", "d"}, day)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if err := e.add(ctx, r, folder); err != nil {
			return err
		}
	}
	return nil
}

// Workspaces returns the resource IDs below which the container holds exports,
// and the workspace IDs below which it holds what export jobs wrote, as written
// there, sorted: those that match want, or all when it is empty.
func Workspaces(ctx context.Context, r Reader, want string) ([]string, error) {
	ids, err := jobWorkspaces(ctx, r, want)
	if err != nil {
		return nil, fmt.Errorf("looking for workspaces: %w", err)
	}
	want = cleanWorkspace(want)
	prefixes, err := findWorkspaces(ctx, r, exportRoot, want)
	if err != nil {
		return nil, fmt.Errorf("looking for workspaces: %w", err)
	}
	for _, p := range prefixes {
		id := strings.TrimSuffix(strings.TrimPrefix(p, exportRoot), "/")
		if want == "" || strings.EqualFold(id, want) || strings.EqualFold(path.Base(id), want) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids) // folders sort with their slash: "ws-2/" before "ws/"
	return ids, nil
}

// cleanWorkspace brings what a user may paste to the form in blob names.
func cleanWorkspace(id string) string {
	id = strings.Trim(strings.TrimPrefix(id, exportRoot), "/")
	if strings.Contains(id, "/") {
		id = "/" + id
	}
	return id
}

// findWorkspaces walks down the folders of resource IDs to those that hold
// years, passing by what cannot lead to want.
func findWorkspaces(ctx context.Context, r Reader, prefix, want string) ([]string, error) {
	folders, err := foldersBelow(ctx, r, prefix)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range folders {
		if strings.HasPrefix(path.Base(f), "y=") {
			found = append(found, prefix)
			break
		}
	}
	for _, f := range folders {
		if strings.HasPrefix(path.Base(f), "y=") || !leadsTo(f, want) {
			continue
		}
		below, err := findWorkspaces(ctx, r, f, want)
		if err != nil {
			return nil, err
		}
		found = append(found, below...)
	}
	return found, nil
}

// leadsTo reports whether the folder may hold the workspace want.
func leadsTo(folder, want string) bool {
	if !strings.HasPrefix(want, "/") {
		return true // every workspace, or a bare name at the end of any path
	}
	full := exportRoot + want + "/"
	return len(folder) <= len(full) && strings.EqualFold(folder, full[:len(folder)])
}

// foldersBelow asks the reader for folders, or works them out from a listing.
func foldersBelow(ctx context.Context, r Reader, prefix string) ([]string, error) {
	if f, ok := r.(FolderLister); ok {
		return f.Folders(ctx, prefix)
	}
	var folders []string
	for b, err := range r.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		name, _, ok := strings.Cut(b.Name[len(prefix):], "/")
		if f := prefix + name + "/"; ok && !slices.Contains(folders, f) {
			folders = append(folders, f)
		}
	}
	slices.Sort(folders)
	return folders, nil
}

// dayFolders returns the folders of the day below base, whose names have the keys
// of year, month and day: one, or several where padded and unpadded numbers stand
// side by side.
func dayFolders(ctx context.Context, r Reader, base string, keys [3]string, day time.Time) ([]string, error) {
	level := []string{base}
	for i, value := range [3]int{day.Year(), int(day.Month()), day.Day()} {
		var next []string
		for _, prefix := range level {
			folders, err := foldersBelow(ctx, r, prefix)
			if err != nil {
				return nil, err
			}
			for _, f := range folders {
				if kind := tableKind(path.Base(f)); kind != "" {
					return nil, notPlain(kind, path.Clean(prefix))
				}
				if n, ok := partition(path.Base(f), keys[i]); ok && n == value {
					next = append(next, f)
				}
			}
		}
		level = next
	}
	return level, nil
}

// partition reads "key=number", padded or not.
func partition(component, key string) (int, bool) {
	digits, ok := strings.CutPrefix(component, key+"=")
	if !ok || digits == "" || len(digits) > 4 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

func (e *Export) add(ctx context.Context, r Reader, dayFolder string) error {
	for b, err := range r.List(ctx, dayFolder) {
		if err != nil {
			return fmt.Errorf("listing %s: %w", dayFolder, err)
		}
		base := path.Base(b.Name)
		_, timed := ExportHour(b.Name)
		switch {
		case strings.HasPrefix(base, "_") || strings.HasPrefix(base, "."):
			// Spark's _SUCCESS and _committed_…, checksum files: no data.
		case timed && isData(base):
			e.Blobs = append(e.Blobs, b)
		default:
			e.Unknown = append(e.Unknown, b.Name)
		}
	}
	return nil
}

// isData knows the file names that exports write.
func isData(base string) bool {
	base = strings.ToLower(base)
	if strings.HasSuffix(base, ".parquet") { // .snappy.parquet, .zstd.parquet, …
		return true
	}
	if !strings.HasPrefix(base, "pt") && !strings.HasPrefix(base, "part-") {
		return false
	}
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst")
	return strings.HasSuffix(base, ".json")
}

// ExportHour returns the hour of the day (0–23) that the folders of an export
// blob's name state.
func ExportHour(name string) (int, bool) {
	parts := strings.Split(name, "/")
	if strings.HasPrefix(name, jobRoot) {
		return jobHour(parts[len(parts)-2])
	}
	if len(parts) < 4 {
		return 0, false
	}
	parts = parts[len(parts)-4:] // d=…, h=…, m=…, file
	hour, okHour := partition(parts[1], "h")
	minute, okMinute := partition(parts[2], "m")
	return hour, okHour && okMinute && hour < 24 && minute < 60
}

// ExportTime returns the hour, with its day, that the folders of an export blob's
// name state.
func ExportTime(name string) (time.Time, bool) {
	hour, ok := ExportHour(name)
	if !ok {
		return time.Time{}, false
	}
	day, ok := exportDay(strings.Split(name, "/"))
	return day.Add(time.Duration(hour) * time.Hour), ok
}

// exportDay returns the day that folders state: the first one, as in dayFolders.
func exportDay(folders []string) (time.Time, bool) {
	keys := [3]string{"y", "m", "d"}
	ofJob := folders[0]+"/" == jobRoot
	if ofJob {
		keys = [3]string{"year", "month", "day"}
	}
	for i, folder := range folders {
		if stamp, ok := strings.CutPrefix(folder, jobStamped); ok && ofJob {
			date, _, _ := strings.Cut(stamp, "T")
			day, err := time.Parse(time.DateOnly, date)
			return day, err == nil
		}
		if day, ok := dayIn(folders[i:min(i+3, len(folders))], keys); ok {
			return day, true
		}
	}
	return time.Time{}, false
}

// dayIn reads a day of three folders, whose names have these keys.
func dayIn(folders []string, keys [3]string) (time.Time, bool) {
	if len(folders) != len(keys) {
		return time.Time{}, false
	}
	var n [3]int
	for i, folder := range folders {
		var ok bool
		if n[i], ok = partition(folder, keys[i]); !ok {
			return time.Time{}, false
		}
	}
	day := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	return day, int(day.Month()) == n[1] && day.Day() == n[2]
}
