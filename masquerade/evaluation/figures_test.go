package evaluation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"sparkless/publish"
)

// tinyPlan is one whose figures can be counted by hand.
func tinyPlan(t *testing.T) *Plan {
	base := NewBase()
	for i := range 40 {
		for range 1 + i/20*i {
			base.Add(Event{Process: fmt.Sprintf("base%d.exe", i), Computer: "H1", Account: `C\ann`})
		}
	}
	l := Lists{
		Impostors: []Impostor{{Name: "Isass.exe", Target: "lsass.exe"}, {Name: "1sass.exe", Target: "lsass.exe"},
			{Name: "1sass.exe", Target: "LSASS.exe"}, // again
			{Name: "explorar.exe", Target: "explorer.exe"}, {Name: "isass.exe", Target: "lsass.exe"}},
		Pairs: []Pair{{A: "abc.exe", B: "abd.exe"}, {A: "abd.exe", B: "ABC.exe"}, {A: "cscript.exe", B: "base1.exe"}, {A: "p.exe", B: "q.exe"}},
		Names: []Name{{Name: "good.exe"}, {Name: "Good.exe"}, {Name: "fine.exe"}, {Name: "base2.exe"}, {Name: "nice.exe"}, {Name: "kind.exe"}},
	}
	plan, err := NewPlan(base, l, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestPlantedCounts(t *testing.T) {
	got := tinyPlan(t).Planted()
	want := Planted{Impostors: 4, ShortStems: 3, Targets: 2, TargetsPlanted: 2, Pairs: 3, PairsInBase: 1, Names: 4, NamesInBase: 1, Batches: got.Batches, Displaced: got.Displaced}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// everywhere is what a hunt would find in all batches.
func everywhere(plan *Plan, find func(batch int, planted func(string) bool) []Finding) [][]Finding {
	out := make([][]Finding, plan.Batches())
	for i := range out {
		out[i] = find(i, func(name string) bool { return i > 0 && plan.batches[i].rare[name] })
	}
	return out
}

func TestJudge(t *testing.T) {
	plan := tinyPlan(t)
	f := plan.Judge("x", everywhere(plan, func(i int, planted func(string) bool) []Finding {
		// On the base, whatever is planted; the one is of a pair's name.
		out := []Finding{{"base3.exe", "base30.exe", 0.9, "low"}, {"base1.exe", "base30.exe", 0.9, "low"}}
		add := func(suspect, target, severity string) {
			if planted(suspect) {
				out = append(out, Finding{suspect, target, 0.5, severity})
			}
		}
		add("isass.exe", "lsass.exe", "high") // of the two written so, in a batch each
		add("isass.exe", "base35.exe", "low")
		add("explorar.exe", "base36.exe", "medium")
		add("abc.exe", "abd.exe", "medium")
		add("abc.exe", "base30.exe", "")
		add("q.exe", "base31.exe", "")
		add("good.exe", "base32.exe", "informational")
		add("good.exe", "base33.exe", "informational")
		if i == plan.Batches()-1 {
			out = append(out, Finding{Suspect: "base9.exe", Target: "abc.exe"})
		}
		return out
	}))
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"recall", f.Recall, Share{3, 4}},
		{"right target", f.RightTarget, Share{2, 4}},
		{"short stems", f.ShortStems, Share{2, 3}},
		{"targets", f.Targets, []TargetShare{{"explorer.exe", Share{1, 1}}, {"lsass.exe", Share{2, 3}}}},
		{"missed", f.Missed, []Impostor{{Name: "1sass.exe", Target: "lsass.exe"}}},
		{"base", f.BaseFalse, []Finding{{"base1.exe", "base30.exe", 0.9, "low"}, {"base3.exe", "base30.exe", 0.9, "low"}}},
		{"base, planted", f.BaseShifted, []Finding{{Suspect: "base9.exe", Target: "abc.exe"}}},
		{"pairs", f.PairsHit, Share{1, 3}},
		{"pairs otherwise", f.PairsHitElse, Share{2, 3}},
		{"pair findings", len(f.PairsFound), 3},
		{"names", f.NamesHit, Share{1, 4}},
		{"per thousand", f.PerThousand, 500.0},
		{"severities of impostors", f.Severities.Impostors, map[string]int{"high": 2, "medium": 1}},
		{"severities of others", f.Severities.False, map[string]int{"low": 2, "medium": 1, "none": 2, "informational": 2}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

// A hunt that finds nothing has figures, too, and lists that are empty, not null.
func TestJudgeOfNothing(t *testing.T) {
	plan := tinyPlan(t)
	f := plan.Judge("x", make([][]Finding, plan.Batches()))
	if f.Recall != (Share{0, 4}) || len(f.Missed) != 4 || f.PairsHit != (Share{0, 3}) || f.PerThousand != 0 {
		t.Errorf("%+v", f)
	}
	for _, list := range [][]Finding{f.BaseFalse, f.BaseShifted, f.PairsFound, f.NamesFound} {
		if list == nil {
			t.Error("a list is null")
		}
	}
}

func TestFindingsOf(t *testing.T) {
	body := func(v any) publish.Record {
		text, _ := json.Marshal(v)
		return publish.Record{ID: "mq-1", Body: text}
	}
	got, err := FindingsOf([]publish.Record{body(map[string]any{"PotentiallyMaliciousProcess": "İsass.EXE", "NormalProcess": "LSASS.exe", "AnomalyScore": 0.5, "Severity": "High"}), body(map[string]any{"PotentiallyMaliciousProcess": "a"})})
	if want := []Finding{{"i\u0307sass.exe", "lsass.exe", 0.5, "high"}, {Suspect: "a"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if _, err := FindingsOf([]publish.Record{{ID: "mq-2", Body: []byte("{")}}); err == nil {
		t.Error("a broken record is taken")
	}
}
