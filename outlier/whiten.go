package outlier

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Whitening turns rows along their principal components and stretches those to
// variance 1 (scikit-learn's PCA with whiten=True). Components that do not vary
// are left out: dividing by their spread would make noise of rounding.
type Whitening struct {
	Mean       []float64   `json:"mean"`
	Components [][]float64 `json:"components"` // unit vectors, largest variance first
	Variances  []float64   `json:"variances"`  // along them, over the rows less one
}

// flatVariance is the share of the largest variance below which a component
// counts as not varying: what rounding leaves of a sum of squares.
const flatVariance = 1e-12

// FitWhitening takes the principal components of x.
func FitWhitening(x Matrix) (*Whitening, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	return whiten(x, canonicalOrder(x))
}

// whiten adds the rows up in the given order.
func whiten(x Matrix, order []int32) (*Whitening, error) {
	if x.Rows < 2 {
		return nil, fmt.Errorf("%w: one row has no components", ErrInput)
	}
	mean, covariance := spreadOf(x, order)
	n := float64(x.Rows)
	for i := range covariance {
		covariance[i] *= n / (n - 1)
	}
	s, ok := decompose(covariance, x.Cols)
	if !ok {
		return nil, fmt.Errorf("%w: the numbers are too large for their components", ErrInput)
	}
	w := &Whitening{Mean: mean}
	for k := x.Cols - 1; k >= 0; k-- { // they come in ascending order
		if v := s.values[k]; v > flatVariance*s.values[x.Cols-1] {
			w.Components = append(w.Components, mat.Col(nil, k, &s.vectors))
			w.Variances = append(w.Variances, v)
		}
	}
	if len(w.Components) == 0 {
		return nil, fmt.Errorf("%w: no column varies", ErrInput)
	}
	return w, nil
}

// Dropped is the number of components left out.
func (w *Whitening) Dropped() int { return len(w.Mean) - len(w.Components) }

// Transform returns x along the components: as many columns as there are of them.
func (w *Whitening) Transform(x Matrix) (Matrix, error) {
	if err := x.checkCols(len(w.Mean)); err != nil {
		return Matrix{}, err
	}
	out := Zeros(x.Rows, len(w.Components))
	centred := make([]float64, x.Cols)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			centred[j] = v - w.Mean[j]
		}
		for k, c := range w.Components {
			out.Row(i)[k] = dot(centred, c) / math.Sqrt(w.Variances[k])
		}
	}
	return out, nil
}

func (w *Whitening) check(cols int) error {
	if len(w.Mean) != cols || len(w.Components) == 0 || len(w.Components) > cols || len(w.Variances) != len(w.Components) {
		return fmt.Errorf("whitening: %d means, %d components and %d variances for %d columns", len(w.Mean), len(w.Components), len(w.Variances), cols)
	}
	for k, c := range w.Components {
		if len(c) != cols || !(w.Variances[k] > 0) || !allFinite(c) || !finite(w.Variances[k]) {
			return fmt.Errorf("whitening: component %d is none", k)
		}
	}
	if !allFinite(w.Mean) {
		return fmt.Errorf("whitening: a mean is not finite")
	}
	return nil
}

func allFinite(values []float64) bool {
	for _, v := range values {
		if !finite(v) {
			return false
		}
	}
	return true
}

// DoSE is a one-class support vector machine over whitened columns.
type DoSE struct {
	Whitening *Whitening   `json:"whitening"`
	SVM       *OneClassSVM `json:"svm"`
}

// FitDoSE whitens x and learns a machine from it. The sign of a component, which
// nothing fixes, does not change the decisions.
func FitDoSE(x Matrix, p SGDParams) (*DoSE, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	p, err := p.filled()
	if err != nil {
		return nil, err
	}
	w, err := whiten(x, canonicalOrder(x))
	if err != nil {
		return nil, err
	}
	white, err := w.Transform(x)
	if err != nil {
		return nil, err
	}
	if err := white.check(); err != nil {
		return nil, err
	}
	svm, err := descend(white, p.visits(x), p)
	if err != nil {
		return nil, err
	}
	return &DoSE{Whitening: w, SVM: svm}, nil
}

// Decisions returns what OneClassSVM.Decisions says of the whitened rows.
func (d *DoSE) Decisions(x Matrix) ([]float64, error) {
	white, err := d.Whitening.Transform(x)
	if err != nil {
		return nil, err
	}
	return d.SVM.Decisions(white)
}

func (d *DoSE) check(cols int) error {
	if d.Whitening == nil || d.SVM == nil {
		return fmt.Errorf("DoSE: no whitening or no machine")
	}
	if err := d.Whitening.check(cols); err != nil {
		return err
	}
	return d.SVM.check(len(d.Whitening.Components))
}
