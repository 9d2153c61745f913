package process

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"sparkless/publish/anomaly"
)

// mostReasons is how many reasons a finding has.
const mostReasons = 5

// reason is one before it is put into words.
type reason struct {
	anomaly.Reason
	tactics, techniques []string
}

// reasons says why a group has its score, the weightiest first: the forest's part goes
// to the columns that shorten its paths (TreeSHAP), the signs' part to those that speak,
// and rarity to what is rare. What is as usual is none, whatever its weight. Weights add
// up to 1 or, where some are left out, less.
func (j *judge) reasons(one *judged, usually comparisons, history *State) ([]reason, error) {
	values := make([]float64, len(j.columns))
	j.put(values, &one.facts)
	pushed, err := j.pushes(values)
	if err != nil {
		return nil, err
	}
	forest, rare, signs := one.parts.forest, one.parts.rarity, one.parts.signs
	if j.classifier != nil {
		// Examples weigh beside the rest: what pushes their model is told below.
		forest, rare, signs = riskAnomaly*forest, riskAnomaly*rare, riskAnomaly*signs
	}
	weights := make([]float64, len(j.columns))
	spoken := 0.0
	for i := range j.columns {
		spoken += j.columns[i].speaks(&one.facts)
	}
	for i := range j.columns {
		c := &j.columns[i]
		weights[i] = forest * pushed[i]
		if spoken > 0 {
			weights[i] += signs * c.speaks(&one.facts) / spoken
		}
		if sum := one.facts.rare.parent + one.facts.rare.host; sum > 0 && !j.notebook {
			switch c.name {
			case "ParentRarity":
				weights[i] += rare * one.facts.rare.parent / sum
			case "HostRarity":
				weights[i] += rare * one.facts.rare.host / sum
			}
		}
	}
	if j.classifier != nil {
		by, err := j.classifier.Explain(values, 1)
		if err != nil {
			return nil, err
		}
		shares(by.Contributions, 1, func(i int, w float64) { weights[i] += riskProbability * one.probability * w })
	}
	return j.worded(one, weights, usually, history), nil
}

// pushes is the share of each column in what makes the paths of a row shorter.
func (j *judge) pushes(values []float64) ([]float64, error) {
	by, err := j.forest.Explain(values)
	if err != nil {
		return nil, err
	}
	pushed := make([]float64, len(values))
	shares(by.Contributions, -1, func(i int, w float64) { pushed[i] = w })
	return pushed, nil
}

// shares gives f the share of each contribution of a sign.
func shares(contributions []float64, sign float64, f func(i int, w float64)) {
	sum := 0.0
	for _, c := range contributions {
		sum += max(0, sign*c)
	}
	for i, c := range contributions {
		if sign*c > 0 {
			f(i, sign*c/sum)
		}
	}
}

// worded puts the weightiest into words.
func (j *judge) worded(one *judged, weights []float64, usually comparisons, history *State) []reason {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	var all []reason
	hour := 0.0 // sine and cosine are one reason
	for i := range j.columns {
		c := &j.columns[i]
		if c.name == "HourSin" || c.name == "HourCos" || c.name == "HourOfDay" {
			hour += weights[i]
			continue
		}
		if weights[i] == 0 {
			continue
		}
		if r, is := j.reason(c, one, usually, history); is {
			r.Weight = weights[i] / total
			all = append(all, r)
		}
	}
	if hour > 0 {
		all = append(all, reason{Reason: anomaly.Reason{Name: "HourOfDay", Value: fmt.Sprintf("%d:00 UTC", one.facts.hour), Weight: hour / total, Why: "the hour of the day"}})
	}
	slices.SortFunc(all, func(a, b reason) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Name, b.Name))
	})
	all = all[:min(len(all), mostReasons)]
	for i := range all {
		all[i].Weight = math.Round(all[i].Weight*1e4) / 1e4
	}
	if len(all) == 0 {
		all = []reason{{Reason: anomaly.Reason{Name: "ProgramRarity", Value: count(one.group.count, "execution"), Weight: 1, Why: "how rarely it runs"}}}
	}
	return all
}

// reason puts one feature into words, and reports whether it is a reason: whether the
// value is unlike what stands beside it. What speaks of an attack is one by itself, and so
// is what cannot be compared.
func (j *judge) reason(c *feature, one *judged, usually comparisons, history *State) (r reason, is bool) {
	r = reason{Reason: anomaly.Reason{Name: c.name, Why: c.why}}
	speaks := c.speaks(&one.facts) > 0
	if speaks {
		r.tactics, r.techniques = c.tactics, c.techniques
	}
	switch {
	case c.field != nil:
		v, alone := one.key.vector.get(*c.field), true
		r.Value = c.show(v)
		for u := range usually(c) {
			if alone = false; c.unlike(v, u.value) {
				r.Usual = c.show(u.value) + " " + u.of
				return r, true
			}
		}
		return r, speaks && one.parts.signs > 0 || alone && c.unlike(v, 0)
	case c.name == "UnusualParent" || c.name == "ShellOf":
		r.Value = orNone(one.key.parent)
		return r, c.value(&one.facts) > 0
	}
	is = j.rare(&r, one)
	days, seen := history.Days(), 0
	if days > 0 {
		if seen = history.past.programs[one.program.path].days; c.name == "ParentRarity" {
			seen = history.past.pairs[pairKey{one.program.path, one.key.parent}].days
		}
		r.Value += fmt.Sprintf(", and on %d of %s before", seen, count(int64(days), "day"))
	}
	return r, is || 2*seen < days
}

// rare puts into words how rare an execution is, and reports whether others are less so.
// Without such there is nothing usual to tell.
func (j *judge) rare(r *reason, one *judged) (is bool) {
	path, parent := one.program.path, one.key.parent
	p := j.census.programs[path]
	usual := ""
	switch r.Name {
	case "ParentRarity":
		r.Value = fmt.Sprintf("%s, which started it %d of %s", orNone(parent), j.census.pairs[pairKey{path, parent}], count(p.count, "time"))
		usual, is = j.usualParent(path, parent)
	case "HostRarity":
		r.Value = count(int64(p.hosts), "host")
		most := j.usualCount(func(p programCount) int64 { return int64(p.hosts) })
		usual, is = fmt.Sprintf("%d or more of %d", most, j.census.hosts), int64(p.hosts) < most
	case "ProgramRarity":
		r.Value = count(p.count, "execution")
		most := j.usualCount(func(p programCount) int64 { return p.count })
		usual, is = fmt.Sprintf("%d or more of %d", most, j.census.events), p.count < most
	}
	if is {
		r.Usual = usual
	}
	return is
}

// usualParent says under which parent a program runs most or, where that is the one at
// hand, what else that starts; and whether that is more than the one at hand starts it.
func (j *judge) usualParent(path, parent string) (usual string, more bool) {
	most, by := int64(0), ""
	for name := range j.census.parents {
		if n := j.census.pairs[pairKey{path, name}]; n > most || n == most && n > 0 && name < by {
			most, by = n, name
		}
	}
	here := j.census.pairs[pairKey{path, parent}]
	if here < most {
		return fmt.Sprintf("%s, %d of %d", orNone(by), most, j.census.programs[path].count), true
	}
	q := j.census.parents[parent]
	return fmt.Sprintf("%s starts %s, %s in all", orNone(parent), count(int64(q.children), "program"), count(q.count, "time")), here*int64(q.children) < q.count
}

// usualCount is that of the program of a median execution.
func (j *judge) usualCount(of func(programCount) int64) int64 {
	var all []programCount
	for _, p := range j.census.programs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b programCount) int { return cmp.Compare(of(a), of(b)) })
	sum := int64(0)
	for _, p := range all {
		if sum += p.count; 2*sum >= j.census.events {
			return of(p)
		}
	}
	return 0
}

func orNone(name string) string {
	if name == "" {
		return "no named parent"
	}
	return name
}

// count is "1 host" or "7 hosts".
func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// usual is what a feature is else, in the median, and in which executions.
type usual struct {
	value int
	of    string
}

// comparisons are what a feature of an execution is compared with, the nearest first.
type comparisons func(*feature) iter.Seq[usual]

// usually compares with the program's other executions, and then with those of all other
// programs: what is usual for the one program may be what makes it unlike the rest.
func usually(rows []row, one *judged) comparisons {
	return func(c *feature) iter.Seq[usual] {
		return func(yield func(usual) bool) {
			v, n := medianOf(rows, c, func(r row) bool { return r.program == one.program && r.group != one.group })
			if n > 0 && !yield(usual{v, fmt.Sprintf("in its other %s", count(n, "execution"))}) {
				return
			}
			if v, n = medianOf(rows, c, func(r row) bool { return r.program != one.program }); n > 0 {
				yield(usual{v, fmt.Sprintf("in %s of other programs", count(n, "execution"))})
			}
		}
	}
}

// medianOf is the median of a field over the executions of some groups, and their
// number.
func medianOf(rows []row, c *feature, pick func(row) bool) (median int, n int64) {
	var counts [32]int64
	for _, r := range rows {
		if r.group != nil && pick(r) {
			counts[r.key.vector.get(*c.field)] += r.group.count
			n += r.group.count
		}
	}
	sum := int64(0)
	for v := range counts {
		if sum += counts[v]; 2*sum >= n {
			return v, n
		}
	}
	return 0, n
}
