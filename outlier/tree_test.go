package outlier

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRoundedThresholdsSendRowsTheSameWay(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 16))
	for range 10000 {
		threshold := math.Ldexp(r.NormFloat64(), r.IntN(60)-30)
		near := float32(threshold)
		for _, v := range []float32{near, math.Nextafter32(near, -9e9), math.Nextafter32(near, 9e9)} {
			if (float64(v) <= threshold) != (v <= roundDown(threshold)) {
				t.Fatalf("%v against %v", v, threshold)
			}
		}
	}
}

func TestTreesWhoseNodesShareKidsAreRefused(t *testing.T) {
	shared := tree{{0, 1, 1, 4}, {0, 1, 3, 2}, {0, 1, 3, 2}, {-1, 0, 0, 1}, {-1, 0, 0, 1}}
	if shared.check(1, 4) == nil {
		t.Error("two nodes have the same kids")
	}
}

func TestARandomForestLooksOnWhereColumnsAreConstant(t *testing.T) {
	x, y := Zeros(20, 30), make([]int, 20)
	for i := range y {
		y[i] = i % 2
		x.Row(i)[17] = float64(i % 2)
	}
	c := must(FitClassifier(x, y, nil, ClassifierParams{Trees: 5, Columns: 1, AllRows: true}))
	wantNear(t, "importance", c.Importances()[17:18], []float64{1}, 0)
}
