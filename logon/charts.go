package logon

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/storage/event"
)

const (
	trends     = 8  // accounts with findings, whose days are drawn
	binsOf     = 24 // of a histogram
	noFindings = "others"
)

// Charts are what a report shows of a window beside the findings: the days of the
// accounts with findings, how the numbers of all accounts are spread and go together, and
// what of them the forest and the deviations say.
func (d *Detector) Charts(w event.Window, day, history *State, findings []anomaly.Finding) ([]chart.Chart, error) {
	day.settle()
	all, _, err := d.judge(context.Background(), day, history)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	found := map[string]string{} // FindingIds by account
	for _, f := range findings {
		if f.EntityKind == "account" {
			found[f.Entity] = f.FindingId
		}
	}
	charts := d.trends(w, all, findings)
	for f := range features {
		if c, ok := distribution(all, f, found); ok {
			charts = append(charts, c)
		}
	}
	charts = append(charts, correlation(all))
	if c, ok := scatter(all, found); ok {
		charts = append(charts, c)
	}
	for _, c := range charts {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("logon: chart %q: %w", c.Title, err)
		}
	}
	return charts, nil
}

// trends are a chart for each number that matters most, with a line for each of the first
// accounts with findings.
func (d *Detector) trends(w event.Window, all []judged, findings []anomaly.Finding) []chart.Chart {
	days := daysOf(w, all)
	var charts []chart.Chart
	for _, f := range [...]int{failedLogons, successfulLogons, computersAccessed, sourceAddresses} {
		about := featureList()[f]
		c := chart.Chart{Kind: chart.Lines, Title: "Accounts with findings: " + about.what, X: "UTC day", Y: about.what,
			Note: "The days of the accounts with the highest scores; the day of the finding is marked. A day without logons is 0."}
		for _, day := range days {
			c.Labels = append(c.Labels, dateOf(day))
		}
		for _, finding := range findings {
			if finding.EntityKind == "account" && len(c.Series) < trends {
				c.Series = append(c.Series, trend(finding, all, days, f))
			}
		}
		if len(c.Series) > 0 {
			charts = append(charts, c)
		}
	}
	return charts
}

func dateOf(day int32) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

// daysOf are the days of the window, and the earlier ones that anything is known of, in
// order and without gaps.
func daysOf(w event.Window, all []judged) (days []int32) {
	first, last := dayOf(w.From.UnixNano()), dayOf(w.To.UnixNano()-1)
	for _, j := range all {
		if j.past != nil && len(j.past.days) > 0 {
			first = min(first, j.past.days[0].day)
		}
	}
	const most = 399 // more are not drawn
	for day := max(first, last-most); day <= last; day++ {
		days = append(days, day)
	}
	return days
}

// trend is the line of an account: its days, over all logon types.
func trend(finding anomaly.Finding, all []judged, days []int32, f int) chart.Series {
	s := chart.Series{Name: finding.Entity, Values: make([]float64, len(days))}
	add := func(day int32, v float64) {
		if at, ok := slices.BinarySearch(days, day); ok {
			s.Values[at] += v
		}
	}
	counted := map[*earlier]bool{}
	for i := range all {
		j := &all[i]
		if accountName(j.domain, j.user) != finding.Entity {
			continue
		}
		add(j.day, j.values[f])
		if j.past != nil && !counted[j.past] {
			counted[j.past] = true
			for _, n := range j.past.days {
				add(n.day, n.values[f])
			}
		}
	}
	if at, err := time.Parse(time.RFC3339, finding.StartTime); err == nil {
		if i, ok := slices.BinarySearch(days, dayOf(at.UnixNano())); ok {
			s.Marks = []int{i}
		}
	}
	return s
}

// distribution is how a number is spread over the user-days of the window, those of
// accounts with findings apart; false if it is the same of all.
func distribution(all []judged, f int, found map[string]string) (chart.Chart, bool) {
	about := featureList()[f]
	top := 0.0
	bottom := math.Inf(1)
	for _, j := range all {
		top, bottom = max(top, j.values[f]), min(bottom, j.values[f])
	}
	if top == bottom {
		return chart.Chart{}, false
	}
	c := chart.Chart{Kind: chart.Histogram, Title: "Accounts by " + about.what, X: about.what, Y: "user-days",
		Note: "Each account and logon type counts once a day. The bins widen with the number.", Edges: edges(top)}
	series := []chart.Series{{Name: noFindings, Values: make([]float64, len(c.Edges)-1)}, {Name: "with findings", Values: make([]float64, len(c.Edges)-1)}}
	for _, j := range all {
		at, exact := slices.BinarySearch(c.Edges, j.values[f])
		if !exact {
			at--
		}
		which := 0
		if found[accountName(j.domain, j.user)] != "" {
			which = 1
		}
		series[which].Values[min(at, len(c.Edges)-2)]++
	}
	c.Series = series
	return c, true
}

// edges are those of bins from 0 to above top: whole numbers that grow by a constant
// factor, or by 1 where that is less.
func edges(top float64) []float64 {
	all := []float64{0}
	factor := math.Pow(top+1, 1.0/binsOf)
	for last := 0.0; last <= top; {
		last = max(last+1, math.Floor((last+1)*factor)-1)
		all = append(all, last)
	}
	return all
}

// correlation is how the numbers go together over the user-days (Pearson's coefficient of
// log(1 + v)). One that does not vary goes with nothing.
func correlation(all []judged) chart.Chart {
	c := chart.Chart{Kind: chart.Matrix, Title: "Which numbers go together",
		Note: "Correlation of log(1 + v) over all accounts, logon types and days of the window."}
	columns := make([][]float64, features)
	list := featureList()
	for f := range features {
		c.Labels = append(c.Labels, list[f].name)
		for _, j := range all {
			columns[f] = append(columns[f], math.Log1p(j.values[f]))
		}
		standardise(columns[f])
	}
	for f := range features {
		s := chart.Series{Name: list[f].name}
		for g := range features {
			sum := 0.0
			for i := range all {
				sum += columns[f][i] * columns[g][i]
			}
			s.Values = append(s.Values, max(-1, min(1, sum)))
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// standardise moves numbers to mean 0 and length 1, or makes them 0 if they do not vary.
func standardise(values []float64) {
	mean, sum := 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for i := range values {
		values[i] -= mean
		sum += values[i] * values[i]
	}
	length := math.Sqrt(sum)
	for i := range values {
		if length < 1e-9 {
			values[i] = 0
		} else {
			values[i] /= length
		}
	}
}

// scatter is each user-day by its largest deviation and what the forest says; false if
// there is no forest.
func scatter(all []judged, found map[string]string) (chart.Chart, bool) {
	c := chart.Chart{Kind: chart.Scatter, Title: "Unusual alone and unusual together", X: "largest deviation from the usual, in spreads", Y: "isolation forest (0.5 is average)",
		Groups: []string{noFindings, "with findings"},
		Note:   "To the right one number is far above what is usual; at the top the numbers are unlike those of others together."}
	for i := range all {
		j := &all[i]
		if j.forest == 0 {
			continue
		}
		p := chart.Point{X: math.Max(0, slices.Max(j.z[:hostsSuccessful+1])), Y: j.forest}
		name := accountName(j.domain, j.user)
		if id := found[name]; id != "" {
			p.Group, p.Finding, p.Label = 1, id, fmt.Sprintf("%s, %s, %s", name, typeName(j.logonType), dateOf(j.day))
		}
		c.Points = append(c.Points, p)
	}
	slices.SortFunc(c.Points, func(a, b chart.Point) int {
		return cmp.Or(cmp.Compare(b.Group, a.Group), cmp.Compare(b.X, a.X), cmp.Compare(b.Y, a.Y), cmp.Compare(a.Label, b.Label))
	})
	if n := len(c.Points); n > chart.MaxPoints {
		c.Points = thinned(c.Points)
		c.Note += fmt.Sprintf(" Of %d days without findings some are left out.", n)
	}
	return c, len(c.Points) > 0
}

// thinned keeps the first half of the points, and of the others every so many.
func thinned(points []chart.Point) []chart.Point {
	kept := slices.Clone(points[:chart.MaxPoints/2])
	rest := points[chart.MaxPoints/2:]
	for i := range chart.MaxPoints / 2 {
		kept = append(kept, rest[i*len(rest)/(chart.MaxPoints/2)])
	}
	return kept
}
