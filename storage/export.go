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

// Export is what a container holds of one day.
type Export struct {
	// Blobs are the day's data, in name order.
	Blobs []Blob
	// Workspaces are the resource IDs, or of export jobs the workspace IDs, whose
	// folders the day was looked for in, as written in the blob names; empty if
	// none matches.
	Workspaces []string
	// Unknown are names in the day's folders that are neither data nor the
	// markers that writers leave behind, in name order.
	Unknown []string
}

// ListDay lists the data of one UTC day, of the workspace with the given
// resource ID in any case (a bare workspace name will do), or of every
// workspace in the container when it is empty. For what export jobs wrote, the
// workspace is its GUID, or GUID/jobId/ID for one of several jobs.
//
// It fails with ErrInvalid where events may be there twice: when two jobs, or both
// kinds of folders of one job, hold the same hour of a workspace, and when every
// workspace is asked for and both a continuous export and a job hold the day,
// since nothing in their names tells whether they are of the same workspace.
func ListDay(ctx context.Context, r Reader, workspace string, day time.Time) (Export, error) {
	var e Export
	day = day.UTC()
	bases, err := Workspaces(ctx, r, workspace)
	if err != nil {
		return e, err
	}
	var exported, jobs string // a workspace of either kind that holds the day
	for _, id := range bases {
		e.Workspaces = append(e.Workspaces, id)
		before, kind := len(e.Blobs), &exported
		if isGUID(id) {
			kind = &jobs
			err = e.addJobs(ctx, r, id, workspace, day)
		} else {
			err = e.addFolders(ctx, r, exportRoot+id+"/", day)
		}
		if err != nil {
			return e, err
		}
		if len(e.Blobs) > before {
			*kind = id
		}
	}
	if err := e.checkJobs(day); err != nil {
		return e, err
	}
	if exported != "" && jobs != "" {
		return e, fmt.Errorf("%s is there both from the continuous export of %s and from an export job of %s, so that its events may be there twice: set storage.workspace to one of the two: %w",
			day.Format(time.DateOnly), exported, jobs, ErrInvalid)
	}
	slices.SortFunc(e.Blobs, func(a, b Blob) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(e.Unknown)
	return e, nil
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
