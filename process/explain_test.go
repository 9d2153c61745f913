package process

import (
	"fmt"
	"strings"
	"testing"

	"sparkless/publish/anomaly"
)

// ordinary says what of a reason is none: that the value is as the usual that stands
// beside it, or on its harmless side. Both are read as they are told.
func ordinary(r anomaly.Reason) bool {
	value, of := r.Value, r.Usual
	var n, all, most, times int64
	scan := func(text, format string, to ...any) bool {
		k, _ := fmt.Sscanf(text, format, to...)
		return k == len(to)
	}
	switch r.Name {
	case "ShellOf", "UnusualParent":
		return opensShell(r.Value, `c:\windows\system32\cmd.exe`) == noShell
	case "HostRarity", "ProgramRarity":
		return of != "" && scan(value, "%d", &n) && scan(of, "%d", &most) && n >= most
	case "ParentRarity":
		_, value, _ = strings.Cut(value, "started it ")
		scan(value, "%d of %d", &n, &all)
		if _, rest, is := strings.Cut(of, " starts "); is {
			var word string
			return !scan(rest, "%d %s %d", &most, &word, &times) || n*most >= times
		}
		return of != "" && (!scan(of[strings.LastIndex(of, ", ")+1:], "%d of %d", &most, &all) || n >= most)
	case "CommandLength", "SpecialCharacters", "UpperCase", "Digits", "Entropy":
		return strings.HasPrefix(of, value+" in ")
	case "HourOfDay":
		return false
	}
	order := []string{"no", "a folder of the system or of programs", "0", "a folder that users write to", "1", "2", "a folder for what does not stay", "3 or more", "yes, for the scheduler or an installer", "yes"}
	place := func(text string) (at int) {
		for i, one := range order {
			if text == one || strings.HasPrefix(text, one+" in ") {
				at = i
			}
		}
		return at
	}
	return value == "no" || of != "" && place(value) <= place(of)
}

// alikes are days on which much of what is odd is also usual: of the program, of all.
func alikes() map[string][]start {
	days := map[string][]start{"mixed": mixed(700, 6), "nothing else": nil, "an attack": append(office(1000), attack)}
	for i := range 12 {
		one := attack
		one.at += int64(i) * hour
		one.host = fmt.Sprint("HOST", i%5)
		one.command += strings.Repeat("QUJDaGk1", i)
		days["nothing else"] = append(days["nothing else"], one)
	}
	days["often"] = append(office(600), days["nothing else"]...)
	tool := attack
	tool.path = `C:\Tools\agent.exe`
	for i := range 12 {
		one := tool
		one.at += int64(i) * hour
		one.command += fmt.Sprint(strings.Repeat(" -x", i))
		days["always"] = append(days["always"], one)
	}
	days["always"] = append(days["always"], office(600)...)
	return days
}

// A reason is told only where the value is unlike the usual beside it; and there is one
// at least.
func TestReasonsAreUnlikeTheUsual(t *testing.T) {
	n := 0
	for name, events := range alikes() {
		for _, notebook := range []bool{false, true} {
			for _, model := range []bool{false, true} {
				p := DefaultParams()
				p.Notebook, p.MinScore = notebook, 0
				if model {
					p.Model = trained(t, p, "", append(office(400), mixed(100, 2)...))
				}
				d, day := New(p, "all", 1), stateOf(events)
				for _, days := range []int{0, 4} {
					for _, f := range finish(t, d, day, historyOf(t, d, day, days, append(office(50), attack))) {
						if len(f.AnomalyReasons) == 0 {
							t.Errorf("%s: no reason of %s", name, f.Entity)
						}
						for _, r := range f.AnomalyReasons {
							n++
							if ordinary(r) {
								t.Errorf("%s, notebook %v, model %v, %d days: %s: %q, usually %q", name, notebook, model, days, r.Name, r.Value, r.Usual)
							}
						}
					}
				}
				for _, e := range events[:min(len(events), 100)] {
					if p.Model == nil {
						break
					}
					s, err := p.Model.Score(e.execution())
					if err != nil {
						t.Fatal(err)
					}
					for _, r := range s.Reasons {
						if ordinary(r) {
							t.Errorf("%s, notebook %v, score: %s: %q, usually %q", name, notebook, r.Name, r.Value, r.Usual)
						}
					}
				}
			}
		}
	}
	t.Logf("%d reasons", n)
}

// What a program always does is told beside what others do, and what all do by itself:
// it is what the score is made of.
func TestWhatIsAlwaysDoneIsComparedWithOthers(t *testing.T) {
	for name, want := range map[string]string{"always": "no in 600 executions of other programs", "nothing else": ""} {
		for _, f := range finish(t, detector(), stateOf(alikes()[name]), NewState()) {
			if name == "always" && !strings.HasSuffix(f.Entity, "agent.exe") {
				continue
			}
			told := false
			for _, r := range f.AnomalyReasons {
				if r.Name == "HiddenWindow" {
					told = r.Value == "yes" && r.Usual == want
				}
			}
			if !told || len(f.Techniques) == 0 {
				t.Errorf("%s: %+v", name, f.AnomalyReasons)
			}
		}
	}
}
