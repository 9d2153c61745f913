package outlier

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestOneClassSVMIsScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		x := g.scaled()
		for _, want := range []goldenSGD{g.SGD0, g.SGD12} {
			m := must(FitOneClassSVM(x, SGDParams{Seed: want.Seed, KeepOrder: true}))
			wantNear(t, "weights", m.Weights, want.Coef, 1e-9)
			wantNear(t, "offset", []float64{m.Offset}, []float64{want.Offset}, 1e-9)
			if m.Epochs != want.NIter {
				t.Errorf("%d epochs, want %d", m.Epochs, want.NIter)
			}
			decisions := must(m.Decisions(x))
			odd := mapped(decisions, func(d float64) float64 { return -d })
			c := must(Confuse(mapped(decisions, func(d float64) bool { return d < 0 }), g.positive()))
			wantNear(t, "areas", []float64{must(AUROC(odd, g.positive())), c.HardAUROC()}, []float64{want.AUROC, want.AUROCHard}, 1e-9)
		}
		own := must(FitOneClassSVM(x, SGDParams{}))
		other, _ := shuffled(rand.New(rand.NewPCG(1, 1)), x)
		if !reflect.DeepEqual(own, must(FitOneClassSVM(other, SGDParams{}))) {
			t.Error("the machine depends on the order of rows")
		}
	})
}

func TestOneClassSVMRefuses(t *testing.T) {
	x := must(NewMatrix([][]float64{{1, 2}, {3, 4}}))
	huge := must(NewMatrix([][]float64{{-1.7e308, 2}, {1.7e308, 4}}))
	for name, err := range map[string]error{
		"nu":        second(FitOneClassSVM(x, SGDParams{Nu: 2})),
		"epochs":    second(FitOneClassSVM(x, SGDParams{Epochs: -1})),
		"tolerance": second(FitOneClassSVM(x, SGDParams{Tolerance: -1})),
		"huge":      second(FitOneClassSVM(huge, SGDParams{})),
		"columns":   second(must(FitOneClassSVM(x, SGDParams{})).Decisions(Zeros(1, 3))),
	} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
