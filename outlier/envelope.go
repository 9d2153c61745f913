package outlier

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// EnvelopeParams say how a robust covariance is estimated. The zero value is
// scikit-learn's default.
type EnvelopeParams struct {
	Contamination float64 // in (0, 0.5]: the share of the rows of the fit that shall lie outside; 0: 0.1
	Support       float64 // in (0, 1]: the share of rows to be closest; 0: about half
	Seed          uint64
	Workers       int // goroutines; 0: one for each processor. The envelope does not depend on it
}

// Envelope is an ellipse around the closest rows: their minimum covariance
// determinant, corrected and reweighted (FastMCD; Rousseeuw and Van Driessen,
// 1999; scikit-learn's EllipticEnvelope). Columns that do not vary are left out.
type Envelope struct {
	Of         int       `json:"of"`         // columns of the rows
	Columns    []int     `json:"columns"`    // those that vary
	Location   []float64 `json:"location"`   // in them
	Covariance []float64 `json:"covariance"` // over the number of rows; row after row
	Precision  []float64 `json:"precision"`  // its pseudo-inverse
	Support    int       `json:"support"`    // rows that the estimate rests on
	Offset     float64   `json:"offset"`     // of scores
}

// FitEnvelope estimates the covariance of the rows of x.
func FitEnvelope(x Matrix, p EnvelopeParams) (*Envelope, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	if p.Contamination == 0 {
		p.Contamination = .1
	}
	if !(p.Contamination > 0 && p.Contamination <= .5) || !(p.Support >= 0 && p.Support <= 1) {
		return nil, fmt.Errorf("%w: contamination %v, support %v", ErrInput, p.Contamination, p.Support)
	}
	e := &Envelope{Of: x.Cols}
	_, covariance := spreadOf(x, nil)
	for j := range x.Cols {
		if varies(x, j) {
			e.Columns = append(e.Columns, j)
		}
	}
	if len(e.Columns) == 0 || !allFinite(covariance) {
		return nil, fmt.Errorf("%w: no column varies, or the numbers are too large", ErrInput)
	}
	x, _ = x.only(e.Columns).inOrder()
	raw := fastMCD(x, p)
	if err := e.reweigh(x, raw.distances); err != nil {
		return nil, err
	}
	scores := make([]float64, x.Rows)
	e.scores(scores, x)
	e.Offset = weightedPercentile(scores, nil, p.Contamination)
	if err := e.check(e.Of); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return e, nil
}

func varies(x Matrix, j int) bool {
	for i := range x.Rows {
		if x.Row(i)[j] != x.Row(0)[j] {
			return true
		}
	}
	return false
}

// reweigh takes mean and covariance anew of all rows that are not far out: by
// the raw distances, corrected to what they are among normal ones.
func (e *Envelope) reweigh(x Matrix, distances []float64) error {
	spread := distuv.ChiSquared{K: float64(x.Cols)}
	correction := median(distances) / spread.Quantile(.5)
	var support []int32
	for i, d := range distances {
		if d/correction < spread.Quantile(.975) {
			support = append(support, int32(i))
		}
	}
	if len(support) == 0 {
		return fmt.Errorf("%w: half of the rows are alike, so no distance from them can be told", ErrInput)
	}
	e.Support = len(support)
	e.Location, e.Covariance = spreadOf(x, support)
	s, ok := decompose(e.Covariance, x.Cols)
	if !ok {
		return fmt.Errorf("%w: the numbers are too large", ErrInput)
	}
	e.Precision = s.inverse()
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Scores returns minus the squared Mahalanobis distance of each row: 0 at the
// centre, the lower the farther.
func (e *Envelope) Scores(x Matrix) ([]float64, error) {
	if err := x.checkCols(e.Of); err != nil {
		return nil, err
	}
	out := make([]float64, x.Rows)
	e.scores(out, x.only(e.Columns))
	return out, nil
}

func (e *Envelope) scores(to []float64, x Matrix) {
	mahalanobis(to, x, e.Location, e.Precision)
	for i := range to {
		to[i] = -to[i]
	}
}

// Outlier says whether a score is below the offset. A score that equals it is not.
func (e *Envelope) Outlier(score float64) bool { return score-e.Offset < 0 }

func (e *Envelope) check(cols int) error {
	d := len(e.Columns)
	if e.Of != cols || d == 0 || len(e.Location) != d || len(e.Covariance) != d*d || len(e.Precision) != d*d {
		return fmt.Errorf("envelope: %d columns, %d means, %d covariances and %d precisions for %d columns", d, len(e.Location), len(e.Covariance), len(e.Precision), cols)
	}
	for i, j := range e.Columns {
		if j < 0 || j >= cols || i > 0 && e.Columns[i-1] >= j {
			return fmt.Errorf("envelope: column %d of %d", j, cols)
		}
	}
	if !allFinite(e.Location) || !allFinite(e.Covariance) || !allFinite(e.Precision) || !finite(e.Offset) || e.Support < 1 {
		return fmt.Errorf("envelope: a number is not finite, or there is no support")
	}
	return nil
}

// supportSize is how many of n rows are to be closest.
func supportSize(n, cols int, share float64) int {
	if share == 0 {
		return min(n, int(math.Ceil(.5*float64(n+cols+1))))
	}
	return max(1, int(share*float64(n)))
}
