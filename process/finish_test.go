package process

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

var fridayWindow = event.Day(time.Unix(0, friday))

// office is a day of n usual executions on 40 hosts.
func office(n int) []start {
	rng := rand.New(rand.NewPCG(11, 1))
	kinds := []start{
		{path: `C:\Windows\System32\svchost.exe`, parent: `C:\Windows\System32\services.exe`, account: `CONTOSO\HOST$`, command: `C:\Windows\system32\svchost.exe -k netsvcs -p`},
		{path: `C:\Program Files\Microsoft\Edge\msedge.exe`, parent: `C:\Program Files\Microsoft\Edge\msedge.exe`, account: `CONTOSO\ann`, command: `"msedge.exe" --type=renderer --lang=en`},
		{path: `C:\Windows\System32\conhost.exe`, parent: `C:\Windows\System32\cmd.exe`, account: `CONTOSO\ann`, command: `\??\C:\Windows\system32\conhost.exe 0xffffffff`},
		{path: `C:\Windows\System32\cmd.exe`, parent: `C:\Windows\explorer.exe`, account: `CONTOSO\ann`, command: `cmd.exe /c backup.cmd`},
		{path: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, parent: `C:\Windows\CCM\ccmexec.exe`, account: `NT AUTHORITY\SYSTEM`, command: `powershell.exe -NoProfile -File C:\Windows\CCM\check.ps1`},
	}
	out := make([]start, n)
	for i := range out {
		out[i] = kinds[rng.IntN(len(kinds))]
		out[i].host = fmt.Sprint("HOST", rng.IntN(40))
		out[i].at = friday + 6*hour + rng.Int64N(12*hour)
	}
	return out
}

var attack = start{at: friday + 3*hour, path: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, parent: `C:\Program Files\Office\WINWORD.EXE`, host: "HOST7", account: `CONTOSO\bob`,
	command: `powershell -w hidden -enc ` + strings.Repeat("SQBFAFgAIAAoAE4AZQB3", 10)}

func finish(t testing.TB, d *Detector, day, history *State) []anomaly.Finding {
	t.Helper()
	var all []anomaly.Finding
	for _, r := range records(t, d, day, history) {
		f, err := anomaly.Of(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

func records(t testing.TB, d *Detector, day, history *State) []publish.Record {
	t.Helper()
	all, err := d.Finish(t.Context(), fridayWindow, day, history)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func detector() *Detector { return New(DefaultParams(), "all", 2) }

func TestAnAttackIsOnTop(t *testing.T) {
	all := finish(t, detector(), stateOf(append(office(4000), attack)), NewState())
	if len(all) != 1 {
		t.Fatalf("%d findings of a usual day with one attack", len(all))
	}
	f := all[0]
	if f.Severity != anomaly.High || f.Entity != `c:\windows\system32\windowspowershell\v1.0\powershell.exe` || f.EntityKind != "process" || f.Events != 1 ||
		f.SourceDevice != "HOST7" || f.UserName != `CONTOSO\bob` || f.StartTime != "2026-11-20T03:00:00.0000000Z" || f.FirstSeen == "" {
		t.Errorf("%+v", f)
	}
	names := map[string]anomaly.Reason{}
	sum := 0.0
	for i, r := range f.AnomalyReasons {
		names[r.Name] = r
		sum += r.Weight
		if i > 0 && r.Weight > f.AnomalyReasons[i-1].Weight || r.Value == "" || r.Why == "" {
			t.Errorf("reason %d: %+v", i, r)
		}
	}
	if sum > 1.001 || names["Encodings"].Value != "2" || names["Encodings"].Usual == "" || names["HiddenWindow"].Value != "yes" {
		t.Errorf("reasons %+v", f.AnomalyReasons)
	}
	if !slices.Contains(f.Techniques, "T1027") || !strings.Contains(f.Description, "usually") || strings.Contains(f.Description, "\n") {
		t.Errorf("%v, %s", f.Techniques, f.Description)
	}
}

func TestFindingsDoNotDependOnOrderOrWorkers(t *testing.T) {
	for _, notebook := range []bool{false, true} {
		p := DefaultParams()
		p.MinScore, p.Notebook = 0, notebook
		events := append(office(1500), mixed(400, 8)...)
		var want []publish.Record
		for i, workers := range []int{1, 3, 2} {
			rand.New(rand.NewPCG(3, uint64(i))).Shuffle(len(events), func(a, b int) { events[a], events[b] = events[b], events[a] })
			got := records(t, New(p, "all", workers), stateOf(events), NewState())
			if want == nil {
				want = got
			}
			if len(got) != len(want) || len(got) == 0 {
				t.Fatalf("%d findings, and then %d", len(want), len(got))
			}
			for k := range got {
				if !bytes.Equal(got[k].Body, want[k].Body) || got[k].Revision != want[k].Revision {
					t.Fatalf("finding %d:\n%s\nand then\n%s", k, want[k].Body, got[k].Body)
				}
			}
		}
	}
}

func TestOneFindingForAProgram(t *testing.T) {
	events := office(1000)
	for i := range 60 {
		one := attack
		one.path = fmt.Sprintf(`C:\Temp\tool-%c%c.exe`, 'a'+i/2%5, 'a'+i/2/5)
		one.command += fmt.Sprint(strings.Repeat("~", i))
		events = append(events, one)
	}
	d := detector()
	var out Outcome
	d.Observe(func(o Outcome) { out = o })
	all := finish(t, d, stateOf(events), NewState())
	if len(all) != 30 || out.Executions != 1060 || out.LeftOut != 0 {
		t.Errorf("%d findings, %+v", len(all), out)
	}
	seen := map[string]bool{}
	for i, f := range all {
		if seen[f.Entity] || i > 0 && f.Score > all[i-1].Score {
			t.Errorf("finding %d of %s", i, f.Entity)
		}
		seen[f.Entity] = true
	}
}

func TestIDsStayTheSame(t *testing.T) {
	a := finish(t, detector(), stateOf(append(office(900), attack)), NewState())
	later := attack
	later.at += hour
	b := finish(t, detector(), stateOf(append(office(1200), later)), NewState())
	if a[0].FindingId != b[0].FindingId {
		t.Error("another day gives another ID")
	}
	if c := finish(t, New(DefaultParams(), "other", 1), stateOf(append(office(900), attack)), NewState()); c[0].FindingId == a[0].FindingId {
		t.Error("another estate gives the same ID")
	}
}

// historyOf is the past of a day, of so many days of these events.
func historyOf(t testing.TB, d *Detector, day *State, days int, events []start) *State {
	t.Helper()
	past := d.Past(day)
	for back := range days {
		earlier := make([]start, len(events))
		for i, one := range events {
			one.at -= int64(back+1) * 24 * hour
			earlier[i] = one
		}
		one := d.Past(day)
		if _, err := one.Decode(encoded(t, stateOf(earlier))); err != nil {
			t.Fatal(err)
		}
		past.Merge(one)
	}
	return past
}

func TestHistoryDampsWhatIsUsual(t *testing.T) {
	d := detector()
	day := stateOf(append(office(2000), attack))
	none := finish(t, d, day, NewState())[0].Score
	known := finish(t, d, day, historyOf(t, d, day, 10, append(office(200), attack)))
	if len(known) > 0 && known[0].Score > 0.7*none {
		t.Errorf("done on ten days before it scores %v, and %v without a history", known[0].Score, none)
	}
	fresh := finish(t, d, day, historyOf(t, d, day, 10, office(200)))[0]
	if fresh.Score < 0.95*none || fresh.HistoryDays != 10 || fresh.DaysSeen != 10 || fresh.FirstSeen >= fresh.StartTime {
		t.Errorf("never done before it scores %v, and %v without a history: %+v", fresh.Score, none, fresh)
	}
	p := DefaultParams()
	p.MinScore = 0
	odd := start{at: friday, path: `C:\tool.exe`, parent: `C:\Windows\explorer.exe`, host: "HOST1", account: "u", command: "tool"}
	day = stateOf(append(office(2000), odd))
	score := func(history *State) float64 {
		for _, f := range finish(t, New(p, "all", 1), day, history) {
			if f.Entity == `c:\tool.exe` {
				return f.Score
			}
		}
		t.Fatal("no finding")
		return 0
	}
	a, b, c := score(historyOf(t, d, day, 10, append(office(200), odd))), score(NewState()), score(historyOf(t, d, day, 10, office(200)))
	if !(a < b && b < c) {
		t.Errorf("a program known from ten days scores %v, without a history %v, new after ten days %v", a, b, c)
	}
}

func TestPastsMergeLikeDays(t *testing.T) {
	d := detector()
	day := stateOf(append(office(500), attack))
	a, b := historyOf(t, d, day, 3, office(100)), historyOf(t, d, day, 2, append(office(50), attack))
	ab, ba := d.Past(day), d.Past(day)
	ab.Merge(a)
	ab.Merge(b)
	ba.Merge(b)
	ba.Merge(a)
	if ab.Days() != 5 || ba.Days() != 5 || fmt.Sprint(ab.past.programs, ab.past.pairs, ab.past.patterns) != fmt.Sprint(ba.past.programs, ba.past.pairs, ba.past.patterns) {
		t.Error("the order of days makes a difference")
	}
	pair := pairKey{programOf(attack.path), "winword.exe"}
	if n := ab.past.pairs[pair].days; n != 2 {
		t.Errorf("the pair of the attack was seen on %d days, want 2", n)
	}
	before := ab.Size()
	ab.Merge(a)
	if ab.Size() != before {
		t.Error("a past grows with its days")
	}
	if _, err := ab.Encode(""); err == nil {
		t.Error("a past was encoded")
	}
}

func TestEdgesOfADay(t *testing.T) {
	long := strings.Repeat("\x1b[2J\u202eü", 4000)
	for name, events := range map[string][]start{
		"no event":      nil,
		"one event":     {attack},
		"one twice":     {attack, attack},
		"nothing known": {{at: friday}},
		"hostile":       {{at: friday, path: `C:\` + long, host: long, parent: long, account: long, command: long}, {at: math.MinInt64, path: "x"}, {at: math.MaxInt64, path: "x"}},
	} {
		for _, notebook := range []bool{false, true} {
			p := DefaultParams()
			p.MinScore, p.Notebook = 0, notebook
			d := New(p, "all", 1)
			for _, history := range []bool{false, true} {
				day := stateOf(events)
				past := NewState()
				if history {
					past = historyOf(t, d, day, 4, office(10))
				}
				for _, f := range finish(t, d, day, past) {
					if math.IsNaN(f.Score) || f.Score < 0 || f.Score > 1 || len(f.AnomalyReasons) == 0 || f.Entity == "" {
						t.Errorf("%s: %+v", name, f)
					}
					if strings.ContainsAny(f.Description+f.Entity+f.SourceDevice, "\x1b\u202e\n") || len(f.Description) > 8000 {
						t.Errorf("%s: what is shown holds control characters, or is %d bytes long", name, len(f.Description))
					}
				}
			}
		}
	}
}

// The notebook's risk is 1 for the oddest execution of the day and 0 for the least odd.
func TestNotebookRiskIsScaledOverTheDay(t *testing.T) {
	p := DefaultParams()
	p.Notebook, p.MinScore = true, 0
	all := finish(t, New(p, "all", 1), stateOf(append(office(2000), attack)), NewState())
	if len(all) == 0 || all[0].Score != 1 || all[0].Mode != "notebook" || !strings.HasSuffix(all[0].Entity, "powershell.exe") {
		t.Fatalf("%+v", all)
	}
	for _, f := range all {
		if f.Score < 0 || f.Score > 1 {
			t.Errorf("a risk of %v", f.Score)
		}
	}
}

func TestParamsNameWhatIsWrong(t *testing.T) {
	for _, p := range []Params{{MinScore: 2}, {MinScore: math.NaN()}, {Model: &Model{about: about{Notebook: true}}}} {
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "process.") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if err := (Params{Model: &Model{about: about{Notebook: true}}}).Validate(); !strings.Contains(err.Error(), "hunts.mode") {
		t.Errorf("%v does not name the setting that is another", err)
	}
	if err := DefaultParams().Validate(); err != nil {
		t.Error(err)
	}
}

func TestSurprise(t *testing.T) {
	for _, c := range []struct{ n, all, want float64 }{{0, 0, 0}, {1, 1, 0}, {1, 3, 0.5}, {0, 10, 1}, {10, 10, 0}, {1, 999, 0.8996}} {
		if got := surprise(c.n, c.all); math.Abs(got-c.want) > 1e-3 {
			t.Errorf("%v of %v: %v, want %v", c.n, c.all, got, c.want)
		}
	}
}
