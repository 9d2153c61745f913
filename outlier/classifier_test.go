package outlier

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func (g goldenClassifier) table() Matrix {
	return Matrix{Rows: g.Rows, Cols: len(g.X) / max(g.Rows, 1), Data: g.X}
}

func pick[T any](from []T, rows []int) []T { return mapped(rows, func(i int) T { return from[i] }) }

// splitAreas are the areas under the curve of the first class against the rest, over splits.
func splitAreas(x Matrix, y []int, splits int) (mean float64) {
	for seed := range splits {
		train, test, err := Stratified(x, y, .3, uint64(seed))
		if err != nil {
			panic(err)
		}
		c := must(FitClassifier(x.Select(train), pick(y, train), nil, ClassifierParams{Seed: uint64(seed)}))
		p := must(c.Probabilities(x.Select(test), 0))
		scores := make([]float64, p.Rows)
		for i := range scores {
			scores[i] = p.Row(i)[1]
		}
		mean += must(AUROC(scores, positives(pick(y, test)))) / float64(splits)
	}
	return mean
}

func TestRandomForestsAreAsGoodAsScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		x, y := g.table(), g.Y
		if g.RF.X != nil {
			x, y = g.RF.table(), mapped(g.RF.Y, func(c int) int { return min(c, 1) })
		}
		const splits = 10
		se := g.RF.AUROCSD * math.Sqrt(2./splits)
		wantNear(t, "mean AUROC", []float64{splitAreas(x, y, splits)}, []float64{g.RF.AUROCMean}, 3*se)
	})
}

func TestRandomForestIsLikeScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		if g.RF.X == nil {
			return
		}
		x := g.RF.table()
		importance, proba := make([]float64, x.Cols), make([]float64, len(g.RF.Proba))
		const seeds, theirs = 6, 20
		for seed := range uint64(seeds) {
			c := must(FitClassifier(x, g.RF.Y, nil, ClassifierParams{Seed: seed}))
			for j, v := range c.Importances() {
				importance[j] += v / seeds
			}
			for i, v := range must(c.Probabilities(x, 0)).Data[:len(proba)] {
				proba[i] += v / seeds
			}
		}
		for j, sd := range g.RF.ImportanceSD {
			wantNear(t, "importance", importance[j:j+1], g.RF.Importance[j:j+1], 3*sd*math.Sqrt(1./seeds+1./theirs))
		}
		wantNear(t, "probability", proba, g.RF.Proba, .06)
	})
}

// A tree that looks at all columns of all rows is scikit-learn's, but for ties.
func TestOneTreeIsScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		if g.RF.X == nil {
			return
		}
		x, want := g.RF.table(), g.RF.One
		c := must(FitClassifier(x, g.RF.Y, nil, ClassifierParams{Trees: 1, AllRows: true, Columns: x.Cols}))
		root := c.trees[0][0]
		if int(root.column) != want.Root || root.threshold != roundDown(want.Threshold) {
			t.Errorf("root splits column %d at %v, want %d at %v", root.column, root.threshold, want.Root, want.Threshold)
		}
		leaves, depth := len(c.shares[0])/c.classes, 0
		for _, d := range c.trees[0].depths() {
			depth = max(depth, d)
		}
		if math.Abs(float64(leaves-want.Leaves)) > 3 || math.Abs(float64(depth-want.Depth)) > 2 {
			t.Errorf("%d leaves, depth %d; want %d, %d", leaves, depth, want.Leaves, want.Depth)
		}
		wantNear(t, "importance", c.Importances(), want.Importance, .03)
		for i, p := range must(c.Probabilities(x, 0)).Data {
			if p != 0 && p != 1 || (p == 1) != (g.RF.Y[i/c.classes] == i%c.classes) {
				t.Fatalf("a full tree does not say of row %d what it was told", i/c.classes)
			}
		}
	})
}

func TestRandomForestDoesNotDependOnOrderWeightsOrWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 20 {
		x := randomTable(r, 2+r.IntN(200), 1+r.IntN(5))
		y := make([]int, x.Rows)
		for i := range y {
			y[i] = int(math.Abs(x.Row(i)[0])) % 3
		}
		p := ClassifierParams{Trees: 4, Seed: 5, Workers: 1}
		want := must(FitClassifier(x, y, nil, p))
		other, order := shuffled(r, x)
		p.Workers = 3
		if got := must(FitClassifier(other, pick(y, order), nil, p)); !reflect.DeepEqual(got, want) {
			t.Fatal("the forest depends on the order of rows or on workers")
		}
		grouped, weights := group(withColumn(x, y))
		labels := make([]int, grouped.Rows)
		columns := make([]int, x.Cols)
		for i := range labels {
			labels[i] = int(grouped.Row(i)[x.Cols])
		}
		for j := range columns {
			columns[j] = j
		}
		if got := must(FitClassifier(grouped.Columns(columns), labels, weights, p)); !reflect.DeepEqual(must(got.Probabilities(x, 1)), must(want.Probabilities(x, 3))) {
			t.Fatal("a weight is not so many rows")
		}
	}
}

func TestProbabilitiesAreExplained(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	x := randomTable(r, 80, 5)
	y := mapped(x.Data[:80], func(v float64) int { return int(math.Abs(v)) % 2 })
	c := must(FitClassifier(x, y, nil, ClassifierParams{Trees: 10}))
	p := must(c.Probabilities(x, 0))
	for i := range 10 {
		for class := range c.Classes() {
			e := must(c.Explain(x.Row(i), class))
			sum := e.Base
			for _, v := range e.Contributions {
				sum += v
			}
			wantNear(t, "sum", []float64{sum}, p.Row(i)[class:class+1], 1e-9)
		}
	}
	if _, err := c.Explain(x.Row(0), c.Classes()); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestClassifierRefuses(t *testing.T) {
	x := Zeros(2, 2)
	for name, err := range map[string]error{
		"labels":        second(FitClassifier(x, []int{1}, nil, ClassifierParams{})),
		"negative":      second(FitClassifier(x, []int{1, -1}, nil, ClassifierParams{})),
		"huge class":    second(FitClassifier(x, []int{1, 1 << 40}, nil, ClassifierParams{})),
		"trees":         second(FitClassifier(x, []int{1, 0}, nil, ClassifierParams{Trees: -1})),
		"columns":       second(FitClassifier(x, []int{1, 0}, nil, ClassifierParams{Columns: 3})),
		"weights":       second(FitClassifier(x, []int{1, 0}, []int{1, 0}, ClassifierParams{})),
		"too many rows": second(FitClassifier(x, []int{1, 0}, []int{1, 1 << 40}, ClassifierParams{})),
	} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	alone := must(FitClassifier(x, []int{1, 1}, nil, ClassifierParams{}))
	if got := must(alone.Probabilities(x, 0)); got.Data[0] != 0 || got.Data[1] != 1 || alone.Importances()[0] != 0 {
		t.Error(got)
	}
}

func TestStratified(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	x := randomTable(r, 200, 3)
	y := make([]int, 200)
	for i := range 50 {
		y[i] = 1
	}
	first, rest, err := Stratified(x, y, .2, 7)
	if err != nil || len(first) != 160 || len(rest) != 40 || must(sum(pick(y, rest))) != 10 {
		t.Fatal(len(first), len(rest), err)
	}
	seen := make([]bool, 200)
	for _, i := range append(first, rest...) {
		if seen[i] {
			t.Fatal("a row comes twice")
		}
		seen[i] = true
	}
	for _, share := range []float64{0, 1, math.NaN()} {
		if _, _, err := Stratified(x, y, share, 7); !errors.Is(err, ErrInput) {
			t.Error(share, err)
		}
	}
}

func sum(values []int) (n int, _ error) {
	for _, v := range values {
		n += v
	}
	return n, nil
}
