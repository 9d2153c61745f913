package storage_test

import (
	"testing"
	"time"

	"sparkless/storage"
)

func TestNewest(t *testing.T) {
	base := root + contoso + "/y=2026/m=05/d=05"
	m := container(t, base+"/h=07/m=05/PT05M.json", base+"/h=23/m=10/PT05M.json", base+"/h=23/m=5/PT05M.json", base+"/h=23/m=10/PT05M_1.json", base+"/h=23/m=10/notes.txt")
	e := bothWays(t, m, "", fifthOfMay)
	b, at, ok := e.Newest(fifthOfMay)
	if want := fifthOfMay.Add(23*time.Hour + 10*time.Minute); !ok || !at.Equal(want) || b.Name != base+"/h=23/m=10/PT05M_1.json" {
		t.Errorf("%v, %v, %v", b, at, ok)
	}
	if _, _, ok := (storage.Export{}).Newest(fifthOfMay); ok {
		t.Error("something is the newest of nothing")
	}
	job := "workspaceId/0f0e0d0c-0b0a-0908-0706-050403020100/jobId/j/timestamp=2026-05-05T09/part-0.parquet"
	if _, at, ok := bothWays(t, container(t, job), "", fifthOfMay).Newest(fifthOfMay); !ok || at.Hour() != 9 {
		t.Errorf("of a job %v, %v", at, ok)
	}
}

func TestNewestDay(t *testing.T) {
	const guid = "0f0e0d0c-0b0a-0908-0706-050403020100"
	day := func(text string) string { return text + "/h=01/m=00/PT05M.json" }
	for name, test := range map[string]struct {
		names     []string
		workspace string
		want      string
	}{
		"nothing":       {nil, "", ""},
		"numbers":       {[]string{day(root + contoso + "/y=2026/m=9/d=30"), day(root + contoso + "/y=2026/m=10/d=2"), day(root + contoso + "/y=2025/m=12/d=31"), day(root + contoso + "/y=2026/m=10/d=01")}, "", "2026-10-02"},
		"one workspace": {[]string{day(root + contoso + "/y=2026/m=05/d=05"), day(root + fabrikam + "/y=2026/m=06/d=05")}, "contoso", "2026-05-05"},
		"every one":     {[]string{day(root + contoso + "/y=2026/m=05/d=05"), day(root + fabrikam + "/y=2026/m=06/d=05")}, "", "2026-06-05"},
		"a job":         {[]string{"workspaceId/" + guid + "/jobId/j/timestamp=2026-05-05T09/0.parquet", "workspaceId/" + guid + "/jobId/j/timestamp=2026-04-30T09/0.parquet"}, "", "2026-05-05"},
		"a job's years": {[]string{"workspaceId/" + guid + "/jobId/j/year=2026/month=05/day=06/hour=09/0.parquet", "workspaceId/" + guid + "/jobId/j/timestamp=2026-05-05T09/0.parquet"}, "", "2026-05-06"},
		"no days":       {[]string{root + contoso + "/y=2026/PT05M.json"}, "", ""},
	} {
		m := container(t, test.names...)
		for _, r := range []storage.Reader{m, readerOnly{m}} {
			got, err := storage.NewestDay(t.Context(), r, test.workspace)
			if want, _ := time.Parse(time.DateOnly, test.want); err != nil || !got.Equal(want) {
				t.Errorf("%s: %v, error %v; want %q", name, got, err, test.want)
			}
		}
	}
}
