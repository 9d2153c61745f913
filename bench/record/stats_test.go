package record

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{1, 4}, 2.5}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{1, 1, 1, 100}, 1},
	} {
		given := slices.Clone(c.values)
		if got := Median(c.values); got != c.want {
			t.Errorf("Median(%v) = %v, not %v", c.values, got, c.want)
		}
		if !slices.Equal(given, c.values) {
			t.Errorf("median reordered %v: rounds must keep their order", given)
		}
	}
	if got := Median([]int64{1, 2}); got != 1 {
		t.Errorf("median of whole numbers is %d", got)
	}
}

// Half of the values lie on each side of the median, whatever they are.
func TestMedianIsInTheMiddle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		values := make([]float64, 1+rng.IntN(20))
		for i := range values {
			values[i] = float64(rng.IntN(10))
		}
		m, below, above := Median(values), 0, 0
		for _, v := range values {
			if v < m {
				below++
			}
			if v > m {
				above++
			}
		}
		if 2*below > len(values) || 2*above > len(values) {
			t.Fatalf("Median(%v) = %v", values, m)
		}
	}
}

// A slow round that slows everyone leaves the ratio as it is; dividing medians,
// or means, would not.
func TestRatiosGoRoundByRound(t *testing.T) {
	ours, theirs := []float64{1, 10, 2}, []float64{3, 30, 6}
	if got := Median(Ratios(theirs, ours)); got != 3 {
		t.Errorf("got %v, not 3", got)
	}
	ours, theirs = []float64{1, 9, 1}, []float64{2, 2, 9}
	if got := Median(Ratios(theirs, ours)); got != 2 {
		t.Errorf("got %v, not 2", got)
	}
	if got := Ratios([]float64{1, 2}, []float64{1}); len(got) != 1 {
		t.Errorf("a round that one side lacks gave %v", got)
	}
}

func TestExtremes(t *testing.T) {
	if least, most := Extremes([]float64{2, 1, 3}); least != 1 || most != 3 {
		t.Error(least, most)
	}
}
