package storage_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

const (
	root      = "WorkspaceResourceId="
	contoso   = "/subscriptions/0000-11/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/contoso"
	portalID  = "/subscriptions/0000-11/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/Contoso"
	fabrikam  = "/subscriptions/0000-11/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/fabrikam"
	contoso2  = "/subscriptions/0000-11/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/contoso-2"
	elsewhere = "/subscriptions/2222-33/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/contoso"
)

var fifthOfMay = time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)

// container returns a store that holds empty objects of these names.
func container(t testing.TB, names ...string) *storagetest.Mem {
	t.Helper()
	m := storagetest.NewMem()
	for _, name := range names {
		if err := m.Put(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// readerOnly hides what a store offers beyond Reader.
type readerOnly struct{ storage.Reader }

// bothWays lists a day through the store's folders and without them, and wants
// the same.
func bothWays(t *testing.T, m *storagetest.Mem, workspace string, day time.Time) storage.Export {
	t.Helper()
	e, err := storage.ListDay(t.Context(), m, workspace, day)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := storage.ListDay(t.Context(), readerOnly{m}, workspace, day)
	if err != nil || !reflect.DeepEqual(e, plain) {
		t.Fatalf("with folders %v\nwithout %v, %v", e, plain, err)
	}
	return e
}

func blobNames(blobs []storage.Blob) (names []string) {
	for _, b := range blobs {
		names = append(names, b.Name)
	}
	return names
}

func TestDayOfEveryShape(t *testing.T) {
	base := root + contoso
	data := []string{
		base + "/y=2026/m=05/d=05/h=00/m=00/PT1H.json",
		base + "/y=2026/m=05/d=05/h=00/m=00/PT1H_1.json",
		base + "/y=2026/m=05/d=05/h=07/m=05/PT05M.json",
		base + "/y=2026/m=05/d=05/h=07/m=05/PT05M_1.json",
		base + "/y=2026/m=05/d=05/h=07/m=05/PT05M_10.json",
		base + "/y=2026/m=05/d=05/h=07/m=05/PT05M_2.json",
		base + "/y=2026/m=05/d=05/h=07/m=10/PT5M.json",
		base + "/y=2026/m=05/d=05/h=23/m=55/pt05m.JSON.GZ",
		base + "/y=2026/m=05/d=5/h=0/m=0/part-00000-4f2c.c000.json",
		base + "/y=2026/m=5/d=05/h=7/m=5/PT05M.json",
		base + "/y=2026/m=5/d=5/h=7/m=5/part-00001.json.gz",
		base + "/y=2026/m=5/d=5/h=7/m=5/part-00001.snappy.parquet",
		base + "/y=2026/m=5/d=5/h=7/m=5/part-00002.c000.GZ.Parquet",
	}
	unknown := []string{
		base + "/y=2026/m=05/d=05/PT05M.json",
		base + "/y=2026/m=05/d=05/h=07/m=05/PT05M.json.bak",
		base + "/y=2026/m=05/d=05/h=07/m=05/notes.txt",
		base + "/y=2026/m=05/d=05/h=07/m=60/PT05M.json",
		base + "/y=2026/m=05/d=05/h=24/m=00/PT05M.json",
		base + "/y=2026/m=05/d=05/h=7a/m=00/PT05M.json",
		base + "/y=2026/m=05/d=05/h=",
		base + "/y=2026/m=05/d=05/h=07/m=05/part-0.parquet.gz",
	}
	other := []string{ // markers, other days, other containers' ways
		"$logs/PT05M.json",
		"PT05M.json",
		base + "/y=2026/m=05/d=05/_SUCCESS",
		base + "/y=2026/m=05/d=05/h=07/m=05/.PT05M.json.crc",
		base + "/y=2026/m=05/d=05/h=07/m=05/_committed_4711",
		base + "/y=2026/m=05/d=50/h=07/m=05/PT05M.json",
		base + "/y=2026/m=05/d=055/h=07/m=05/PT05M.json",
		base + "/y=2026/m=05/d=+5/h=07/m=05/PT05M.json",
		base + "/y=2026/m=05/d=00005/h=07/m=05/PT05M.json",
		base + "/y=2026/m=05/d=06/h=07/m=05/PT05M.json",
		base + "/y=2026/m=50/d=05/h=07/m=05/PT05M.json",
		base + "/y=2026/month=05/d=05/h=07/m=05/PT05M.json",
		base + "/y=2025/m=05/d=05/h=07/m=05/PT05M.json",
		"workspaceId/x/jobId/1/timestamp=2026-05-05T07/0.parquet",
	}
	e := bothWays(t, container(t, slices.Concat(data, unknown, other)...), "", fifthOfMay)
	if got := blobNames(e.Blobs); !slices.Equal(got, data) {
		t.Errorf("data %q\nwant %q", got, data)
	}
	slices.Sort(unknown)
	if !slices.Equal(e.Unknown, unknown) {
		t.Errorf("unknown %q\nwant %q", e.Unknown, unknown)
	}
	if !slices.Equal(e.Workspaces, []string{contoso}) {
		t.Errorf("workspaces %q", e.Workspaces)
	}
}

func TestWorkspaceAsUsersWriteIt(t *testing.T) {
	const file = "/y=2026/m=05/d=05/h=07/m=05/PT05M.json"
	m := container(t, root+contoso+file, root+fabrikam+file, root+contoso2+file, root+elsewhere+file,
		root+contoso+"/.hidden/PT05M.json", "other"+contoso+file)
	all := []string{contoso, contoso2, fabrikam, elsewhere}
	slices.Sort(all)
	for want, ids := range map[string][]string{
		"":                                all,
		contoso:                           {contoso},
		portalID:                          {contoso},
		strings.TrimPrefix(portalID, "/"): {contoso},
		portalID + "/":                    {contoso},
		root + contoso + "/":              {contoso},
		"contoso":                         {contoso, elsewhere},
		"CONTOSO-2":                       {contoso2},
		"conto":                           nil,
		"rg":                              nil,
		"/subscriptions/0000-11":          nil,
		contoso + "/y=2026":               nil,
	} {
		for _, r := range []storage.Reader{m, readerOnly{m}} {
			got, err := storage.Workspaces(t.Context(), r, want)
			if err != nil || !slices.Equal(got, ids) {
				t.Errorf("%q: %q, %v; want %q", want, got, err, ids)
			}
		}
		e := bothWays(t, m, want, fifthOfMay)
		if len(e.Blobs) != len(ids) || !slices.Equal(e.Workspaces, ids) {
			t.Errorf("%q: blobs %q of %q", want, blobNames(e.Blobs), e.Workspaces)
		}
	}
	// A day without data still says which workspaces there are.
	if e := bothWays(t, m, portalID, fifthOfMay.AddDate(0, 0, 1)); len(e.Blobs) > 0 || !slices.Equal(e.Workspaces, []string{contoso}) {
		t.Errorf("the next day: %+v", e)
	}
	if e := bothWays(t, container(t), "", fifthOfMay); !reflect.DeepEqual(e, storage.Export{}) {
		t.Errorf("an empty container: %+v", e)
	}
}

// The day is a UTC day in whatever zone its time is told.
func TestDayIsUTC(t *testing.T) {
	name := root + contoso + "/y=2026/m=05/d=05/h=07/m=05/PT05M.json"
	for _, hours := range []int{-12, 0, 14} {
		at := fifthOfMay.Add(12 * time.Hour).In(time.FixedZone("", hours*3600))
		if e := bothWays(t, container(t, name), "", at); len(e.Blobs) != 1 {
			t.Errorf("%v: %+v", at, e)
		}
	}
}

// The same from all names of the container and two patterns.
var (
	workspacePattern = regexp.MustCompile(`^WorkspaceResourceId=(.*?)/y=[^/]*/`)
	timePattern      = regexp.MustCompile(`^/y=0*(\d+)/m=0*(\d+)/d=0*(\d+)/(?:.*/)?([^/]*)$`)
	hourPattern      = regexp.MustCompile(`(?s)^(?:.*/)?[^/]*/h=(\d{1,4})/m=(\d{1,4})/[^/]*$`)
	filePattern      = regexp.MustCompile(`(?i)^(?:(?:pt|part-).*\.json(?:\.gz)?|.*\.parquet)$`)
	jobHourPattern   = regexp.MustCompile(`(?s)^workspaceId/(?:.*/)?(?:hour=|timestamp=[^/T]*T)(\d{1,4})/[^/]*$`)
	longNumber       = regexp.MustCompile(`=\d{5}`)
)

func exportOracle(names []string, day time.Time) (e storage.Export) {
	for _, name := range names {
		ws := workspacePattern.FindStringSubmatch(name)
		if ws == nil {
			continue
		}
		if !slices.Contains(e.Workspaces, ws[1]) {
			e.Workspaces = append(e.Workspaces, ws[1])
		}
		rest := name[len(root)+len(ws[1]):]
		at := timePattern.FindStringSubmatch(rest)
		if at == nil || at[1] != day.Format("2006") || at[2] != day.Format("1") || at[3] != day.Format("2") ||
			longNumber.MatchString(strings.Join(strings.Split(rest, "/")[:4], "/")) {
			continue
		}
		_, timed := hourOracle(name)
		switch {
		case strings.HasPrefix(at[4], "_") || strings.HasPrefix(at[4], "."):
		case timed && filePattern.MatchString(at[4]):
			e.Blobs = append(e.Blobs, storage.Blob{Name: name})
		default:
			e.Unknown = append(e.Unknown, name)
		}
	}
	return e
}

func hourOracle(name string) (int, bool) {
	if strings.HasPrefix(name, "workspaceId/") {
		m := jobHourPattern.FindStringSubmatch(name)
		if m == nil {
			return 0, false
		}
		hour, _ := strconv.Atoi(m[1])
		return hour, hour < 24
	}
	m := hourPattern.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	return hour, hour < 24 && minute < 60
}

func TestListDayAgainstPatterns(t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 26))
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	for range 100 {
		m := storagetest.NewMem()
		var names []string
		for range rng.IntN(60) {
			name := root + pick(contoso, fabrikam, contoso2, contoso+"/nested", "/x") +
				"/y=" + pick("2026", "2026", "2026", "2025", "02026") +
				"/m=" + pick("05", "5", "5", "0005", "00005", "5 ", "12", "") +
				"/d=" + pick("05", "5", "5", "005", "55", "6", "x5") +
				pick("", "", "", "", "/sub") +
				"/h=" + pick("07", "7", "23", "24", "0", "-1", "7x") +
				"/m=" + pick("05", "5", "59", "60", "055") +
				"/" + pick("PT05M.json", "PT5M.json", "PT05M_1.json", "part-1.json", "part-1.json.gz", "_SUCCESS", "x.json", "PT05M.csv", "PT05M.json/part-0.json", "part-0.snappy.parquet", "0.parquet")
			if err := m.Put(t.Context(), name, nil); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		slices.Sort(names)
		want := exportOracle(slices.Compact(names), fifthOfMay)
		got := bothWays(t, m, "", fifthOfMay)
		slices.Sort(want.Workspaces)
		slices.Sort(got.Workspaces)
		if !slices.Equal(blobNames(got.Blobs), blobNames(want.Blobs)) || !slices.Equal(got.Unknown, want.Unknown) ||
			!slices.Equal(got.Workspaces, want.Workspaces) {
			t.Fatalf("of %q\ngot  %+v\nwant %+v", names, got, want)
		}
	}
}

// recorder notes the prefixes that are listed.
type recorder struct {
	*storagetest.Mem
	prefixes []string
	folders  []string
}

func (r *recorder) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	r.prefixes = append(r.prefixes, prefix)
	return r.Mem.List(ctx, prefix)
}

func (r *recorder) Folders(ctx context.Context, prefix string) ([]string, error) {
	r.folders = append(r.folders, prefix)
	return r.Mem.Folders(ctx, prefix)
}

// A year of blobs must not be listed to find a day.
func TestListDayListsOnlyTheDay(t *testing.T) {
	r := &recorder{Mem: container(t)}
	for day := range 30 {
		for _, ws := range []string{contoso, fabrikam} {
			name := fmt.Sprintf("%s%s/y=2026/m=05/d=%02d/h=07/m=05/PT05M.json", root, ws, day+1)
			if err := r.Put(t.Context(), name, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	e, err := storage.ListDay(t.Context(), r, portalID, fifthOfMay)
	if err != nil || len(e.Blobs) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	if want := []string{root + contoso + "/y=2026/m=05/d=05/"}; !slices.Equal(r.prefixes, want) {
		t.Errorf("listed %q, want %q", r.prefixes, want)
	}
	if slices.ContainsFunc(r.folders, func(f string) bool { return strings.Contains(f, "fabrikam/") }) {
		t.Errorf("looked into another workspace: %q", r.folders)
	}
}

// failing lists nothing but an error, from the n-th call of its methods on.
type failing struct {
	*storagetest.Mem
	calls *int
}

var errBroken = errors.New("broken pipe")

func (f failing) fails() bool { *f.calls--; return *f.calls < 0 }

func (f failing) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		for b, err := range f.Mem.List(ctx, prefix) {
			if !yield(b, err) {
				return
			}
		}
		if f.fails() { // the worst moment: what came before looks whole
			yield(storage.Blob{}, errBroken)
		}
	}
}

func (f failing) Folders(ctx context.Context, prefix string) ([]string, error) {
	if f.fails() {
		return nil, errBroken
	}
	return f.Mem.Folders(ctx, prefix)
}

func TestListDayNeverHidesAnError(t *testing.T) {
	m := container(t, root+contoso+"/y=2026/m=05/d=05/h=07/m=05/PT05M.json", root+contoso+"/y=2026/m=5/d=5/h=7/m=5/PT05M.json")
	whole := bothWays(t, m, "", fifthOfMay)
	for _, wrap := range []func(failing) storage.Reader{
		func(f failing) storage.Reader { return f },
		func(f failing) storage.Reader { return readerOnly{f} },
	} {
		for n := 0; ; n++ {
			calls := n
			e, err := storage.ListDay(t.Context(), wrap(failing{m, &calls}), "", fifthOfMay)
			if err == nil {
				if n < 8 || !reflect.DeepEqual(e, whole) {
					t.Errorf("after %d calls: %+v", n, e)
				}
				break
			}
			if !errors.Is(err, errBroken) {
				t.Fatalf("call %d: %v", n, err)
			}
		}
	}
}
