package network

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sparkless/publish/anomaly"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// The least scores of the severities above informational.
const (
	low    = 0.45
	medium = 0.65
	high   = 0.75
)

func severity(score float64) string {
	return anomaly.Scale{Low: low, Medium: medium, High: high}.Severity(score)
}

// judge has a finding for each program of which a process scores enough, in no order. It is about the connections of those that do.
func (d *Detector) judge(w event.Window, day, history *Connections) (found []anomaly.Candidate) {
	f := newFleet(day, history)
	for _, group := range programs(day) {
		var worst *verdict
		var suspects []*entry
		for _, e := range group {
			v := f.judge(e)
			if worst == nil || v.score > worst.score {
				worst = v
			}
			if round(v.score) >= d.params.Score {
				suspects = append(suspects, e)
			}
		}
		if len(suspects) > 0 {
			found = append(found, anomaly.Candidate{ID: d.id(identityOf(worst.key)), Score: round(worst.score),
				Tell: func() (anomaly.Finding, error) { return d.finding(w, f, worst, suspects), nil }})
		}
	}
	return found
}

func (d *Detector) finding(w event.Window, f *fleet, v *verdict, group []*entry) anomaly.Finding {
	of := identityOf(v.key)
	out := d.about(w, d.id(of), of.name, group)
	out.Entity = v.name
	out.Score, out.Severity = round(v.score), severity(v.score)
	tactics, techniques := map[string]bool{"CommandAndControl": true}, map[string]bool{"T1071": true}
	var whys []string
	for _, x := range v.evidence {
		out.AnomalyReasons = append(out.AnomalyReasons, x.Reason)
		whys = append(whys, x.Why)
		for _, t := range x.techniques {
			techniques[t], tactics[tacticOf(t)] = true, true
		}
	}
	for i := range out.AnomalyReasons {
		out.AnomalyReasons[i].Weight = round(out.AnomalyReasons[i].Weight)
	}
	out.Tactics, out.Techniques = keysOf(tactics), keysOf(techniques)
	out.Description = fmt.Sprintf("%s: %s", printable.Text(v.name), strings.Join(whys[:min(3, len(whys))], "; "))
	out.HistoryDays, out.DaysSeen = f.historyDays, v.seen
	firstSeen := group[0].first
	for _, e := range group {
		firstSeen = min(firstSeen, e.first)
	}
	if before, ok := f.first[of]; ok {
		firstSeen = min(firstSeen, before)
	}
	out.FirstSeen = anomaly.Timestamp(firstSeen)
	return out
}

// round keeps four digits: sums of logarithms differ in the last ones.
func round(x float64) float64 { return float64(int64(x*10_000+0.5)) / 10_000 }

func keysOf(set map[string]bool) (keys []string) {
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// tacticOf is the tactic that a technique speaks for here.
func tacticOf(technique string) string {
	switch t, _, _ := strings.Cut(technique, "."); t {
	case "T1059", "T1204", "T1047", "T1053":
		return "Execution"
	case "T1218", "T1127", "T1220", "T1202", "T1036", "T1055", "T1197":
		return "DefenseEvasion"
	}
	return "CommandAndControl"
}

// about fills in what the entries have in common: who, when, where.
func (d *Detector) about(w event.Window, id, name string, group []*entry) anomaly.Finding {
	out := anomaly.Finding{FindingId: id, Scope: d.scope, RuleName: Name, Entity: name, EntityKind: "process"}
	out.In(w)
	first, last := group[0].first, group[0].last
	for _, e := range group {
		out.Events += e.count
		first, last = min(first, e.first), max(last, e.last)
	}
	out.StartTime, out.EndTime = anomaly.Timestamp(first), anomaly.Timestamp(last)
	out.Entities = append(out.Entities, anomaly.Entity{Kind: "process", Value: name, Count: out.Events})
	tops := map[int][]anomaly.Entity{}
	for _, k := range []struct {
		kind int
		name string
	}{{hosts, "host"}, {remotes, "ip"}, {accounts, "account"}, {paths, "file"}, {commands, "commandline"}} {
		tops[k.kind] = top(group, k.kind, k.name)
		out.Entities = append(out.Entities, tops[k.kind]...)
	}
	parents := parentsOf(group)
	for _, parent := range mostOf(parents) {
		if parent != "" {
			out.Entities = append(out.Entities, anomaly.Entity{Kind: "parent", Value: parent, Count: parents[parent]})
		}
	}
	out.SourceDevice, out.DestinationIpAddress, out.UserName = one0(tops[hosts]), one0(tops[remotes]), one0(tops[accounts])
	out.AnomalyDetails = details(group)
	return out
}

func one0(list []anomaly.Entity) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Value
}

// shown is how many values of a kind a finding names.
const shown = 5

// top are the values of a kind that most connections had.
func top(group []*entry, kind int, name string) (list []anomaly.Entity) {
	counts := map[string]int64{}
	for _, e := range group {
		for _, v := range e.samples[kind].values {
			counts[v.text.text] += v.count
		}
	}
	for _, text := range mostOf(counts) {
		list = append(list, anomaly.Entity{Kind: name, Value: text, Count: counts[text]})
	}
	return list
}

// mostOf are the first of texts by their counts, the highest first.
func mostOf(counts map[string]int64) []string {
	all := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	return all[:min(shown, len(all))]
}

// parentsOf are the connections of the entries by parent, "" where it is not known.
func parentsOf(group []*entry) map[string]int64 {
	counts := map[string]int64{}
	for _, e := range group {
		counts[e.parent] += e.count
	}
	return counts
}

// details are what the finding says beside the columns that all rules share.
func details(group []*entry) json.RawMessage {
	values := func(kind int) []string {
		list := []string{}
		for _, v := range top(group, kind, "") {
			list = append(list, v.Value)
		}
		return list
	}
	all, parents := parentsOf(group), map[string]int64{}
	for _, parent := range mostOf(all) {
		parents[parent] = all[parent]
	}
	text, err := json.Marshal(map[string]any{
		"Folder": group[0].place.String(), "Hosts": hostsOf(group), "Destinations": unionNumber(of(group, remotes), keeps()[remotes]),
		"Parents": parents, "Ports": values(ports), "Names": values(names),
	})
	if err != nil { // not of maps of texts and numbers
		panic(err)
	}
	return text
}
