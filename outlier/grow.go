package outlier

import (
	"math/rand/v2"
)

// grower grows isolation trees, one after the other, in the same memory.
type grower struct {
	x        Matrix
	rows     population
	depth    int
	random   *rand.Rand
	position []int     // drawn rows, as positions in the population
	taken    *taken    // for the draws
	columns  []int32   // of which the tree may ask; the first ones are known not to vary where the grower is
	drawn    []int     // for the draw of columns
	values   []float32 // of the drawn rows, one column after the other
	at       []int32   // drawn rows as the nodes part them
	grown    tree
}

func newGrower(x Matrix, rows population, p ForestParams) *grower {
	g := &grower{
		x: x, rows: rows, depth: maxDepth(p.Samples),
		position: make([]int, p.Samples), at: make([]int32, p.Samples), taken: newTaken(max(rows.size(), x.Cols)),
		columns: make([]int32, p.Columns), drawn: make([]int, p.Columns),
		values: make([]float32, x.Cols*p.Samples), grown: make(tree, 0, 2*p.Samples),
	}
	return g
}

// tree grows a tree of random numbers.
func (g *grower) tree(random *rand.Rand) tree {
	g.random = random
	distinct(random, g.position, g.rows.size(), g.taken)
	distinct(random, g.drawn, g.x.Cols, g.taken)
	for i, c := range g.drawn {
		g.columns[i] = int32(c)
	}
	for i, position := range g.position { // at first only their places, so that memory is asked for all at once
		g.at[i] = g.rows.row(position)
	}
	for i, row := range g.at {
		for j, v := range g.x.Row(int(row)) {
			g.values[j*len(g.at)+i] = float32(v)
		}
		g.at[i] = int32(i)
	}
	g.grown = append(g.grown[:0], node{})
	g.grow(0, g.at, 0, 0)
	return append(tree(nil), g.grown...)
}

// grow makes the node i of the drawn rows in at. The first constant columns of
// g.columns are known not to vary among them.
func (g *grower) grow(i int, at []int32, depth, constant int) {
	g.grown[i] = node{column: -1, samples: int32(len(at))}
	if depth >= g.depth || len(at) < 2 {
		return
	}
	for constant < len(g.columns) {
		j := constant + g.random.IntN(len(g.columns)-constant)
		column := g.columns[j]
		values := g.column(column)
		least, most := extent(values, at)
		if most <= least+1e-7 { // as float32, like the numbers
			g.columns[j], g.columns[constant] = g.columns[constant], column
			constant++
			continue
		}
		threshold := float64(least) + float64(g.random.Float64()*(float64(most)-float64(least)))
		if threshold >= float64(most) {
			threshold = float64(least)
		}
		n := node{column: column, threshold: roundDown(threshold), kid: int32(len(g.grown)), samples: int32(len(at))}
		g.grown[i] = n
		g.grown = append(g.grown, node{}, node{})
		left := part(values, at, n.threshold)
		g.grow(int(n.kid), at[:left], depth+1, constant)
		g.grow(int(n.kid)+1, at[left:], depth+1, constant)
		return
	}
}

func (g *grower) column(c int32) []float32 {
	return g.values[int(c)*len(g.at) : (int(c)+1)*len(g.at)]
}

// extent is the least and the largest of the values of rows, of which there are some.
func extent(values []float32, rows []int32) (least, most float32) {
	least = values[rows[0]]
	most = least
	for _, row := range rows[1:] {
		if v := values[row]; v < least {
			least = v
		} else if v > most {
			most = v
		}
	}
	return least, most
}

// part puts the rows whose value is at most the threshold first, and returns how many they are.
func part(values []float32, rows []int32, threshold float32) int {
	left := 0
	for i, row := range rows {
		rows[i] = rows[left]
		rows[left] = row
		var stays int // a number, so that no branch has to be guessed
		if values[row] <= threshold {
			stays = 1
		}
		left += stays
	}
	return left
}
