package outlier

import (
	"fmt"
	"math"
)

// Scaler moves and stretches columns to mean 0 and standard deviation 1
// (scikit-learn's StandardScaler).
type Scaler struct {
	Mean  []float64 `json:"mean"`
	Scale []float64 `json:"scale"` // population standard deviation; 1 for a column that does not vary
}

// FitScaler takes mean and standard deviation of each column of x.
func FitScaler(x Matrix) (*Scaler, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	mean, variance := moments(x, canonicalOrder(x))
	s := &Scaler{Mean: mean, Scale: make([]float64, x.Cols)}
	n := float64(x.Rows)
	for j, v := range variance {
		if !finite(v) || !finite(mean[j]) {
			return nil, fmt.Errorf("%w: the numbers of column %d are too large to be scaled", ErrInput, j)
		}
		s.Scale[j] = math.Sqrt(v)
		// A column that only rounding varies counts as constant: the bound is
		// that of the error of the sums (Chan et al., 1983).
		const eps = 0x1p-52
		if v <= n*eps*v+math.Pow(n*mean[j]*eps, 2) {
			s.Scale[j] = 1
		}
	}
	return s, nil
}

// moments returns mean and population variance of each column, in two passes over
// the rows in the given order.
func moments(x Matrix, order []int32) (mean, variance []float64) {
	mean, variance = make([]float64, x.Cols), make([]float64, x.Cols)
	rest := make([]float64, x.Cols)
	n := float64(x.Rows)
	for _, row := range order {
		for j, v := range x.Row(int(row)) {
			mean[j] += v / n
		}
	}
	for _, row := range order {
		for j, v := range x.Row(int(row)) {
			d := v - mean[j]
			variance[j] += float64(d * d)
			rest[j] += d
		}
	}
	for j := range variance {
		variance[j] = (variance[j] - rest[j]*rest[j]/n) / n
	}
	return mean, variance
}

// Transform returns x scaled. It fails where the columns are not those of the fit.
func (s *Scaler) Transform(x Matrix) (Matrix, error) {
	if err := x.checkCols(len(s.Mean)); err != nil {
		return Matrix{}, err
	}
	out := Zeros(x.Rows, x.Cols)
	s.scale(out, x)
	return out, nil
}

// TransformInPlace is Transform without a copy: x itself is scaled.
func (s *Scaler) TransformInPlace(x Matrix) error {
	if err := x.checkCols(len(s.Mean)); err != nil {
		return err
	}
	s.scale(x, x)
	return nil
}

func (s *Scaler) scale(out, x Matrix) {
	for i := range x.Rows {
		to := out.Row(i)
		for j, v := range x.Row(i) {
			to[j] = (v - s.Mean[j]) / s.Scale[j]
		}
	}
}

func (s *Scaler) check(cols int) error {
	if len(s.Mean) != cols || len(s.Scale) != cols {
		return fmt.Errorf("scaler: %d means and %d scales for %d columns", len(s.Mean), len(s.Scale), cols)
	}
	for j := range s.Mean {
		if !finite(s.Mean[j]) || !finite(s.Scale[j]) || s.Scale[j] <= 0 {
			return fmt.Errorf("scaler: column %d has mean %v and scale %v", j, s.Mean[j], s.Scale[j])
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
