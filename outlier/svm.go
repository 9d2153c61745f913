package outlier

import (
	"fmt"
	"math"
)

// SGDParams say how a one-class support vector machine is learnt. The zero
// value is scikit-learn's default.
type SGDParams struct {
	Nu        float64 // in (0, 1]: about the share of rows to be left outside; 0: 0.5
	Epochs    int     // at most; 0: 1000
	Tolerance float64 // what the mean loss must fall in five epochs to go on; 0: 0.001
	Seed      uint32  // of the order in which rows are visited; scikit-learn draws it of its random_state
	KeepOrder bool    // rows are visited as scikit-learn visits them as given, and not in an order of their own
}

// OneClassSVM is a linear one-class support vector machine learnt by stochastic
// gradient descent (scikit-learn's SGDOneClassSVM). It parts the rows from the origin by a plane, and is
// a weak detector on scaled rows, whose mean is the origin.
type OneClassSVM struct {
	Weights []float64 `json:"weights"`
	Offset  float64   `json:"offset"`
	Epochs  int       `json:"epochs"` // that it took; all there may be where it did not settle
}

// FitOneClassSVM learns from the rows of x.
func FitOneClassSVM(x Matrix, p SGDParams) (*OneClassSVM, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	p, err := p.filled()
	if err != nil {
		return nil, err
	}
	return descend(x, p.visits(x), p)
}

// visits is the order of rows that the first epoch begins with.
func (p SGDParams) visits(x Matrix) []int32 {
	if !p.KeepOrder {
		return canonicalOrder(x)
	}
	order := make([]int32, x.Rows)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

// descend learns from rows, and mixes order.
func descend(x Matrix, order []int32, p SGDParams) (*OneClassSVM, error) {
	s := newDescent(x, order, p)
	epochs := s.run(p)
	m := &OneClassSVM{Weights: s.w, Offset: 1 - s.intercept, Epochs: epochs}
	if m.check(x.Cols) != nil {
		return nil, fmt.Errorf("%w: the numbers are too large to learn from; scale them before", ErrInput)
	}
	return m, nil
}

func (p SGDParams) filled() (SGDParams, error) {
	if p.Nu == 0 {
		p.Nu = .5
	}
	if p.Epochs == 0 {
		p.Epochs = 1000
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-3
	}
	if !(p.Nu > 0 && p.Nu <= 1) || p.Epochs < 1 || !(p.Tolerance > 0) {
		return p, fmt.Errorf("%w: nu %v, %d epochs, tolerance %v", ErrInput, p.Nu, p.Epochs, p.Tolerance)
	}
	return p, nil
}

// descent is the state of the learning. The rate is that of "optimal" in
// scikit-learn (Bottou, 2012): 1/(alpha·(t0+t)).
type descent struct {
	x                Matrix
	order            []int32
	seed             uint32
	alpha, start     float64
	w                []float64
	intercept, steps float64
}

func newDescent(x Matrix, order []int32, p SGDParams) *descent {
	s := &descent{x: x, order: order, seed: p.Seed, alpha: p.Nu / 2, w: make([]float64, x.Cols), intercept: 1, steps: 1}
	typical := math.Sqrt(1 / math.Sqrt(s.alpha))
	s.start = 1 / (typical * s.alpha)
	return s
}

// run does epochs until the loss has not fallen by the tolerance five times in a row.
func (s *descent) run(p SGDParams) (epochs int) {
	best, worse := math.Inf(1), 0
	for epochs < p.Epochs && worse < 5 {
		epochs++
		s.shuffle()
		loss := 0.0
		for _, row := range s.order {
			loss += s.step(s.x.Row(int(row)))
		}
		if loss > best-p.Tolerance*float64(s.x.Rows) {
			worse++
		} else {
			worse = 0
		}
		best = min(best, loss)
	}
	return epochs
}

// shuffle mixes the order that the last epoch left, from the same seed in every
// epoch, with the generator of scikit-learn (xorshift; Marsaglia, 2003).
func (s *descent) shuffle() {
	seed := s.seed
	if seed == 0 {
		seed = 1
	}
	for i := range len(s.order) - 1 {
		seed ^= seed << 13
		seed ^= seed >> 17
		seed ^= seed << 5
		j := i + int(seed%(1<<31))%(len(s.order)-i)
		s.order[i], s.order[j] = s.order[j], s.order[i]
	}
}

// step learns from a row and returns its loss.
func (s *descent) step(row []float64) float64 {
	p := dot(s.w, row) + s.intercept
	rate := 1 / (s.alpha * (s.start + s.steps - 1))
	update := 0.0
	if p <= 1 {
		update = rate
	}
	shrink := max(0, 1-rate*s.alpha)
	for j, v := range row {
		s.w[j] = float64(s.w[j]*shrink) + float64(update*v)
	}
	s.intercept += update - 2*rate*s.alpha
	s.steps++
	return max(0, 1-p)
}

func dot(a, b []float64) (sum float64) {
	for j, v := range a {
		sum += float64(v * b[j])
	}
	return sum
}

// Decisions returns the signed distance of each row from the plane, times the
// length of the weights; below 0 lies an outlier.
func (m *OneClassSVM) Decisions(x Matrix) ([]float64, error) {
	if err := x.checkCols(len(m.Weights)); err != nil {
		return nil, err
	}
	out := make([]float64, x.Rows)
	for i := range out {
		out[i] = dot(m.Weights, x.Row(i)) - m.Offset
	}
	return out, nil
}

func (m *OneClassSVM) check(cols int) error {
	if len(m.Weights) != cols {
		return fmt.Errorf("one-class SVM: %d weights for %d columns", len(m.Weights), cols)
	}
	for _, v := range append([]float64{m.Offset}, m.Weights...) {
		if !finite(v) {
			return fmt.Errorf("one-class SVM: a weight or the offset is %v", v)
		}
	}
	return nil
}
