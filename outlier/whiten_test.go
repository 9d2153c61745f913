package outlier

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func TestDoSEIsScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		x := g.varied()
		d := must(FitDoSE(x, SGDParams{Seed: g.Dose.Seed, KeepOrder: true}))
		wantNear(t, "variances", d.Whitening.Variances, g.Dose.Var, 1e-9)
		wantNear(t, "first row", mapped(must(d.Whitening.Transform(x)).Row(0), math.Abs), g.Dose.AbsW0, 1e-9)
		decisions := must(d.Decisions(x))
		wantNear(t, "decisions", decisions[:len(g.Dose.Decision)], g.Dose.Decision, 1e-6)
		outside := 0
		for _, v := range decisions {
			if v < 0 {
				outside++
			}
		}
		if outside != g.Dose.NOut {
			t.Errorf("%d outside, want %d", outside, g.Dose.NOut)
		}
		other, order := shuffled(rand.New(rand.NewPCG(1, 1)), x)
		a, b := must(must(FitDoSE(x, SGDParams{})).Decisions(x)), must(must(FitDoSE(other, SGDParams{})).Decisions(other))
		wantNear(t, "in another order", b, pick(a, order), 0)
	})
}

func TestWhiteningLeavesOutWhatDoesNotVary(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	x := Zeros(100, 4)
	for i := range x.Rows {
		a, b := r.NormFloat64(), r.NormFloat64()
		copy(x.Row(i), []float64{a, b, 7, a + 2*b})
	}
	w := must(FitWhitening(x))
	if w.Dropped() != 2 {
		t.Errorf("%d components left out: %v", w.Dropped(), w.Variances)
	}
	_, covariance := spreadOf(must(w.Transform(x)), nil)
	wantNear(t, "covariance", covariance, []float64{.99, 0, 0, .99}, 1e-9)
	for name, x := range map[string]Matrix{"constant": Zeros(5, 2), "one row": Zeros(1, 2), "nothing": {}} {
		if _, err := FitWhitening(x); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
