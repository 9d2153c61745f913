package outlier

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"testing"
)

// golden is what scikit-learn 1.2.1 makes of a table (testdata/golden.py).
type golden struct {
	Sklearn string
	N, D    int
	X       []float64
	Y       []int

	Default    goldenForest `json:"if_default"`
	MaxFeat    goldenForest `json:"if_maxfeat"`
	Small      goldenForest `json:"if_small"`
	Growing    goldenGrowth `json:"if_stat"`
	ScaledRow0 []float64    `json:"scaled_row0"`
	Scale      []float64
	SGD0       goldenSGD `json:"sgd0"`
	SGD12      goldenSGD `json:"sgd12"`
	Dose       goldenDose
	EE         goldenEnvelope
	DBSCAN     goldenClusters
	Fine       goldenClusters `json:"dbscan_fine"`
	RF         goldenClassifier
	Metrics    goldenMetrics
}

type goldenForest struct {
	KW struct {
		Contamination float64
		Estimators    int `json:"n_estimators"`
	}
	Trees  []goldenTree
	Score  []float64
	Offset float64
	Psi    int
	NOut   int
}

type goldenTree struct {
	F, L, R, N, Map []int
	T               []float64
}

type goldenGrowth struct {
	Seeds     int
	AUROCMean float64   `json:"auroc_mean"`
	AUROCSD   float64   `json:"auroc_sd"`
	MeanScore []float64 `json:"mean_score"`
	RhoMin    float64   `json:"rho_single_vs_mean_min"`
}

type goldenSGD struct {
	Seed      uint32
	Coef      []float64
	Offset    float64
	NIter     int `json:"n_iter"`
	AUROC     float64
	AUROCHard float64 `json:"auroc_hard"`
}

type goldenDose struct {
	Var      []float64
	AbsW0    []float64 `json:"absW0"`
	Decision []float64
	NOut     int
	Seed     uint32
}

type goldenEnvelope struct {
	goldenCovariance
	Cols    []int
	NSup    []int `json:"nsup"`
	Offsets []float64
	AUROC   []float64
	Small   goldenCovariance
	Line    goldenCovariance
	Chi2    [][3]float64
}

type goldenCovariance struct {
	Loc, Cov []float64
	Offset   float64
	Support  json.RawMessage `json:"nsup"`
}

type goldenClusters struct {
	Eps        float64
	MinSamples int `json:"min_samples"`
	Labels     []int
}

type goldenClassifier struct {
	AUROCMean    float64 `json:"auroc_mean"`
	AUROCSD      float64 `json:"auroc_sd"`
	Rows         int
	X            []float64
	Y            []int
	Importance   []float64
	ImportanceSD []float64 `json:"importance_sd"`
	Proba        []float64
	One          struct {
		Leaves, Depth, Root int
		Threshold           float64
		Importance          []float64
	}
}

type goldenMetrics struct {
	Score           []float64
	Y               []int
	AUROC, AP, Hard float64
	Q, Percentile   []float64
}

func (g golden) table() Matrix      { return Matrix{Rows: g.N, Cols: g.D, Data: g.X} }
func (g golden) positive() []bool   { return positives(g.Y) }
func (g golden) scaled() Matrix     { return must(must(FitScaler(g.table())).Transform(g.table())) }
func (g golden) varied() Matrix     { return g.scaled().Columns(varying(g.table())) }
func positives(y []int) (is []bool) { return mapped(y, func(v int) bool { return v > 0 }) }

func varying(x Matrix) (columns []int) {
	for j := range x.Cols {
		for i := range x.Rows {
			if x.Row(i)[j] != x.Row(0)[j] {
				columns = append(columns, j)
				break
			}
		}
	}
	return columns
}

func mapped[A, B any](from []A, do func(A) B) []B {
	to := make([]B, len(from))
	for i, v := range from {
		to[i] = do(v)
	}
	return to
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// eachGolden runs a test on the package's own file and, where it is there, on a
// larger one of the same shape.
func eachGolden(t *testing.T, test func(t *testing.T, g golden)) {
	for name, file := range map[string]string{"own": "testdata/golden.json", "large": "../../shared/data/models/golden_synth.json"} {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) && name != "own" {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		if g.Sklearn != "1.2.1" || len(g.X) != g.N*g.D || len(g.Y) != g.N {
			t.Fatalf("%s: of %q, %d x %d", file, g.Sklearn, g.N, g.D)
		}
		t.Run(name, func(t *testing.T) { test(t, g) })
	}
}

func wantNear(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
