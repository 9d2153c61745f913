package outlier

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func TestMetricsAreScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m := g.Metrics
		if m.Score == nil {
			return
		}
		is := positives(m.Y)
		c := must(Confuse(mapped(m.Score, func(s float64) bool { return s > .5 }), is))
		wantNear(t, "areas", []float64{must(AUROC(m.Score, is)), must(AveragePrecision(m.Score, is)), c.HardAUROC()},
			[]float64{m.AUROC, m.AP, m.Hard}, 1e-12)
		for i, q := range m.Q {
			if got := weightedPercentile(m.Score, nil, q); got != m.Percentile[i] {
				t.Errorf("percentile %v is %v, want %v", q, got, m.Percentile[i])
			}
		}
	})
}

// AUROC by comparing all pairs.
func pairs(scores []float64, positive []bool) (wins, all float64) {
	for i := range scores {
		for j := range scores {
			if positive[i] && !positive[j] {
				all++
				if scores[i] > scores[j] {
					wins++
				} else if scores[i] == scores[j] {
					wins += .5
				}
			}
		}
	}
	return wins, all
}

func TestAUROCIsTheShareOfPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		scores, positive := make([]float64, 2+r.IntN(40)), []bool{true, false}
		for i := range scores {
			scores[i] = float64(r.IntN(1 + r.IntN(20)))
			positive = append(positive, r.IntN(3) == 0)
		}
		positive = positive[:len(scores)]
		wins, all := pairs(scores, positive)
		wantNear(t, "AUROC", []float64{must(AUROC(scores, positive))}, []float64{wins / all}, 1e-12)
	}
}

func TestMetricsOfUnusableInput(t *testing.T) {
	for name, err := range map[string]error{
		"one class":     second(AUROC([]float64{1, 2}, []bool{true, true})),
		"other class":   second(AUROC([]float64{1, 2}, []bool{false, false})),
		"lengths":       second(AUROC([]float64{1, 2}, []bool{true})),
		"NaN":           second(AUROC([]float64{1, math.NaN()}, []bool{true, false})),
		"no positive":   second(AveragePrecision([]float64{1}, []bool{false})),
		"nothing":       second(AveragePrecision(nil, nil)),
		"other lengths": second(Confuse([]bool{true}, nil)),
	} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestConfusion(t *testing.T) {
	c := must(Confuse([]bool{true, true, true, false, false, false, false}, []bool{true, true, false, true, false, false, false}))
	if c != (Confusion{TruePositives: 2, FalsePositives: 1, FalseNegatives: 1, TrueNegatives: 3}) {
		t.Fatal(c)
	}
	got := []float64{c.Precision(), c.Recall(), c.Specificity(), c.F1(), c.Accuracy(), c.HardAUROC(), Confusion{}.F1(), Confusion{}.Accuracy()}
	wantNear(t, "rates", got, []float64{2. / 3, 2. / 3, 3. / 4, 2. / 3, 5. / 7, 17. / 24, 0, 0}, 1e-15)
}
