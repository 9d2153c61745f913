package outlier

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// MaxClustered is the most distinct rows that Cluster takes: its time grows
// with their square.
const MaxClustered = 20_000

// ClusterParams say what a dense place is. The zero value is scikit-learn's default.
type ClusterParams struct {
	Radius    float64 // Euclidean; rows at this distance are still neighbours; 0: 0.5
	Least     int     // rows, itself included, that a core has in its neighbourhood; 0: 5
	KeepOrder bool    // clusters are numbered by the rows as given, as scikit-learn does, and not in an order of their own
	Workers   int     // goroutines; 0: one for each processor. The clusters do not depend on it
}

// Clusters says in which cluster each row is.
type Clusters struct {
	Labels []int  // from 0; -1 for noise
	Core   []bool // whether its neighbourhood is dense
	Count  int    // of clusters
}

// Cluster finds clusters by density (DBSCAN; Ester et al., 1996). Row i counts
// weights[i] times; nil means once each. Cores within a radius of each other are
// in one cluster. Clusters are numbered by their first core, and a row between
// clusters goes to the first that reaches it. Identical rows are
// taken together, and more than MaxClustered distinct ones are refused.
func Cluster(x Matrix, weights []int, p ClusterParams) (Clusters, error) {
	if err := x.check(); err != nil {
		return Clusters{}, err
	}
	if p.Radius == 0 {
		p.Radius = .5
	}
	if p.Least == 0 {
		p.Least = 5
	}
	if !(p.Radius > 0) || p.Least < 1 {
		return Clusters{}, fmt.Errorf("%w: %d rows within a radius of %v", ErrInput, p.Least, p.Radius)
	}
	c, err := newClusterer(x, weights, p)
	if err != nil {
		return Clusters{}, err
	}
	parallel(len(c.first), p.Workers, func() []int { return nil }, func(_ []int, g int) {
		rows := int64(0)
		for near := range c.neighbours(g) {
			rows += c.rows[near]
		}
		c.core[g] = rows >= int64(p.Least)
	})
	count := c.spread()
	out := Clusters{Labels: make([]int, x.Rows), Core: make([]bool, x.Rows), Count: count}
	for row, g := range c.groupOf {
		out.Labels[row], out.Core[row] = c.label[g], c.core[g]
	}
	return out, nil
}

// clusterer works on groups of identical rows.
type clusterer struct {
	x       Matrix
	radius  float64
	groupOf []int32 // of each row
	first   []int32 // a row of each group, in the order in which clusters are numbered
	rows    []int64 // of each group, weights counted
	core    []bool
	label   []int
	along   []int32   // groups by their number in the column that spreads most
	at      []float64 // that number, in the order of along
	place   []int32   // of each group in along
}

func newClusterer(x Matrix, weights []int, p ClusterParams) (*clusterer, error) {
	order := canonicalOrder(x)
	if _, err := newPopulation(order, weights); err != nil {
		return nil, err
	}
	c := &clusterer{x: x, radius: p.Radius, groupOf: make([]int32, x.Rows)}
	for i, row := range order {
		if i == 0 || compareRows(x.Row(int(order[i-1])), x.Row(int(row))) != 0 {
			c.first = append(c.first, row)
		}
		last := len(c.first) - 1
		c.groupOf[row] = int32(last)
		c.first[last] = min(c.first[last], row)
	}
	if len(c.first) > MaxClustered {
		return nil, fmt.Errorf("%w: %d distinct rows are too many to be clustered; take a sample of at most %d", ErrInput, len(c.first), MaxClustered)
	}
	if p.KeepOrder {
		c.renumber()
	}
	c.rows, c.core, c.label = make([]int64, len(c.first)), make([]bool, len(c.first)), make([]int, len(c.first))
	for row, g := range c.groupOf {
		if weights == nil {
			c.rows[g]++
		} else {
			c.rows[g] += int64(weights[row])
		}
	}
	c.index()
	return c, nil
}

// renumber puts the groups into the order of their first rows.
func (c *clusterer) renumber() {
	slices.Sort(c.first)
	of := make(map[int32]int32, len(c.first)) // old number to new one
	for g, row := range c.first {
		of[c.groupOf[row]] = int32(g)
	}
	for row, g := range c.groupOf {
		c.groupOf[row] = of[g]
	}
}

// index sorts the groups along the column that spreads most, so that only
// those within a radius there are compared.
func (c *clusterer) index() {
	column, widest := 0, -1.0
	for j := range c.x.Cols {
		least, most := math.Inf(1), math.Inf(-1)
		for _, row := range c.first {
			v := c.x.Row(int(row))[j]
			least, most = min(least, v), max(most, v)
		}
		if most-least > widest {
			column, widest = j, most-least
		}
	}
	at := func(g int32) float64 { return c.x.Row(int(c.first[g]))[column] }
	c.along, c.place = make([]int32, len(c.first)), make([]int32, len(c.first))
	for g := range c.along {
		c.along[g] = int32(g)
	}
	slices.SortStableFunc(c.along, func(a, b int32) int { return cmp.Compare(at(a), at(b)) })
	for i, g := range c.along {
		c.at = append(c.at, at(g))
		c.place[g] = int32(i)
	}
}

// neighbours yields the groups within the radius of g, itself included.
func (c *clusterer) neighbours(g int) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		here := int(c.place[g])
		for _, way := range []int{1, -1} {
			start := here
			if way < 0 {
				start--
			}
			for i := start; i >= 0 && i < len(c.along); i += way {
				step := c.at[i] - c.at[here]
				if step*step > c.radius*c.radius {
					break
				}
				if c.near(g, c.along[i]) && !yield(c.along[i]) {
					return
				}
			}
		}
	}
}

func (c *clusterer) near(a int, b int32) bool {
	sum := 0.0
	other := c.x.Row(int(c.first[b]))
	for j, v := range c.x.Row(int(c.first[a])) {
		d := v - other[j]
		sum += float64(d * d)
	}
	return sum <= c.radius*c.radius
}

// spread gives every group its label, and returns how many clusters there are.
func (c *clusterer) spread() (count int) {
	for g := range c.label {
		c.label[g] = -1
	}
	var open []int
	for g := range c.label {
		if c.label[g] >= 0 || !c.core[g] {
			continue
		}
		c.label[g] = count
		for open = append(open, g); len(open) > 0; {
			core := open[len(open)-1]
			open = open[:len(open)-1]
			for near := range c.neighbours(core) {
				if c.label[near] >= 0 {
					continue
				}
				c.label[near] = count
				if c.core[near] {
					open = append(open, int(near))
				}
			}
		}
		count++
	}
	return count
}
