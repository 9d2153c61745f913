package outlier

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// imported lays out a tree of scikit-learn as ours: kids side by side, after their parent.
func (g goldenTree) imported() tree {
	t := tree{{}}
	var put func(to, from int)
	put = func(to, from int) {
		n := node{column: -1, samples: int32(g.N[from])}
		if g.L[from] >= 0 {
			n.column, n.threshold, n.kid = int32(g.Map[g.F[from]]), roundDown(g.T[from]), int32(len(t))
			t = append(t, node{}, node{})
			put(int(n.kid), g.L[from])
			put(int(n.kid)+1, g.R[from])
		}
		t[to] = n
	}
	put(0, 0)
	return t
}

func (g goldenForest) imported(cols int) *Forest {
	f := &Forest{cols: cols, samples: g.Psi, offset: autoOffset, trees: mapped(g.Trees, goldenTree.imported)}
	f.packed = mapped(f.trees, func(t tree) packedTree { return pack(t, averagePaths(g.Psi)) })
	return f
}

func TestForestScoresAreScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		for name, want := range map[string]goldenForest{"default": g.Default, "columns": g.MaxFeat, "samples": g.Small} {
			f := want.imported(g.D)
			for _, tr := range f.trees {
				if err := tr.check(g.D, int32(want.Psi)); err != nil {
					t.Fatal(err)
				}
			}
			scores := must(f.Scores(g.table(), 1))
			wantNear(t, name, scores, want.Score, 1e-12)
			if c := want.KW.Contamination; c > 0 {
				f.offset = weightedPercentile(scores, nil, c)
			}
			wantNear(t, name+" offset", []float64{f.offset}, []float64{want.Offset}, 1e-12)
			outliers := 0
			for _, s := range scores {
				if f.Outlier(s) {
					outliers++
				}
			}
			if outliers != want.NOut {
				t.Errorf("%s: %d outliers, want %d", name, outliers, want.NOut)
			}
		}
	})
}

// ranks gives tied values the mean of their ranks.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, values[a]-values[b])) })
	out := make([]float64, len(values))
	at := 0
	for group := range tied(order, values) {
		for _, i := range group {
			out[i] = float64(at) + float64(len(group)-1)/2
		}
		at += len(group)
	}
	return out
}

func spearman(a, b []float64) float64 {
	a, b = ranks(a), ranks(b)
	mean := float64(len(a)-1) / 2
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - mean) * (b[i] - mean)
		aa += (a[i] - mean) * (a[i] - mean)
		bb += (b[i] - mean) * (b[i] - mean)
	}
	return ab / math.Sqrt(aa*bb)
}

func TestForestsGrowLikeScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		mean := make([]float64, g.N)
		area := 0.0
		for seed := range g.Growing.Seeds {
			f := must(FitForest(g.table(), nil, ForestParams{Seed: uint64(seed)}))
			odd := mapped(must(f.Scores(g.table(), 0)), func(s float64) float64 { return -s })
			area += must(AUROC(odd, g.positive())) / float64(g.Growing.Seeds)
			if rho := spearman(odd, g.Growing.MeanScore); rho < g.Growing.RhoMin-.011 {
				t.Errorf("seed %d: rank correlation %v with the mean of scikit-learn's forests", seed, rho)
			}
			for i := range mean {
				mean[i] += odd[i] / float64(g.Growing.Seeds)
			}
		}
		se := g.Growing.AUROCSD * math.Sqrt(2/float64(g.Growing.Seeds))
		wantNear(t, "mean AUROC", []float64{area}, []float64{g.Growing.AUROCMean}, 3*se)
		if rho := spearman(mean, g.Growing.MeanScore); rho < .998 {
			t.Errorf("rank correlation of mean scores: %v", rho)
		}
		wantNear(t, "mean score", mean, g.Growing.MeanScore, .01)
	})
}

func TestForestDoesNotDependOnOrderWeightsOrWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for i := range 40 {
		x := randomTable(r, 2+r.IntN(700), 1+r.IntN(5))
		p := ForestParams{Trees: 5, Seed: uint64(i), Contamination: float64(i%5) / 10, Workers: 1, Columns: 1 + r.IntN(x.Cols)}
		want := must(FitForest(x, nil, p))
		y, _ := shuffled(r, x)
		p.Workers = 3
		if !reflect.DeepEqual(must(FitForest(y, nil, p)), want) {
			t.Fatal("the forest depends on the order of rows or on workers")
		}
		grouped, weights := group(y)
		if !reflect.DeepEqual(must(FitForest(grouped, weights, p)), want) {
			t.Fatal("a weight is not so many rows")
		}
		a, b := must(want.Scores(x, 1)), must(want.Scores(x, 4))
		if !reflect.DeepEqual(a, b) {
			t.Fatal("scores depend on workers")
		}
	}
}

// TestLargeForestDoesNotDependOnOrderOrWorkers has a table that is hashed in several
// parts, and of which most rows are not drawn; some buckets hold hundreds of rows.
func TestLargeForestDoesNotDependOnOrderOrWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	for _, cols := range []int{1, 4} {
		x := randomTable(r, 3*hashRows+77, cols)
		p := ForestParams{Trees: 20, Samples: 64, Seed: r.Uint64(), Workers: 1}
		want := must(FitForest(x, nil, p))
		y, _ := shuffled(r, x)
		p.Workers = 3
		if !reflect.DeepEqual(must(FitForest(y, nil, p)), want) {
			t.Fatal("the forest depends on the order of rows or on workers")
		}
		if weights := slices.Repeat([]int{1}, x.Rows); !reflect.DeepEqual(must(FitForest(y, weights, p)), want) {
			t.Fatal("rows of weight 1 are not rows")
		}
	}
}

// group puts identical rows together.
func group(x Matrix) (Matrix, []int) {
	var rows, weights []int
	for i := range x.Rows {
		at := slices.IndexFunc(rows, func(r int) bool { return compareRows(x.Row(r), x.Row(i)) == 0 })
		if at < 0 {
			at = len(rows)
			rows, weights = append(rows, i), append(weights, 0)
		}
		weights[at]++
	}
	return x.Select(rows), weights
}

// walk scores one row by its nodes, with nothing packed.
func walk(f *Forest, row []float64) float64 {
	numbers := make([]float32, len(row))
	single(numbers, row)
	sum := 0.0
	for _, t := range f.trees {
		leaf := t.find(numbers)
		sum += float64(t.depths()[leaf]) + averagePath(int(t[leaf].samples))
	}
	return sum / float64(len(f.trees))
}

func TestPackedTreesScoreLikeTheirNodes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 30 {
		x := randomTable(r, 1+r.IntN(600), 1+r.IntN(6))
		f := must(FitForest(x, nil, ForestParams{Trees: 7, Seed: r.Uint64(), Samples: 1 + r.IntN(500)}))
		for _, tr := range f.trees {
			if err := tr.check(x.Cols, int32(f.samples)); err != nil {
				t.Fatal(err)
			}
		}
		edge := x.Row(0)
		for j, v := range []float64{math.Copysign(0, -1), 0, math.MaxFloat32, -math.MaxFloat32, 1e-46} {
			edge[j%x.Cols] = v
		}
		got := must(f.PathLengths(x, 2))
		for i := range x.Rows {
			wantNear(t, "path", got[i:i+1], []float64{walk(f, x.Row(i))}, 1e-12)
		}
	}
}

func TestKeysOrderLikeNumbers(t *testing.T) {
	values := []float32{-math.MaxFloat32, -2, -1, -math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32, 1, 2, math.MaxFloat32}
	for i, a := range values {
		for j, b := range values {
			if (key(a) < key(b)) != (i < j) {
				t.Error(a, b)
			}
		}
	}
	if key(float32(math.Copysign(0, -1))) != key(0) {
		t.Error("zeros differ")
	}
}

func TestForestOfFewRows(t *testing.T) {
	one := must(FitForest(Zeros(1, 2), nil, ForestParams{Trees: 3}))
	if got := must(one.Scores(Zeros(3, 2), 0)); !slices.Equal(got, []float64{-.5, -.5, -.5}) {
		t.Error(got)
	}
	alike := must(FitForest(Zeros(50, 2), nil, ForestParams{Contamination: .1}))
	for _, s := range must(alike.Scores(Zeros(3, 2), 0)) {
		if alike.Outlier(s) {
			t.Error("a row like all others is an outlier")
		}
	}
	if got, err := alike.Scores(Matrix{Cols: 2}, 0); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
}

func TestNeighboursAmongNumbersAreToldApart(t *testing.T) {
	low, high := float32(1e9), math.Nextafter32(1e9, 2e9) // no threshold lies between them
	x := must(NewMatrix([][]float64{{float64(low)}, {float64(high)}}))
	for _, tree := range must(FitForest(x, nil, ForestParams{Trees: 20})).trees {
		if err := tree.check(1, 2); err != nil || len(tree) != 3 || tree[0].threshold != low {
			t.Fatal(tree, err)
		}
	}
}

func TestForestRefuses(t *testing.T) {
	x := randomTable(rand.New(rand.NewPCG(5, 5)), 50, 3)
	for name, p := range map[string]ForestParams{
		"trees":           {Trees: -1},
		"too many trees":  {Trees: 1 << 20},
		"samples":         {Samples: -1},
		"share":           {SampleShare: 1.5},
		"no row":          {SampleShare: .001},
		"share NaN":       {SampleShare: math.NaN()},
		"columns":         {Columns: 4},
		"columns below 0": {Columns: -1},
		"contamination":   {Contamination: .51},
		"NaN":             {Contamination: math.NaN()},
	} {
		if _, err := FitForest(x, nil, p); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, w := range map[string][]int{"few weights": {1}, "zero": make([]int, 50), "huge": slices.Repeat([]int{math.MaxInt / 2}, 50)} {
		if _, err := FitForest(x, w, ForestParams{}); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := must(FitForest(x, nil, ForestParams{}))
	if _, err := f.Scores(Zeros(1, 2), 0); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
	if _, err := f.Scores(Matrix{Rows: 1, Cols: 3, Data: []float64{0, 1e39, 0}}, 0); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestDistinctDrawsEachSetAlike(t *testing.T) {
	seen := map[[2]int]int{}
	taken := newTaken(5)
	r := generator(1, 2)
	for range 20000 {
		draw := make([]int, 2)
		distinct(r, draw, 5, taken)
		slices.Sort(draw)
		seen[[2]int(draw)]++
	}
	for pair, n := range seen {
		if pair[0] == pair[1] || math.Abs(float64(n)-2000) > 5*math.Sqrt(2000) {
			t.Errorf("%v: %d of 2000", pair, n)
		}
	}
	if len(seen) != 10 {
		t.Error(seen)
	}
	draw := make([]int, 50)
	distinct(r, draw, 1<<40, taken) // more than there are bits for
	if len(taken.far) != 0 || slices.Max(draw) < 1<<30 {
		t.Error(draw)
	}
}
