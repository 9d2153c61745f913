package evaluation

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// aBase is a random day: a few names that are seen often, many that are not.
func aBase(rng *rand.Rand, names int) (*Base, []Event) {
	var all []Event
	for i := range names {
		for range 1 + rng.IntN(1+3*names/(i+1)) {
			all = append(all, Event{Process: fmt.Sprintf("Base%d.exe", i), Path: fmt.Sprintf(`C:\Program Files\b\Base%d.exe`, i),
				Computer: fmt.Sprintf("H%d", rng.IntN(5)), Account: []string{`CORP\ann`, `NT AUTHORITY\SYSTEM`, `CORP\H1$`}[rng.IntN(3)]})
		}
	}
	b := NewBase()
	for _, e := range all {
		b.Add(e)
	}
	return b, all
}

// someLists names things that the base has and things that it lacks.
func someLists(rng *rand.Rand, names int) Lists {
	name := func(kind string) string {
		if rng.IntN(4) == 0 {
			return fmt.Sprintf("bAse%d.exe", rng.IntN(names))
		}
		return fmt.Sprintf("%s%d.EXE", kind, rng.IntN(60))
	}
	var l Lists
	for range rng.IntN(60) {
		l.Impostors = append(l.Impostors, Impostor{Name: fmt.Sprintf("Imp%d.exe", rng.IntN(90)), Target: name("target")})
		l.Names = append(l.Names, Name{Name: name("n"), Path: `C:\x\`})
		if a, b := name("a"), name("b"); fold(a) != fold(b) {
			l.Pairs = append(l.Pairs, Pair{A: a, B: b})
		}
	}
	return l
}

// ranks are percent ranks by their definition: the share of the others that are
// seen less often.
func ranks(events []Event) map[string]float64 {
	counts := map[string]int{}
	for _, e := range events {
		counts[strings.ToLower(e.Process)]++
	}
	out := map[string]float64{}
	for name, n := range counts {
		for _, other := range counts {
			if other < n {
				out[name] += 1 / float64(max(len(counts)-1, 1))
			}
		}
	}
	return out
}

func TestWhatIsPlantedHasTheRankItShould(t *testing.T) {
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 1 + rng.IntN(80)
		base, events := aBase(rng, n)
		l := someLists(rng, n)
		o := DefaultOptions()
		o.Batch = 0.2 * rng.Float64()
		plan, err := NewPlan(base, l, o)
		if err != nil {
			if o.Batch > 0 {
				t.Fatal(err)
			}
			continue
		}
		for i, b := range plan.batches {
			after := ranks(append(slices.Clip(events), plan.Events(i)...))
			for name := range b.frequent {
				if after[name] < 0.8-1e-9 {
					t.Errorf("seed %d, batch %d: %s should be frequent, and has rank %v", seed, i, name, after[name])
				}
			}
			for name := range b.rare {
				if base.count(name) == 0 && after[name] >= 0.2 {
					t.Errorf("seed %d, batch %d: %s should be rare, and has rank %v", seed, i, name, after[name])
				}
			}
			if len(b.items) > 1 && len(b.touched) > max(int(o.Batch*float64(n)), 1) {
				t.Errorf("seed %d, batch %d: %d names for a base of %d and a share of %v", seed, i, len(b.touched), n, o.Batch)
			}
		}
	}
}

// Everything is planted once, the rare ones as often as they should be and on one
// host of the base; nobody is planted beside what would make him something else.
func TestEverythingIsPlantedOnce(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 2))
		n := 20 + rng.IntN(200)
		base, _ := aBase(rng, n)
		o := DefaultOptions()
		o.Events = 1 + rng.IntN(4)
		plan, err := NewPlan(base, someLists(rng, n), o)
		if err != nil {
			t.Fatal(err)
		}
		times := map[string]int{}
		for i, b := range plan.batches {
			seen := map[string]map[string]int{} // by name and host
			for _, e := range plan.Events(i) {
				if base.hosts[e.Computer] == "" && !slices.Contains(plan.base.order, e.Computer) {
					t.Fatalf("%q is no host of the base", e.Computer)
				}
				if e.Time < 0 || e.Time >= 24*time.Hour || !strings.HasSuffix(e.Path, `\`+e.Process) || e.Parent == "" || e.Account == "" {
					t.Fatalf("odd event %+v", e)
				}
				if seen[e.Process] == nil {
					seen[e.Process] = map[string]int{}
				}
				seen[e.Process][e.Computer]++
			}
			for _, it := range b.items {
				times[fmt.Sprint(it.kind, it.index)]++
				hosts, total := seen[it.name], 0
				for _, n := range hosts {
					total += n
				}
				want := it.events
				if plan.skipped(it) {
					want = 0
				}
				if total != want || len(hosts) > 1 {
					t.Errorf("seed %d: %q planted %v, want %d on one host", seed, it.name, hosts, want)
				}
				if it.kind == impostors && it.events != o.Events || it.kind == names && (it.events < 1 || it.events > 3) || it.kind == pairs && it.events != 1 {
					t.Errorf("%q planted %d times", it.name, it.events)
				}
			}
		}
		for i := range plan.lists.Impostors {
			if times[fmt.Sprint(impostors, i)] != 1 {
				t.Errorf("impostor %d is in %d batches", i, times[fmt.Sprint(impostors, i)])
			}
		}
		for i := range plan.lists.Pairs {
			if times[fmt.Sprint(pairs, i)] != 2 {
				t.Errorf("pair %d is in %d batches", i, times[fmt.Sprint(pairs, i)])
			}
		}
	}
}

func TestSamePlanAgain(t *testing.T) {
	make := func() (*Plan, [][]Event) {
		rng := rand.New(rand.NewPCG(5, 5))
		base, _ := aBase(rng, 80)
		plan, err := NewPlan(base, someLists(rng, 80), DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		var all [][]Event
		for i := range plan.Batches() {
			all = append(all, plan.Events(i))
		}
		return plan, all
	}
	a, eventsA := make()
	b, eventsB := make()
	if !reflect.DeepEqual(eventsA, eventsB) || a.Planted() != b.Planted() {
		t.Error("two plans of one base and lists differ")
	}
}

// Without a path an impostor runs from one of the folders that are documented, the
// system's own among them; with one, from there, under the name as written.
func TestFoldersOfImpostors(t *testing.T) {
	base, _ := aBase(rand.New(rand.NewPCG(1, 1)), 50)
	var l Lists
	for i := range 300 {
		l.Impostors = append(l.Impostors, Impostor{Name: fmt.Sprintf("x%d.exe", i), Target: "Base1.exe"})
	}
	l.Impostors = append(l.Impostors, Impostor{Name: "Isass.exe", Target: "Base1.exe", Path: `D:\odd\isass.exe`}, Impostor{Name: "y.exe", Target: "Base1.exe", Path: `D:\odd\`})
	plan, err := NewPlan(base, l, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	folders, parents := map[string]int{}, map[string]int{}
	for i := range plan.Batches() {
		for _, e := range plan.Events(i) {
			folders[strings.TrimSuffix(e.Path, e.Process)]++
			parents[e.Parent]++
		}
	}
	if folders[`D:\odd\`] != 2 {
		t.Error("the paths of the list are not there")
	}
	for _, f := range ImpostorFolders() {
		n := folders[strings.ReplaceAll(f, "<user>", "ann")]
		if strings.Contains(f, "<user>") {
			n += folders[strings.ReplaceAll(f, "<user>", "user")] // of a host where nobody works
		}
		if n < 20 || n > 75 {
			t.Errorf("%d of 300 run from %s", n, f)
		}
	}
	if len(parents) != len(impostorParents) {
		t.Errorf("parents %v", parents)
	}
}

// Legitimate names lie where the list has them, else the base, else Windows.
func TestWhereLegitimateNamesLie(t *testing.T) {
	base := NewBase()
	for i := range 10 {
		base.Add(Event{Process: fmt.Sprintf("b%d.exe", i), Path: `C:\Windows\System32\b.exe`, Computer: "H"})
	}
	l := Lists{
		Impostors: []Impostor{{Name: "1sass.exe", Target: "LSASS.exe"}, {Name: "t00l.exe", Target: "tool.exe"}, {Name: "g0.exe", Target: "go.exe"}},
		Names:     []Name{{"go.exe", `C:\Windows\WinSxS\x\go.exe`}, {"go.exe", `C:\Program Files\go\go.exe`}},
	}
	plan, err := NewPlan(base, l, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i := range plan.Batches() {
		for _, e := range plan.Events(i) {
			got[e.Process] = e.Path + " " + baseName(e.Parent)
		}
	}
	for name, want := range map[string]string{
		"LSASS.exe": `C:\Windows\System32\LSASS.exe wininit.exe`,
		"tool.exe":  `C:\Program Files\tool\tool.exe `,
		"go.exe":    `C:\Program Files\go\go.exe `,
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
	for name, h := range plan.homes.known {
		if h.parent != "" && !strings.Contains(h.parent, `\`) {
			t.Errorf("%s: its parent %s is not known", name, h.parent)
		}
	}
}

func TestPlantedLine(t *testing.T) {
	e := Event{Time: 90 * time.Minute, Process: "\u0455\u202e<a>&.exe", Path: `C:\x\a.exe`, Computer: "H"}
	line, err := e.AppendLine(nil, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"TimeGenerated": "2026-02-03T01:30:00.0000000Z", "EventID": 4688.0, "Process": e.Process, "NewProcessName": e.Path, "Computer": "H", "Type": "SecurityEvent"}
	if !reflect.DeepEqual(back, want) || strings.Count(string(line), "\n") != 1 {
		t.Errorf("%s", line)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{}, {Events: 1}, {Events: 1, Batch: 1.1}, {Events: 0, Batch: 0.1}} {
		if o.Validate() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if _, err := NewPlan(NewBase(), Lists{}, DefaultOptions()); err == nil {
		t.Error("a base of nothing is taken")
	}
}
