package report

import (
	"math"
	"slices"
)

// cells is how finely a curve is sampled in each direction: as finely as a wide
// screen shows it.
const cells = 500

// Curve is how often names are seen, over their percent rank.
type Curve struct {
	Names    int          `json:"names"`    // distinct names
	Frequent float64      `json:"frequent"` // the least percent rank of a frequent name
	Rare     float64      `json:"rare"`     // names below this percent rank are rare
	Steps    int          `json:"steps"`    // different counts, each a step of the curve
	Points   []CurvePoint `json:"points"`   // the steps, or fewer of them
}

// CurvePoint is a step of a curve: Names names that are seen Count times.
type CurvePoint struct {
	Percent float64 `json:"percent"` // (rank − 1)/(n − 1), ties sharing the lowest rank; 0 if n is 1
	Count   int64   `json:"count"`
	Names   int     `json:"names"`
}

// NewCurve takes how often each name of a day is seen, in any order, and the two
// thresholds. Counts are not changed. Of many steps it keeps those that enter a new
// cell of a grid of percent rank by logarithm of the count, which is at most two
// for each of its lines, the first and the last.
func NewCurve(counts []int64, frequent, rare float64) *Curve {
	c := &Curve{Names: len(counts), Frequent: frequent, Rare: rare, Points: []CurvePoint{}}
	steps := steps(counts)
	c.Steps = len(steps)
	if len(steps) == 0 {
		return c
	}
	top := math.Log1p(float64(steps[len(steps)-1].Count))
	cell := func(p CurvePoint) [2]int {
		return [2]int{int(p.Percent * cells), int(math.Log1p(float64(p.Count)) / top * cells)}
	}
	for i, p := range steps {
		if i == 0 || i == len(steps)-1 || cell(p) != cell(c.Points[len(c.Points)-1]) {
			c.Points = append(c.Points, p)
		}
	}
	return c
}

// steps are all different counts in order, with their percent ranks.
func steps(counts []int64) []CurvePoint {
	sorted := slices.Sorted(slices.Values(counts))
	var out []CurvePoint
	for i, n := range sorted {
		if i == 0 || n != sorted[i-1] {
			p := CurvePoint{Count: n}
			if len(sorted) > 1 {
				p.Percent = float64(i) / float64(len(sorted)-1)
			}
			out = append(out, p)
		}
		out[len(out)-1].Names++
	}
	return out
}
