package logon

import (
	"errors"
	"fmt"
)

// Params decide what is a finding.
type Params struct {
	// Notebook has the findings of the original notebook: the outliers of an isolation
	// forest over the z-scores of network logons.
	Notebook bool
	// Seed is that of the isolation forest.
	Seed uint64
	// MinScore is the least score of a finding, 0 to 1. The notebook does not ask for it.
	MinScore float64
	// MinDays is how many other days of an account make a history of its own. With fewer
	// it is compared with the accounts of its domain and logon type on the same day.
	MinDays int
}

// DefaultParams are the settings of those who set none.
func DefaultParams() Params { return Params{Seed: 42, MinScore: low, MinDays: 5} }

// Validate names every setting that cannot work.
func (p Params) Validate() error {
	var errs []error
	if !(p.MinScore >= 0 && p.MinScore <= 1) {
		errs = append(errs, fmt.Errorf("logon.min-score: %v is not between 0 and 1", p.MinScore))
	}
	if p.MinDays < 2 || p.MinDays > 365 {
		errs = append(errs, fmt.Errorf("logon.min-days: %d is not between 2 and 365", p.MinDays))
	}
	return errors.Join(errs...)
}
