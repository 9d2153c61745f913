package masquerade

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sparkless/masquerade/simjoin"
	"sparkless/masquerade/windows"
)

// Params decide which names are compared and what is a finding.
type Params struct {
	// Frequent is the least percent rank of a frequent name.
	Frequent float64
	// Rare is the percent rank below which a name is rare.
	Rare float64
	// Similarity is the score above which a rare name resembles a frequent one.
	Similarity float64

	// Evidence looks for all that speaks for an impostor, and weighs it. Without it
	// a finding is a pair of a rare and a frequent name above Similarity, as in the
	// notebook, and what follows is of no use.
	Evidence bool
	// MinScore is the least score of a finding, 0 to 100.
	MinScore int
	// Weights replace those of WeightList by name.
	Weights Weights
	// Facts are what is known of Windows; nil means windows.Builtin.
	Facts *windows.Facts
}

// Profiles returns the names of the profiles of settings.
func Profiles() []string { return []string{Notebook, "strict", Balanced, "hunt"} }

const (
	// Notebook is the profile with exactly the notebook's findings.
	Notebook = "notebook"
	// Balanced is the profile of those who set none.
	Balanced = "balanced"
)

// NotebookParams are those of the profile Notebook.
func NotebookParams() Params { return Params{Frequent: 0.8, Rare: 0.2, Similarity: 0.85} }

// ParamsOf returns the settings of a profile.
func ParamsOf(profile string) (Params, error) {
	p := NotebookParams()
	p.Evidence = profile != Notebook
	switch profile {
	case Notebook:
	case "hunt":
		p.MinScore = 20
	case Balanced:
		p.MinScore = low
	case "strict":
		p.MinScore = medium
	default:
		return Params{}, fmt.Errorf("there is no profile %q; there are %s", profile, strings.Join(Profiles(), ", "))
	}
	return p, nil
}

// Validate names every setting that cannot work.
func (p Params) Validate() error {
	var errs []error
	check := func(name string, v, limit float64) {
		if !(v >= 0 && v <= limit) {
			errs = append(errs, fmt.Errorf("masquerade.%s: %v is not between 0 and %v", name, v, limit))
		}
	}
	check("frequent", p.Frequent, 1)
	check("rare", p.Rare, 1)
	check("similarity", p.Similarity, 1)
	check("min-score", float64(p.MinScore), 100)
	return errors.Join(errs...)
}

// Quadratic reports whether comparing names at this similarity takes time by the
// square of their number, which is worth a warning on a large estate.
func (p Params) Quadratic() bool { return simjoin.Quadratic(p.Similarity) }

// The least scores of the severities above informational.
const (
	low    = 40
	medium = 50
	high   = 75
)

// severity puts a score into words.
func severity(score int) string {
	at := slices.IndexFunc([]int{high, medium, low, 0}, func(least int) bool { return score >= least })
	return []string{"High", "Medium", "Low", "Informational"}[at]
}
