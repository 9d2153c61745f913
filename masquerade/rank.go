package masquerade

import (
	"cmp"
	"slices"
	"strings"
)

// tally is a name and how often it was seen.
type tally struct {
	name     string
	absent   bool // events without any name; they take a rank and never match
	hostless bool // none of the events names a host
	count    int64
}

// ranked is a tally with its percent rank.
type ranked struct {
	tally
	percent float64
}

// rank orders tallies by count, and gives each its percent rank:
// (rank − 1)/(n − 1) over the n distinct names, where names of equal count share
// the lowest rank, and 0 if there is only one name. (Spark SQL's percent_rank.)
func rank(tallies []tally) []ranked {
	slices.SortFunc(tallies, func(a, b tally) int { return cmp.Compare(a.count, b.count) })
	out := make([]ranked, len(tallies))
	lowest := 0
	for i, t := range tallies {
		if t.count != tallies[lowest].count {
			lowest = i
		}
		out[i] = ranked{tally: t}
		if len(tallies) > 1 {
			out[i].percent = float64(lowest) / float64(len(tallies)-1)
		}
	}
	return out
}

// split picks the frequent names, at or above one percent rank, and the rare
// ones, below another. A name can be neither, or, where the two overlap, both.
// Events without a name, and forged names, only take a rank.
func split(names []ranked, p Params) (frequent, rare []ranked) {
	for _, n := range names {
		if n.absent || strings.HasPrefix(n.name, forged) {
			continue
		}
		if n.percent >= p.Frequent {
			frequent = append(frequent, n)
		}
		if n.percent < p.Rare {
			rare = append(rare, n)
		}
	}
	return frequent, rare
}
