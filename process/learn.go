package process

import (
	"errors"
	"fmt"

	"sparkless/outlier"
)

// heldOut is the share of labelled rows that a classifier is evaluated on.
const heldOut = 0.3

// learn trains the classifier on the groups that have a label. Rows that are equal and
// have the same label are one, so that none is both learnt and asked.
func (m *Model) learn(d *Detector, j *judge, all []judged, l *labeller) error {
	x := outlier.Matrix{Cols: len(j.columns)}
	var y []int
	seen := map[string]bool{}
	for i := range all {
		one := &all[i]
		malicious, has := l.of(one)
		if !has {
			continue
		}
		row := make([]float64, x.Cols)
		j.put(row, &one.facts)
		class := int(truth(malicious))
		if key := fmt.Sprint(class, row); !seen[key] {
			seen[key] = true
			x.Data = append(x.Data, row...)
			x.Rows++
			y = append(y, class)
		}
	}
	for _, class := range y {
		m.about.Malicious += class
	}
	m.about.Benign = len(y) - m.about.Malicious
	if m.about.Benign == 0 || m.about.Malicious == 0 {
		return fmt.Errorf("of the executions, labels match %d rows that are malicious and %d that are not: a model needs both", m.about.Malicious, m.about.Benign)
	}
	p := outlier.ClassifierParams{Seed: d.params.Seed, Workers: d.workers}
	var err error
	if m.about.Evaluation, err = evaluate(x, y, p); err != nil {
		return err
	}
	m.saved.Classifier, err = outlier.FitClassifier(x, y, nil, p)
	return err
}

// evaluate trains on most rows and asks the others; nil where a class would be missing
// in either.
func evaluate(x outlier.Matrix, y []int, p outlier.ClassifierParams) (*Evaluation, error) {
	first, second, err := outlier.Stratified(x, y, heldOut, p.Seed)
	if err != nil || !bothClasses(y, first) || !bothClasses(y, second) {
		return nil, err
	}
	c, err := outlier.FitClassifier(x.Select(first), pick(y, first), nil, p)
	if err != nil {
		return nil, err
	}
	all, err := c.Probabilities(x.Select(second), p.Workers)
	if err != nil {
		return nil, err
	}
	scores, predicted, positive := make([]float64, len(second)), make([]bool, len(second)), make([]bool, len(second))
	e := &Evaluation{Rows: len(second)}
	for i, at := range second {
		scores[i] = all.Row(i)[1]
		predicted[i], positive[i] = scores[i] >= 0.5, y[at] == 1
		e.Malicious += y[at]
	}
	confusion, errC := outlier.Confuse(predicted, positive)
	e.Precision, e.Recall = confusion.Precision(), confusion.Recall()
	var errA, errP error
	e.AUROC, errA = outlier.AUROC(scores, positive)
	e.Average, errP = outlier.AveragePrecision(scores, positive)
	return e, errors.Join(errC, errA, errP)
}

func bothClasses(y, rows []int) bool {
	n := 0
	for _, at := range rows {
		n += y[at]
	}
	return n > 0 && n < len(rows)
}

func pick(y, rows []int) (picked []int) {
	for _, at := range rows {
		picked = append(picked, y[at])
	}
	return picked
}
