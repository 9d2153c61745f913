package logon

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// The numbers of a day that are compared with those of other days.
const (
	failedLogons = iota
	successfulLogons
	computersAccessed
	computersSuccessful
	sourceAddresses
	addressesSuccessful
	sourceHosts
	hostsSuccessful
	authenticationPackages
	activeMinutes
	features
)

// failingUsers is, of a source, in the place of computersAccessed: users with a failure.
const failingUsers = computersAccessed

// feature is what there is to say of one of the numbers.
type feature struct {
	name   string // as in UserDay
	what   string // of more than one
	least  float64
	weight float64 // of how much it says about an attack; 0 for what decides nothing
}

// featureList says what counts. Least is the number below which an increase is no reason
// for a finding, however unusual: two failed logons after none are not. An attack shows in
// failures and in how far an account reaches; that there is more of the same is often
// work, and when somebody works tells nothing by itself.
func featureList() [features]feature {
	return [features]feature{
		failedLogons:           {"FailedLogons", "failed logons", 10, 1},
		successfulLogons:       {"SuccessfulLogons", "successful logons", 50, 0.8},
		computersAccessed:      {"ComputersAccessed", "computers tried", 5, 1},
		computersSuccessful:    {"ComputersSuccessfulAccess", "computers logged on to", 5, 1},
		sourceAddresses:        {"DistinctSrcIp", "source addresses", 5, 1},
		addressesSuccessful:    {"SrcIpSuccessfulAccess", "source addresses of successful logons", 5, 1},
		sourceHosts:            {"DistinctSrcHostName", "source hosts", 5, 1},
		hostsSuccessful:        {"SrcHostNameSuccessfulAccess", "source hosts of successful logons", 5, 1},
		authenticationPackages: {"DistinctAuthenticationPackage", "authentication packages", 0, 0},
		activeMinutes:          {"ActiveMinutes", "minutes from the first to the last logon", 0, 0},
	}
}

// features are the numbers of the row.
func (r *row) features() (v [features]float64) {
	v[failedLogons], v[successfulLogons] = float64(r.failed), float64(r.ok)
	if r.source != "" {
		v[failingUsers] = float64(r.kept(users).failing())
		return v
	}
	for _, c := range [...]struct{ kind, at int }{{computers, computersAccessed}, {addresses, sourceAddresses}, {hosts, sourceHosts}} {
		all, ok := r.kept(c.kind).distinct()
		v[c.at], v[c.at+1] = float64(all), float64(ok)
	}
	all, _ := r.kept(packages).distinct()
	v[authenticationPackages] = float64(all)
	seen := r.seen()
	v[activeMinutes] = math.Floor(float64(seen.last-seen.first) / float64(time.Minute))
	return v
}

// baseline is what numbers are usual: those of other days of an account or a source.
type baseline struct {
	n      int // days
	centre [features]float64
	spread [features]float64 // both of log(1 + v)
	median [features]float64
	low    [features]float64
	high   [features]float64
}

// leastSpread is the least spread that is believed, in units of log(1 + v): numbers that
// were equal on all days may well differ by a quarter.
const leastSpread = 0.25

// countingNoise is by how much small numbers vary of themselves: a Poisson number of mean n
// spreads log(1 + v) by about 1/√(1 + n), and what is counted here a little less.
const countingNoise = 0.75

// deviationOfMedian makes the standard deviation of normal values of their median
// absolute deviation.
const deviationOfMedian = 1.4826

func newBaseline(days [][features]float64) *baseline {
	b := &baseline{n: len(days)}
	for f := range features {
		values := make([]float64, len(days))
		for i := range days {
			values[i] = days[i][f]
		}
		slices.Sort(values)
		b.low[f], b.high[f], b.median[f] = values[0], values[len(values)-1], median(values)
		b.centre[f] = math.Log1p(b.median[f])
		for i, v := range values {
			values[i] = math.Abs(math.Log1p(v) - b.centre[f])
		}
		slices.Sort(values)
		b.spread[f] = spreadOf(median(values), b.median[f])
	}
	return b
}

// spreadOf is the spread of numbers by their median, and that of their distances from it.
func spreadOf(distance, median float64) float64 {
	return max(deviationOfMedian*distance, leastSpread, countingNoise/math.Sqrt(1+median))
}

// median is that of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// deviations are how many spreads the numbers are above what is usual, negative below.
func (b *baseline) deviations(v [features]float64) (z [features]float64) {
	for f := range v {
		z[f] = (math.Log1p(v[f]) - b.centre[f]) / b.spread[f]
	}
	return z
}

// usual says what a number is else: 3 (0 to 7 on 21 days).
func (b *baseline) usual(f int) string {
	return inRange(b.median[f], b.low[f], b.high[f], fmt.Sprintf("on %s", counted(b.n, "day")))
}

// inRange says what a number is else, and where.
func inRange(median, low, high float64, where string) string {
	return fmt.Sprintf("%s (%s to %s %s)", number(median), number(low), number(high), where)
}

// number spells a number without needless digits.
func number(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
