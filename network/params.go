package network

import (
	"errors"
	"fmt"
)

// Params decide what is a finding.
type Params struct {
	// Notebook does as the original notebook: an isolation forest over the number of
	// the process name in the alphabet, which marks about one percent of the connections
	// to IPv4 addresses, whatever they are. Score is of no use then.
	Notebook bool
	// Score is the least score of a finding, 0 to 1.
	Score float64
	// Seed is what the forest is drawn from.
	Seed uint64
}

// DefaultParams are those of who sets none.
func DefaultParams() Params { return Params{Score: 0.35, Seed: 42} }

// Validate names every setting that cannot work.
func (p Params) Validate() error {
	var errs []error
	if !(p.Score >= 0 && p.Score <= 1) {
		errs = append(errs, fmt.Errorf("network.score: %v is not between 0 and 1", p.Score))
	}
	return errors.Join(errs...)
}
