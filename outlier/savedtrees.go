package outlier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// savedTrees are the nodes of trees, one tree after the other: numbers side by
// side, so that reading takes memory in proportion to the file.
type savedTrees struct {
	Nodes      []int32   `json:"nodes"`      // of each tree
	Column     []int32   `json:"column"`     // -1 for a leaf
	Threshold  []float32 `json:"threshold"`  // 0 for a leaf
	Kid        []int32   `json:"kid"`        // in its tree; 0 for a leaf
	SampleRows []int32   `json:"sampleRows"` // rows of the fit that came to a node
}

func saveTrees(trees []tree) (s savedTrees) {
	for _, t := range trees {
		s.Nodes = append(s.Nodes, int32(len(t)))
		for _, n := range t {
			if n.leaf() {
				n.kid = 0
			}
			s.Column, s.Threshold = append(s.Column, n.column), append(s.Threshold, n.threshold)
			s.Kid, s.SampleRows = append(s.Kid, n.kid), append(s.SampleRows, n.samples)
		}
	}
	return s
}

// trees fails where the numbers do not make trees over so many columns. The
// trees of an isolation forest are over so many rows; 0 means any number, the same for all.
func (s savedTrees) trees(cols, rows int) ([]tree, error) {
	n := len(s.Column)
	if len(s.Threshold) != n || len(s.Kid) != n || len(s.SampleRows) != n || len(s.Nodes) == 0 || len(s.Nodes) > maxTrees {
		return nil, errors.New("its trees have unequal numbers of numbers")
	}
	nodes := make(tree, n)
	for i := range nodes {
		nodes[i] = node{s.Column[i], s.Threshold[i], s.Kid[i], s.SampleRows[i]}
		if c := s.Column[i]; c < -1 || c < 0 && (s.Kid[i] != 0 || s.Threshold[i] != 0) {
			return nil, fmt.Errorf("node %d is no node", i)
		}
	}
	trees := make([]tree, len(s.Nodes))
	for i, size := range s.Nodes {
		if size < 1 || int(size) > len(nodes) {
			return nil, fmt.Errorf("tree %d has %d nodes of %d", i, size, len(nodes))
		}
		trees[i], nodes = nodes[:size:size], nodes[size:]
		if rows == 0 {
			rows = int(trees[i][0].samples)
		}
		if err := trees[i].check(cols, int32(rows)); err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
	}
	if len(nodes) > 0 {
		return nil, errors.New("it has nodes of no tree")
	}
	return trees, nil
}

type savedForest struct {
	Cols    int        `json:"cols"`
	Samples int        `json:"samples"`
	Offset  float64    `json:"offset"`
	Trees   savedTrees `json:"trees"`
}

// MarshalJSON writes f for Saved.
func (f *Forest) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedForest{f.cols, f.samples, f.offset, saveTrees(f.trees)})
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses what is no forest.
func (f *Forest) UnmarshalJSON(data []byte) error {
	var s savedForest
	if err := Strict(bytes.TrimSpace(data), &s); err != nil {
		return err
	}
	if s.Cols < 1 || s.Cols > math.MaxUint16 || s.Samples < 1 || s.Samples > maxSamples || !(s.Offset >= -1 && s.Offset <= 0) {
		return fmt.Errorf("isolation forest: %d columns, %d rows for each tree, offset %v", s.Cols, s.Samples, s.Offset)
	}
	trees, err := s.Trees.trees(s.Cols, s.Samples)
	if err != nil {
		return fmt.Errorf("isolation forest: %w", err)
	}
	*f = Forest{cols: s.Cols, samples: s.Samples, offset: s.Offset, trees: trees, packed: make([]packedTree, len(trees))}
	averages := averagePaths(s.Samples)
	for i, t := range trees {
		f.packed[i] = pack(t, averages)
		if f.packed[i].steps > maxDepth(s.Samples) {
			return fmt.Errorf("isolation forest: tree %d is %d deep", i, f.packed[i].steps)
		}
	}
	return nil
}

func (f *Forest) check(cols int) error {
	if f.cols != cols || len(f.trees) == 0 {
		return fmt.Errorf("isolation forest: over %d columns of %d", f.cols, cols)
	}
	return nil
}

type savedClassifier struct {
	Cols       int        `json:"cols"`
	Classes    int        `json:"classes"`
	Importance []float64  `json:"importance"`
	Trees      savedTrees `json:"trees"`
	Shares     []float64  `json:"shares"` // of the classes in each leaf, in the order of the leaves
}

// MarshalJSON writes c for Saved.
func (c *Classifier) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedClassifier{c.cols, c.classes, c.importance, saveTrees(c.trees), slices.Concat(c.inNodeOrder()...)})
}

// inNodeOrder returns the shares of each tree in the order of its leaves.
func (c *Classifier) inNodeOrder() [][]float64 {
	out := make([][]float64, len(c.trees))
	for i, t := range c.trees {
		for _, n := range t {
			if n.leaf() {
				out[i] = append(out[i], c.shares[i][int(n.kid)*c.classes:(int(n.kid)+1)*c.classes]...)
			}
		}
	}
	return out
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses what is no forest.
func (c *Classifier) UnmarshalJSON(data []byte) error {
	var s savedClassifier
	if err := Strict(bytes.TrimSpace(data), &s); err != nil {
		return err
	}
	if s.Cols < 1 || s.Classes < 1 || s.Classes > maxClasses || len(s.Importance) != s.Cols || !allShares(s.Importance) || !allShares(s.Shares) {
		return fmt.Errorf("random forest: %d columns, %d classes, %d importances, or a share that is none", s.Cols, s.Classes, len(s.Importance))
	}
	trees, err := s.Trees.trees(s.Cols, 0)
	if err != nil {
		return fmt.Errorf("random forest: %w", err)
	}
	*c = Classifier{cols: s.Cols, classes: s.Classes, importance: s.Importance, trees: trees, shares: make([][]float64, len(trees))}
	for i, t := range trees {
		if depth := slices.Max(t.depths()); depth > maxLevels {
			return fmt.Errorf("random forest: tree %d is %d deep", i, depth)
		}
		leaves := int32(0)
		for j := range t {
			if t[j].leaf() {
				t[j].kid = leaves
				leaves++
			}
		}
		size := int(leaves) * s.Classes
		if size > len(s.Shares) {
			return errors.New("random forest: leaves without shares of classes")
		}
		c.shares[i], s.Shares = s.Shares[:size:size], s.Shares[size:]
	}
	if len(s.Shares) > 0 {
		return errors.New("random forest: shares of classes of no leaf")
	}
	return nil
}

// allShares says whether all values are from 0 to 1.
func allShares(values []float64) bool {
	for _, v := range values {
		if !(v >= 0 && v <= 1) {
			return false
		}
	}
	return true
}

func (c *Classifier) check(cols int) error {
	if c.cols != cols || len(c.trees) == 0 {
		return fmt.Errorf("random forest: over %d columns of %d", c.cols, cols)
	}
	return nil
}
