// Package record is what the programs of the bench share: statistics of rounds, what a
// machine is, and files that keep what was measured.
package record

import (
	"cmp"
	"slices"
)

// Median is the middle of the values, or the mean of the two in the middle; 0 of
// none.
func Median[T int64 | float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Each maps values.
func Each[T, U any](values []T, f func(T) U) []U {
	out := make([]U, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

// Ratios divides round by round: what disturbs one round disturbs both sides.
func Ratios(values, by []float64) []float64 {
	out := make([]float64, min(len(values), len(by)))
	for i := range out {
		out[i] = values[i] / by[i]
	}
	return out
}

// Extremes are the least and the greatest of the values.
func Extremes[T cmp.Ordered](values []T) (T, T) {
	return slices.Min(values), slices.Max(values)
}
