package outlier

import (
	"math/rand/v2"
)

// grower grows isolation trees, one after the other, in the same memory.
type grower struct {
	*sample
	depth     int
	random    *rand.Rand
	columns   []int32 // of which the tree may ask; the first ones are known not to vary where the grower is
	drawn     []int   // for the draw of columns
	taken     *taken  // for the same
	at, spare []int   // where the drawn rows begin among the keys, as the nodes part them
	grown     tree
}

func newGrower(s *sample, p ForestParams) *grower {
	return &grower{
		sample: s, depth: maxDepth(p.Samples),
		columns: make([]int32, p.Columns), drawn: make([]int, p.Columns), taken: newTaken(s.cols),
		at: make([]int, p.Samples), spare: make([]int, p.Samples), grown: make(tree, 0, 2*p.Samples),
	}
}

// tree grows a tree of what was drawn.
func (g *grower) tree(d draw) tree {
	g.random = d.random
	distinct(g.random, g.drawn, g.cols, g.taken)
	for i, c := range g.drawn {
		g.columns[i] = int32(c)
	}
	for i, row := range d.rows {
		g.at[i] = int(row) * g.cols
	}
	g.grown = append(g.grown[:0], node{})
	g.grow(0, g.at, g.spare, 0, 0)
	return append(tree(nil), g.grown...)
}

// grow makes the node i of the drawn rows in at; spare is as long. The first
// constant columns of g.columns are known not to vary among them.
func (g *grower) grow(i int, at, spare []int, depth, constant int) {
	g.grown[i] = node{column: -1, samples: int32(len(at))}
	if depth >= g.depth || len(at) < 2 {
		return
	}
	for constant < len(g.columns) {
		j := constant + g.random.IntN(len(g.columns)-constant)
		column := g.columns[j]
		keys := g.keys[column:]
		low, high := extremes(keys, at)
		least, most := number(low), number(high)
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
		left := parted(keys, at, spare, key(n.threshold))
		g.grow(int(n.kid), spare[:left], at[:left], depth+1, constant)
		g.grow(int(n.kid)+1, spare[left:], at[left:], depth+1, constant)
		return
	}
}

// extremes are the least and the largest of the keys of rows, of which there are some.
func extremes(keys []int32, rows []int) (least, most int32) {
	least = keys[rows[0]]
	most = least
	for _, row := range rows[1:] {
		k := keys[row]
		least, most = min(least, k), max(most, k)
	}
	return least, most
}

// parted copies rows, those whose key is at most the threshold first, and returns how
// many these are.
func parted(keys []int32, rows, to []int, threshold int32) int {
	to = to[:len(rows)]
	left, right := 0, len(to)-1
	for _, row := range rows {
		to[left], to[right] = row, row // one of them is written over, so that no branch has to be guessed
		var stays int
		if keys[row] <= threshold {
			stays = 1
		}
		left += stays
		right += stays - 1
	}
	return left
}
