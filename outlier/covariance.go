package outlier

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// spreadOf returns the mean of the given rows of x, and their covariance over
// their number, row after row. nil means all rows.
func spreadOf(x Matrix, rows []int32) (mean, covariance []float64) {
	if rows == nil {
		rows = make([]int32, x.Rows)
		for i := range rows {
			rows[i] = int32(i)
		}
	}
	d, n := x.Cols, float64(len(rows))
	mean, covariance = make([]float64, d), make([]float64, d*d)
	for _, row := range rows {
		for j, v := range x.Row(int(row)) {
			mean[j] += v / n
		}
	}
	centred := make([]float64, d)
	for _, row := range rows {
		for j, v := range x.Row(int(row)) {
			centred[j] = v - mean[j]
		}
		for j, a := range centred {
			line := covariance[j*d : (j+1)*d]
			for k := range j + 1 {
				line[k] += float64(a * centred[k])
			}
		}
	}
	for j := range d {
		for k := range j + 1 {
			covariance[j*d+k] /= n
			covariance[k*d+j] = covariance[j*d+k]
		}
	}
	return mean, covariance
}

// spectrum is a symmetric matrix by its eigenvalues, ascending, and eigenvectors.
type spectrum struct {
	values  []float64
	vectors mat.Dense
}

// decompose gives false where a number is not finite.
func decompose(symmetric []float64, d int) (spectrum, bool) {
	var s spectrum
	if !allFinite(symmetric) {
		return s, false
	}
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(d, symmetric), true) {
		return s, false
	}
	s.values = e.Values(nil)
	e.VectorsTo(&s.vectors)
	return s, true
}

// logDeterminant is minus infinity where the matrix is singular.
func (s spectrum) logDeterminant() (sum float64) {
	for _, v := range s.values {
		if v <= 0 {
			return math.Inf(-1)
		}
		sum += math.Log(v)
	}
	return sum
}

// inverse is the pseudo-inverse, row after row: eigenvalues that are zero but
// for rounding stay zero (scipy.linalg.pinvh).
func (s spectrum) inverse() []float64 {
	d := len(s.values)
	largest := 0.0
	for _, v := range s.values {
		largest = max(largest, math.Abs(v))
	}
	out := make([]float64, d*d)
	for k, v := range s.values {
		if math.Abs(v) <= largest*float64(d)*0x1p-52 {
			continue
		}
		for i := range d {
			for j := range d {
				out[i*d+j] += s.vectors.At(i, k) * s.vectors.At(j, k) / v
			}
		}
	}
	return out
}

// mahalanobis writes the squared distances of the rows of x from location.
func mahalanobis(to []float64, x Matrix, location, precision []float64) {
	d := x.Cols
	centred := make([]float64, d)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			centred[j] = v - location[j]
		}
		to[i] = 0
		for j, a := range centred {
			to[i] += float64(a * dot(precision[j*d:(j+1)*d], centred))
		}
	}
}
