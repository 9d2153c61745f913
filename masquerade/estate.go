package masquerade

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sparkless/masquerade/simjoin"
	"sparkless/storage/event"
)

// estate is a day, or another window, as the rules look at it.
type estate struct {
	*Detector
	window       event.Window
	day, history *Counts
	room         *room
	names        []ranked         // of the day, by count
	planted      map[string]int64 // counts to add to the day's, for a self-test
	outcome      Outcome          // of Finish
}

// rank gives the day's names their percent ranks.
func (e *estate) rank() {
	tallies := e.day.tallies()
	for i := range tallies {
		if !tallies[i].absent {
			tallies[i].count += e.planted[tallies[i].name]
		}
	}
	for name, n := range e.planted {
		if !e.day.has(name) {
			tallies = append(tallies, tally{name: name, hostless: true, count: n})
		}
	}
	e.names = rank(tallies)
}

// pick returns those of the day's names that pick chooses.
func (e *estate) pick(pick func(*ranked) bool) []*ranked {
	out := []*ranked{}
	for i := range e.names {
		if n := &e.names[i]; pick(n) {
			out = append(out, n)
		}
	}
	return out
}

// ranked returns the rank of a name; a name that was not seen has count 0.
func (e *estate) ranked(name string) ranked {
	t := tally{name: name, count: e.planted[name]}
	e.day.each(name, func(x *entry) { t.count += x.count })
	at, found := slices.BinarySearchFunc(e.names, t.count, func(n ranked, count int64) int { return int(min(max(n.count-count, -1), 1)) })
	if t.count == 0 || !found {
		return ranked{tally: t}
	}
	return ranked{t, e.names[at].percent} // names of equal count share a rank
}

// pairs emits a finding for each pair of a rare name and the frequent name that it
// resembles, the most similar first: the notebook's.
func (e *estate) pairs(ctx context.Context, emit func(Finding) error) error {
	e.rank()
	frequent, rare := split(e.names, e.params)
	join := simjoin.Joiner{Workers: e.workers, MaxPairs: e.room.pairs()}
	pairs, err := join.Join(ctx, namesOf(frequent), namesOf(rare), e.params.Similarity)
	if err != nil {
		err = e.room.ofPairs(err)
		return fmt.Errorf("comparing %d frequent with %d rare names: %w", len(frequent), len(rare), err)
	}
	sortPairs(pairs, frequent, rare)
	for _, p := range pairs {
		f := e.finding(rare[p.Right].name, frequent[p.Left].name, e.day.view(rare[p.Right].name, nil))
		f.AnomalyScore, f.Distance = p.Score, p.Distance
		f.Reasons = []string{reason(frequent[p.Left], rare[p.Right], p)}
		f.Technique = techniqueMatch
		if err := emit(f); err != nil {
			return err
		}
	}
	return nil
}

func namesOf(names []ranked) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n.name
	}
	return out
}

// forgedName reports whether a name stands for one that is too long to be real.
func forgedName(name string) bool { return strings.HasPrefix(name, forged) }
