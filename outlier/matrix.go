package outlier

import (
	"errors"
	"fmt"
	"math"
)

// ErrInput is the kind of every error that the rows, labels or weights given
// cause: wrong shapes, numbers that are not finite, classes that are missing.
var ErrInput = errors.New("unusable input")

// Matrix is a table of numbers, row after row.
type Matrix struct {
	Rows, Cols int
	Data       []float64 // of length Rows·Cols; row i is Data[i·Cols : (i+1)·Cols]
}

// NewMatrix copies rows, which must be equally long, into a Matrix.
func NewMatrix(rows [][]float64) (Matrix, error) {
	if len(rows) == 0 {
		return Matrix{}, nil
	}
	m := Zeros(len(rows), len(rows[0]))
	for i, row := range rows {
		if len(row) != m.Cols {
			return Matrix{}, fmt.Errorf("%w: row %d has %d columns, the first has %d", ErrInput, i, len(row), m.Cols)
		}
		copy(m.Row(i), row)
	}
	return m, nil
}

// Zeros returns a table of zeros.
func Zeros(rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: make([]float64, rows*cols)}
}

// Row returns row i, which is not a copy.
func (m Matrix) Row(i int) []float64 { return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols] }

// Select returns a copy of the given rows, in the order given.
func (m Matrix) Select(rows []int) Matrix {
	out := Zeros(len(rows), m.Cols)
	for i, row := range rows {
		copy(out.Row(i), m.Row(row))
	}
	return out
}

// Columns returns a copy of the given columns, in the order given.
func (m Matrix) Columns(columns []int) Matrix {
	out := Zeros(m.Rows, len(columns))
	for i := range m.Rows {
		row, to := m.Row(i), out.Row(i)
		for j, c := range columns {
			to[j] = row[c]
		}
	}
	return out
}

// only is the given columns, in ascending order: m itself where they are all of its own.
func (m Matrix) only(columns []int) Matrix {
	if len(columns) == m.Cols {
		return m
	}
	return m.Columns(columns)
}

// check says what keeps m from being fitted: no rows, no columns, the wrong
// length, a number that is no number or infinite.
func (m Matrix) check() error { return m.checkUpTo(math.MaxFloat64) }

// checkSingle is check for what is used as float32: a number must not be
// infinite as such.
func (m Matrix) checkSingle() error { return m.checkUpTo(math.MaxFloat32) }

func (m Matrix) checkUpTo(most float64) error {
	if err := m.checkShape(); err != nil {
		return err
	}
	for i, v := range m.Data {
		if !(math.Abs(v) <= most) {
			return fmt.Errorf("%w: row %d, column %d holds %v; fill what is missing before", ErrInput, i/m.Cols, i%m.Cols, v)
		}
	}
	return nil
}

func (m Matrix) checkShape() error {
	switch {
	case m.Rows <= 0 || m.Cols <= 0:
		return fmt.Errorf("%w: a table of %d rows and %d columns", ErrInput, m.Rows, m.Cols)
	case m.Rows > math.MaxInt32:
		return fmt.Errorf("%w: %d rows are more than a model can number", ErrInput, m.Rows)
	case len(m.Data)/m.Cols != m.Rows || len(m.Data)%m.Cols != 0:
		return fmt.Errorf("%w: %d numbers are not %d rows of %d columns", ErrInput, len(m.Data), m.Rows, m.Cols)
	}
	return nil
}

// checkCols says whether rows can be given to a model of cols columns.
func (m Matrix) checkCols(cols int) error {
	if m.Cols != cols {
		return fmt.Errorf("%w: rows of %d columns for a model of %d", ErrInput, m.Cols, cols)
	}
	return nil
}
