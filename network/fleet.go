package network

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// fleet is what processes are compared with: all of the day and of the days before.
type fleet struct {
	hosts       int // that connected, on the day or before
	historyDays int
	withName    float64            // share of connections with the name of the other side
	settled     map[string]bool    // names that run from where names are not drawn anew
	kin         map[family]*kin    // of the day, with those of the days before
	first       map[identity]int64 // when programs were first seen on the days before
	ports       map[string]int     // by how many families each is used
	remotes     float64            // of an entry, in the median, how many other sides
	today       int                // hosts that connected on the day
	habits      habits
}

func newFleet(day, history *Connections) *fleet {
	f := &fleet{
		historyDays: len(history.days), kin: map[family]*kin{}, ports: map[string]int{},
		settled: map[string]bool{}, first: map[identity]int64{},
	}
	all := sample{values: slices.Clone(day.hosts.values)}
	merged := []*sample{&all, &history.hosts}
	f.hosts = max(unionNumber(merged, mostHosts), 1)
	if day.totals.Kept > 0 {
		f.withName = float64(day.totals.Named) / float64(day.totals.Kept)
	}
	now, before := day.sorted(), history.sorted()
	f.today = min(max(day.hosts.number(mostHosts), 1), f.hosts)
	f.habits = habits{now: now, hosts: map[string]int{}}
	f.settle(now, before)
	f.use(now)
	byFamily := func(e *entry) family { return familyOf(e, f.settled) }
	earlier := grouped(before, byFamily)
	for of, list := range grouped(now, byFamily) {
		f.kin[of] = newKin(list, earlier[of])
	}
	return f
}

// settle notes which names are not drawn anew, and since when there are programs.
func (f *fleet) settle(now, before []*entry) {
	for _, e := range slices.Concat(now, before) {
		if !e.place.fleeting() {
			f.settled[e.name] = true
		}
	}
	for _, e := range before {
		of := identityOf(e.key)
		if at, ok := f.first[of]; !ok || e.first < at {
			f.first[of] = e.first
		}
	}
}

// use counts what the processes of the day connect to.
func (f *fleet) use(now []*entry) {
	type use struct {
		port string
		by   family
	}
	seen := map[use]bool{}
	var sides []int
	for _, e := range now {
		by := familyOf(e, f.settled)
		sides = append(sides, e.samples[remotes].number(keeps()[remotes]))
		for _, p := range e.samples[ports].values {
			if u := (use{p.text.text, by}); !seen[u] {
				seen[u] = true
				f.ports[p.text.text]++
			}
		}
	}
	if slices.Sort(sides); len(sides) > 0 {
		f.remotes = float64(sides[len(sides)/2])
	}
}

// unionNumber is how many distinct values samples of the same kind hold together.
func unionNumber(samples []*sample, most int) int {
	var hashes []uint64
	for _, s := range samples {
		for _, v := range s.values {
			hashes = append(hashes, v.hash)
		}
	}
	slices.Sort(hashes)
	all := sample{}
	for _, h := range slices.Compact(hashes) {
		if len(all.values) < most {
			all.values = append(all.values, kept{hash: h})
		}
	}
	return all.number(most)
}

// of returns the samples of one kind of entries.
func of(entries []*entry, kind int) (list []*sample) {
	for _, e := range entries {
		list = append(list, &e.samples[kind])
	}
	return list
}

// atMost is a number of hosts that is estimated, at most those that connected.
func (f *fleet) atMost(hosts int) int { return min(hosts, f.hosts) }

// hostsOf is on how many hosts any of the entries was seen.
func hostsOf(entries []*entry) int { return unionNumber(of(entries, hosts), keeps()[hosts]) }

// rarity is 1 of what is on one host of many, 0 of what is on all, by the logarithm of
// the share, and the less the fewer hosts there are: of few nothing can be learnt.
func (f *fleet) rarity(hosts int) float64 {
	n := float64(f.hosts)
	r := math.Log((n+1)/float64(max(hosts, 1))) / math.Log(n+1)
	return min(max(r, 0), 1) * n / (n + 2)
}

// article puts a or an before a word.
func article(word string) string {
	if strings.ContainsAny(word[:1], "aeiou") {
		return "an " + word
	}
	return "a " + word
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
