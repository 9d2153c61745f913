package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
)

func TestFindLayout(t *testing.T) {
	const export, job = root + contoso + "/y=2026/m=05/d=05/h=07/m=05/PT05M.json", oneJob + "/timestamp=2026-05-05T00/part-0.parquet"
	for name, c := range map[string]struct {
		blobs  []string
		want   storage.Layout
		beside []string
		fails  string // the folder that is named
	}{
		"nothing":          {nil, storage.LayoutExport, nil, ""},
		"no data":          {[]string{"a.txt", "_SUCCESS", "_x/a.json", "x/.y/a.json"}, storage.LayoutExport, nil, ""},
		"an export":        {[]string{export}, storage.LayoutExport, nil, ""},
		"a job":            {[]string{job}, storage.LayoutExport, nil, ""},
		"plain":            {[]string{"a/b/c.jsonl"}, storage.LayoutPlain, nil, ""},
		"mixed":            {[]string{export, job, "logs/a.json", "old/b.json"}, storage.LayoutExport, []string{"logs/", "old/"}, ""},
		"an export deeper": {[]string{"a.json", "x/am-securityevent/" + export}, storage.LayoutExport, nil, "x/am-securityevent"},
		"a job deeper":     {[]string{"x/" + job}, storage.LayoutExport, nil, `"x"`},
		"no job":           {[]string{"x/workspaceId/none/jobId/1/a.json"}, storage.LayoutPlain, nil, ""},
	} {
		m := container(t, c.blobs...)
		for _, r := range []storage.Reader{m, readerOnly{m}} {
			got, beside, err := storage.FindLayout(t.Context(), r)
			if c.fails != "" {
				if !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil || got != c.want || !slices.Equal(beside, c.beside) {
				t.Errorf("%s: %s, %q, %v", name, got, beside, err)
			}
		}
	}
}

func TestListPlain(t *testing.T) {
	data := []string{"a.json", "a.JSONL", "b/c/d.ndjson", "b/e.json.gz", "b/f.jsonl.zst", "g.gz", "h.zst", "i.parquet", "j.snappy.parquet", "part-00000-c000.json",
		"date=2026-05-04/x.parquet", "date=2026-05-05/x.parquet", "dt=2026-05-06/x.json", "day=nothing/x.json", "year=2026/month=5/day=5/part-0.parquet", "x/y=2026/m=05/d=06/h=00/m=00/PT05M.json", "year=2026/month=13/day=1/x.json"}
	aside := []string{"date=2026-05-03/x.parquet", "year=2026/month=05/day=07/x.parquet", "deep/dt=2020-01-01/deeper/x.json"}
	unknown := []string{"a.txt", "b.csv.gz", "c.parquet.gz", "noending", "e.evtx"}
	other := []string{"_SUCCESS", "_committed_1.json", "b/.part-0.parquet.crc", "_temporary/0/part-0.json", ".git/x.json"}
	m := container(t, slices.Concat(data, aside, unknown, other)...)
	from := time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)
	e, err := storage.ListPlain(t.Context(), m, from, from.AddDate(0, 0, 1))
	if err != nil || !e.Plain || len(e.Workspaces) > 0 || len(e.Coverage()) > 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	for what, pair := range map[string][2][]string{"data": {blobNames(e.Blobs), data}, "aside": {blobNames(e.Aside), aside}, "unknown": {e.Unknown, unknown}} {
		if want := slices.Sorted(slices.Values(pair[1])); !slices.Equal(pair[0], want) {
			t.Errorf("%s: %q\nwant %q", what, pair[0], want)
		}
	}
	first, last, ok := storage.Dates(e.Aside)
	if !ok || first.Format(time.DateOnly) != "2020-01-01" || last.Format(time.DateOnly) != "2026-05-07" {
		t.Errorf("%v %v %v", first, last, ok)
	}
}

// A file beside its compressed self would be read twice.
func TestCompressedCopiesAreRefused(t *testing.T) {
	day := time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		blobs []string
		fails string
	}{
		{[]string{"a/x.json", "a/x.json.gz"}, `"a/x.json" lies beside "a/x.json.gz"`},
		{[]string{"x.jsonl", "x.jsonl.zst"}, `"x.jsonl" lies beside "x.jsonl.zst"`},
		{[]string{"x.json.gz", "x.json.zst", "a/x.json", "x.txt", "x.txt.gz", "_x.json", "_x.json.gz", "x.gz"}, ""},
		{[]string{"x.json", "_old/x.json.gz", "date=2020-01-01/y.json", "date=2020-01-01/y.json.gz"}, ""},
	} {
		_, err := storage.ListPlain(t.Context(), container(t, c.blobs...), day, day.AddDate(0, 0, 1))
		if c.fails == "" && err != nil || c.fails != "" && (!errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%q: %v", c.blobs, err)
		}
	}
}

// The files of a table whose log says which of them count are not read.
func TestTablesAreRefused(t *testing.T) {
	day := time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ blob, place string }{
		"Delta":   {"events/_delta_log/00000000000000000000.json", `"events"`},
		"on top":  {"_delta_log/00000000000000000000.checkpoint.parquet", `"."`},
		"Hudi":    {"t/.hoodie/hoodie.properties", `"t"`},
		"Iceberg": {"t/metadata/v1.metadata.json", `"t"`},
	} {
		m := container(t, "events/part-0.parquet", c.blob)
		if _, err := storage.ListPlain(t.Context(), m, day, day.AddDate(0, 0, 1)); !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, base := range []string{root + contoso, twoJob} {
		m := container(t, base+"/y=2026/m=05/d=05/h=07/m=05/part-0.parquet", base+"/year=2026/month=05/day=05/hour=07/part-0.parquet", base+"/_delta_log/0.json")
		for _, r := range []storage.Reader{m, readerOnly{m}} {
			if _, err := storage.ListDay(t.Context(), r, "", day); !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), "Delta") {
				t.Errorf("%s: %v", base, err)
			}
		}
	}
}
