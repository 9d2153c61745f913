package sample

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func small() Config {
	cfg := Default()
	cfg.Events, cfg.Names, cfg.Hosts, cfg.Impostors = 9_000, 800, 60, 40
	return cfg
}

// blob is one that was emitted; data is a copy.
type blob struct {
	name string
	data []byte
}

func generate(t testing.TB, cfg Config) ([]blob, Truth) {
	t.Helper()
	var blobs []blob
	truth, err := Generate(cfg, func(name string, data []byte) error {
		blobs = append(blobs, blob{name, bytes.Clone(data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blobs, truth
}

func digest(blobs []blob) uint64 {
	h := fnv.New64a()
	for _, b := range blobs {
		fmt.Fprintf(h, "%s\x00%d\x00%s", b.name, len(b.data), b.data)
	}
	return h.Sum64()
}

func TestEqualConfigEqualBytes(t *testing.T) {
	first, truth := generate(t, small())
	want := digest(first)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	again, truthAgain := generate(t, small())
	if got := digest(again); got != want {
		t.Errorf("the same Config gave other bytes: %x, %x", got, want)
	}
	a, errA := truth.Encode()
	b, errB := truthAgain.Encode()
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("the same Config gave another truth (%v, %v)", errA, errB)
	}
	later := small()
	later.Day = later.Day.Add(23*time.Hour + 59*time.Minute)
	if sameDay, _ := generate(t, later); digest(sameDay) != want {
		t.Error("the time of day of Config.Day matters")
	}
	other := small()
	other.Seed++
	if changed, _ := generate(t, other); digest(changed) == want {
		t.Error("another seed gave the same bytes")
	}
}

// A folder depends on no other: in Spark's order the same lines come out.
func TestLayoutsHoldTheSameLines(t *testing.T) {
	few := small()
	few.Events, few.Names, few.Impostors = 3_000, 300, 20
	plain, _ := generate(t, few)
	want := lines(t, plain, Layout{})
	slices.Sort(want)
	for _, layout := range layouts() {
		t.Run(fmt.Sprintf("%+v", layout), func(t *testing.T) {
			cfg := few
			cfg.Layout = layout
			blobs, truth := generate(t, cfg)
			got := lines(t, blobs, layout)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%d lines differ from the %d plain ones", len(got), len(want))
			}
			if truth.Lines != int64(len(want)) || truth.Blobs != len(blobs) {
				t.Errorf("truth says %d lines in %d blobs; they are %d in %d", truth.Lines, truth.Blobs, len(want), len(blobs))
			}
		})
	}
}

func layouts() []Layout {
	return []Layout{{CRLF: true}, {BOM: true}, {Gzip: true}, {StringID: true}, {Spark: true}, {true, true, true, true, true}}
}

// lines undoes layout and cuts blobs into lines.
func lines(t *testing.T, blobs []blob, layout Layout) []string {
	t.Helper()
	var list []string
	id := regexp.MustCompile(`"EventID":"(\d+)"`)
	for _, b := range blobs {
		if strings.HasSuffix(b.name, "/_SUCCESS") {
			if len(b.data) != 0 || !layout.Spark {
				t.Errorf("%s: %d bytes", b.name, len(b.data))
			}
			continue
		}
		text := unpack(t, b, layout.Gzip)
		if strings.HasPrefix(text, "\ufeff") != layout.BOM {
			t.Fatalf("%s: byte order mark is %v, want %v", b.name, !layout.BOM, layout.BOM)
		}
		text = strings.TrimPrefix(text, "\ufeff")
		end := "\n"
		if layout.CRLF {
			end = "\r\n"
		}
		if !strings.HasSuffix(text, end) {
			t.Fatalf("%s: does not end with a line end", b.name)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(text, end), end) {
			if layout.StringID {
				line = id.ReplaceAllString(line, `"EventID":$1`)
			}
			list = append(list, line)
		}
	}
	return list
}

func unpack(t *testing.T, b blob, zipped bool) string {
	t.Helper()
	if strings.HasSuffix(b.name, ".gz") != zipped {
		t.Fatalf("%s: name does not tell whether it is compressed", b.name)
	}
	if !zipped {
		return string(b.data)
	}
	r, err := gzip.NewReader(bytes.NewReader(b.data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBlobNames(t *testing.T) {
	const base = `WorkspaceResourceId=/subscriptions/[0-9a-f-]{36}/resourcegroups/rg-soc/providers/microsoft\.operationalinsights/workspaces/law-brackwater/`
	for _, test := range []struct {
		layout  Layout
		pattern string
		folders int
	}{
		{Layout{}, base + `y=2026/m=11/d=03/h=\d\d/m=\d[05]/PT05M(_[1-9])?\.json`, 288},
		{Layout{Spark: true}, base + `(y=2026/m=11/d=3/h=1?\d|y=2026/m=11/d=3/h=2[0-3])/m=([1-5]?[05])/part-00000-[0-9a-f-]{36}\.c000\.json|` + base + `_SUCCESS`, 289},
	} {
		cfg := small()
		cfg.Day = time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
		cfg.Layout = test.layout
		blobs, _ := generate(t, cfg)
		folders, siblings := map[string]bool{}, 0
		for i, b := range blobs {
			if !regexp.MustCompile("^(" + test.pattern + ")$").MatchString(b.name) {
				t.Errorf("unexpected name %s", b.name)
			}
			if i > 0 && b.name <= blobs[i-1].name {
				t.Errorf("%s comes after %s", b.name, blobs[i-1].name)
			}
			folders[b.name[:strings.LastIndexByte(b.name, '/')]] = true
			if strings.HasSuffix(b.name, "PT05M_1.json") {
				siblings++
			}
		}
		if len(folders) != test.folders {
			t.Errorf("%d folders, want %d", len(folders), test.folders)
		}
		if !test.layout.Spark && (siblings == 0 || siblings > 144) {
			t.Errorf("%d folders have siblings: busy ones should, quiet ones should not", siblings)
		}
	}
}

func TestSiblingsStayInOrder(t *testing.T) {
	cfg := small()
	cfg.BlobLines = 1
	blobs, truth := generate(t, cfg)
	if !slices.IsSortedFunc(blobs, func(a, b blob) int { return strings.Compare(a.name, b.name) }) {
		t.Error("names are not in ascending order")
	}
	if got := len(lines(t, blobs, Layout{})); int64(got) != truth.Lines || got != cfg.Events {
		t.Errorf("%d lines, truth says %d, want %d", got, truth.Lines, cfg.Events)
	}
	if len(blobs) != windowCount*maxBlobs {
		t.Errorf("%d blobs, want ten in each folder", len(blobs))
	}
}

// The load follows the working day.
func TestLoad(t *testing.T) {
	perHour := func(day int) (n [24]int) {
		cfg := small()
		cfg.Day = time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)
		blobs, _ := generate(t, cfg)
		for _, b := range blobs {
			var h int
			if _, err := fmt.Sscanf(b.name[strings.Index(b.name, "/h=")+3:], "%02d", &h); err != nil {
				t.Fatal(err)
			}
			n[h] += bytes.Count(b.data, []byte("\n"))
		}
		return n
	}
	tuesday, saturday := perHour(17), perHour(21)
	if tuesday[9] < 2*tuesday[3] {
		t.Errorf("Tuesday: %d lines from 9 to 10, %d from 3 to 4", tuesday[9], tuesday[3])
	}
	if saturday[9] > 2*saturday[3] {
		t.Errorf("Saturday: %d lines from 9 to 10, %d from 3 to 4", saturday[9], saturday[3])
	}
}

func TestMemoryIsOneBlob(t *testing.T) {
	cfg := small()
	perFolder := cfg.Events / windowCount
	arrays := map[*byte]bool{}
	_, err := Generate(cfg, func(name string, data []byte) error {
		if n := bytes.Count(data, []byte("\n")); n > 2*perFolder {
			t.Errorf("%s: %d lines, %d is the mean of a folder", name, n, perFolder)
		}
		arrays[&data[0]] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(arrays) > 30 { // it grows a few times, then it is used over and over
		t.Errorf("%d buffers for one blob at a time", len(arrays))
	}
}

func TestEmitErrorEndsTheDay(t *testing.T) {
	full, calls := errors.New("disk is full"), 0
	_, err := Generate(small(), func(string, []byte) error {
		if calls++; calls == 7 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "PT05M") || calls != 7 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	bad := Config{Events: -1, Hosts: 2, Names: 299, Impostors: -1, Workspace: "law", BlobLines: -1}
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"Day:", "Events:", "Hosts:", "Names:", "Impostors:", "Workspace:", "BlobLines:"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q is not mentioned in %v", name, err)
		}
	}
	if _, err := Generate(bad, nil); err == nil {
		t.Error("Generate took a bad Config")
	}
	for _, change := range []func(*Config){
		func(c *Config) { c.Events = 10*c.Names - 1 },
		func(c *Config) { c.Impostors = c.Names/10 + 1 },
		func(c *Config) { c.Workspace += "/x" },
		func(c *Config) { c.Day = time.Time{} },
	} {
		cfg := small()
		change(&cfg)
		if cfg.Validate() == nil {
			t.Errorf("accepted: %+v", cfg)
		}
	}
}

// The smallest and the oddest that Validate lets through must work.
func TestCorners(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.Names, c.Events, c.Hosts, c.Impostors = 300, 3_000, 3, 30 },
		func(c *Config) { c.Names, c.Events, c.Hosts, c.Impostors = 300, 3_001, 3, 0 },
		func(c *Config) { c.Names, c.Events, c.Impostors = 10_000, 100_000, 1_000 },
		func(c *Config) { c.Day = time.Date(2024, 2, 29, 23, 0, 0, 0, time.FixedZone("", 3600)) },
		func(c *Config) { c.Hosts = 10_000 },
	} {
		cfg := small()
		change(&cfg)
		var n int64
		truth, err := Generate(cfg, func(_ string, data []byte) error {
			n += int64(bytes.Count(data, []byte("\n")))
			return nil
		})
		switch {
		case err != nil:
			t.Errorf("%+v: %v", cfg, err)
		case n != int64(cfg.Events) || truth.Lines != n || truth.ProcessEvents != n/2:
			t.Errorf("%+v: %d lines, truth %d with %d of 4688", cfg, n, truth.Lines, truth.ProcessEvents)
		case len(truth.Impostors) != cfg.Impostors:
			t.Errorf("%+v: %d impostors", cfg, len(truth.Impostors))
		}
	}
}

// An independent count of the lines gives the truth.
func TestTruthEqualsRecount(t *testing.T) {
	cfg := small()
	blobs, truth := generate(t, cfg)
	type place struct{ name, path, computer string }
	counts, places := map[string]int64{}, map[place]int{}
	var size, creates int64
	for _, b := range blobs {
		size += int64(len(b.data))
	}
	for _, line := range lines(t, blobs, Layout{}) {
		var r struct {
			EventID                           int
			Process, NewProcessName, Computer string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if r.EventID == 4688 {
			creates++
			counts[strings.ToLower(r.Process)]++
			places[place{r.Process, r.NewProcessName, r.Computer}]++
		}
	}
	if truth.Bytes != size || truth.ProcessEvents != creates || !maps.Equal(truth.Processes, counts) {
		t.Errorf("truth: %d bytes, %d of 4688, %d names; recount: %d, %d, %d", truth.Bytes, truth.ProcessEvents, len(truth.Processes), size, creates, len(counts))
	}
	for _, imp := range truth.Impostors {
		seen, hosts, paths := 0, map[string]bool{}, map[string]bool{}
		for p, n := range places {
			if p.name == imp.Name && slices.Contains(imp.Paths, p.path) && slices.Contains(imp.Hosts, p.computer) {
				seen += n
				hosts[p.computer], paths[p.path] = true, true
			}
		}
		if seen != imp.Count || len(hosts) != len(imp.Hosts) || len(paths) != len(imp.Paths) || imp.Count < 1 || imp.Count > 2 {
			t.Errorf("%v: recounted %d on %d hosts from %d paths", imp, seen, len(hosts), len(paths))
		}
	}
}

func TestTruthFileIsASCII(t *testing.T) {
	_, truth := generate(t, small())
	file, err := truth.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.IndexFunc(file, func(r rune) bool { return r > '~' }); i >= 0 {
		t.Errorf("beyond ASCII: %q", file[i:i+10])
	}
	var back Truth
	if err := json.Unmarshal(file, &back); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(back) != fmt.Sprint(truth) {
		t.Error("the file reads back as another truth")
	}
}

func BenchmarkGenerate(b *testing.B) {
	cfg := Default()
	var truth Truth
	for b.Loop() {
		var err error
		if truth, err = Generate(cfg, func(string, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(truth.Bytes)
	b.ReportMetric(float64(truth.Bytes)/float64(truth.Lines), "B/line")
	b.ReportMetric(float64(truth.Lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
