package process

import (
	"cmp"
	"fmt"
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
// and rarity to what is rare. Weights add up to 1 or, where some are left out, less.
func (j *judge) reasons(one *judged, usual func(*feature) string, history *State) ([]reason, error) {
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
	return j.worded(one, weights, usual, history), nil
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
func (j *judge) worded(one *judged, weights []float64, usual func(*feature) string, history *State) []reason {
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
		if weights[i] > 0 {
			all = append(all, j.reason(c, one, weights[i]/total, usual, history))
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

// reason puts one feature into words.
func (j *judge) reason(c *feature, one *judged, weight float64, usual func(*feature) string, history *State) reason {
	r := reason{Reason: anomaly.Reason{Name: c.name, Weight: weight, Why: c.why}, tactics: c.tactics, techniques: c.techniques}
	if c.speaks(&one.facts) == 0 {
		r.tactics, r.techniques = nil, nil
	}
	path, parent := one.program.path, one.key.parent
	p := j.census.programs[path]
	switch {
	case c.field != nil:
		r.Value, r.Usual = c.show(one.key.vector.get(*c.field)), usual(c)
	case c.name == "UnusualParent" || c.name == "ShellOf":
		r.Value = orNone(parent)
	case c.name == "ParentRarity":
		r.Value = fmt.Sprintf("%s, which started it %d of %s", orNone(parent), j.census.pairs[pairKey{path, parent}], count(p.count, "time"))
		r.Usual = j.usualParent(path, parent)
	case c.name == "HostRarity":
		r.Value, r.Usual = count(int64(p.hosts), "host"), fmt.Sprintf("%d or more of %d", j.usualHosts(), j.census.hosts)
	case c.name == "ProgramRarity":
		r.Value, r.Usual = count(p.count, "execution"), fmt.Sprintf("one of %d", j.census.events)
	}
	if days := history.Days(); days > 0 && (c.name == "ParentRarity" || c.name == "HostRarity" || c.name == "ProgramRarity") {
		seen := history.past.programs[path].days
		if c.name == "ParentRarity" {
			seen = history.past.pairs[pairKey{path, parent}].days
		}
		r.Usual += fmt.Sprintf("; it was seen on %d of %s before", seen, count(int64(days), "day"))
	}
	return r
}

// usualParent says under which parent a program runs most or, where that is the one at
// hand, what else that starts.
func (j *judge) usualParent(path, parent string) string {
	most, by := int64(0), ""
	for name := range j.census.parents {
		if n := j.census.pairs[pairKey{path, name}]; n > most || n == most && n > 0 && name < by {
			most, by = n, name
		}
	}
	if by != parent && most > 0 {
		return fmt.Sprintf("%s, %d of %d", orNone(by), most, j.census.programs[path].count)
	}
	q := j.census.parents[parent]
	return fmt.Sprintf("%s starts %s, %s in all", orNone(parent), count(int64(q.children), "program"), count(q.count, "time"))
}

// usualHosts is on how many hosts the program of a median execution runs.
func (j *judge) usualHosts() int {
	var all []programCount
	for _, p := range j.census.programs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b programCount) int { return cmp.Compare(a.hosts, b.hosts) })
	sum := int64(0)
	for _, p := range all {
		if sum += p.count; 2*sum >= j.census.events {
			return p.hosts
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

// usually says what a feature is else: of the program's other executions or, where it
// has none, of all programs.
func usually(rows []row, one *judged) func(*feature) string {
	return func(c *feature) string {
		for _, of := range []struct {
			pick func(row) bool
			name string
		}{
			{func(r row) bool { return r.program == one.program && r.group != one.group }, "in its other %s"},
			{func(r row) bool { return r.program != one.program }, "in %s of other programs"},
		} {
			if v, n := medianOf(rows, c, of.pick); n > 0 {
				return fmt.Sprintf("%s %s", c.show(v), fmt.Sprintf(of.name, count(n, "execution")))
			}
		}
		return ""
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
