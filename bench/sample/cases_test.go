package sample

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func withCases(cfg Config) Config {
	cfg.Cases = true
	return cfg
}

// What was there before the cases is there as it was: the cases are more lines.
func TestCasesChangeNoOtherLine(t *testing.T) {
	plainBlobs, plain := generate(t, small())
	blobs, truth := generate(t, withCases(small()))
	more := lines(t, blobs, Layout{})
	left := map[string]int{}
	for _, line := range more {
		left[line]++
	}
	for _, line := range lines(t, plainBlobs, Layout{}) {
		if left[line]--; left[line] < 0 {
			t.Fatalf("gone: %s", line)
		}
	}
	if truth.Lines != int64(len(more)) || truth.Lines < plain.Lines+500 {
		t.Errorf("truth says %d lines; there are %d, without cases %d", truth.Lines, len(more), plain.Lines)
	}
	if len(plain.Cases) != 0 || fmt.Sprint(plain.Impostors) != fmt.Sprint(truth.Impostors) {
		t.Error("the impostors differ")
	}
	creations := int64(0)
	counts := map[string]int64{}
	for _, line := range more {
		if strings.Contains(line, `"EventID":4688,`) {
			var r struct{ Process string }
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			creations++
			counts[strings.ToLower(r.Process)]++
		}
	}
	if truth.ProcessEvents != creations || !maps.Equal(truth.Processes, counts) {
		t.Errorf("truth says %d process creations; there are %d", truth.ProcessEvents, creations)
	}
}

func TestCasesAreThere(t *testing.T) {
	blobs, truth := generate(t, withCases(small()))
	text := strings.ToLower(strings.Join(lines(t, blobs, Layout{}), "\n"))
	hunts := map[string]int{}
	for _, c := range truth.Cases {
		hunts[c.Hunt+" "+c.Strength]++
		quoted := quote(strings.ToLower(c.Entity))
		if n := strings.Count(text, `"`+quoted+`"`); n < c.Events {
			t.Errorf("%s %s: %q is in %d lines of %d", c.Hunt, c.Kind, c.Entity, n, c.Events)
		}
		if len(c.Hosts) == 0 || c.What == "" {
			t.Errorf("%s %s: %+v", c.Hunt, c.Kind, c)
		}
	}
	for _, hunt := range []string{"logon", "process"} {
		for _, strength := range []string{Blatant, Plain, Subtle} {
			if hunts[hunt+" "+strength] < 2 {
				t.Errorf("%d %s cases of %s", hunts[hunt+" "+strength], strength, hunt)
			}
		}
	}
	earlier := withCases(small())
	earlier.Earlier, earlier.Day = 1, earlier.Day.AddDate(0, 0, -1)
	if _, before := generate(t, earlier); len(before.Cases) != 0 {
		t.Error("there are cases on an earlier day")
	}
}

func TestCasesAreTheSameEveryTime(t *testing.T) {
	first, _ := generate(t, withCases(small()))
	second, _ := generate(t, withCases(small()))
	if digest(first) != digest(second) {
		t.Error("the same Config gave other bytes")
	}
	spark := withCases(small())
	spark.Layout.Spark = true
	blobs, _ := generate(t, spark)
	got, want := lines(t, blobs, spark.Layout), lines(t, first, Layout{})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Error("another layout has other lines")
	}
	tiny := withCases(small())
	tiny.Hosts = 3
	generate(t, tiny)
}

func network(t *testing.T, cfg Config) ([]blob, Network, []Case) {
	t.Helper()
	var blobs []blob
	n, cases, err := GenerateNetwork(cfg, func(name string, data []byte) error {
		blobs = append(blobs, blob{name, bytes.Clone(data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blobs, n, cases
}

func TestNetwork(t *testing.T) {
	blobs, n, cases := network(t, small())
	all := lines(t, blobs, Layout{})
	if int64(len(all)) != n.Lines || len(blobs) != n.Blobs || n.Lines < 1000 {
		t.Fatalf("%d lines in %d blobs, said to be %+v", len(all), len(blobs), n)
	}
	seen := map[string]int{}
	for _, line := range all {
		var r struct{ ActionType, DeviceName, RemoteIP, InitiatingProcessFileName, InitiatingProcessFolderPath, Type string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if _, err := netip.ParseAddr(r.RemoteIP); err != nil || r.DeviceName == "" || r.Type != "DeviceNetworkEvents" ||
			!strings.HasSuffix(r.InitiatingProcessFolderPath, `\`+r.InitiatingProcessFileName) {
			t.Fatalf("%s", line)
		}
		seen[r.InitiatingProcessFileName]++
	}
	if len(cases) < 6 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		if seen[c.Entity] < c.Events {
			t.Errorf("%s: %d connections of %d", c.Kind, seen[c.Entity], c.Events)
		}
	}
	if !slices.IsSortedFunc(blobs, func(a, b blob) int { return strings.Compare(a.name, b.name) }) {
		t.Error("the blobs are out of order")
	}
	again, _, _ := network(t, small())
	if digest(again) != digest(blobs) {
		t.Error("the same Config gave other bytes")
	}
	zipped := small()
	zipped.Layout = Layout{CRLF: true, Gzip: true, Spark: true}
	packed, _, _ := network(t, zipped)
	got := lines(t, packed, zipped.Layout)
	slices.Sort(got)
	slices.Sort(all)
	if !slices.Equal(got, all) {
		t.Error("another layout has other lines")
	}
}
