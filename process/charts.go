package process

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"sparkless/outlier"
	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// Charts are what the report shows of a day: how features are spread, how they hang
// together, how executions lie in the plane, what the models rest on, and the risk.
func (d *Detector) Charts(w event.Window, day, history *State, findings []anomaly.Finding) ([]chart.Chart, error) {
	v, err := d.view(context.Background(), day, history)
	if err != nil || len(v.all) == 0 {
		return nil, err
	}
	p := &plot{view: v, found: map[string]string{}}
	for _, f := range findings {
		p.found[f.FindingId] = f.FindingId
	}
	for i := range v.all {
		id := anomaly.ID(Name, d.scope, v.all[i].program.path)
		if p.found[id] != "" {
			p.found[v.all[i].program.path] = id
		}
	}
	charts := p.spreads()
	correlation, err := p.correlation()
	if err != nil {
		return nil, err
	}
	charts = append(charts, correlation)
	if p.varies() {
		clusters, err := p.clusters(d.workers)
		if err != nil {
			return nil, err
		}
		charts = append(charts, clusters)
	}
	importances, err := p.importances()
	if err != nil {
		return nil, err
	}
	return append(charts, importances, p.risk()), nil
}

// plot draws a view.
type plot struct {
	*view
	found map[string]string // FindingIds by themselves, and by program
}

// spreads are histograms of the features that vary, of all executions and of those of
// findings.
func (p *plot) spreads() []chart.Chart {
	var all []chart.Chart
	for i := range p.judge.columns {
		c := &p.judge.columns[i]
		if c.field == nil {
			continue
		}
		most := 0
		var usual, found [33]float64
		for k := range p.all {
			one := &p.all[k]
			v := c.bin(&one.facts)
			most = max(most, v)
			if p.found[one.program.path] != "" && one == p.worst[one.program.path][0] {
				found[v] += float64(one.group.count)
			} else {
				usual[v] += float64(one.group.count)
			}
		}
		if most == 0 {
			continue
		}
		h := chart.Chart{Kind: chart.Histogram, Title: "Spread of " + c.name, Note: "How many executions have each value: " + c.why + ".", X: "step of " + c.name, Y: "executions",
			Series: []chart.Series{{Name: "others", Values: usual[:most+1]}, {Name: "findings", Values: found[:most+1]}}}
		for edge := range most + 2 {
			h.Edges = append(h.Edges, float64(edge))
		}
		all = append(all, h)
	}
	return all
}

// matrix are the rows of groups by their oddest hours, and how often each was seen.
func (p *plot) matrix() (outlier.Matrix, []float64) {
	m := outlier.Zeros(len(p.all), len(p.judge.columns))
	weights := make([]float64, len(p.all))
	for i := range p.all {
		p.judge.put(m.Row(i), &p.all[i].facts)
		weights[i] = float64(p.all[i].group.count)
	}
	return m, weights
}

// scalerOf is a StandardScaler of weighted rows.
func scalerOf(m outlier.Matrix, weights []float64) *outlier.Scaler {
	s := &outlier.Scaler{Mean: make([]float64, m.Cols), Scale: make([]float64, m.Cols)}
	total := 0.0
	for i, w := range weights {
		total += w
		for k, v := range m.Row(i) {
			s.Mean[k] += w * v
		}
	}
	for k := range s.Mean {
		s.Mean[k] /= total
	}
	for i, w := range weights {
		for k, v := range m.Row(i) {
			s.Scale[k] += w * (v - s.Mean[k]) * (v - s.Mean[k])
		}
	}
	for k := range s.Scale {
		if s.Scale[k] = math.Sqrt(s.Scale[k] / total); s.Scale[k] < 1e-9 {
			s.Scale[k] = 1
		}
	}
	return s
}

// correlation is Pearson's, of each pair of features over all executions.
func (p *plot) correlation() (chart.Chart, error) {
	m, weights := p.matrix()
	x, err := scalerOf(m, weights).Transform(m)
	if err != nil {
		return chart.Chart{}, err
	}
	c := chart.Chart{Kind: chart.Matrix, Title: "Correlation of features", Note: "What goes together over all executions: 1 always, -1 never, 0 neither.", Labels: namesOf(p.judge.columns)}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	for a := range m.Cols {
		s := chart.Series{Name: c.Labels[a], Values: make([]float64, m.Cols)}
		for b := range m.Cols {
			sum := 0.0
			for i, w := range weights {
				sum += w * x.Row(i)[a] * x.Row(i)[b]
			}
			s.Values[b] = max(-1, min(1, sum/total))
		}
		c.Series = append(c.Series, s)
	}
	return c, nil
}

// Clusters as the notebook makes them.
const (
	clusterRadius = 1.0
	clusterLeast  = 10
)

// varies reports whether the groups that clusters are made of differ in any column. A few
// executions may not: they have no components, and all of them would be one point.
func (p *plot) varies() bool {
	m, _ := p.matrix()
	places := p.oddest(outlier.MaxClustered)
	return slices.ContainsFunc(places, func(at int) bool { return !slices.Equal(m.Row(at), m.Row(places[0])) })
}

// clusters are groups in the plane of the two components that vary most, coloured by
// cluster. Too many rows for clusters are thinned to the oddest. At least one differs
// from the others.
func (p *plot) clusters(workers int) (chart.Chart, error) {
	places := p.oddest(outlier.MaxClustered)
	m, weights := p.matrix()
	scaled, err := scalerOf(m, weights).Transform(m)
	if err != nil {
		return chart.Chart{}, err
	}
	rows, counts := scaled.Select(places), make([]int, len(places))
	for i, at := range places {
		counts[i] = int(min(weights[at], 1<<30))
	}
	labels, err := outlier.Cluster(rows, counts, outlier.ClusterParams{Radius: clusterRadius, Least: clusterLeast, Workers: workers})
	if err != nil {
		return chart.Chart{}, err
	}
	c := chart.Chart{Kind: chart.Scatter, Title: "Clusters of executions", X: "first component", Y: "second component", Groups: []string{"no cluster", "a cluster"},
		Note: fmt.Sprintf("Like executions lie close together. There are %d clusters (DBSCAN, radius %v, %d executions); what is in none is on its own.", labels.Count, clusterRadius, clusterLeast)}
	if len(places) < len(p.all) {
		c.Note += fmt.Sprintf(" These are the %d oddest of %d kinds of executions.", len(places), len(p.all))
	}
	x, y, err := plane(rows)
	if err != nil {
		return c, err
	}
	for i := range min(len(places), chart.MaxPoints) {
		c.Points = append(c.Points, p.point(places[i], x[i], y[i], min(labels.Labels[i]+1, 1)))
	}
	return c, nil
}

// oddest are the places of the groups with the highest scores, at most so many.
func (p *plot) oddest(most int) []int {
	places := make([]int, len(p.all))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(p.all[b].score, p.all[a].score) })
	return places[:min(len(places), most)]
}

// plane projects rows on the two components along which they vary most.
func plane(rows outlier.Matrix) (x, y []float64, err error) {
	w, err := outlier.FitWhitening(rows)
	if err != nil {
		return nil, nil, err
	}
	x, y = make([]float64, rows.Rows), make([]float64, rows.Rows)
	for k, to := range [][]float64{x, y} {
		if k == len(w.Components) {
			break
		}
		for i := range to {
			for col, v := range rows.Row(i) {
				to[i] += (v - w.Mean[col]) * w.Components[k][col]
			}
		}
	}
	return x, y, nil
}

// point is a group in a chart.
func (p *plot) point(at int, x, y float64, group int) chart.Point {
	one := &p.all[at]
	label := fmt.Sprintf("%s, started by %s: %s", nameOf(one.program.path), orNone(one.key.parent), cutText(one.group.sample.command, 200))
	q := chart.Point{X: x, Y: y, Group: group, Count: one.group.count, Label: cutText(printable.Whole(strings.TrimRight(label, " ")), 600)}
	if one == p.worst[one.program.path][0] {
		q.Finding = p.found[one.program.path]
	}
	return q
}

// explained is how many groups the importances of the forest are taken of: each takes
// milliseconds.
const explained = 100

// importances are how much of what makes paths shorter hangs on each feature, in the
// mean of the oddest groups; and of the classifier, if there is one, its own.
func (p *plot) importances() (chart.Chart, error) {
	names := namesOf(p.judge.columns)
	forest := make([]float64, len(names))
	row := make([]float64, len(names))
	places := p.oddest(explained)
	for _, at := range places {
		p.judge.put(row, &p.all[at].facts)
		by, err := p.judge.forest.Explain(row)
		if err != nil {
			return chart.Chart{}, err
		}
		for i, c := range by.Contributions {
			forest[i] += math.Abs(c)
		}
	}
	normalise(forest)
	c := chart.Chart{Kind: chart.Bars, Title: "What the models rest on", X: "feature", Y: "share",
		Note:   fmt.Sprintf("The share of each feature in what the isolation forest says of the %d oddest kinds of executions (mean of absolute Shapley values).", len(places)),
		Labels: names, Series: []chart.Series{{Name: "isolation forest", Values: forest}}}
	if p.judge.classifier != nil {
		c.Note += " Beside it, the importances of the random forest of labels."
		c.Series = append(c.Series, chart.Series{Name: "random forest", Values: p.judge.classifier.Importances()})
	}
	return c, nil
}

// normalise makes values add up to 1.
func normalise(values []float64) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	for i := range values {
		if sum > 0 {
			values[i] /= sum
		}
	}
}

// risk sets each group's anomaly against its probability or, without labels, its
// rarity.
func (p *plot) risk() chart.Chart {
	c := chart.Chart{Kind: chart.Scatter, Title: "Risk of executions", X: "anomaly", Y: "rarity", Groups: []string{"usual", "high risk"},
		Note: "The anomaly of each kind of executions against how rare its program, parent and host are: to the upper right is what is both."}
	if p.judge.classifier != nil {
		c.Y, c.Note = "probability", "The anomaly of each kind of executions against the probability that it is malicious: to the upper right is what is both."
	}
	for _, at := range p.oddest(chart.MaxPoints) {
		one := &p.all[at]
		y := max(one.facts.rare.parent, one.facts.rare.host, one.facts.rare.program)
		if p.judge.classifier != nil {
			y = one.probability
		}
		c.Points = append(c.Points, p.point(at, one.parts.score(), y, int(truth(one.score >= highRisk))))
	}
	return c
}
