package outlier

import (
	"math/rand/v2"
	"testing"
)

// benchTable is 200,000 rows of 11 columns, in clusters.
func benchTable() Matrix {
	r := rand.New(rand.NewPCG(1, 1))
	x := Zeros(200_000, 11)
	for i := range x.Rows {
		for j := range x.Row(i) {
			x.Row(i)[j] = r.NormFloat64() + float64(i%7*j)
		}
	}
	return x
}

func BenchmarkForestFit(b *testing.B) {
	x := benchTable()
	b.ReportAllocs()
	for b.Loop() {
		must(FitForest(x, nil, ForestParams{Workers: 1}))
	}
}

func BenchmarkForestScores(b *testing.B) {
	x := benchTable()
	f := must(FitForest(x, nil, ForestParams{Workers: 1}))
	b.ReportAllocs()
	for b.Loop() {
		must(f.Scores(x, 1))
	}
	b.ReportMetric(float64(x.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkForestExplain(b *testing.B) {
	x := benchTable()
	f := must(FitForest(x, nil, ForestParams{Workers: 1}))
	for b.Loop() {
		must(f.Explain(x.Row(0)))
	}
}
