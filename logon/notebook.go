package logon

import (
	"cmp"
	"math"
	"slices"

	"sparkless/outlier"
)

// notebookFeatures are the columns that the notebook's forest asks for, in its order. The
// first two, the third and the fifth go in as z-scores, the others as they are.
var notebookFeatures = [...]string{"FailedLogons", "SuccessfulLogons", "ComputersSuccessfulAccess",
	"ComputerDomainsSuccessfulAccess", "SrcIpSuccessfulAccess", "SrcHostNameSuccessfulAccess"}

// scaled are those that go in as z-scores.
var scaled = [len(notebookFeatures)]bool{true, true, true, false, true, false}

func (u *UserDay) notebookFeatures() [len(notebookFeatures)]float64 {
	return [...]float64{float64(u.FailedLogons), float64(u.SuccessfulLogons), float64(u.ComputersSuccessfulAccess),
		float64(u.ComputerDomainsSuccessfulAccess), float64(u.SrcIpSuccessfulAccess), float64(u.SrcHostNameSuccessfulAccess)}
}

// ScoredDay is a user-day as the notebook judges it.
type ScoredDay struct {
	UserDay
	// Features are what the forest is asked of, in the order FailedLogons,
	// SuccessfulLogons, ComputersSuccessfulAccess, ComputerDomainsSuccessfulAccess,
	// SrcIpSuccessfulAccess, SrcHostNameSuccessfulAccess.
	Features [6]float64
	// Score is how far above the threshold the day is, on the scale of the forest's
	// scores: an outlier is above 0.
	Score float64
	// Outlier says whether the notebook lists the day.
	Outlier bool
	// Path says how much each feature makes the day's mean path in the forest longer
	// than the average one, or, where negative, isolates the day. Outliers alone have it.
	Path outlier.Explanation
}

// Score judges user-days as the notebook does, and returns those with a successful
// logon, the highest score first. A feature's z-score is taken over all days of the
// account, the scored one included; of an account without spread it is log10(v + 1), else
// log10(1 + z) of an increase and 0 of a decrease. A forest of 100 trees, or, of fewer
// than 500 days, 24 and 2 for each day, marks 1 in 100 days. Days without a successful
// logon count until then. Of the Params it asks for the Seed alone. Workers is how many
// goroutines it uses; the result does not depend on it, nor on the order of days.
func (p Params) Score(days []UserDay, workers int) ([]ScoredDay, error) {
	if len(days) == 0 {
		return nil, nil
	}
	scored := make([]ScoredDay, len(days))
	accounts := map[[2]string][]int{}
	for i := range days {
		scored[i].UserDay = days[i]
		of := [2]string{days[i].DstDomain, days[i].DstUser}
		accounts[of] = append(accounts[of], i)
	}
	for _, of := range accounts {
		zScores(scored, of)
	}
	x := outlier.Zeros(len(days), len(notebookFeatures))
	for i := range scored {
		copy(x.Row(i), scored[i].Features[:])
	}
	f, err := outlier.FitForest(x, nil, outlier.ForestParams{Trees: notebookTrees(len(days)), Contamination: 0.01, Seed: p.Seed, Workers: workers})
	if err != nil {
		return nil, err
	}
	scores, err := f.Scores(x, workers)
	if err != nil {
		return nil, err
	}
	for i, s := range scores {
		scored[i].Score, scored[i].Outlier = f.Offset()-s, f.Outlier(s)
	}
	scored = slices.DeleteFunc(scored, func(s ScoredDay) bool { return s.SuccessfulLogons == 0 })
	slices.SortFunc(scored, order)
	for i := range scored {
		if scored[i].Outlier {
			if scored[i].Path, err = f.Explain(scored[i].Features[:]); err != nil {
				return nil, err
			}
		}
	}
	return scored, nil
}

// order puts the highest score first.
func order(a, b ScoredDay) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), a.Date.Compare(b.Date), cmp.Compare(a.DstDomain, b.DstDomain),
		cmp.Compare(a.DstUser, b.DstUser), cmp.Compare(a.LogonTypeName, b.LogonTypeName), a.First.Compare(b.First))
}

func notebookTrees(days int) int {
	if days < 500 {
		return 4*len(notebookFeatures) + 2*days
	}
	return 100
}

// zScores fills in the features of the days of one account.
func zScores(scored []ScoredDay, of []int) {
	for f := range notebookFeatures {
		values := make([]float64, len(of))
		for i, at := range of {
			values[i] = scored[at].notebookFeatures()[f]
		}
		slices.Sort(values) // so that rounding does not depend on the order of days
		mean, deviation := meanAndDeviation(values)
		for _, at := range of {
			v := scored[at].notebookFeatures()[f]
			if scaled[f] {
				v = dampened(v, mean, deviation)
			}
			scored[at].Features[f] = v
		}
	}
}

// meanAndDeviation returns the mean and the standard deviation of a sample (over n − 1),
// which of one value is not a number.
func meanAndDeviation(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(values)-1))
}

// dampened is the notebook's z-score.
func dampened(v, mean, deviation float64) float64 {
	switch {
	case deviation > 0:
		return math.Log10(1 + max(0, (v-mean)/deviation))
	case v == 0:
		return 0
	}
	return math.Log10(v + 1)
}
