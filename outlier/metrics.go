package outlier

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// AUROC is the area under the receiver operating characteristic: how often a
// positive row scores higher than a negative one, ties counting half
// (Mann-Whitney U). High scores mean positive. It needs both classes.
func AUROC(scores []float64, positive []bool) (float64, error) {
	order, positives, err := byScore(scores, positive)
	if err != nil {
		return 0, err
	}
	negatives := len(order) - positives
	if negatives == 0 {
		return 0, fmt.Errorf("%w: no negative row, so no area under the curve", ErrInput)
	}
	var wins float64 // pairs that the positive row wins
	above := 0       // positives above the group
	for group := range tied(order, scores) {
		hits := count(group, positive)
		misses := len(group) - hits
		wins += float64(misses) * (float64(above) + float64(hits)/2)
		above += hits
	}
	return wins / float64(positives) / float64(negatives), nil
}

// AveragePrecision is the precision at each row of the ranking, averaged over
// the positive ones; tied rows count together (scikit-learn's
// average_precision_score). It needs a positive row.
func AveragePrecision(scores []float64, positive []bool) (float64, error) {
	order, positives, err := byScore(scores, positive)
	if err != nil {
		return 0, err
	}
	var sum float64
	seen, found := 0, 0
	for group := range tied(order, scores) {
		hits := count(group, positive)
		seen += len(group)
		found += hits
		sum += float64(hits) / float64(positives) * float64(found) / float64(seen)
	}
	return sum, nil
}

// byScore returns the rows, highest score first, and how many are positive.
func byScore(scores []float64, positive []bool) (order []int, positives int, err error) {
	if len(scores) != len(positive) {
		return nil, 0, fmt.Errorf("%w: %d scores for %d labels", ErrInput, len(scores), len(positive))
	}
	order = make([]int, len(scores))
	for i := range order {
		order[i] = i
		if math.IsNaN(scores[i]) {
			return nil, 0, fmt.Errorf("%w: score %d is no number", ErrInput, i)
		}
	}
	if positives = count(order, positive); positives == 0 {
		return nil, 0, fmt.Errorf("%w: no positive row", ErrInput)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order, positives, nil
}

// tied yields the runs of rows of equal scores.
func tied(order []int, scores []float64) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		for len(order) > 0 {
			n := 1
			for n < len(order) && scores[order[n]] == scores[order[0]] {
				n++
			}
			if !yield(order[:n]) {
				return
			}
			order = order[n:]
		}
	}
}

func count(rows []int, positive []bool) (n int) {
	for _, i := range rows {
		if positive[i] {
			n++
		}
	}
	return n
}

// Confusion counts what was said of rows against what they are.
type Confusion struct {
	TruePositives, FalsePositives, TrueNegatives, FalseNegatives int
}

// Confuse compares predictions with labels.
func Confuse(predicted, positive []bool) (Confusion, error) {
	var c Confusion
	if len(predicted) != len(positive) {
		return c, fmt.Errorf("%w: %d predictions for %d labels", ErrInput, len(predicted), len(positive))
	}
	for i, p := range predicted {
		switch {
		case p && positive[i]:
			c.TruePositives++
		case p:
			c.FalsePositives++
		case positive[i]:
			c.FalseNegatives++
		default:
			c.TrueNegatives++
		}
	}
	return c, nil
}

// Precision is the share of the rows called positive that are; 0 where none was called so.
func (c Confusion) Precision() float64 {
	return share(c.TruePositives, c.FalsePositives)
}

// Recall is the share of the positive rows that were called so; 0 where there is none.
func (c Confusion) Recall() float64 { return share(c.TruePositives, c.FalseNegatives) }

// Specificity is the share of the negative rows that were called so; 0 where there is none.
func (c Confusion) Specificity() float64 { return share(c.TrueNegatives, c.FalsePositives) }

// F1 is the harmonic mean of precision and recall.
func (c Confusion) F1() float64 {
	return share(2*c.TruePositives, c.FalsePositives+c.FalseNegatives)
}

// Accuracy is the share of the rows of which the truth was said.
func (c Confusion) Accuracy() float64 {
	return share(c.TruePositives+c.TrueNegatives, c.FalsePositives+c.FalseNegatives)
}

// HardAUROC is the area under the curve of predictions instead of scores: the
// mean of recall and specificity. Notebooks report it as AUROC; it is not
// comparable with that of scores.
func (c Confusion) HardAUROC() float64 { return (c.Recall() + c.Specificity()) / 2 }

func share(part, rest int) float64 {
	if part == 0 {
		return 0
	}
	return float64(part) / float64(part+rest)
}
