package storage_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

const guid = "00112233-4455-6677-8899-aabbccddeeff"

// hourBlob is a blob of an hour in one of the shapes that exports have.
func hourBlob(shape int, at time.Time) string {
	switch shape % 4 {
	case 0:
		return root + contoso + at.Format("/y=2006/m=01/d=02/h=15/m=00/PT05M.json")
	case 1:
		return root + contoso + fmt.Sprintf("/y=%d/m=%d/d=%d/h=%d/m=5/part-0.json", at.Year(), at.Month(), at.Day(), at.Hour())
	case 2:
		return "workspaceId/" + guid + "/jobId/j/" + at.Format("timestamp=2006-01-02T15") + "/part-0.parquet"
	}
	return "workspaceId/" + guid + "/jobId/j/" + at.Format("year=2006/month=01/day=02/hour=15") + "/part-0.parquet"
}

func TestExportTime(t *testing.T) {
	at := time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)
	for shape := range 4 {
		name := hourBlob(shape, at)
		if got, ok := storage.ExportTime(name); !ok || got != at {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "x", "h=07/m=05/x", "a/h=07/m=05/x", "y=2026/m=02/d=30/h=07/m=05/x", "y=2026/m=13/d=01/h=07/m=05/x",
		"workspaceId/" + guid + "/jobId/j/timestamp=2026-02-30T07/x", "workspaceId/" + guid + "/jobId/j/hour=07/x", "y=2026/m=02/d=03/h=24/m=05/x"} {
		if got, ok := storage.ExportTime(name); ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Listed are the hours that a window touches and those beside them on the same days;
// the others of these days are set aside, and no other day is looked into.
func TestListWindows(t *testing.T) {
	start := time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 4688))
		m := storagetest.NewMem()
		var hours []time.Time
		shape := rng.IntN(4)
		for i := range 4 * 24 {
			if rng.IntN(3) > 0 {
				at := start.Add(time.Duration(i) * time.Hour)
				hours = append(hours, at)
				if err := m.Put(t.Context(), hourBlob(shape, at), []byte("x")); err != nil {
					t.Fatal(err)
				}
			}
		}
		from := start.Add(time.Duration(rng.IntN(96*3600)) * time.Second)
		to := from.Add(time.Duration(1+rng.IntN(40*3600)) * time.Second)
		if rng.IntN(2) == 0 {
			from, to = from.Truncate(time.Hour), to.Truncate(time.Hour).Add(time.Hour)
		}
		e, err := storage.List(t.Context(), m, "", from.In(time.FixedZone("", -5*3600)), to)
		if err != nil {
			t.Fatal(err)
		}
		var want, aside []string
		gaps := map[string]bool{}
		for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
			gaps[at.Format("2006-01-02 15")] = true
		}
		for _, at := range hours {
			name := hourBlob(shape, at)
			switch {
			case at.Format(time.DateOnly) < from.Format(time.DateOnly) || at.Format(time.DateOnly) > to.Add(-1).Format(time.DateOnly):
			case at.Before(to.Add(time.Hour)) && at.Add(2*time.Hour).After(from):
				want = append(want, name)
			default:
				aside = append(aside, name)
			}
			delete(gaps, at.Format("2006-01-02 15"))
		}
		slices.Sort(want)
		slices.Sort(aside)
		if !slices.Equal(blobNames(e.Blobs), want) || !slices.Equal(blobNames(e.Aside), aside) {
			t.Fatalf("seed %d, %v to %v:\n%q\nwant %q\naside %q\nwant %q", seed, from, to, blobNames(e.Blobs), want, blobNames(e.Aside), aside)
		}
		if len(want)+len(aside) > 0 {
			wantGaps(t, e, from, to, gaps)
		}
	}
}

// wantGaps compares the gaps with those hours, by day and hour.
func wantGaps(t *testing.T, e storage.Export, from, to time.Time, want map[string]bool) {
	t.Helper()
	found := 0
	for _, g := range storage.Gaps(e.Coverage(), from, to) {
		day := g.Day
		if day.IsZero() {
			day = from.UTC().Truncate(24 * time.Hour)
			if to.After(day.Add(24 * time.Hour)) {
				t.Fatalf("%v does not say its day, of %v to %v", g, from, to)
			}
		}
		for _, hour := range g.Hours {
			found++
			if at := day.Add(time.Duration(hour) * time.Hour).Format("2006-01-02 15"); !want[at] {
				t.Fatalf("%s is a gap of %v to %v", at, from, to)
			}
		}
	}
	if found != len(want) {
		t.Fatalf("%d gaps, want %v, of %v to %v: %v", found, want, from, to, storage.Gaps(e.Coverage(), from, to))
	}
}

// An hour that is partly in the window is missing when it has no blob, and a
// workspace lacks hours as long as it has others of the same days.
func TestGapsOfParts(t *testing.T) {
	m := storagetest.NewMem()
	base := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for _, hour := range []int{0, 6, 8} {
		if err := m.Put(t.Context(), hourBlob(0, base.Add(time.Duration(hour)*time.Hour)), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ from, to, until, want string }{
		{"06:59:59", "08:00:01", "08:00:01", "07"},
		{"07:59:59", "08:00:01", "08:00:01", "07"},
		{"08:00:00", "09:00:00", "09:00:00", ""},
		{"08:00:00", "09:00:01", "09:00:01", "09"},
		{"08:00:00", "09:00:01", "09:00:00", ""}, // that hour is not over
		{"13:00:00", "15:00:00", "15:00:00", "13-14"},
		{"00:00:00", "23:59:59", "23:59:59", "01-05, 07, 09-23"},
	} {
		at := func(clock string) time.Time {
			t, err := time.Parse(time.RFC3339, "2026-11-20T"+clock+"Z")
			if err != nil {
				panic(err)
			}
			return t
		}
		e, err := storage.List(t.Context(), m, "", at(c.from), at(c.to))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range storage.Gaps(e.Coverage(), at(c.from), at(c.until)) {
			got = append(got, g.When())
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
