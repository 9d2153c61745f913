package outlier

import (
	"math"
)

// packedTree is a tree as rows are scored with it. A node is one number: the
// threshold in the upper 32 bits, as a key that orders like it, then the column,
// then the first kid, of 16 bits each. A leaf sends every row to itself, so that
// each row takes the same number of steps, without a branch.
type packedTree struct {
	nodes []uint64
	paths []float64 // the length of path that a leaf stands for: its depth, and what was not grown
	steps int       // depth of the deepest leaf
}

// pack packs t, which is of len(averages)-1 rows at most.
func pack(t tree, averages []float64) packedTree {
	p := packedTree{nodes: make([]uint64, len(t)), paths: make([]float64, len(t))}
	for i, n := range t {
		depth := p.paths[i] // kids come after their parent
		if n.leaf() {
			p.nodes[i] = math.MaxInt32<<32 | uint64(i)
			p.paths[i] = depth + averages[n.samples]
			p.steps = max(p.steps, int(depth))
			continue
		}
		p.nodes[i] = uint64(key(n.threshold))<<32 | uint64(n.column)<<16 | uint64(n.kid)
		p.paths[i], p.paths[n.kid], p.paths[n.kid+1] = 0, depth+1, depth+1
	}
	return p
}

// key orders numbers like themselves as integers; +0 and -0 have the same.
func key(v float32) int32 {
	b := int32(math.Float32bits(v + 0))
	return b ^ int32(uint32(b>>31)>>1)
}

// number is the number of a key.
func number(key int32) float32 {
	return math.Float32frombits(uint32(key ^ int32(uint32(key>>31)>>1)))
}

// blockRows is how many rows go through a tree before the next tree: both fit
// into the first cache.
const blockRows = 256

// Scores returns -2^(-E[h]/c) for each row, where E[h] is the mean length of its
// paths and c that of an average one: from -1, alone, to 0, deep in the crowd
// (scikit-learn's score_samples). It works on workers goroutines; 0 means one for
// each processor.
func (f *Forest) Scores(x Matrix, workers int) ([]float64, error) {
	out, err := f.pathSums(x, workers)
	if err != nil {
		return nil, err
	}
	total := float64(len(f.trees)) * averagePath(f.samples)
	for i, sum := range out {
		if total == 0 {
			out[i] = -.5
			continue
		}
		out[i] = -math.Exp2(-sum / total)
	}
	return out, nil
}

// PathLengths returns the mean length of the paths of each row over the trees.
func (f *Forest) PathLengths(x Matrix, workers int) ([]float64, error) {
	out, err := f.pathSums(x, workers)
	for i := range out {
		out[i] /= float64(len(f.trees))
	}
	return out, err
}

func (f *Forest) pathSums(x Matrix, workers int) ([]float64, error) {
	if err := x.checkCols(f.cols); err != nil {
		return nil, err
	}
	if x.Rows == 0 {
		return nil, nil
	}
	if err := x.checkSingle(); err != nil {
		return nil, err
	}
	out := make([]float64, x.Rows)
	blocks := (x.Rows + blockRows - 1) / blockRows
	parallel(blocks, workers, func() *block { return newBlock(f.cols) }, func(b *block, i int) {
		from, to := i*blockRows, min((i+1)*blockRows, x.Rows)
		b.take(x, from, to)
		for t := range f.packed {
			f.packed[t].add(b)
		}
		copy(out[from:to], b.sums)
	})
	return out, nil
}

// lanes is how many rows go through a tree in step: while one waits for memory,
// the others go on.
const lanes = 8

// block is rows on their way through the trees, and the sums of their paths. The
// keys of lanes rows stand side by side, column after column.
type block struct {
	cols int
	keys []int32
	sums []float64
}

func newBlock(cols int) *block {
	return &block{cols: cols, keys: make([]int32, blockRows*cols), sums: make([]float64, blockRows)}
}

// take takes rows of x. Where they are fewer than a block has, the rest is left
// from before: it is carried along, and nobody asks for its sums.
func (b *block) take(x Matrix, from, to int) {
	clear(b.sums)
	for i := from; i < to; i++ {
		first := (i-from)/lanes*lanes*b.cols + (i-from)%lanes
		for j, v := range x.Row(i) {
			b.keys[first+j*lanes] = key(float32(v))
		}
	}
}

// add adds the path of each row to its sum.
func (p *packedTree) add(b *block) {
	for i := 0; i < blockRows; i += lanes {
		p.addLanes(b.keys[i*b.cols:(i+lanes)*b.cols], b.sums[i:i+lanes])
	}
}

// step goes from node n to the next: to its kid, or to the one after it where
// the key is larger than the threshold, which the sign of the difference says.
func step(n uint64, keys []int32, lane uint64) uint64 {
	return n&math.MaxUint16 + uint64(int64(n)>>32-int64(keys[(n>>16&math.MaxUint16)*lanes+lane]))>>63
}

func (p *packedTree) addLanes(keys []int32, sums []float64) {
	nodes := p.nodes
	var a, b, c, d, e, f, g, h uint64
	for range p.steps {
		a = step(nodes[a], keys, 0)
		b = step(nodes[b], keys, 1)
		c = step(nodes[c], keys, 2)
		d = step(nodes[d], keys, 3)
		e = step(nodes[e], keys, 4)
		f = step(nodes[f], keys, 5)
		g = step(nodes[g], keys, 6)
		h = step(nodes[h], keys, 7)
	}
	paths, sums := p.paths, sums[:lanes]
	sums[0] += paths[a]
	sums[1] += paths[b]
	sums[2] += paths[c]
	sums[3] += paths[d]
	sums[4] += paths[e]
	sums[5] += paths[f]
	sums[6] += paths[g]
	sums[7] += paths[h]
}
