package network

import (
	"fmt"
	"slices"
	"strings"

	"sparkless/outlier"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// contamination is the share of the connections that the notebook takes for anomalies.
const contamination = 0.01

// notebook finds the names that an isolation forest over their numbers in the alphabet
// isolates. A connection is a row. The facts are the original's: a parent of another
// name, "temp" in small letters in the path, a shell among the words of the command
// line. The score is the forest's, 0 to 1, and says little.
func (d *Detector) notebook(w event.Window, day *Connections) ([]anomaly.Candidate, error) {
	groups := byName(day)
	if len(groups) == 0 {
		return nil, nil
	}
	var list []string
	weights := make([]int, len(groups))
	for i, g := range groups {
		list = append(list, g[0].name)
		for _, e := range g {
			weights[i] += int(e.ipv4)
		}
	}
	categories := outlier.FitCategories(list)
	x := outlier.Zeros(len(groups), 1)
	for i, name := range list {
		rank, _ := categories.Rank(name)
		x.Data[i] = float64(rank)
	}
	forest, err := outlier.FitForest(x, weights, outlier.ForestParams{Contamination: contamination, Seed: d.params.Seed, Workers: d.workers})
	if err != nil {
		return nil, fmt.Errorf("network: the forest over %d names: %w", len(groups), err)
	}
	scores, err := forest.Scores(x, d.workers)
	if err != nil {
		return nil, fmt.Errorf("network: scoring %d names: %w", len(groups), err)
	}
	var found []anomaly.Candidate
	for i, g := range groups {
		if forest.Outlier(scores[i]) {
			found = append(found, anomaly.Told(d.notebookFinding(w, g, -scores[i], forest.Offset(), int(x.Data[i]))))
		}
	}
	return found, nil
}

// byName are the processes with connections to IPv4 addresses, by name, in order.
func byName(day *Connections) (groups [][]*entry) {
	for _, e := range day.sorted() {
		n := len(groups)
		switch {
		case e.ipv4 == 0:
		case n > 0 && groups[n-1][0].name == e.name:
			groups[n-1] = append(groups[n-1], e)
		default:
			groups = append(groups, []*entry{e})
		}
	}
	return groups
}

func (d *Detector) notebookFinding(w event.Window, group []*entry, score, offset float64, rank int) anomaly.Finding {
	name := group[0].name
	f := d.about(w, anomaly.ID(Name, d.scope, name, "notebook"), name, group)
	f.Mode, f.Score, f.Severity = "notebook", round(score), anomaly.Low
	f.Tactics, f.Techniques = []string{"CommandAndControl"}, []string{"T1071"}
	f.AnomalyReasons = []anomaly.Reason{{
		Name: "forest", Value: fmt.Sprint(round(score)), Usual: fmt.Sprintf("at most %v", round(-offset)), Weight: 1,
		Why: fmt.Sprintf("an isolation forest isolates number %d of the names in the order of the alphabet", rank),
	}}
	f.AnomalyReasons = append(f.AnomalyReasons, notebookFacts(group)...)
	f.Description = fmt.Sprintf("%s: %s", printable.Text(name), f.AnomalyReasons[0].Why)
	f.FirstSeen = f.StartTime
	return f
}

// notebookFacts are the original's hunting facts, which do not change the score.
func notebookFacts(group []*entry) (facts []anomaly.Reason) {
	for _, e := range group {
		if e.parent != e.name {
			facts = append(facts, anomaly.Reason{Name: "parent-differs", Value: e.parent, Why: "its parent has another name"})
			break
		}
	}
	for _, v := range top(group, paths, "") {
		if strings.Contains(v.Value, "temp") {
			facts = append(facts, anomaly.Reason{Name: "temp", Value: v.Value, Why: "temp is in the path"})
			break
		}
	}
	for _, v := range top(group, commands, "") {
		if slices.ContainsFunc(terms(v.Value), func(t string) bool { return slices.Contains(shells(), t) }) {
			facts = append(facts, anomaly.Reason{Name: "shell-on-command-line", Value: v.Value, Why: "a shell is on its command line"})
			break
		}
	}
	return facts
}
