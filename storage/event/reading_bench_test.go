package event_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"sparkless/bench/sample"
	"sparkless/storage"
	"sparkless/storage/event"
)

// huntQueries are like those of hunts over one table.
func huntQueries() (queries []event.Query, names []string) {
	processes := []string{"Process", "NewProcessName", "Computer", "ParentProcessName", "Account", "CommandLine"}
	add := func(name string, ids []int, columns ...string) {
		names = append(names, name)
		queries = append(queries, event.Query{EventIDs: ids, Columns: columns})
	}
	add("masquerade", []int{4688}, processes...)
	add("process", []int{4688}, processes...)
	add("logon", []int{4624, 4625}, "EventID", "Computer", "TargetUserName", "TargetDomainName", "LogonType", "LogonTypeName", "IpAddress", "WorkstationName", "AuthenticationPackageName")
	return queries, names
}

// BenchmarkReadEach reads a day for several queries at once, and for the first one
// alone: x-first is how many times the processor time of that it takes, as the median
// of rounds that take turns.
func BenchmarkReadEach(b *testing.B) {
	lines := sampleDay(b)
	queries, _ := huntQueries()
	more := slices.Clone(queries)
	more[1].Columns = append(slices.Clone(more[1].Columns), "SubjectUserName", "MandatoryLabel", "TokenElevationType")
	status := slices.Clone(queries)
	status[2].Columns = append(slices.Clone(status[2].Columns), "Status", "SubStatus", "LogonProcessName")
	either := queries[0]
	either.EventIDs = []int{4688, 4624, 4625}
	for _, c := range []struct {
		name    string
		queries []event.Query
	}{
		{"one", queries[:1]},
		{"two", queries[:2]},
		{"logon", []event.Query{queries[0], queries[2]}},
		{"three", queries},
		{"three+token", more},
		{"three+status", status},
		{"either", []event.Query{either}},
		{"none", []event.Query{queries[0], {EventIDs: []int{1}}}},
	} {
		b.Run(c.name, func(b *testing.B) { benchReadEach(b, reshape(lines, asIs), c.queries, queries[:1]) })
	}
}

func benchReadEach(b *testing.B, data []byte, queries, first []event.Query) {
	r := blob{data: data, piece: len(data)}
	part := []event.Range{event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(data))})}
	all, one := event.NewLanes(1, 1), event.NewLanes(1, 1)
	read := func(l *event.Lanes, queries []event.Query) time.Duration {
		var n int
		add := slices.Repeat([]func(*event.Record){func(*event.Record) { n++ }}, len(queries))
		before := processorTime(b)
		err := l.ReadEach(r, queries, event.Day(sample.Default().Day), part).Lane(b.Context(), add...)
		if err != nil || n == 0 {
			b.Fatal(n, err)
		}
		return processorTime(b) - before
	}
	read(all, queries) // learns the layout
	read(one, first)
	b.SetBytes(int64(len(data)))
	var ratios []float64
	for b.Loop() {
		ratios = append(ratios, float64(read(all, queries))/float64(read(one, first)))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-first")
}

// processorTime is what this process has used of processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
