package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sparkless/storage"
)

const (
	oneID   = "0a1b2c3d-0000-4000-8000-00000000000F"
	otherID = "ffffffff-0000-4000-8000-000000000000"
	oneJob  = "workspaceId/" + oneID + "/jobId/1111"
	twoJob  = "workspaceId/" + oneID + "/jobId/2222"
)

func TestExportJobs(t *testing.T) {
	data := []string{
		oneJob + "/timestamp=2026-05-05T00/part-0.parquet",
		oneJob + "/timestamp=2026-05-05T07/part-0.snappy.parquet",
		oneJob + "/timestamp=2026-05-05T07/x.PARQUET",
		oneJob + "/timestamp=2026-05-05T8/part-0.parquet",
		twoJob + "/year=2026/month=05/day=05/hour=23/part-0.parquet",
		twoJob + "/year=2026/month=5/day=5/hour=9/part-0.parquet",
	}
	unknown := []string{
		oneJob + "/timestamp=2026-05-05T07/notes.txt",
		oneJob + "/timestamp=2026-05-05T24/part-0.parquet",
		oneJob + "/timestamp=2026-05-05T07/deeper/part-0.parquet",
		twoJob + "/year=2026/month=5/day=5/part-0.parquet",
	}
	other := []string{
		oneJob + "/timestamp=2026-05-05T07/_SUCCESS",
		oneJob + "/timestamp=2026-05-04T23/part-0.parquet",
		oneJob + "/timestamp=2026-05-06T00/part-0.parquet",
		oneJob + "/timestamp=2026-05-05/part-0.parquet",
		oneJob + "/part-0.parquet",
		twoJob + "/year=2026/month=5/day=6/hour=9/part-0.parquet",
		twoJob + "/y=2026/m=5/d=5/hour=9/part-0.parquet",
		"workspaceId/" + oneID + "/timestamp=2026-05-05T07/part-0.parquet",
		"workspaceId/no-guid/jobId/1111/timestamp=2026-05-05T07/part-0.parquet",
		"workspaceID/" + oneID + "/jobId/1111/timestamp=2026-05-05T07/part-0.parquet",
	}
	m := container(t, slices.Concat(data, unknown, other)...)
	for _, workspace := range []string{"", oneID, strings.ToLower(oneID), "workspaceId/" + oneID + "/", "/" + oneID} {
		e := bothWays(t, m, workspace, fifthOfMay)
		if got := blobNames(e.Blobs); !slices.Equal(got, data) {
			t.Errorf("%q: data %q\nwant %q", workspace, got, data)
		}
		if !slices.Equal(e.Unknown, slices.Sorted(slices.Values(unknown))) || !slices.Equal(e.Workspaces, []string{oneID}) {
			t.Errorf("%q: unknown %q, workspaces %q", workspace, e.Unknown, e.Workspaces)
		}
	}
	for _, workspace := range []string{otherID, "contoso", contoso, oneID[:35], oneID + "0"} {
		if e := bothWays(t, m, workspace, fifthOfMay); len(e.Blobs)+len(e.Workspaces) > 0 {
			t.Errorf("%q: %+v", workspace, e)
		}
	}
	if e := bothWays(t, m, oneID+"/jobId/2222", fifthOfMay); !slices.Equal(blobNames(e.Blobs), data[4:]) {
		t.Errorf("one job: %q", blobNames(e.Blobs))
	}
}

// Events that may be there twice are an error that names both places, and that
// the setting it names resolves.
func TestEventsThatMayBeThereTwice(t *testing.T) {
	const hour = "/timestamp=2026-05-05T07/part-0.parquet"
	const sameHour = "/year=2026/month=5/day=5/hour=7/part-0.parquet"
	const file = "/y=2026/m=05/d=05/h=07/m=05/PT05M.json"
	for name, c := range map[string]struct {
		blobs []string
		names []string          // in the error; nil for none
		cures map[string]string // a workspace to set, and what is then read
	}{
		"two jobs, one hour": {[]string{oneJob + hour, twoJob + sameHour}, []string{"1111", "2222", oneID, "hour 7", "2026-05-05"},
			map[string]string{oneID + "/jobId/1111": oneJob + hour, "workspaceId/" + oneID + "/jobId/2222/": twoJob + sameHour}},
		"two jobs, two hours":     {[]string{oneJob + hour, twoJob + strings.Replace(sameHour, "=7", "=8", 1)}, nil, nil},
		"both layouts of a job":   {[]string{oneJob + hour, oneJob + sameHour}, []string{"1111/timestamp", "1111/year", "hour 7"}, nil},
		"both layouts, two hours": {[]string{oneJob + hour, oneJob + strings.Replace(sameHour, "=7", "=8", 1)}, nil, nil},
		"two jobs, two cases": {[]string{oneJob + hour, strings.Replace(twoJob, oneID, strings.ToLower(oneID), 1) + hour}, []string{"1111", "2222", strings.ToLower(oneID)},
			map[string]string{oneID + "/jobId/1111": oneJob + hour}},
		"one job, two cases": {[]string{oneJob + hour, strings.Replace(oneJob, oneID, strings.ToLower(oneID), 1) + hour}, []string{oneID, strings.ToLower(oneID)}, nil},
		"two workspaces":     {[]string{oneJob + hour, strings.Replace(oneJob, oneID, otherID, 1) + hour}, nil, nil},
		"a rule and a job": {[]string{root + contoso + file, oneJob + hour}, []string{contoso, oneID},
			map[string]string{contoso: root + contoso + file, "Contoso": root + contoso + file, oneID: oneJob + hour}},
		"on different days":    {[]string{root + contoso + file, oneJob + strings.Replace(hour, "05T", "06T", 1)}, nil, nil},
		"only markers of jobs": {[]string{root + contoso + file, oneJob + "/timestamp=2026-05-05T07/_SUCCESS"}, nil, nil},
	} {
		m := container(t, c.blobs...)
		for _, r := range []storage.Reader{m, readerOnly{m}} {
			_, err := storage.ListDay(t.Context(), r, "", fifthOfMay)
			if c.names == nil && err != nil || c.names != nil && !errors.Is(err, storage.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, part := range append(c.names, "") {
				if err != nil && (!strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "storage.workspace")) {
					t.Errorf("%s: no %q in %v", name, part, err)
				}
			}
		}
		for workspace, blob := range c.cures {
			if e := bothWays(t, m, workspace, fifthOfMay); !slices.Equal(blobNames(e.Blobs), []string{blob}) {
				t.Errorf("%s: %s gives %q", name, workspace, blobNames(e.Blobs))
			}
		}
	}
}
