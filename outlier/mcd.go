package outlier

import (
	"cmp"
	"math"
	"slices"
)

// estimate is a location and covariance of the closest rows.
type estimate struct {
	location, covariance []float64
	logDeterminant       float64
	distances            []float64 // squared, of all rows, by the covariance before
}

// fastMCD looks for the rows whose covariance has the least determinant. x is in
// canonical order.
func fastMCD(x Matrix, p EnvelopeParams) estimate {
	support := supportSize(x.Rows, x.Cols, p.Support)
	m := mcd{seed: p.Seed, workers: p.Workers}
	switch {
	case x.Cols == 1:
		return shortestHalf(x, support)
	case x.Rows <= 500:
		best := m.starts(x, support, 30, 10)
		return m.improve(x, support, best, 1)[0]
	}
	return m.bySubsets(x, support)
}

// mcd draws random numbers for one part of the work after the other.
type mcd struct {
	seed, part uint64
	workers    int
}

// bySubsets starts in subsets of about 300 rows, goes on in 1,500 rows and ends
// in all.
func (m *mcd) bySubsets(x Matrix, support int) estimate {
	share := float64(support) / float64(x.Rows)
	subsets := x.Rows / 300
	size := x.Rows / subsets
	order := m.permutation(x.Rows)
	trials := max(10, 500/subsets)
	later := mcd{seed: m.seed, part: m.part + uint64(subsets*trials)} // of the random numbers, those behind the subsets'
	merged := later.permutation(x.Rows)[:min(1500, x.Rows)]
	keep := 1
	if x.Rows > 1500 {
		keep = 10
	}
	// A subset goes on before the next begins: estimates of all of them, which are
	// thousands, each with a covariance, are never there at a time.
	var found []estimate
	some := x.Select(merged)
	for i := range subsets {
		rows := x.Select(order[i*size : (i+1)*size])
		from := m.starts(rows, upTo(size, share), trials, 10)
		found = best(append(found, m.improve(some, upTo(len(merged), share), from, keep)...), keep)
	}
	if x.Rows >= 1500 {
		return m.improve(x, support, found, 1)[0]
	}
	best := found[0] // of all rows, in another order
	distances := make([]float64, x.Rows)
	for i, row := range merged {
		distances[row] = best.distances[i]
	}
	best.distances = distances
	return best
}

// upTo is a share of n rows, rounded up.
func upTo(n int, share float64) int { return min(n, int(math.Ceil(float64(n)*share))) }

func (m *mcd) permutation(n int) []int {
	m.part++
	return generator(m.seed, m.part).Perm(n)
}

// manyStarts is how many estimates are there at a time, each with a covariance.
const manyStarts = 32

// starts takes random rows, improves on them twice, and keeps the best.
func (m *mcd) starts(x Matrix, support, trials, keep int) []estimate {
	var kept []estimate
	for trials > 0 {
		found := make([]estimate, min(trials, manyStarts))
		parallel(len(found), m.workers, func() *concentration { return newConcentration(x, support) }, func(c *concentration, i int) {
			for j, row := range generator(m.seed, m.part+1+uint64(i)).Perm(x.Rows)[:support] {
				c.closest[j] = int32(row)
			}
			found[i] = c.run(2)
		})
		m.part += uint64(len(found))
		trials -= len(found)
		kept = best(append(kept, found...), keep)
	}
	return kept
}

// improve goes on from estimates until they settle, and keeps the best.
func (m *mcd) improve(x Matrix, support int, from []estimate, keep int) []estimate {
	found := make([]estimate, len(from))
	parallel(len(from), m.workers, func() *concentration { return newConcentration(x, support) }, func(c *concentration, i int) {
		c.measure(from[i])
		found[i] = c.run(30)
	})
	return best(found, keep)
}

func best(found []estimate, keep int) []estimate {
	slices.SortStableFunc(found, func(a, b estimate) int { return cmp.Compare(a.logDeterminant, b.logDeterminant) })
	n := min(keep, len(found))
	clear(found[n:]) // or their memory would be kept as well
	return found[:n]
}

// concentration moves to ever closer rows (the C-step).
type concentration struct {
	x         Matrix
	closest   []int32 // as many rows as are to be closest
	distances []float64
	order     []int32
}

func newConcentration(x Matrix, support int) *concentration {
	return &concentration{x: x, closest: make([]int32, support), distances: make([]float64, x.Rows), order: make([]int32, x.Rows)}
}

// measure takes the rows that are closest by an estimate.
func (c *concentration) measure(e estimate) {
	s, ok := decompose(e.covariance, c.x.Cols)
	if !ok { // numbers too large: the distances stay as they are, and the estimate is no better
		return
	}
	mahalanobis(c.distances, c.x, e.location, s.inverse())
	for i := range c.order {
		c.order[i] = int32(i)
	}
	slices.SortStableFunc(c.order, func(a, b int32) int { return cmp.Compare(c.distances[a], c.distances[b]) })
	copy(c.closest, c.order)
}

func (c *concentration) estimate() estimate {
	slices.Sort(c.closest)
	e := estimate{logDeterminant: math.Inf(1)}
	e.location, e.covariance = spreadOf(c.x, c.closest)
	if s, ok := decompose(e.covariance, c.x.Cols); ok {
		e.logDeterminant = s.logDeterminant()
	}
	return e
}

// run moves while the determinant falls, at most so many times.
func (c *concentration) run(moves int) estimate {
	now := c.estimate()
	before := estimate{logDeterminant: math.Inf(1)}
	before.covariance = now.covariance
	for now.logDeterminant < before.logDeterminant && moves > 0 && !math.IsInf(now.logDeterminant, 0) {
		before = now
		c.measure(now)
		before.distances = slices.Clone(c.distances)
		now = c.estimate()
		moves--
	}
	if now.logDeterminant > before.logDeterminant && !near(now.logDeterminant, before.logDeterminant) && moves > 0 {
		return before
	}
	if s, ok := decompose(before.covariance, c.x.Cols); ok {
		mahalanobis(c.distances, c.x, now.location, s.inverse())
	}
	now.distances = slices.Clone(c.distances)
	return now
}

// near is numpy.allclose of two numbers.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-8+1e-5*math.Abs(b) }

// shortestHalf is the estimate of one column: the shortest interval that holds
// the support, its middle, and the variance of the rows next to that.
func shortestHalf(x Matrix, support int) estimate {
	sorted := slices.Sorted(slices.Values(x.Data))
	shortest, sum, ties := math.Inf(1), 0.0, 0.0
	for i := range max(1, len(sorted)-support) {
		last := sorted[min(i+support, len(sorted)-1)]
		switch width := last - sorted[i]; {
		case width < shortest:
			shortest, sum, ties = width, (last+sorted[i])/2, 1
		case width == shortest:
			sum, ties = sum+(last+sorted[i])/2, ties+1
		}
	}
	e := estimate{location: []float64{sum / ties}, covariance: []float64{1}, distances: make([]float64, x.Rows)}
	if support >= x.Rows {
		e.location, _ = spreadOf(x, nil)
	}
	c := newConcentration(x, support)
	c.measure(e)
	_, e.covariance = spreadOf(x, c.closest)
	if s, ok := decompose(e.covariance, 1); ok {
		mahalanobis(e.distances, x, e.location, s.inverse())
	}
	return e
}
