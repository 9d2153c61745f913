package main

import (
	"cmp"
	"slices"
)

// median is the middle of the values, or the mean of the two in the middle; 0 of
// none.
func median[T int64 | float64](values []T) T {
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

// each maps values.
func each[T, U any](values []T, f func(T) U) []U {
	out := make([]U, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

// ratios divides round by round: what disturbs one round disturbs both sides.
func ratios(values, by []float64) []float64 {
	out := make([]float64, min(len(values), len(by)))
	for i := range out {
		out[i] = values[i] / by[i]
	}
	return out
}

// extremes are the least and the greatest of the values.
func extremes[T cmp.Ordered](values []T) (T, T) {
	return slices.Min(values), slices.Max(values)
}
