package storage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// An export job of Azure Monitor, which takes history out, writes Parquet below
//
//	workspaceId/<workspace ID>/jobId/<job ID>/timestamp=2026-11-20T07/
//	workspaceId/<workspace ID>/jobId/<job ID>/year=2026/month=11/day=20/hour=07/
//
// The workspace ID is the GUID of the workspace, which does not tell its resource
// ID. (Microsoft Learn, "Export job in Azure Monitor Logs".)
const (
	jobRoot    = "workspaceId/"
	jobFolder  = "/jobId/"
	jobStamped = "timestamp="
)

// isGUID knows a workspace ID from a resource ID and from a workspace's name.
func isGUID(s string) bool {
	if len(s) != len("00112233-4455-6677-8899-aabbccddeeff") {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return false
		}
	}
	return true
}

// cutJob takes apart what a user may write for a workspace: the job is empty
// unless the export of one job is meant.
func cutJob(workspace string) (id, job string) {
	workspace = strings.Trim(strings.TrimPrefix(strings.Trim(workspace, "/"), jobRoot), "/")
	id, job, _ = strings.Cut(workspace, jobFolder)
	return id, job
}

// jobWorkspaces returns the workspace IDs below which jobs have exported, those
// that match want or all when it is empty.
func jobWorkspaces(ctx context.Context, r Reader, want string) ([]string, error) {
	want, _ = cutJob(want)
	if want != "" && !isGUID(want) {
		return nil, nil // a resource ID, or the name in one
	}
	folders, err := foldersBelow(ctx, r, jobRoot)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range folders {
		if id := path.Base(f); isGUID(id) && (want == "" || strings.EqualFold(id, want)) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// addJobs adds the day of a workspace from its jobs, or from the one that want
// names. Two jobs that exported the same hour are an error: whether they took
// the same events, their names do not tell.
func (e *Export) addJobs(ctx context.Context, r Reader, id, want string, day time.Time) error {
	_, only := cutJob(want)
	base := jobRoot + id + jobFolder
	jobs, err := foldersBelow(ctx, r, base)
	if err != nil {
		return fmt.Errorf("looking for jobs of %s: %w", id, err)
	}
	var owners [24]string // of the hours
	for _, f := range jobs {
		job := path.Base(f)
		if only != "" && !strings.EqualFold(job, only) {
			continue
		}
		hours, err := e.addJob(ctx, r, f, day)
		if err != nil {
			return err
		}
		for _, hour := range hours {
			if other := owners[hour]; other != "" && other != job {
				return fmt.Errorf("the export jobs %s and %s of workspace %s both hold hour %d of %s, so that its events may be there twice: set storage.workspace to %s%s%s, or to the other, or remove one: %w",
					other, job, id, hour, day.Format(time.DateOnly), id, jobFolder, job, ErrInvalid)
			}
			owners[hour] = job
		}
	}
	return nil
}

// addJob adds the day from one job's folder and returns the hours that it holds.
func (e *Export) addJob(ctx context.Context, r Reader, folder string, day time.Time) (hours []int, err error) {
	prefixes, err := dayFolders(ctx, r, folder, [3]string{"year", "month", "day"}, day)
	if err != nil {
		return nil, err
	}
	before := len(e.Blobs)
	for _, prefix := range append(prefixes, folder+jobStamped+day.Format(time.DateOnly)+"T") {
		if err := e.add(ctx, r, prefix); err != nil {
			return nil, err
		}
	}
	for _, b := range e.Blobs[before:] {
		hour, _ := ExportHour(b.Name)
		hours = append(hours, hour)
	}
	slices.Sort(hours)
	return slices.Compact(hours), nil
}

// jobHour reads the folder of an hour: timestamp=2026-11-20T07 or hour=07.
func jobHour(folder string) (int, bool) {
	if stamp, ok := strings.CutPrefix(folder, jobStamped); ok {
		_, hour, _ := strings.Cut(stamp, "T")
		folder = "hour=" + hour
	}
	hour, ok := partition(folder, "hour")
	return hour, ok && hour < 24
}
