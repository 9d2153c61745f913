package logon

import (
	"fmt"
	"math"
	"slices"
)

// others is how a number is spread over many accounts, or sources, of a day, such that it
// can say what is usual of all but one of them, whichever that is, without going through
// them again.
type others struct {
	n                      int // with the one
	lowest, third, highest nth
	median                 middle
	spreads                []spreadAround // for each median that there may be
}

// nth is the number at a place in the order, and the one behind it, which takes the
// place where one before it is left out.
type nth [2]float64

func nthOf(sorted []float64, k int) nth { return nth{sorted[k], sorted[k+1]} }

// without is the number at the place where v, which is one of them, is left out.
func (p nth) without(v float64) float64 {
	if p[0] < v {
		return p[0]
	}
	return p[1]
}

// middle is where the median is.
type middle struct{ low, high nth }

func middleOf(sorted []float64) middle {
	n := len(sorted) - 1
	return middle{nthOf(sorted, (n-1)/2), nthOf(sorted, n/2)}
}

// without is the median where v, which is one of them, is left out.
func (m middle) without(v float64) float64 { return (m.low.without(v) + m.high.without(v)) / 2 }

// spreadAround is the median of the distances from a median, of log(1 + v).
type spreadAround struct {
	median   float64
	distance middle
}

// leastOthers is of how few one can be left out: a third one is left.
const leastOthers = 4

// newOthers sorts the values, of which there are leastOthers at least.
func newOthers(values []float64) *others {
	slices.Sort(values)
	n := len(values)
	o := &others{n: n, median: middleOf(values), lowest: nthOf(values, 0), highest: nthOf(values, n-2), third: nthOf(values, n-4)}
	distances := make([]float64, n)
	for _, v := range [...]float64{values[0], o.median.low[0], o.median.low[1], o.median.high[0], o.median.high[1], values[n-1]} {
		around := o.median.without(v)
		if slices.ContainsFunc(o.spreads, func(s spreadAround) bool { return s.median == around }) {
			continue
		}
		for i, v := range values {
			distances[i] = math.Abs(math.Log1p(v) - math.Log1p(around))
		}
		slices.Sort(distances)
		o.spreads = append(o.spreads, spreadAround{around, middleOf(distances)})
	}
	return o
}

// deviation is how many spreads v, which is one of the values, is above the others.
func (o *others) deviation(v float64) float64 {
	median := o.median.without(v)
	at := slices.IndexFunc(o.spreads, func(s spreadAround) bool { return s.median == median })
	above := math.Log1p(v) - math.Log1p(median)
	return above / spreadOf(o.spreads[at].distance.without(math.Abs(above)), median)
}

// usual says what the number is of all but the one with v: 3 (0 to 7 of 21 other accounts).
func (o *others) usual(v float64, what string) string {
	return inRange(o.median.without(v), o.lowest.without(v), o.highest.without(v), fmt.Sprintf("of %s", counted(o.n-1, "other "+what)))
}

// group is how the numbers of the accounts of a domain and logon type are spread on a day.
type group [features]*others

func newGroup(accounts [][features]float64) *group {
	g := &group{}
	for f := range g {
		values := make([]float64, len(accounts))
		for i := range accounts {
			values[i] = accounts[i][f]
		}
		g[f] = newOthers(values)
	}
	return g
}

// deviations are those of the numbers of an account of the group from the others'.
func (g *group) deviations(values [features]float64) (z [features]float64) {
	for f, v := range values {
		z[f] = g[f].deviation(v)
	}
	return z
}

// peerKey names the accounts to compare with: of the same domain and logon type, on the
// same day.
func peerKey(k key) key { return key{day: k.day, domain: k.domain, logonType: k.logonType} }

// leastPeers is how many other accounts, or sources, are enough to compare with.
const leastPeers = 5

// groupsOf are the groups that are large enough.
func groupsOf(all []judged) map[key]*group {
	values := map[key][][features]float64{}
	for i := range all {
		of := peerKey(all[i].key)
		values[of] = append(values[of], all[i].values)
	}
	groups := map[key]*group{}
	for of, v := range values {
		if len(v) > leastPeers {
			groups[of] = newGroup(v)
		}
	}
	return groups
}

// sourcesOf is of how many users logons from a source fail, by the day, where there are
// sources enough.
func sourcesOf(rows []*row) map[int32]*others {
	values := map[int32][]float64{}
	for _, r := range rows {
		values[r.day] = append(values[r.day], float64(r.kept(users).failing()))
	}
	of := map[int32]*others{}
	for day, v := range values {
		if len(v) > leastPeers {
			of[day] = newOthers(v)
		}
	}
	return of
}
