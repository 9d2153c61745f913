package benchmark

import (
	"errors"
	"fmt"
	"strings"

	"sparkless/outlier"
	"sparkless/storage/printable"
)

// model is one of package outlier.
type model struct {
	name string
	// fit learns from a table. Models but the classifier do not look at labels.
	fit func(train *Table, o Options, seed uint64) (judge, error)
	// learns says that it learns from labels: it is told nothing by rows it was shown.
	learns bool
	// What it takes beside a table, in bytes: of a row, of a row for each goroutine, of
	// which so many are busy at most, and of a pair of columns.
	row, worker, pair int64
	workers           int
}

// judge gives rows scores, the higher the more they are outliers, and says which are.
type judge func(x outlier.Matrix) (scores []float64, outliers []bool, err error)

func models() []model {
	return []model{
		{name: "isolation-forest", fit: fitForest, row: 32},
		{name: "one-class-svm", fit: fitSVM, row: 32},
		{name: "dose-svm", fit: fitDoSE, row: 32, pair: 8 * 8},
		// Ten estimates with the distances of all rows, each of them on a goroutine.
		{name: "elliptic-envelope", fit: fitEnvelope, row: 160, worker: 40, pair: 8 * (64 + 5*32), workers: 10},
		// A hundred trees of as many leaves as there are rows drawn, 63 % of all, at 48 bytes.
		{name: "random-forest", fit: fitClassifier, learns: true, row: 100 * 32, worker: 96, workers: 100},
	}
}

// Models are the names of all models.
func Models() []string {
	var names []string
	for _, m := range models() {
		names = append(names, m.name)
	}
	return names
}

// chosen are the models of some names.
func chosen(names []string) ([]model, error) {
	var all []model
	var errs []error
	known := models()
	for _, name := range names {
		n := len(all)
		for _, m := range known {
			if m.name == name {
				all = append(all, m)
			}
		}
		if len(all) == n {
			errs = append(errs, fmt.Errorf("model %s is none of %s", printable.Text(name), strings.Join(Models(), ", ")))
		}
	}
	if len(names) == 0 {
		errs = append(errs, errors.New("no model is named"))
	}
	return all, errors.Join(errs...)
}

// below says which scores are outliers where low ones are.
func below(low []float64, outlying func(float64) bool) (scores []float64, outliers []bool) {
	scores, outliers = make([]float64, len(low)), make([]bool, len(low))
	for i, s := range low {
		scores[i], outliers[i] = -s, outlying(s)
	}
	return scores, outliers
}

func negative(decision float64) bool { return decision < 0 }

func fitForest(train *Table, o Options, seed uint64) (judge, error) {
	f, err := outlier.FitForest(train.X, nil, outlier.ForestParams{Contamination: o.Contamination, Seed: seed, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	return func(x outlier.Matrix) ([]float64, []bool, error) {
		low, err := f.Scores(x, o.Workers)
		scores, outliers := below(low, f.Outlier)
		return scores, outliers, err
	}, nil
}

// sgdSeed is a seed in the range of those that scikit-learn draws.
func sgdSeed(seed uint64) uint32 {
	seed *= 0x9e3779b97f4a7c15 // Fibonacci hashing: neighbours give seeds far apart
	return uint32(seed>>33) | 1
}

func fitSVM(train *Table, _ Options, seed uint64) (judge, error) {
	m, err := outlier.FitOneClassSVM(train.X, outlier.SGDParams{Seed: sgdSeed(seed)})
	if err != nil {
		return nil, err
	}
	return bySign(m), nil
}

func fitDoSE(train *Table, _ Options, seed uint64) (judge, error) {
	m, err := outlier.FitDoSE(train.X, outlier.SGDParams{Seed: sgdSeed(seed)})
	if err != nil {
		return nil, err
	}
	return bySign(m), nil
}

// bySign judges by decisions, which are negative for outliers.
func bySign(m interface {
	Decisions(x outlier.Matrix) ([]float64, error)
}) judge {
	return func(x outlier.Matrix) ([]float64, []bool, error) {
		low, err := m.Decisions(x)
		scores, outliers := below(low, negative)
		return scores, outliers, err
	}
}

func fitEnvelope(train *Table, o Options, seed uint64) (judge, error) {
	e, err := outlier.FitEnvelope(train.X, outlier.EnvelopeParams{Contamination: o.Contamination, Seed: seed, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	return func(x outlier.Matrix) ([]float64, []bool, error) {
		low, err := e.Scores(x)
		scores, outliers := below(low, e.Outlier)
		return scores, outliers, err
	}, nil
}

func fitClassifier(train *Table, o Options, seed uint64) (judge, error) {
	y := make([]int, train.X.Rows)
	for i, positive := range train.Positive {
		if positive {
			y[i] = 1
		}
	}
	c, err := outlier.FitClassifier(train.X, y, nil, outlier.ClassifierParams{Seed: seed, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	return func(x outlier.Matrix) ([]float64, []bool, error) {
		p, err := c.Probabilities(x, o.Workers)
		if err != nil {
			return nil, nil, err
		}
		scores, outliers := make([]float64, x.Rows), make([]bool, x.Rows)
		for i := range scores {
			scores[i] = p.Row(i)[1]
			outliers[i] = scores[i] > 0.5
		}
		return scores, outliers, nil
	}, nil
}
