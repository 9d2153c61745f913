package network

import (
	"fmt"
	"slices"
	"strings"

	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/storage/event"
)

// mostLines is how many findings a chart has a line of.
const mostLines = 8

// Charts show what the findings of a window were found among: when the strongest
// connected, on how many hosts processes do, and which are the rarest.
func (d *Detector) Charts(_ event.Window, day, history *Connections, findings []anomaly.Finding) ([]chart.Chart, error) {
	rows := day.sorted()
	if len(rows) == 0 {
		return nil, nil
	}
	f := newFleet(day, history)
	charts := []chart.Chart{hostChart(f, rows)}
	if len(findings) > 0 {
		charts = append([]chart.Chart{d.hourChart(rows, findings)}, charts...)
	}
	charts = append(charts, rarityChart(f))
	for _, c := range charts {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("network: %w", err)
		}
	}
	return charts, nil
}

// hourChart has a line of connections by hour for each of the first findings.
func (d *Detector) hourChart(rows []*entry, findings []anomaly.Finding) chart.Chart {
	c := chart.Chart{Kind: chart.Lines, Title: "Connections of the strongest findings by hour",
		Note: "A program that calls home connects at all hours, and evenly; people work by day.", X: "hour (UTC)", Y: "connections"}
	for h := range 24 {
		c.Labels = append(c.Labels, fmt.Sprintf("%02d", h))
	}
	findings = findings[:min(len(findings), mostLines)]
	hours := make([][24]float64, len(findings))
	for _, e := range rows {
		id := d.id(identityOf(e.key))
		at := slices.IndexFunc(findings, func(f anomaly.Finding) bool {
			return f.FindingId == id || f.Mode != "" && f.Entity == e.name
		})
		for h, n := range e.hours {
			if at >= 0 {
				hours[at][h] += float64(n)
			}
		}
	}
	for i, f := range findings {
		c.Series = append(c.Series, chart.Series{Name: f.Entity, Values: hours[i][:]})
	}
	return c
}

// hostChart is a histogram of the numbers of hosts of the names.
func hostChart(f *fleet, rows []*entry) chart.Chart {
	c := chart.Chart{Kind: chart.Histogram, Title: "Hosts on which a process connects to the internet",
		Note: "Processes on the left connect on few hosts.", X: "hosts", Y: "processes"}
	c.Edges = []float64{1}
	for edge := 2.0; edge <= 2*float64(f.hosts); edge *= 2 {
		c.Edges = append(c.Edges, edge)
	}
	values := make([]float64, len(c.Edges)-1)
	for _, group := range f.names(rows) {
		n := f.atMost(hostsOf(group))
		for i := range values {
			if float64(n) < c.Edges[i+1] || i == len(values)-1 {
				values[i]++
				break
			}
		}
	}
	c.Series = []chart.Series{{Name: "processes", Values: values}}
	return c
}

// names groups entries by name.
func (f *fleet) names(rows []*entry) (groups [][]*entry) {
	for _, e := range rows {
		if n := len(groups); n > 0 && groups[n-1][0].name == e.name {
			groups[n-1] = append(groups[n-1], e)
		} else {
			groups = append(groups, []*entry{e})
		}
	}
	return groups
}

// rarityChart has a bar for each of the rarest names.
func rarityChart(f *fleet) chart.Chart {
	type bar struct {
		name   string
		rarity float64
	}
	var bars []bar
	for of, k := range f.kin {
		bars = append(bars, bar{of.name, f.rarity(f.atMost(k.hosts))})
	}
	slices.SortFunc(bars, func(a, b bar) int {
		if a.rarity != b.rarity {
			if a.rarity > b.rarity {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	c := chart.Chart{Kind: chart.Bars, Title: "The rarest processes that connect to the internet",
		Note: "1 is on one host of many, 0 on all; on the day and the days before.", Y: "rarity"}
	s := chart.Series{Name: "rarity"}
	for _, b := range bars[:min(len(bars), 20)] {
		c.Labels, s.Values = append(c.Labels, b.name), append(s.Values, round(b.rarity))
	}
	c.Series = []chart.Series{s}
	return c
}
