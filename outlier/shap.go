package outlier

// Explanation says what each column of a row adds to what a model says of it.
type Explanation struct {
	Base          float64   // what the model says of the rows of the fit on average
	Contributions []float64 // of each column; with Base they add up to what it says of the row
}

// Explain returns the Shapley values of the mean path length of row: how much
// each column makes its paths longer or, where negative, isolates it sooner. The columns not
// known of a row are taken as the rows of the fit were spread below each node
// (path-dependent TreeSHAP; Lundberg et al., 2020, Algorithm 2).
func (f *Forest) Explain(row []float64) (Explanation, error) {
	x := Matrix{Rows: 1, Cols: len(row), Data: row}
	if err := x.checkCols(f.cols); err != nil {
		return Explanation{}, err
	}
	if err := x.checkSingle(); err != nil {
		return Explanation{}, err
	}
	numbers := make([]float32, len(row))
	single(numbers, row)
	e := newExplainer(numbers)
	for i, t := range f.trees {
		e.add(t, f.packed[i].paths)
	}
	return e.result(len(f.trees)), nil
}

// explainer adds up the Shapley values of one row over trees.
type explainer struct {
	row    []float32
	phi    []float64
	base   float64
	tree   tree
	values []float64    // of the leaves
	paths  [][]pathStep // memory of the path at each depth
}

// pathStep is what is known of one column on the way down: the share of the rows
// of the fit that go on where it is unknown and where it is known (1 or 0), and
// the weights of the sets of known columns by their size.
type pathStep struct {
	column  int32
	unknown float64
	known   float64
	weight  float64
}

func newExplainer(row []float32) *explainer {
	return &explainer{row: row, phi: make([]float64, len(row))}
}

func (e *explainer) result(trees int) Explanation {
	out := Explanation{Base: e.base / float64(trees), Contributions: e.phi}
	for j := range out.Contributions {
		out.Contributions[j] /= float64(trees)
	}
	return out
}

// add adds a tree, of which values has the number that each leaf stands for.
func (e *explainer) add(t tree, values []float64) {
	e.tree, e.values = t, values
	for i, n := range t {
		if n.leaf() {
			e.base += values[i] * float64(n.samples) / float64(t[0].samples)
		}
	}
	e.descend(0, 0, nil, pathStep{column: -1, unknown: 1, known: 1})
}

// memory is room for the path to a node at a depth.
func (e *explainer) memory(depth int) []pathStep {
	for len(e.paths) <= depth {
		e.paths = append(e.paths, make([]pathStep, 0, min(len(e.paths), len(e.row))+2))
	}
	return e.paths[depth][:0]
}

// descend visits node i; above is the path to its parent, last the step from there.
func (e *explainer) descend(i int32, depth int, above []pathStep, last pathStep) {
	path := extend(append(e.memory(depth), above...), last)
	n := e.tree[i]
	if n.leaf() {
		for k := 1; k < len(path); k++ {
			p := path[k]
			e.phi[p.column] += unwoundSum(path, k) * (p.known - p.unknown) * e.values[i]
		}
		return
	}
	unknown, known := 1.0, 1.0
	for k := 1; k < len(path); k++ {
		if path[k].column == n.column { // asked for before: its two steps become one
			unknown, known = path[k].unknown, path[k].known
			path = unwind(path, k)
			break
		}
	}
	hot := e.tree.next(i, e.row)
	for kid := n.kid; kid <= n.kid+1; kid++ {
		share := float64(e.tree[kid].samples) / float64(n.samples)
		next := pathStep{column: n.column, unknown: unknown * share}
		if kid == hot {
			next.known = known
		}
		e.descend(kid, depth+1, path, next)
	}
}

// extend adds a step to path: every set of known columns without it, and with it.
func extend(path []pathStep, s pathStep) []pathStep {
	n := len(path)
	s.weight = 0
	if n == 0 {
		s.weight = 1
	}
	path = append(path, s)
	for i := n - 1; i >= 0; i-- {
		path[i+1].weight += s.known * path[i].weight * float64(i+1) / float64(n+1)
		path[i].weight = s.unknown * path[i].weight * float64(n-i) / float64(n+1)
	}
	return path
}

// unwind takes step k back out of path.
func unwind(path []pathStep, k int) []pathStep {
	last := len(path) - 1
	unknown, known := path[k].unknown, path[k].known
	next := path[last].weight
	for i := last - 1; i >= 0; i-- {
		if known != 0 {
			was := path[i].weight
			path[i].weight = next * float64(last+1) / (float64(i+1) * known)
			next = was - path[i].weight*unknown*float64(last-i)/float64(last+1)
		} else {
			path[i].weight = path[i].weight * float64(last+1) / (unknown * float64(last-i))
		}
	}
	for i := k; i < last; i++ {
		path[i].column, path[i].unknown, path[i].known = path[i+1].column, path[i+1].unknown, path[i+1].known
	}
	return path[:last]
}

// unwoundSum is the sum of the weights that path would have without step k.
func unwoundSum(path []pathStep, k int) float64 {
	last := len(path) - 1
	unknown, known := path[k].unknown, path[k].known
	next, sum := path[last].weight, 0.0
	for i := last - 1; i >= 0; i-- {
		if known != 0 {
			weight := next * float64(last+1) / (float64(i+1) * known)
			sum += weight
			next = path[i].weight - weight*unknown*float64(last-i)/float64(last+1)
		} else {
			sum += path[i].weight * float64(last+1) / (unknown * float64(last-i))
		}
	}
	return sum
}
