package outlier

import (
	"fmt"
	"math"
)

// node is a node of a binary tree. A row goes to kid where its number in the
// column is at most the threshold, else to kid+1.
type node struct {
	column    int32 // -1 for a leaf
	threshold float32
	kid       int32 // 0 for a leaf
	samples   int32 // rows of the fit that came here
}

func (n node) leaf() bool { return n.column < 0 }

// tree is nodes, of which the first is the root. Kids come after their parent.
type tree []node

// find returns the leaf of a row.
func (t tree) find(row []float32) int32 {
	i := int32(0)
	for !t[i].leaf() {
		i = t.next(i, row)
	}
	return i
}

func (t tree) next(i int32, row []float32) int32 {
	if row[t[i].column] <= t[i].threshold {
		return t[i].kid
	}
	return t[i].kid + 1
}

// depths returns how many edges lie between the root and each node.
func (t tree) depths() []int {
	depths := make([]int, len(t))
	for i, n := range t {
		if !n.leaf() {
			depths[n.kid] = depths[i] + 1
			depths[n.kid+1] = depths[i] + 1
		}
	}
	return depths
}

// check says whether t is a tree over so many columns and rows: every node but
// the root has one parent, which comes before it, and its rows are those of its kids.
func (t tree) check(cols int, samples int32) error {
	if len(t) == 0 || t[0].samples != samples {
		return fmt.Errorf("a tree of %d nodes is not over %d rows", len(t), samples)
	}
	adopted := make([]bool, len(t))
	for i, n := range t {
		if i > 0 && !adopted[i] {
			return fmt.Errorf("node %d has no parent before it", i)
		}
		if n.samples < 1 {
			return fmt.Errorf("node %d has %d rows", i, n.samples)
		}
		if n.leaf() {
			continue
		}
		if int(n.column) >= cols {
			return fmt.Errorf("node %d asks for column %d of %d", i, n.column, cols)
		}
		if !finite(float64(n.threshold)) {
			return fmt.Errorf("node %d has threshold %v", i, n.threshold)
		}
		if int(n.kid) <= i || int(n.kid) >= len(t)-1 || adopted[n.kid] || adopted[n.kid+1] {
			return fmt.Errorf("node %d has no kids of its own after it", i)
		}
		adopted[n.kid], adopted[n.kid+1] = true, true
		if int64(t[n.kid].samples)+int64(t[n.kid+1].samples) != int64(n.samples) {
			return fmt.Errorf("node %d has %d rows, its kids have others", i, n.samples)
		}
	}
	return nil
}

// roundDown is the largest float32 that is at most v: a float32 is at most v
// exactly where it is at most that.
func roundDown(v float64) float32 {
	f := float32(v)
	if float64(f) > v {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return f
}

// single converts a row, to the length of the row.
func single(to []float32, row []float64) {
	for j, v := range row {
		to[j] = float32(v)
	}
}
