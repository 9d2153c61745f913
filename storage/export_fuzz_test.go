package storage_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

func FuzzExportHour(f *testing.F) {
	for _, name := range []string{"", "/", "d=1/h=07/m=05/x", "h=7/m=5/x", "d/h=23/m=59/", "d/h=0024/m=0/x", "d/h=/m=/x", "d/h=7/m=5/x\n", "d/h=٣/m=5/x", "a/b/d/h=00007/m=5/x",
		"workspaceId/w/jobId/j/timestamp=2026-05-05T07/x", "workspaceId/w/jobId/j/hour=7/x", "workspaceId/hour=24/x", "workspaceId/timestamp=T/x", "workspaceId/timestamp=5T5T5/x", "workspaceId/hour=5/"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		hour, ok := storage.ExportHour(name)
		want, wantOK := hourOracle(name)
		if ok != wantOK || ok && hour != want {
			t.Errorf("%q: %d, %v; want %d, %v", name, hour, ok, want, wantOK)
		}
	})
}

// FuzzListDay lists a day of a container of any names, one a line: each name once
// at most, data only where its name states an hour, and the same whether the store
// can list folders or not.
func FuzzListDay(f *testing.F) {
	const job = "workspaceId/0f0e0d0c-0b0a-0908-0706-050403020100/jobId/j/"
	f.Add(root+contoso+"/y=2026/m=05/d=05/h=07/m=05/PT05M.json\n"+root+contoso+"/y=2026/m=5/d=5/h=7/m=5/part-0.json", "", uint16(0))
	f.Add(job+"timestamp=2026-05-05T07/part-0.parquet\n"+job+"year=2026/month=5/day=5/hour=8/x.parquet\n"+root+"/x/y=2026/m=5/d=5/h=1/m=0/_SUCCESS", "contoso", uint16(0))
	f.Add(root+"/a//y=2026/m=05/d=05//h=07/m=05/PT05M.json\n"+root+"y=2026/m=5/d=5/h=0/m=0/pt.json", portalID, uint16(0))
	f.Add(job+"timestamp=2026-05-05T07/part-0.parquet", job[12:], uint16(1))
	f.Fuzz(func(t *testing.T, names, workspace string, days uint16) {
		if strings.Count(names, "\n") > 20 || len(names) > 3000 {
			return // slow, and nothing new
		}
		m := storagetest.NewMem()
		put := map[string]bool{}
		for name := range strings.SplitSeq(names, "\n") {
			if m.Put(t.Context(), name, nil) == nil {
				put[name] = true
			}
		}
		day := fifthOfMay.Add(time.Duration(days) * 24 * time.Hour)
		e, err := storage.ListDay(t.Context(), m, workspace, day)
		plain, plainErr := storage.ListDay(t.Context(), readerOnly{m}, workspace, day)
		if !reflect.DeepEqual(e, plain) || (err == nil) != (plainErr == nil) {
			t.Errorf("with folders %v, %v\nwithout %v, %v", e, err, plain, plainErr)
		}
		if err != nil && !errors.Is(err, storage.ErrInvalid) {
			t.Error(err)
		}
		if len(e.Aside) > 0 {
			t.Errorf("of a day nothing is set aside: %q", blobNames(e.Aside))
		}
		data := blobNames(e.Blobs)
		all := slices.Sorted(slices.Values(slices.Concat(data, e.Unknown)))
		if len(slices.Compact(slices.Clone(all))) != len(all) || !slices.IsSorted(data) {
			t.Errorf("not each once: %q", all)
		}
		for _, name := range all {
			if _, timed := storage.ExportHour(name); !put[name] || slices.Contains(data, name) && !timed {
				t.Errorf("%q is no name of the container's, or states no hour", name)
			}
		}
	})
}
