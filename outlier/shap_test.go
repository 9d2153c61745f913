package outlier

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// expect is what a tree says where only the columns of set are known.
func expect(t tree, values []float64, row []float32, set uint, i int32) float64 {
	n := t[i]
	if n.leaf() {
		return values[i]
	}
	if set>>n.column&1 == 1 {
		return expect(t, values, row, set, t.next(i, row))
	}
	left, right := expect(t, values, row, set, n.kid), expect(t, values, row, set, n.kid+1)
	return (left*float64(t[n.kid].samples) + right*float64(t[n.kid+1].samples)) / float64(n.samples)
}

// shapley averages over all orders in which columns become known.
func shapley(t tree, values []float64, row []float32) []float64 {
	cols := len(row)
	factorial := []float64{1, 1, 2, 6, 24, 120, 720, 5040, 40320}
	phi := make([]float64, cols)
	for set := range uint(1 << cols) {
		size := bits.OnesCount(set)
		for j := range cols {
			if set>>j&1 == 0 {
				gain := expect(t, values, row, set|1<<j, 0) - expect(t, values, row, set, 0)
				phi[j] += factorial[size] * factorial[cols-size-1] / factorial[cols] * gain
			}
		}
	}
	return phi
}

func TestExplanationsAreShapleyValues(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 25 {
		x := randomTable(r, 2+r.IntN(100), 1+r.IntN(7))
		f := must(FitForest(x, nil, ForestParams{Trees: 4, Seed: r.Uint64()}))
		row := x.Row(r.IntN(x.Rows))
		got := must(f.Explain(row))
		numbers, want := make([]float32, x.Cols), make([]float64, x.Cols)
		single(numbers, row)
		for i, tr := range f.trees {
			for j, v := range shapley(tr, f.packed[i].paths, numbers) {
				want[j] += v / float64(len(f.trees))
			}
		}
		wantNear(t, "Shapley values", got.Contributions, want, 1e-9)
	}
}

func TestExplanationsAddUpToThePath(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		f := must(FitForest(g.table(), nil, ForestParams{}))
		x := g.table().Select([]int{0, 1, 2, 100, 200})
		paths := must(f.PathLengths(x, 1))
		for i := range x.Rows {
			e := must(f.Explain(x.Row(i)))
			sum := e.Base
			for _, v := range e.Contributions {
				sum += v
			}
			wantNear(t, "sum", []float64{sum}, paths[i:i+1], 1e-9)
		}
		if _, err := f.Explain(make([]float64, g.D-1)); !errors.Is(err, ErrInput) {
			t.Error(err)
		}
	})
}
