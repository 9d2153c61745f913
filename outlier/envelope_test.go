package outlier

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func (c goldenCovariance) one() (support int) {
	if err := json.Unmarshal(c.Support, &support); err != nil {
		panic(err)
	}
	return support
}

func TestEnvelopesAreLikeScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		x := g.table().Columns(g.EE.Cols)
		least, most := slices.Min(g.EE.NSup)-3, slices.Max(g.EE.NSup)+3
		seeds := uint64(5)
		if g.EE.Line.Loc != nil { // the package's own table
			seeds = 2
		}
		for seed := range seeds {
			e := must(FitEnvelope(x, EnvelopeParams{Seed: seed}))
			if e.Support < least || e.Support > most {
				t.Errorf("seed %d: support %d, want %d to %d", seed, e.Support, least, most)
			}
			off := func(want float64) bool { return math.Abs(e.Offset-want) <= .01*math.Abs(want) }
			if !slices.ContainsFunc(g.EE.Offsets, off) {
				t.Errorf("seed %d: offset %v, want one of %v", seed, e.Offset, g.EE.Offsets)
			}
			odd := mapped(must(e.Scores(x)), func(s float64) float64 { return -s })
			area := must(AUROC(odd, g.positive()))
			if area < slices.Min(g.EE.AUROC)-.001 || area > slices.Max(g.EE.AUROC)+.001 {
				t.Errorf("seed %d: AUROC %v, want %v", seed, area, g.EE.AUROC)
			}
			if i := slices.Index(g.EE.NSup, e.Support); i == 0 {
				wantNear(t, "location", e.Location, g.EE.Loc, .05)
				wantNear(t, "covariance", e.Covariance, g.EE.Cov, .05*slices.Max(g.EE.Cov))
			}
		}
	})
}

func TestEnvelopesOfFewRowsAndOfOneColumn(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		if g.EE.Line.Loc == nil {
			return
		}
		x := g.table().Columns(g.EE.Cols)
		line := must(FitEnvelope(x.Columns([]int{0}), EnvelopeParams{}))
		wantNear(t, "one column", []float64{line.Location[0], line.Covariance[0], line.Offset, float64(line.Support)},
			[]float64{g.EE.Line.Loc[0], g.EE.Line.Cov[0], g.EE.Line.Offset, float64(g.EE.Line.one())}, 1e-9)
		rows := make([]int, 300)
		for i := range rows {
			rows[i] = i
		}
		small := must(FitEnvelope(x.Select(rows), EnvelopeParams{Support: .8}))
		if math.Abs(float64(small.Support-g.EE.Small.one())) > 3 || math.Abs(small.Offset/g.EE.Small.Offset-1) > .02 {
			t.Errorf("support %d, offset %v; want %d, %v", small.Support, small.Offset, g.EE.Small.one(), g.EE.Small.Offset)
		}
	})
}

func TestQuantilesAreScipys(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		for _, want := range g.EE.Chi2 {
			wantNear(t, "quantile", []float64{distuv.ChiSquared{K: want[0]}.Quantile(want[1])}, want[2:], 1e-9)
		}
	})
}

func TestEnvelopeDoesNotDependOnOrderOrWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	for _, rows := range []int{60, 1501} {
		x := Zeros(rows, 4)
		for i := range x.Rows {
			for j := range 3 {
				x.Row(i)[j] = r.NormFloat64() * (1 + float64(j))
			}
			if i%20 == 0 {
				x.Row(i)[1] += 30
			}
		}
		a := must(FitEnvelope(x, EnvelopeParams{Workers: 1}))
		other, order := shuffled(r, x)
		b := must(FitEnvelope(other, EnvelopeParams{Workers: 3}))
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%d rows: the envelope depends on the order of rows or on workers", rows)
		}
		if !slices.Equal(a.Columns, []int{0, 1, 2}) {
			t.Errorf("columns %v: the last does not vary", a.Columns)
		}
		scores := must(b.Scores(other))
		for i, row := range order {
			if row%20 == 0 && !b.Outlier(scores[i]) {
				t.Fatalf("%d rows: a far row is inside", rows)
			}
		}
	}
}

func TestEnvelopeRefuses(t *testing.T) {
	alike := Zeros(100, 2)
	for i := range 20 {
		alike.Data[i] = float64(i)
	}
	for name, err := range map[string]error{
		"constant":      second(FitEnvelope(Zeros(10, 2), EnvelopeParams{})),
		"alike":         second(FitEnvelope(alike, EnvelopeParams{})),
		"alike line":    second(FitEnvelope(alike.Columns([]int{0}), EnvelopeParams{})),
		"contamination": second(FitEnvelope(alike, EnvelopeParams{Contamination: 2})),
		"support":       second(FitEnvelope(alike, EnvelopeParams{Support: math.NaN()})),
		"huge":          second(FitEnvelope(must(NewMatrix([][]float64{{1e300, 1}, {-1e300, 2}, {3, 3}})), EnvelopeParams{})),
	} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
