package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"sparkless/bench/record"
)

// text is a section as a table for people.
func text(s section, taken []measured) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n%d files, %s (%s of JSON), %d threads\n", s.title, s.day.files, size(s.day.bytes), size(s.day.text), s.threads)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "contender\twall s\tmin – max\tMB/s\tx ours\tCPU s\tpeak MB\t")
	for _, m := range taken {
		if m.refuse != "" {
			fmt.Fprintf(w, "%s\t-\t-\t-\t-\t-\t-\t  %s\n", m.name, m.refuse)
			continue
		}
		r := summary(s, m, taken[s.reference])
		fmt.Fprintf(w, "%s\t%.2f\t%.2f – %.2f\t%.0f\t%.2f\t%.2f\t%.0f\t\n", m.name, r.wall, r.least, r.most, r.speed, r.ratio, r.cpu, r.peak)
	}
	_ = w.Flush() // into memory
	for _, n := range s.notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	return b.String() + "\n"
}

// row is a contender's line: medians of its rounds.
type row struct {
	wall, least, most float64 // seconds
	speed             float64 // MB of JSON per second
	ratio             float64 // wall time by ours, round by round
	cpu               float64 // seconds
	peak              float64 // MB
}

func summary(s section, m, ours measured) row {
	walls := m.walls()
	least, most := record.Extremes(walls)
	wall := record.Median(walls)
	return row{
		wall: wall, least: least, most: most,
		speed: float64(s.day.text) / 1e6 / wall,
		ratio: record.Median(record.Ratios(walls, ours.walls())),
		cpu:   record.Median(record.Each(m.runs, cost.cpu)),
		peak:  float64(record.Median(record.Each(m.runs, func(c cost) int64 { return c.Peak }))) / 1e6,
	}
}

func size(bytes int64) string {
	if bytes < 1e9 {
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
}
