package logon

import (
	"cmp"
	"context"
	"slices"

	"sparkless/outlier"
)

// judged is a day of an account by one logon type, and what there is to say of it.
type judged struct {
	*row
	values [features]float64
	usual  *baseline // of its own other days; nil if these are few
	few    *baseline // of the few; nil if there are none, or enough
	others *group    // of its domain and logon type, if its own days are few; nil if there are few others
	z      [features]float64
	forest float64 // minus the score of the isolation forest: 0.5 is average; 0 without one
	asked  []float64
	past   *earlier // nil if it was not seen before
}

// leastRows is how many user-days a forest is grown of.
const leastRows = 64

// mostAsked is how far a deviation counts for the forest, which is to see what is odd
// together, and not again what is far out alone.
const mostAsked = 6

// forestTrees are more than usual, since the rows are few.
const forestTrees = 200

// judge compares all user-days of the window with what is usual.
func (d *Detector) judge(ctx context.Context, day, history *State) ([]judged, *outlier.Forest, error) {
	rows := day.accounts.sorted(&day.store)
	all := make([]judged, len(rows))
	for i, r := range rows {
		all[i] = judged{row: r, values: r.features(), past: history.earlier(r.key)}
	}
	groups := groupsOf(all)
	for i := range all {
		j := &all[i]
		days := d.otherDays(day, history, j)
		switch n := len(days); {
		case n >= d.params.MinDays:
			j.usual = newBaseline(days)
			j.z = j.usual.deviations(j.values)
			continue
		case n > 0:
			j.few = newBaseline(days)
		}
		if j.others = groups[peerKey(j.key)]; j.others != nil {
			j.z = j.others.deviations(j.values)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	forest, err := d.grow(all)
	return all, forest, err
}

// earlier is what a Past knows of an account or source, nil if nothing.
func (s *State) earlier(k key) *earlier {
	if s == nil || s.past == nil {
		return nil
	}
	if k.source != "" {
		return s.past.sources[k.withoutDay()]
	}
	return s.past.accounts[k.withoutDay()]
}

// days is how many earlier days a Past has taken in.
func (s *State) days() int {
	if s == nil || s.past == nil {
		return 0
	}
	return s.past.days
}

// otherDays are the numbers of the account's other days, in the history and in the window.
// Where it was seen on more days than by this logon type, and by that on few, the numbers
// of the others are 0.
func (d *Detector) otherDays(day, history *State, j *judged) [][features]float64 {
	days := j.past.valuesBut(j.day)
	if len(day.accounts.days) > 1 {
		for _, other := range day.accounts.named(j.key.withoutDay(), &day.store) {
			if other.day != j.day {
				days = append(days, other.features())
			}
		}
	}
	if len(days) < d.params.MinDays {
		if other := history.daysOf(j.who(), j.day) - len(days); other > 0 {
			days = append(days, make([][features]float64, other)...)
		}
	}
	return days
}

// daysOf is on how many days a Past saw an account, without the one given.
func (s *State) daysOf(who who, but int32) int {
	if s == nil || s.past == nil {
		return 0
	}
	days := s.past.seen[who]
	if _, found := slices.BinarySearch(days, but); found {
		return len(days) - 1
	}
	return len(days)
}

// valuesBut are the numbers of all days but one.
func (e *earlier) valuesBut(day int32) (days [][features]float64) {
	if e == nil {
		return nil
	}
	for _, n := range e.days {
		if n.day != day {
			days = append(days, n.values)
		}
	}
	return days
}

// grow grows a forest over the deviations of all user-days that have any, and asks it of
// each. It is nil if these are few.
func (d *Detector) grow(all []judged) (*outlier.Forest, error) {
	var with []*judged
	for i := range all {
		if all[i].usual != nil || all[i].others != nil {
			with = append(with, &all[i])
		}
	}
	if len(with) < leastRows {
		return nil, nil
	}
	x := outlier.Zeros(len(with), features)
	for i, j := range with {
		j.asked = x.Row(i)
		for f, z := range j.z {
			j.asked[f] = max(-mostAsked, min(mostAsked, z))
		}
	}
	forest, err := outlier.FitForest(x, nil, outlier.ForestParams{Trees: forestTrees, Seed: d.params.Seed, Workers: d.workers})
	if err != nil {
		return nil, err
	}
	scores, err := forest.Scores(x, d.workers)
	for i, s := range scores {
		with[i].forest = -s
	}
	return forest, err
}

// strongest is the feature whose increase says most, and the score of it; -1 for none.
func (j *judged) strongest() (at int, score float64) {
	at = -1
	for f, about := range featureList() {
		if j.values[f] < about.least || about.weight == 0 || j.usual == nil {
			continue
		}
		if s := about.weight * scoreOf(j.z[f]); s > score {
			at, score = f, s
		}
	}
	return at, score
}

// scoreOf makes a score of a deviation: 0.5 at 5 spreads, 0.75 at 15.
func scoreOf(z float64) float64 {
	const half = 5
	if z <= 0 {
		return 0
	}
	return z / (z + half)
}

// The least scores of the severities above Informational. low is that of a deviation of
// 3⅓ spreads, which one number of 2,300 exceeds where log(1 + v) is normal and its spread
// known.
const (
	low    = 0.4
	medium = 0.5
	high   = 0.75
)

const (
	oddTogether = 0.62 // forest, above which a day is unlike the others
	raised      = 2    // spreads above which a number takes part
)

// combination is the score of a day that is odd by several numbers together, 0 if it is
// not, and these numbers. It is at most that of a severity of Low: no number is far out.
func (j *judged) combination() (score float64, together []int) {
	if j.forest < oddTogether || j.usual == nil {
		return 0, nil
	}
	list := featureList()
	for f, z := range j.z {
		if z >= raised && j.values[f] >= list[f].least && list[f].weight > 0 {
			together = append(together, f)
		}
	}
	if len(together) < 2 {
		return 0, nil
	}
	slices.SortStableFunc(together, func(a, b int) int { return compareDown(j.z[a], j.z[b]) })
	return min(low+(j.forest-oddTogether)/2, medium-0.01), together
}

// compareDown orders numbers from the largest to the smallest.
func compareDown(a, b float64) int { return cmp.Compare(b, a) }
