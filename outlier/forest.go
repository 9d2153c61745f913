package outlier

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// maxSamples is the most rows that a tree of an isolation forest is grown of,
// so that a node fits into eight bytes when rows are scored.
const maxSamples = 1 << 15

// maxTrees is the most trees of a model. More do not change its scores any more.
const maxTrees = 1 << 16

// autoOffset is the score below which a row counts as an outlier where no
// contamination is given: the score of a mean path of average length.
const autoOffset = -0.5

// ForestParams say how an isolation forest is grown. The zero value is
// scikit-learn's default.
type ForestParams struct {
	Trees         int     // 0: 100
	Samples       int     // rows that each tree is grown of; 0: 256; never more than there are, and at most 32,768
	SampleShare   float64 // in (0, 1], instead of Samples: a share of the rows
	Columns       int     // columns that each tree may ask for, drawn anew for each; 0: all
	Contamination float64 // in (0, 0.5]: the share of the rows of the fit that shall lie below the offset; 0: the offset is -0.5
	Seed          uint64
	Workers       int // goroutines; 0: one for each processor. The forest does not depend on it
}

// Forest is an isolation forest (Liu, Ting and Zhou, 2008). Use FitForest or
// Read to get one; it may be used by several goroutines at once.
type Forest struct {
	cols    int // of the rows
	samples int // rows that each tree is grown of
	offset  float64
	trees   []tree
	packed  []packedTree // of the trees, in their order
}

// FitForest grows a forest over the rows of x. Row i counts weights[i] times; nil
// means once each. The forest is the same for every order of the rows, and
// the same whether a row comes twice or has weight 2.
func FitForest(x Matrix, weights []int, p ForestParams) (*Forest, error) {
	if err := x.checkShape(); err != nil {
		return nil, err
	}
	order, single := newBuckets(x, p.Workers)
	if !single {
		return nil, x.checkSingle()
	}
	draws, p, err := order.draws(weights, p)
	if err != nil {
		return nil, err
	}
	from, paths := newSample(x, draws), averagePaths(p.Samples)
	f := &Forest{cols: x.Cols, samples: p.Samples, offset: autoOffset, trees: make([]tree, p.Trees), packed: make([]packedTree, p.Trees)}
	parallel(p.Trees, p.Workers, func() *grower { return newGrower(from, p) }, func(g *grower, i int) {
		f.trees[i] = g.tree(draws[i])
		f.packed[i] = pack(f.trees[i], paths)
	})
	if p.Contamination == 0 {
		return f, nil
	}
	scores, err := f.Scores(x, p.Workers)
	if err != nil {
		return nil, err
	}
	f.offset = weightedPercentile(scores, weights, p.Contamination)
	return f, nil
}

// filled puts in what is meant by zeros, and says what is out of range.
func (p ForestParams) filled(rows, cols int) (ForestParams, error) {
	if p.Trees == 0 {
		p.Trees = 100
	}
	switch {
	case p.SampleShare < 0 || p.SampleShare > 1 || math.IsNaN(p.SampleShare):
		return p, fmt.Errorf("%w: a share of %v of the rows for each tree is not in (0, 1]", ErrInput, p.SampleShare)
	case p.SampleShare > 0:
		p.Samples = int(p.SampleShare * float64(rows))
	case p.Samples == 0:
		p.Samples = min(256, rows)
	}
	p.Samples = min(p.Samples, rows)
	if p.Columns == 0 {
		p.Columns = cols
	}
	switch {
	case p.Trees < 1 || p.Trees > maxTrees:
		return p, fmt.Errorf("%w: %d trees", ErrInput, p.Trees)
	case p.Samples < 1 || p.Samples > maxSamples:
		return p, fmt.Errorf("%w: %d rows for each tree, of 1 to %d", ErrInput, p.Samples, maxSamples)
	case p.Columns < 1 || p.Columns > cols || cols > math.MaxUint16:
		return p, fmt.Errorf("%w: %d of %d columns for each tree", ErrInput, p.Columns, cols)
	case !(p.Contamination >= 0 && p.Contamination <= .5):
		return p, fmt.Errorf("%w: a contamination of %v is not in (0, 0.5]", ErrInput, p.Contamination)
	}
	return p, nil
}

// Columns is the number of columns of the rows that f was grown over.
func (f *Forest) Columns() int { return f.cols }

// Trees is the number of trees.
func (f *Forest) Trees() int { return len(f.trees) }

// Samples is the number of rows that each tree was grown of.
func (f *Forest) Samples() int { return f.samples }

// Offset is the score below which a row counts as an outlier.
func (f *Forest) Offset() float64 { return f.offset }

// Outlier says whether a score is below the offset. A score that equals it is not.
func (f *Forest) Outlier(score float64) bool { return score-f.offset < 0 }

// averagePath is c(n): the mean length of an unsuccessful search in a binary
// search tree of n keys, which stands for the part of the tree that was not grown.
func averagePath(n int) float64 {
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	const gamma = 0.57721566490153286060651209008240243
	m := float64(n)
	return 2*(math.Log(m-1)+gamma) - 2*(m-1)/m
}

// averagePaths is averagePath for 0 to n.
func averagePaths(n int) []float64 {
	paths := make([]float64, n+1)
	for i := range paths {
		paths[i] = averagePath(i)
	}
	return paths
}

// maxDepth is the depth at which trees over so many rows end: ceil(log2(max(samples, 2))).
func maxDepth(samples int) int { return bits.Len(uint(max(samples, 2) - 1)) }

// weightedPercentile is the number below which the given share of values lies,
// value i counted weights[i] times, linear between neighbours (numpy.percentile).
func weightedPercentile(values []float64, weights []int, share float64) float64 {
	rank := make([]int32, len(values))
	for i := range rank {
		rank[i] = int32(i)
	}
	slices.SortFunc(rank, func(a, b int32) int { return cmp.Compare(values[a], values[b]) })
	// The weights were checked when the forest was grown.
	sorted, _ := newPopulation(rank, weights)
	at := func(i int) float64 { return values[sorted.row(min(i, sorted.size()-1))] }
	position := float64(sorted.size()-1) * (100 * share / 100)
	whole := math.Floor(position)
	return between(at(int(whole)), at(int(whole)+1), position-whole)
}

// between is numpy's interpolation, in its order of operations: a score at the
// offset must not be moved across it by rounding.
func between(a, b, t float64) float64 {
	if t >= .5 {
		return b - float64((b-a)*(1-t))
	}
	return a + float64((b-a)*t)
}
