package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// records makes what a right program would deliver of an answer, in some order.
func (a *answer) records(d *day) []record {
	var out []record
	for _, p := range slices.SortedFunc(maps.Keys(a.pairs), func(x, y pair) int {
		return cmp.Or(strings.Compare(x.normal, y.normal), strings.Compare(x.suspect, y.suspect))
	}) {
		out = append(out, recordFor(a.row(d, p)))
	}
	return out
}

func (a *answer) row(d *day, p pair) row {
	n, s, m := a.names[p.normal], a.names[p.suspect], a.pairs[p]
	r := row{"NormalProcess": p.normal, "PotentiallyMaliciousProcess": p.suspect, "FindingId": "id of " + p.normal + " " + p.suspect,
		"AnomalyScore": float64(m.score), "Distance": float64(m.distance), "MaliciousCount": float64(s.count), "FirstSeen": s.first, "LastSeen": s.last,
		"DataDay": d.text() + "T00:00:00.0000000Z", "NormalCount": float64(n.count), "NormalPercentRank": n.percent, "MaliciousPercentRank": s.percent,
		"NormalPaths": tallies(n.context[0])}
	for i, list := range []string{"Paths", "Hosts", "Parents", "Accounts", "CommandLines"} {
		r[list] = tallies(s.context[i])
	}
	return r
}

func tallies(counts map[string]int) []any {
	var out []any
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, map[string]any{"value": value, "count": float64(counts[value])})
	}
	return out[:min(len(out), 8)]
}

func recordFor(r row) record {
	part := maps.Clone(r)
	maps.DeleteFunc(part, func(name string, _ any) bool { return notSuspect[name] })
	return record{r.pair(), fmt.Sprint(r), fmt.Sprint(part), func() row { return r }}
}

// testJudge: the judge lets pass what is promised, and nothing else.
func testJudge(t *testing.T, d *day) {
	early, whole := d.early.records(d), d.whole.records(d)
	altered := func(change func(row)) []record {
		r := maps.Clone(d.early.row(d, early[7].pair))
		change(r)
		out := slices.Clone(early)
		out[7] = recordFor(r)
		return out
	}
	first, rest := early[:500], early[500:]
	known := map[string]bool{}
	for _, r := range early {
		known[r.revision] = true
	}
	news := slices.DeleteFunc(slices.Clone(whole), func(r record) bool { return known[r.revision] })
	type batches = []batch
	killed, both := map[int]step{1: {1, 1}}, map[int]step{1: {2, 1}}
	for what, c := range map[string]struct {
		batches batches
		steps   map[int]step
		late    bool
		bad     string // part of the complaint; "" for none
	}{
		"all":                               {batches{{1, early}}, nil, false, ""},
		"over two runs":                     {batches{{1, first}, {2, rest}}, killed, false, ""},
		"a batch under way":                 {batches{{1, first}, {2, first}, {2, rest}}, killed, false, ""},
		"news of the late blob":             {batches{{1, early}, {2, news}}, nil, true, ""},
		"nothing":                           {nil, nil, false, "was lost"},
		"one is missing":                    {batches{{1, early[1:]}}, nil, false, "was lost"},
		"twice in one run":                  {batches{{1, first}, {1, first}, {1, rest}}, nil, false, "came again"},
		"twice, and nothing was killed":     {batches{{1, first}, {2, first}, {2, rest}}, nil, false, "came again"},
		"twice, before what was under way":  {batches{{1, first}, {1, rest[:9]}, {2, first}, {2, rest}}, killed, false, "came again"},
		"both batches of a killed run":      {batches{{1, first}, {1, rest}, {2, early}}, killed, false, "came again"},
		"one of two at once":                {batches{{1, first}, {1, first}, {1, rest}}, both, false, ""},
		"more than one batch of two":        {batches{{1, first[:9]}, {1, first[9:]}, {1, early}}, both, false, "came again"},
		"the late blob not told of":         {batches{{1, early}}, nil, true, "updatescheduler"},
		"a suspect seen again, not told of": {batches{{1, early}, {2, newSuspects(d, news)}}, nil, true, "not what is known"},
		"a late blob that is not there":     {batches{{1, whole}}, nil, false, "not there"},
		"a count":                           {batches{{1, altered(func(r row) { r["MaliciousCount"] = 77.0 })}}, nil, false, "never right"},
		"a rank":                            {batches{{1, altered(func(r row) { r["NormalPercentRank"] = 0.5 })}}, nil, false, "never right"},
		"a score":                           {batches{{1, altered(func(r row) { r["AnomalyScore"] = 0.99 })}}, nil, false, "never right"},
		"a time":                            {batches{{1, altered(func(r row) { r["LastSeen"] = r["DataDay"] })}}, nil, false, "never right"},
		"a context":                         {batches{{1, altered(func(r row) { r["Hosts"] = []any{} })}}, nil, false, "never right"},
		"a pair that is none":               {batches{{1, altered(func(r row) { r["NormalProcess"] = "cmd.exe" })}}, nil, false, "FindingId"},
	} {
		_, err := newJudge(d).round(c.batches, c.steps, c.late)
		if c.bad == "" && err != nil || c.bad != "" && (err == nil || !strings.Contains(err.Error(), c.bad)) {
			t.Errorf("%s: %v, want %q", what, err, c.bad)
		}
	}
}

// newSuspects are the news of names that were not there before.
func newSuspects(d *day, news []record) []record {
	return slices.DeleteFunc(slices.Clone(news), func(r record) bool { return d.early.names[r.pair.suspect] != nil })
}
