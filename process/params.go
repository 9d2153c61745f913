package process

import (
	"errors"
	"fmt"
)

// Params decide what is a finding.
type Params struct {
	// Notebook does as the notebook: its features, one forest over the day, and the
	// risk scaled between the day's least and most odd execution.
	Notebook bool
	// MinScore is the least score of a finding, 0 to 1.
	MinScore float64
	// Seed is that of the forests.
	Seed uint64
	// Model, if there is one, judges executions in place of a forest over the day.
	Model *Model
}

// DefaultParams are those of who sets nothing.
func DefaultParams() Params { return Params{MinScore: low, Seed: 42} }

// Validate names every setting that cannot work.
func (p Params) Validate() error {
	var errs []error
	if !(p.MinScore >= 0 && p.MinScore <= 1) {
		errs = append(errs, fmt.Errorf("process.min-score: %v is not between 0 and 1", p.MinScore))
	}
	if p.Model != nil && p.Model.about.Notebook != p.Notebook {
		errs = append(errs, errors.New("process.model: the model was trained with another hunts.mode (notebook or default): train it anew"))
	}
	return errors.Join(errs...)
}

// The least scores of severities, and what makes a risk high.
const (
	low      = 0.4
	medium   = 0.55
	highRisk = 0.7
)
