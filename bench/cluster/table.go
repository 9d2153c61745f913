package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// line is what a scenario came to.
type line struct {
	scenario scenario
	server   string
	took     time.Duration
	history  history
	records  int // that came to both destinations together
	twice    int // of them
	health   int // records of runs
	notes    []string
}

// table shows lines to people.
func table(lines []line) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tserver\ts\ttasks\tagain\tevents\thistory kB\trecords\ttwice\truns recorded\t")
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%.0f\t%d\t%d\t%d\t%.0f\t%d\t%d\t%d\t%s\n", l.scenario.name, l.server, l.took.Seconds(),
			l.history.tasks, l.history.again, l.history.events, float64(l.history.bytes)/1e3, l.records, l.twice, l.health,
			strings.Join(append([]string{l.scenario.what}, l.notes...), "; "))
	}
	_ = w.Flush() // into memory
	return b.String()
}
