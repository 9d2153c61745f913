package network

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sparkless/storage/filename"
)

// fleet is what processes are compared with: all of the day and of the days before.
type fleet struct {
	hosts       int // that connected, on the day or before
	historyDays int
	withName    float64         // share of connections with the name of the other side
	kin         map[string]*kin // by the shape of their names, those of the day and of the days before
	ports       map[string]int  // by how many shapes of names each is used
	remotes     float64         // of an entry, in the median, how many other sides
}

func newFleet(day, history *Connections) *fleet {
	f := &fleet{
		historyDays: len(history.days), kin: map[string]*kin{}, ports: map[string]int{},
	}
	all := sample{values: slices.Clone(day.hosts.values)}
	merged := []*sample{&all, &history.hosts}
	f.hosts = max(unionNumber(merged, mostHosts), 1)
	if day.totals.Kept > 0 {
		f.withName = float64(day.totals.Named) / float64(day.totals.Kept)
	}
	type use struct{ port, name string }
	seen := map[use]bool{}
	var sides []int
	rows := day.sorted()
	for _, e := range rows {
		n := filename.Shape(e.name)
		sides = append(sides, e.samples[remotes].number(keeps()[remotes]))
		for _, p := range e.samples[ports].values {
			if u := (use{p.text.text, n}); !seen[u] {
				seen[u] = true
				f.ports[p.text.text]++
			}
		}
	}
	if slices.Sort(sides); len(sides) > 0 {
		f.remotes = float64(sides[len(sides)/2])
	}
	byShape := func(e *entry) string { return filename.Shape(e.name) }
	before := grouped(history.sorted(), byShape)
	for n, now := range grouped(rows, byShape) {
		f.kin[n] = newKin(now, before[n])
	}
	return f
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
