package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"sparkless/bench/scene"
)

// scaling measures a day of o.size GB with one process and with several.
func (g *gauge) scaling(ctx context.Context) (string, error) {
	export, err := g.export("large", g.size*1e9)
	if err != nil {
		return "", err
	}
	batch := fmt.Sprintf("%dMiB", max(int(g.size*1e9/16)>>20, 1))
	trials := []trial{{name: "local", export: export}}
	for _, n := range []int{1, 2, 4} {
		trials = append(trials, trial{fmt.Sprintf("Temporal, %d workers", n), n, export, "", batch})
	}
	all, err := g.interleave(ctx, trials)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## A day of %.2g GB in batches of %s, %d rounds\n", g.size, batch, g.rounds)
	b.WriteString(all.table())
	fmt.Fprintf(&b, "  Of one worker: folding %.2f s, merging %.2f s of pieces of %.1f MB together, concluding %.2f s. The profile has %d names of %.0f bytes.\n",
		all.of(1, foldingOf), all.of(1, mergingOf), all.of(1, piecesOf)/1e6, all.of(1, concludeOf), all.took[1][0].names, all.of(1, nameOf))
	return b.String(), nil
}

// tiny measures a small day in few tasks and in many.
func (g *gauge) tiny(ctx context.Context) (string, error) {
	export, err := g.export("small", 25e6)
	if err != nil {
		return "", err
	}
	trials := []trial{
		{name: "local", export: export, shard: "64KiB"},
		{"Temporal, 2 workers, large tasks", 2, export, "64KiB", "8MiB"},
		{"Temporal, 2 workers, small tasks", 2, export, "64KiB", "512KiB"},
		{"Temporal, 2 workers, tiny tasks", 2, export, "64KiB", "64KiB"},
	}
	all, err := g.interleave(ctx, trials)
	if err != nil {
		return "", err
	}
	const few, many = 1, 3
	slope := func(what func(spent) float64) float64 {
		return (all.of(many, what) - all.of(few, what)) / (all.of(many, tasksOf) - all.of(few, tasksOf))
	}
	fixed := func(what func(spent) float64) float64 {
		return all.of(few, what) - all.of(few, tasksOf)*slope(what)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## A day of 25 MB in few tasks and in many, %d rounds\n", g.rounds)
	b.WriteString(all.table())
	fmt.Fprintf(&b, "  Each task costs %.0f ms of wall time, %.0f ms of CPU time of workers, %.0f ms of the server and its database, %.1f events, %.0f bytes of history.\n",
		1e3*slope(wall), 1e3*slope(ofProgram), 1e3*slope(ofServer), slope(eventsOf), slope(historyOf))
	fmt.Fprintf(&b, "  Each run costs %.2f s of wall time and %.2f s of CPU time more than a local one, before any task, and %.2f s of the server.\n",
		fixed(wall)-all.of(0, wall), fixed(ofProgram)-all.of(0, ofProgram), fixed(ofServer))
	return b.String(), nil
}

func (s series) table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\twall s\tx local\tCPU s\tx local\tserver CPU s\ttasks\tevents\thistory kB\t")
	for i, t := range s.trials {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t", t.name, s.of(i, wall), s.by(i, wall), s.of(i, ofProgram), s.by(i, ofProgram))
		if t.workers == 0 {
			fmt.Fprintln(w, "-\t-\t-\t-\t")
			continue
		}
		fmt.Fprintf(w, "%.2f\t%.0f\t%.0f\t%.0f\t\n", s.of(i, ofServer), s.of(i, tasksOf), s.of(i, eventsOf), s.of(i, historyOf)/1e3)
	}
	_ = w.Flush() // into memory
	return b.String()
}

// operations counts the requests to the blob service, which do not hang on the machine.
func (g *gauge) operations(ctx context.Context) (string, error) {
	o := g.options
	o.days = 1
	s, err := newStage(ctx, o, g.root)
	if err != nil {
		return "", err
	}
	defer func() { s.server = nil; _ = s.close() }() // the server is the gauge's
	s.server = g.server
	var b strings.Builder
	fmt.Fprintf(&b, "## Requests to the blob service, of a day of %d events in small blobs\n", g.events)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\tshard\tbatch\tshards\ttasks\treads of the export\tother reads\twrites\tlists\tother\t")
	for i, c := range []struct {
		workers      int
		shard, batch string
	}{{0, "128KiB", "-"}, {1, "128KiB", "512KiB"}, {1, "128KiB", "2MiB"}, {1, "512KiB", "2MiB"}, {3, "128KiB", "512KiB"}} {
		s.shard, s.batch = c.shard, c.batch
		line, err := s.requests(ctx, fmt.Sprintf("requests-%d", i), c.workers)
		if err != nil {
			return "", err
		}
		fmt.Fprint(w, line)
	}
	_ = w.Flush() // into memory
	return b.String(), nil
}

// requests runs a day on some workers, and counts.
func (s *stage) requests(ctx context.Context, name string, n int) (line string, err error) {
	p, err := s.newPlay(ctx, name)
	if err != nil {
		return "", err
	}
	defer func() { err = p.close(ctx) }()
	engine := "local"
	if n == 0 {
		_, err = p.launch(ctx, s.binary, append(s.run(), s.settings()...)...)
	} else {
		engine = fmt.Sprintf("Temporal, %d workers", n)
		_, err = p.crew(ctx, s.binary, n, s.run())
	}
	if err != nil {
		return "", err
	}
	if err := finish(ctx, p.replicas...); err != nil {
		return "", err
	}
	var export int
	counts := map[scene.Kind]int{}
	shards := 0
	for _, r := range p.replicas {
		c, reads := r.door.passed()
		for kind, n := range c {
			counts[kind] += n
		}
		export += reads
		for _, e := range r.log.entries() {
			if e.Msg == "done" {
				shards = e.Shards
			}
		}
	}
	h := history{}
	if n > 0 {
		if h, err = s.server.history(ctx, p.workflows()); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", engine, s.shard, s.batch, shards, h.tasks,
		export, counts[scene.Read]-export, counts[scene.Write], counts[scene.List], counts[scene.Other]), nil
}
