package process

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Drift says how far a day is from the days that a model was trained on.
type Drift struct {
	// Features are the columns that are spread otherwise: of a population stability
	// index above 0.25.
	Features []FeatureDrift
	// Unseen is the share of executions of programs that the model does not know.
	Unseen float64
	// Before and Now are the median anomaly of the training and of the day.
	Before, Now float64
}

// FeatureDrift is a column and its population stability index: the sum over its values
// of (a - e)·ln(a/e), with the shares a of the day and e of the training.
type FeatureDrift struct {
	Name string
	PSI  float64
}

// What of a drift is worth a word.
const (
	mostPSI    = 0.25
	mostUnseen = 0.1
	mostMoved  = 0.1 // of the median anomaly
	fewestPSI  = 500 // executions: the index of fewer is large by chance
	leastShare = 1e-4
)

// Lines says in sentences what has drifted; none means that the model still fits.
func (d *Drift) Lines() (lines []string) {
	if d == nil {
		return nil
	}
	for _, f := range d.Features {
		lines = append(lines, fmt.Sprintf("%s is spread otherwise than in the training: population stability index %.2f, more than %.2f", f.Name, f.PSI, mostPSI))
	}
	if d.Unseen > mostUnseen {
		lines = append(lines, fmt.Sprintf("%.0f %% of the executions are of programs that the model does not know", 100*d.Unseen))
	}
	if math.Abs(d.Now-d.Before) > mostMoved {
		lines = append(lines, fmt.Sprintf("the median anomaly is %.2f, and was %.2f in the training", d.Now, d.Before))
	}
	return lines
}

// compared reports whether later days are compared in a column: not in the time of day
// or week, of which a day has its own.
func (f *feature) compared() bool {
	return f.field != nil && f.field != &fieldWeekend || f.name == "ParentRarity" || f.name == "HostRarity"
}

// bin is the value of a column as a small number.
func (f *feature) bin(x *facts) int {
	if f.field != nil {
		return x.vector.get(*f.field)
	}
	return int(10 * f.value(x))
}

// spreads counts the executions by the values of each column.
func spreads(all []judged, j *judge) map[string][]int64 {
	out := map[string][]int64{}
	for i := range j.columns {
		c := &j.columns[i]
		if !c.compared() {
			continue
		}
		counts := make([]int64, 32)
		for k := range all {
			counts[c.bin(&all[k].facts)] += all[k].group.count
		}
		for len(counts) > 0 && counts[len(counts)-1] == 0 {
			counts = counts[:len(counts)-1]
		}
		out[c.name] = counts
	}
	return out
}

// drift compares a day, which the model has judged, with the training.
func (m *Model) drift(v *view) *Drift {
	d := &Drift{Before: m.about.Median, Now: medianScore(v.all)}
	total, unseen := int64(0), int64(0)
	for i := range v.all {
		total += v.all[i].group.count
		if m.census.programs[v.all[i].program.path].count == 0 {
			unseen += v.all[i].group.count
		}
	}
	d.Unseen = float64(unseen) / float64(max(total, 1))
	if total < fewestPSI || m.about.Events < fewestPSI {
		return d
	}
	now := spreads(v.all, v.judge)
	for _, c := range v.judge.columns {
		if psi := stability(m.about.Spread[c.name], now[c.name]); psi > mostPSI {
			d.Features = append(d.Features, FeatureDrift{c.name, psi})
		}
	}
	slices.SortStableFunc(d.Features, func(a, b FeatureDrift) int {
		return cmp.Compare(b.PSI, a.PSI)
	})
	return d
}

// stability is the population stability index of two counts by value.
func stability(before, now []int64) (psi float64) {
	sum := func(counts []int64) (n int64) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	of := func(counts []int64, i int, all int64) float64 {
		if i >= len(counts) || all == 0 {
			return leastShare
		}
		return max(leastShare, float64(counts[i])/float64(all))
	}
	was, is := sum(before), sum(now)
	if was == 0 || is == 0 {
		return 0
	}
	for i := range max(len(before), len(now)) {
		e, a := of(before, i, was), of(now, i, is)
		psi += (a - e) * math.Log(a/e)
	}
	return psi
}
