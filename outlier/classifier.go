package outlier

import (
	"fmt"
	"math"
)

// maxClasses is the most classes that rows may be of.
const maxClasses = 1 << 10

// maxLevels is where a tree of a random forest ends in any case: rows that are
// split off one by one must not exhaust the stack.
const maxLevels = 1 << 13

// ClassifierParams say how a random forest is grown. The zero value is
// scikit-learn's default.
type ClassifierParams struct {
	Trees   int  // 0: 100
	Columns int  // drawn at each node to look for the best split; 0: the root of their number, rounded down
	AllRows bool // each tree sees every row once, instead of as many drawn with replacement
	Seed    uint64
	Workers int // goroutines; 0: one for each processor. The forest does not depend on it
}

// Classifier is a random forest (Breiman, 2001) of trees as deep as rows can be
// told apart, split where the Gini impurity falls most. Use FitClassifier or Read to get one;
// it may be used by several goroutines at once.
type Classifier struct {
	cols, classes int
	trees         []tree
	shares        [][]float64 // for each tree, of the classes in each leaf, leaf after leaf; its kid says which
	importance    []float64
}

// FitClassifier grows a forest over the rows of x, of which row i is of class
// y[i], from 0. Row i counts weights[i] times; nil means once each. The forest
// is the same for every order of the rows.
func FitClassifier(x Matrix, y, weights []int, p ClassifierParams) (*Classifier, error) {
	if err := x.checkSingle(); err != nil {
		return nil, err
	}
	classes, err := countClasses(y, x.Rows)
	if err != nil {
		return nil, err
	}
	rows, err := newPopulation(canonicalOrder(withColumn(x, y)), weights)
	if err != nil {
		return nil, err
	}
	if p, err = p.filled(rows.size(), x.Cols); err != nil {
		return nil, err
	}
	c := &Classifier{cols: x.Cols, classes: classes, trees: make([]tree, p.Trees), shares: make([][]float64, p.Trees), importance: make([]float64, x.Cols)}
	data := newLabelled(x, y, classes)
	importance := make([][]float64, p.Trees)
	parallel(p.Trees, p.Workers, func() *splitter { return newSplitter(data, rows, p) }, func(s *splitter, i int) {
		s.tree(generator(p.Seed, uint64(i)))
		c.trees[i], c.shares[i], importance[i] = s.taken()
	})
	for _, of := range importance {
		for j, v := range of {
			c.importance[j] += v / float64(p.Trees)
		}
	}
	normalise(c.importance)
	return c, nil
}

func (p ClassifierParams) filled(rows, cols int) (ClassifierParams, error) {
	if p.Trees == 0 {
		p.Trees = 100
	}
	if p.Columns == 0 {
		p.Columns = max(1, int(math.Sqrt(float64(cols))))
	}
	switch {
	case p.Trees < 1 || p.Trees > maxTrees:
		return p, fmt.Errorf("%w: %d trees", ErrInput, p.Trees)
	case p.Columns < 1 || p.Columns > cols:
		return p, fmt.Errorf("%w: %d of %d columns at each node", ErrInput, p.Columns, cols)
	case rows > math.MaxInt32:
		return p, fmt.Errorf("%w: %d rows are too many for a random forest", ErrInput, rows)
	}
	return p, nil
}

// countClasses is one more than the largest label.
func countClasses(y []int, rows int) (int, error) {
	if len(y) != rows {
		return 0, fmt.Errorf("%w: %d labels for %d rows", ErrInput, len(y), rows)
	}
	classes := 0
	for i, class := range y {
		if class < 0 || class >= maxClasses {
			return 0, fmt.Errorf("%w: row %d is of class %d; classes are numbered from 0 to %d", ErrInput, i, class, maxClasses-1)
		}
		classes = max(classes, class+1)
	}
	return classes, nil
}

// withColumn is x with the labels as a further column.
func withColumn(x Matrix, y []int) Matrix {
	out := Zeros(x.Rows, x.Cols+1)
	for i, class := range y {
		copy(out.Row(i), x.Row(i))
		out.Row(i)[x.Cols] = float64(class)
	}
	return out
}

// normalise divides by the sum, if there is one.
func normalise(values []float64) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if sum > 0 {
		for i := range values {
			values[i] /= sum
		}
	}
}

// Columns is the number of columns of the rows that c was grown over.
func (c *Classifier) Columns() int { return c.cols }

// Classes is the number of classes.
func (c *Classifier) Classes() int { return c.classes }

// Importances says how much of the fall of impurity each column brought, in the
// mean over the trees; they add up to 1, or are 0 where nothing was split.
func (c *Classifier) Importances() []float64 { return append([]float64(nil), c.importance...) }

// Probabilities returns for each row the share of each class in its leaves, in
// the mean over the trees. It works on workers goroutines; 0 means one for each
// processor.
func (c *Classifier) Probabilities(x Matrix, workers int) (Matrix, error) {
	if err := x.checkCols(c.cols); err != nil {
		return Matrix{}, err
	}
	out := Zeros(x.Rows, c.classes)
	if x.Rows == 0 {
		return out, nil
	}
	if err := x.checkSingle(); err != nil {
		return Matrix{}, err
	}
	blocks := (x.Rows + blockRows - 1) / blockRows
	parallel(blocks, workers, func() []float32 { return make([]float32, blockRows*c.cols) }, func(rows []float32, b int) {
		from, to := b*blockRows, min((b+1)*blockRows, x.Rows)
		single(rows, x.Data[from*x.Cols:to*x.Cols])
		for t := range c.trees {
			for i := from; i < to; i++ {
				c.add(out.Row(i), t, rows[(i-from)*c.cols:(i-from+1)*c.cols])
			}
		}
		for i := from * c.classes; i < to*c.classes; i++ {
			out.Data[i] /= float64(len(c.trees))
		}
	})
	return out, nil
}

// add adds the shares of the classes in the leaf of row in tree t.
func (c *Classifier) add(to []float64, t int, row []float32) {
	leaf := c.trees[t][c.trees[t].find(row)].kid
	for class, share := range c.shares[t][int(leaf)*c.classes : (int(leaf)+1)*c.classes] {
		to[class] += share
	}
}

// Explain returns the Shapley values of the probability of class for row, as
// Forest.Explain does for the path.
func (c *Classifier) Explain(row []float64, class int) (Explanation, error) {
	x := Matrix{Rows: 1, Cols: len(row), Data: row}
	if err := x.checkCols(c.cols); err != nil {
		return Explanation{}, err
	}
	if err := x.checkSingle(); err != nil {
		return Explanation{}, err
	}
	if class < 0 || class >= c.classes {
		return Explanation{}, fmt.Errorf("%w: class %d of %d", ErrInput, class, c.classes)
	}
	numbers := make([]float32, len(row))
	single(numbers, row)
	e := newExplainer(numbers)
	for i, t := range c.trees {
		values := make([]float64, len(t))
		for j, n := range t {
			if n.leaf() {
				values[j] = c.shares[i][int(n.kid)*c.classes+class]
			}
		}
		e.add(t, values)
	}
	return e.result(len(c.trees)), nil
}
