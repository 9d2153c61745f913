package masquerade

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/masquerade/windows"
	"sparkless/storage/event"
)

// originsOf are the origins of a name in counts, as text, in order.
func originsOf(c *Counts, name string) (all []string) {
	c.each(name, func(e *entry) { all = append(all, e.origin.String()) })
	slices.Sort(all)
	return all
}

// The events of a name are apart by place and, where a parent is fixed, by whether
// it is that; of Windows' own by whether the folder is.
func TestOrigins(t *testing.T) {
	for _, c := range []struct{ process, path, parent, want string }{
		{"a.exe", none, none, "unknown"},
		{"a.exe", "", "", "unknown"},
		{"a.exe", "a.exe", `C:\x.exe`, "unknown"},
		{"a.exe", `C:\Windows\System32\a.exe`, `C:\x.exe`, "system32"},
		{"a.exe", `\??\C:\WINDOWS\system32\a.exe`, none, "system32"},
		{"a.exe", `\Device\HarddiskVolume3\Windows\SysWOW64\a.exe`, none, "syswow64"},
		{"a.exe", `C:/Windows/a.exe`, none, "windows"},
		{"a.exe", `C:\Windows\Temp\a.exe`, none, "user-writable"},
		{"a.exe", `C:\PROGRA~1\a.exe`, none, "programs"},
		{"a.exe", `\\srv\c$\Windows\System32\a.exe`, none, "remote"},
		{"a.exe", `D:\a.exe`, none, "elsewhere"},
		{"svchost.exe", `C:\Windows\System32\svchost.exe`, `C:\Windows\System32\services.exe`, "system32"},
		{"SVCHOST.EXE", `C:\Windows\System32\svchost.exe`, `C:\Windows\explorer.exe`, "system32 odd-parent"},
		{"svchost.exe", `C:\Windows\System32\svchost.exe`, `C:\Temp\services.exe`, "system32 odd-parent"},
		{"svchost.exe", `C:\Temp\svchost.exe`, `C:\Temp\services.exe`, "user-writable odd-folder odd-parent"},
		{"svchost.exe", none, "x", "unknown odd-parent"},
		{none, `C:\Temp\svchost.exe`, "x", "user-writable odd-folder odd-parent"},
		{"svchost.exe", `C:\Windows\System32\svchost.exe`, "-", "system32"},
		{"svchost.exe", `C:\Windows\System32\svchost.exe`, "", "system32"},
		{"svchost.exe", `C:\Windows\System32\svchost.exe`, none, "system32"},
		{"explorer.exe", `C:\Windows\explorer.exe`, `C:\x.exe`, "windows"}, // parents vary
		{"explorer.exe", `C:\Windows\System32\explorer.exe`, none, "system32 odd-folder"},
		{"msmpeng.exe", `C:\Program Files\Windows Defender\msmpeng.exe`, none, "programs"},
		{"msmpeng.exe", `C:\Program Files\x\msmpeng.exe`, none, "programs odd-folder"},
		{"more.com", `C:\Program Files\Git\more.com`, none, "programs odd-folder"}, // others have the name, too
		{"svchost.exe", `\\srv\c$\Windows\System32\svchost.exe`, none, "remote odd-folder"},
		{"svchost.exe", `System32\svchost.exe`, none, "unknown"},
		{"svchost.exe", `C:\` + strings.Repeat(`.\`, 400) + `Windows\System32\svchost.exe`, none, "system32"}, // longer than is kept
		{"svchost.exe", `C:\Windows\System32\` + strings.Repeat(`x\..\`, 400) + `..\svchost.exe`, none, "windows odd-folder"},
	} {
		counts := counted([]*event.Record{record(1, c.process, c.path, none, c.parent)})
		name, _ := processName(record(1, c.process, c.path))
		if got := originsOf(counts, name); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// What is stored of an origin is read again, and nothing else is.
func TestOriginTexts(t *testing.T) {
	for o := range origin(32) {
		if back, ok := origins[o.String()]; !ok || back != o || o.place() != windows.Place(o&7) {
			t.Errorf("%d is %q, which is %d", o, o, back)
		}
	}
	if _, ok := origins["invalid"]; ok || len(origins) != 32 {
		t.Errorf("%d origins", len(origins))
	}
}

// originByRules is the origin of a record by what is written of origins.
func originByRules(name string, r *event.Record) origin {
	path, facts := r.Value(colNewProcessName).Text(), windows.Builtin()
	o := origin(windows.Normalise(path).Place())
	if facts.OddParent(name, r.Value(colParentProcessName).Text()) {
		o |= oddParent
	}
	if f := facts.Folder(name, windows.Normalise(path)); f == windows.Wrong || f == windows.Shared {
		o |= oddFolder
	}
	return o
}

// The spellings of Process, path and parent together decide, in whatever order they
// come: what one led to is never taken for another.
func TestSpellingsDecideTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 22))
	processes := []string{"svchost.exe", "SvcHost.exe", "a.exe", "", none}
	for range 40 {
		var records []*event.Record
		want := map[string]int64{}
		for range 200 {
			process, path, parent := processes[rng.IntN(len(processes))], pathsOfOrigins[rng.IntN(len(pathsOfOrigins))], parentsOfOrigins[rng.IntN(len(parentsOfOrigins))]
			r := record(1, process, path, none, parent)
			records = append(records, r)
			name, absent := processName(r)
			if absent {
				want[nobody]++
				continue
			}
			want["="+name+"/"+originByRules(name, r).String()]++
		}
		got := contents(counted(records))
		delete(got, "hosts")
		for key, k := range got {
			if k.count != want[key] {
				t.Fatalf("%s: %d events, want %d", key, k.count, want[key])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d entries, want %d", len(got), len(want))
		}
	}
}

// The same bytes mean another path, or another parent, with escapes than without.
func TestEscapedPathsAndParents(t *testing.T) {
	line := func(path, parent string) []byte {
		return fmt.Appendf(nil, `{"EventID":4688,"TimeGenerated":"2026-11-20T00:00:00Z","Process":"svchost.exe","NewProcessName":"%s","ParentProcessName":"%s"}`, path, parent)
	}
	const good, bad = `C:\\Windows\\System32\\services.exe`, `C:\\Temp\\services.exe`
	c := scanned(t, [][]byte{
		line(`C:\\Windows\\System32\\svchost.exe`, good),
		line(`C:/Windows/System32/svchost.exe`, bad),
		line(`C:\u005cWindows\u005cSystem32\u005csvchost.exe`, `C:\u005cTemp\u005cservices.exe`),
		line(`\\\\srv\\svchost.exe`, ""),
		line(`C:\\Windows\\System32\\svchost.exe`, ""),
		line(`C:\\Windows\\System32\\svchost.exe`, bad),
	})
	// Not JSON: the two backslashes at the start are meant, and make it remote.
	c.Add(record(1, "svchost.exe", `\\\\srv\\svchost.exe`, none, `\\\\srv\\services.exe`))
	want := map[string]int64{"=svchost.exe/system32": 2, "=svchost.exe/system32 odd-parent": 3, "=svchost.exe/remote odd-folder": 1, "=svchost.exe/remote odd-folder odd-parent": 1}
	got := contents(c)
	delete(got, "hosts")
	for key, n := range want {
		if got[key].count != n {
			t.Errorf("%s: %d, want %d", key, got[key].count, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%+v", got)
	}
}

// A view of all origins, or of some, is what one entry would have had with the
// events of these alone.
func TestViewIsAsOneEntry(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 7))
	for round := range 20 {
		records := randomRecords(rng, 300)
		c := counted(records)
		file := encoded(t, c)
		from := make([]origin, len(records))
		for i, r := range records {
			name, _ := processName(r)
			from[i] = originByRules(name, r)
		}
		odd := func(e *entry) bool { return e.origin&oddParent != 0 }
		for _, pick := range []func(*entry) bool{nil, odd, func(e *entry) bool { return !odd(e) }, func(*entry) bool { return false }} {
			for name := range c.allNames() {
				var some []*event.Record
				for i, r := range records {
					got, absent := processName(r)
					if got == name && !absent && (pick == nil || pick(&entry{origin: from[i]})) {
						some = append(some, r)
					}
				}
				if got, want := knownOf(c.view(name, pick)), knownByHand(some); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("round %d, %q: %+v\nwant %+v", round, name, got, want)
				}
			}
		}
		if string(encoded(t, c)) != string(file) {
			t.Fatal("looking changes the counts")
		}
	}
}

// knownByHand is what one entry keeps of records.
func knownByHand(records []*event.Record) (k known) {
	var crowd sketch
	for i, r := range records {
		if k.count++; i == 0 {
			k.first, k.last = r.Time, r.Time
		}
		k.first, k.last = min(k.first, r.Time), max(k.last, r.Time)
		k.hours |= 1 << time.Unix(0, r.Time).UTC().Hour()
	}
	for kind, column := range contextColumns {
		all := map[string]int64{}
		for _, r := range records {
			if value := cutByHand(r.Value(column).Text()); value != "" {
				all[value]++
			}
		}
		k.values[kind] = smallestByHand(all, 8)
		for value := range all {
			if kind == hosts && len(all) > 8 {
				crowd.add(orderOf([]byte(value)))
				k.crowded = string(crowd.encode())
			}
		}
	}
	return k
}

// Places are the paths of each origin's sample, and whole only if none was left
// out of any.
func TestPlaces(t *testing.T) {
	c := NewCounts()
	add := func(n int, folder string) {
		for i := range n {
			c.Add(record(1, "a.exe", fmt.Sprintf(`%s\%d\a.exe`, folder, i)))
			c.Add(record(1, "a.exe", fmt.Sprintf(`%s\%d\a.exe`, folder, i)))
		}
	}
	check := func(n int, whole bool) {
		t.Helper()
		all, got := c.places("a.exe", nil)
		for _, p := range all {
			if p.Count != 2 {
				t.Errorf("%+v", p)
			}
		}
		if len(all) != n || got != whole {
			t.Errorf("%d places, %v; want %d, %v", len(all), got, n, whole)
		}
	}
	check(0, true)
	add(7, `C:\Temp`)
	check(7, true)
	add(7, `C:\Program Files`)
	check(14, true)
	add(20, `\\srv\share`)
	check(22, false)
	if all, whole := c.places("a.exe", func(e *entry) bool { return e.origin.place() != windows.Remote }); len(all) != 14 || !whole {
		t.Errorf("%d, %v", len(all), whole)
	}
}
