package anomaly

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"sparkless/publish"
)

// Candidate is a finding by what it is ranked by. There may be very many of them, and
// those that nobody wants are never told.
type Candidate struct {
	ID    string
	Score float64
	Tell  func() (Finding, error) // all of it; the same whenever it is called
}

// Told is the candidate of a finding that is told already.
func Told(f Finding) Candidate {
	return Candidate{f.FindingId, f.Score, func() (Finding, error) { return f, nil }}
}

// Rank makes the records of candidates, the highest score first, each when it is asked
// for. It keeps no order of the given ones.
func Rank(all []Candidate) iter.Seq2[publish.Record, error] {
	slices.SortFunc(all, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
	})
	return func(yield func(publish.Record, error) bool) {
		for _, c := range all {
			if !yield(c.record()) {
				return
			}
		}
	}
}

func (c Candidate) record() (publish.Record, error) {
	f, err := c.Tell()
	var r publish.Record
	if err == nil {
		r, err = f.Record()
	}
	if err != nil {
		return r, fmt.Errorf("finding %s: %w", c.ID, err)
	}
	return r, nil
}

// Records are all that there are.
func Records(found iter.Seq2[publish.Record, error]) ([]publish.Record, error) {
	all := []publish.Record{}
	for r, err := range found {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
