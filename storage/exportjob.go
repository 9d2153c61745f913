package storage

import (
	"context"
	"fmt"
	"path"
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
// names.
func (e *Export) addJobs(ctx context.Context, r Reader, id, want string, day time.Time) error {
	_, only := cutJob(want)
	base := jobRoot + id + jobFolder
	jobs, err := foldersBelow(ctx, r, base)
	if err != nil {
		return fmt.Errorf("looking for jobs of %s: %w", id, err)
	}
	for _, f := range jobs {
		if only != "" && !strings.EqualFold(path.Base(f), only) {
			continue
		}
		if err := e.addJob(ctx, r, f, day); err != nil {
			return err
		}
	}
	return nil
}

// addJob adds the day from one job's folder.
func (e *Export) addJob(ctx context.Context, r Reader, folder string, day time.Time) error {
	prefixes, err := dayFolders(ctx, r, folder, [3]string{"year", "month", "day"}, day)
	if err != nil {
		return err
	}
	for _, prefix := range append(prefixes, folder+jobStamped+day.Format(time.DateOnly)+"T") {
		if err := e.add(ctx, r, prefix); err != nil {
			return err
		}
	}
	return nil
}

// checkJobs fails if two jobs hold the same hour of a workspace, whose ID may be
// there in several letter cases, or one job holds it in both kinds of folders:
// whether they hold the same events, their names do not tell.
func (e *Export) checkJobs(day time.Time) error {
	type hourOf struct {
		id   string
		hour int
	}
	owners := map[hourOf]string{}
	for _, b := range e.Blobs {
		id, rest, ok := strings.Cut(strings.TrimPrefix(b.Name, jobRoot), jobFolder)
		if !ok || !strings.HasPrefix(b.Name, jobRoot) {
			continue
		}
		job, folder, _ := strings.Cut(rest, "/")
		kind, _, _ := strings.Cut(folder, "=")
		hour, _ := ExportHour(b.Name)
		owner, at := jobRoot+id+jobFolder+job+"/"+kind, hourOf{strings.ToLower(id), hour}
		if other := owners[at]; other != "" && other != owner {
			return fmt.Errorf("%s=… and %s=… both hold hour %d of %s, so that its events may be there twice: remove one, or if they are two jobs, set storage.workspace to one as %s%s%s: %w",
				other, owner, hour, day.Format(time.DateOnly), id, jobFolder, job, ErrInvalid)
		}
		owners[at] = owner
	}
	return nil
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
