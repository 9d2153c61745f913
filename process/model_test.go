package process

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sparkless/outlier"
)

// trained is a model of usual days, and of labels if there are any.
func trained(t testing.TB, p Params, labels string, events []start) *Model {
	t.Helper()
	var l Labels
	if labels != "" {
		var err error
		if l, err = ReadLabels(strings.NewReader(labels)); err != nil {
			t.Fatal(err)
		}
	}
	m, unmatched, err := New(p, "all", 2).Train(t.Context(), stateOf(events), l, []string{"2026-11-20"})
	if err != nil || len(unmatched) > 0 {
		t.Fatal(err, unmatched)
	}
	return m
}

func written(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// labelled are usual executions and attacks of several kinds, and labels that know the
// latter by their command lines.
func labelled() ([]start, string) {
	events := office(1500)
	for i := range 60 {
		one := attack
		one.host = fmt.Sprint("HOST", i%7)
		one.parent = []string{`C:\Windows\explorer.exe`, `C:\Office\WINWORD.EXE`, `C:\x.exe`}[i%3]
		one.command += strings.Repeat("QUJD", 3*i)
		one.at += int64(i%20) * hour
		usual := attack
		usual.parent, usual.command = `C:\Windows\explorer.exe`, fmt.Sprintf(`powershell -File %s.ps1`, strings.Repeat("job", 1+i))
		usual.at = one.at
		events = append(events, one, usual)
	}
	return events, "Program,CommandLine,Label\npowershell.exe,*-ENC *,1\n*,*,0\n"
}

func (s start) execution() Execution {
	return Execution{time.Unix(0, s.at).UTC(), s.process, s.path, s.host, s.parent, s.account, s.command}
}

func TestModelScoresLikeTheDayItWasTrainedOn(t *testing.T) {
	events, labels := labelled()
	for _, notebook := range []bool{false, true} {
		for _, l := range []string{"", labels} {
			p := DefaultParams()
			p.Notebook = notebook
			m, err := ReadModel(bytes.NewReader(written(t, trained(t, p, l, events))))
			if err != nil {
				t.Fatal(err)
			}
			bad, err := m.Score(attack.execution())
			if err != nil {
				t.Fatal(err)
			}
			good, err := m.Score(events[0].execution())
			if err != nil {
				t.Fatal(err)
			}
			if bad.Risk < good.Risk+0.3 || good.High || (bad.Probability != nil) != (l != "") || len(bad.Reasons) == 0 {
				t.Errorf("notebook %v, labels %q: the attack %+v, a usual execution %+v", notebook, l, bad, good)
			}
			if l == "" && bad.Risk != bad.Anomaly || l != "" && math.Abs(bad.Risk-0.4*bad.Anomaly-0.6**bad.Probability) > 1e-12 {
				t.Errorf("the risk of %+v", bad)
			}
			if bad.High != (bad.Risk >= 0.7) || l != "" && !bad.High {
				t.Errorf("high: %v at %v", bad.High, bad.Risk)
			}
			p.Model = m
			all := finish(t, New(p, "all", 1), stateOf(append(office(300), attack)), NewState())
			if len(all) == 0 || !strings.HasSuffix(all[0].Entity, "powershell.exe") || math.Abs(all[0].Score-bad.Risk) > 1e-9 {
				t.Errorf("a run with the model finds %+v, and score says %v", all, bad.Risk)
			}
		}
	}
}

func TestModelsOfEqualEventsAreEqual(t *testing.T) {
	events, labels := labelled()
	want := written(t, trained(t, DefaultParams(), labels, events))
	for i, j := 0, len(events)-1; i < j; i, j = i+1, j-1 {
		events[i], events[j] = events[j], events[i]
	}
	if !bytes.Equal(written(t, trained(t, DefaultParams(), labels, events)), want) {
		t.Error("the order of events makes another model")
	}
	m, err := ReadModel(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(t, m), want) {
		t.Error("a model that was read is written otherwise")
	}
}

func TestEvaluationIsOfHeldOutRows(t *testing.T) {
	events, labels := labelled()
	m := trained(t, DefaultParams(), labels, events)
	e := m.Evaluation()
	benign, malicious := m.Labelled()
	if e == nil || e.AUROC < 0.95 || e.Recall < 0.8 || e.Malicious == 0 {
		t.Fatalf("%+v of %d and %d rows", e, benign, malicious)
	}
	if held := float64(e.Rows) / float64(benign+malicious); math.Abs(held-heldOut) > 0.02 {
		t.Errorf("%v of the rows are held out", held)
	}
	sum := 0.0
	for i, one := range m.Importances() {
		sum += one.Share
		if i > 0 && one.Share > m.Importances()[i-1].Share {
			t.Error("importances are out of order")
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("importances add up to %v", sum)
	}
}

// Labels by chance cannot be learnt: rows that were learnt would be known by heart.
func TestEvaluationKnowsNoRowByHeart(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	x := outlier.Zeros(300, 4)
	y := make([]int, x.Rows)
	for i := range x.Data {
		x.Data[i] = rng.Float64()
	}
	for i := range y {
		y[i] = rng.IntN(2)
	}
	e, err := evaluate(x, y, outlier.ClassifierParams{Seed: 1})
	if err != nil || e.AUROC > 0.7 || e.AUROC < 0.3 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestLabelsThatCannotBeLearnt(t *testing.T) {
	for name, labels := range map[string]string{"only one class": "Program,Label\n*,0\n", "nothing matches": "Program,Label\nnone.exe,1\n"} {
		l, err := ReadLabels(strings.NewReader(labels))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := detector().Train(t.Context(), stateOf(office(50)), l, nil); err == nil || !strings.Contains(err.Error(), "labels match") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := detector().Train(t.Context(), NewState(), Labels{}, nil); err == nil {
		t.Error("a model of no executions")
	}
}

func TestDamagedModelsAreRefused(t *testing.T) {
	file := written(t, trained(t, DefaultParams(), "", office(60)))
	for at := 0; at < len(file)-1; at += 1 + len(file)/300 {
		bad := bytes.Clone(file)
		bad[at]++
		if _, err := ReadModel(bytes.NewReader(bad)); !errors.Is(err, ErrModel) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if _, err := ReadModel(bytes.NewReader(file[:at])); !errors.Is(err, ErrModel) {
			t.Fatalf("cut at %d: %v", at, err)
		}
	}
	if _, err := ReadModel(bytes.NewReader(append(bytes.Clone(file), '1'))); !errors.Is(err, ErrModel) {
		t.Error(err)
	}
	for name, change := range map[string]func(m *Model){
		"no executions":         func(m *Model) { m.about.Events = 0 },
		"programs out of order": func(m *Model) { m.about.Programs[0].Path = "~" },
		"another mode's":        func(m *Model) { m.about.Notebook = true },
		"a pair of nobody":      func(m *Model) { m.about.Pairs[0].Program = 999 },
		"a negative spread":     func(m *Model) { m.about.Spread["Digits"] = []int64{-1} },
	} {
		m := trained(t, DefaultParams(), "", office(60))
		change(m)
		if _, err := ReadModel(bytes.NewReader(written(t, m))); !errors.Is(err, ErrModel) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDriftIsTold(t *testing.T) {
	p := DefaultParams()
	p.Model = trained(t, p, "", office(2000))
	outcome := func(events []start) (out Outcome) {
		d := New(p, "all", 1)
		d.Observe(func(o Outcome) { out = o })
		finish(t, d, stateOf(events), NewState())
		return out
	}
	if lines := outcome(office(3000)).Drift.Lines(); len(lines) > 0 {
		t.Errorf("a day like those of the training has drifted: %v", lines)
	}
	other := office(1000)
	for i := range other {
		other[i].path, other[i].command = fmt.Sprintf(`C:\new\x%d.exe`, i%30), strings.Repeat("1234567890", 20)
	}
	d := outcome(append(other, office(1000)...)).Drift
	if len(d.Features) == 0 || math.Abs(d.Unseen-0.5) > 0.01 || len(d.Lines()) < 2 {
		t.Errorf("%+v", d)
	}
	if psi := stability([]int64{50, 50}, []int64{50, 50}); psi != 0 {
		t.Errorf("equal spreads have an index of %v", psi)
	}
	if psi, want := stability([]int64{50, 50}, []int64{25, 75}), -0.25*math.Log(0.5)+0.25*math.Log(1.5); math.Abs(psi-want) > 1e-12 {
		t.Errorf("an index of %v, want %v", psi, want)
	}
}
