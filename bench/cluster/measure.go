package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparkless/bench/record"
	"sparkless/bench/sample"
	"sparkless/bench/scene"
)

// lineSize is about how long a line of the sample is.
const lineSize = 1390

// gauge measures what it costs to share work.
type gauge struct {
	options
	root   string
	server *server
	print  record.Printer
	runs   int // so far, for names of folders
}

// trial is one way to go through a day.
type trial struct {
	name    string
	workers int    // 0 for the local engine
	export  string // folder
	shard   string // "" for auto
	batch   string
}

// spent is what a trial took.
type spent struct {
	wall    float64 // seconds, from the start of the first process to the end of the last
	program float64 // CPU seconds of all processes of the program
	server  float64 // CPU seconds of the server and its database
	pieces  int64   // bytes of the pieces of batches
	profile int64   // bytes of the profile of the day
	names   int     // in it
	history history
}

// measure measures overhead and scaling, and records it.
func (o options) measure(ctx context.Context, root string) (err error) {
	now := time.Now()
	g := &gauge{options: o, root: root, print: o.printer(now)}
	if g.server, err = newServer(ctx, o.serverKind, o.tools, root); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.server.close()) }()
	if err := g.print.Print(g.header(now)); err != nil {
		return err
	}
	for _, part := range []func(context.Context) (string, error){g.scaling, g.tiny, g.operations} {
		text, err := part(ctx)
		if err != nil {
			return err
		}
		if err := g.print.Print(text + "\n"); err != nil {
			return err
		}
	}
	return nil
}

func (g *gauge) header(now time.Time) string {
	load, _, _ := strings.Cut(record.FirstLine("cat", "/proc/loadavg"), " ")
	return fmt.Sprintf(`# %s
%s, %s
%s, Temporal's server: %s; load of the machine before: %s
Many machines against one, all on this machine. Medians of interleaved rounds; each result was byte for byte that of the
local engine. "x local" is by that of the local engine in the same round. CPU includes all processes of the program;
that of the server includes its database. The export and the work store are folders, in the page cache.

`, stamp(now), record.Machine(), record.FirstLine(g.binary, "--version"), record.GoVersion(), g.serverKind, load)
}

// export generates a day in a folder.
func (g *gauge) export(name string, size float64) (string, error) {
	folder := filepath.Join(g.root, name)
	cfg := sample.Default()
	cfg.Seed, cfg.Day = g.seed, measuredDay
	cfg.Events = max(int(size/lineSize), 6000)
	cfg.Names = max(cfg.Events/36, 300)
	_, err := sample.Generate(cfg, func(name string, data []byte) error {
		file := filepath.Join(folder, scene.Export, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, data, 0o644)
	})
	return folder, err
}

var measuredDay = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// run runs a trial, and returns what it took and the findings.
func (g *gauge) run(ctx context.Context, t trial) (s spent, findings []byte, err error) {
	g.runs++
	folder := filepath.Join(g.root, fmt.Sprintf("run-%d", g.runs))
	work := filepath.Join(folder, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		return s, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	before, err := g.server.cpu()
	if err != nil {
		return s, nil, err
	}
	begun := time.Now()
	all, err := g.start(ctx, t, folder, work)
	if err != nil {
		return s, nil, err
	}
	if s, err = await(ctx, all); err != nil {
		return s, nil, err
	}
	s.wall = time.Since(begun).Seconds()
	after, err := g.server.cpu()
	if err != nil {
		return s, nil, err
	}
	s.server = (after - before).Seconds()
	if findings, err = os.ReadFile(filepath.Join(folder, "1", "findings.jsonl")); err != nil {
		return s, nil, err
	}
	for _, e := range all[0].log.entries() {
		s.names = max(s.names, e.Names)
	}
	if s.profile, err = sizeOf(filepath.Join(work, "profiles"), ""); err != nil || t.workers == 0 {
		return s, findings, err
	}
	if s.pieces, err = sizeOf(filepath.Join(work, "runs"), "part-"); err != nil {
		return s, nil, err
	}
	s.history, err = g.server.history(ctx, all[0].log.workflows())
	return s, findings, err
}

// start starts the processes of a trial.
func (g *gauge) start(ctx context.Context, t trial, folder, work string) ([]*process, error) {
	args := []string{g.binary, "run", "--day", measuredDay.Format(time.DateOnly), "--out", "findings.jsonl", "--log-format", "json", "--no-progress", "--self-test=false"}
	if t.shard != "" {
		args = append(args, "--shard-size", t.shard)
	}
	if t.workers > 0 {
		args = append(args, "--engine", "temporal", "--batch-size", t.batch)
	}
	env := slices.Concat(scene.Environ(), []string{"SPARKLESS_STORAGE_FOLDER=" + t.export, "SPARKLESS_WORK_FOLDER=" + work,
		"SPARKLESS_TEMPORAL_ADDRESS=" + g.server.address})
	var all []*process
	for i := range max(t.workers, 1) {
		own := filepath.Join(folder, fmt.Sprint(i+1))
		if err := os.Mkdir(own, 0o755); err != nil {
			return nil, err
		}
		p, err := start(ctx, command{name: t.name, argv: args, env: env, folder: own, apart: true})
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// await waits for processes to end well.
func await(ctx context.Context, all []*process) (s spent, err error) {
	for _, p := range all {
		if err := errors.Join(p.wait(ctx), p.wantCode(0)); err != nil {
			return s, err
		}
		s.program += p.cpu.Seconds()
	}
	return s, nil
}

// sizeOf is how many bytes the files below a folder have whose names begin so.
func sizeOf(folder, prefix string) (n int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// series are trials and what each took, round by round.
type series struct {
	trials []trial
	took   [][]spent
}

// interleave runs all trials in turn, round after round. The first gives what all have
// to give.
func (g *gauge) interleave(ctx context.Context, trials []trial) (series, error) {
	all := series{trials, make([][]spent, len(trials))}
	var truth []byte
	for range g.rounds {
		for i, t := range trials {
			s, findings, err := g.run(ctx, t)
			if err != nil {
				return all, fmt.Errorf("%s: %w", t.name, err)
			}
			if truth == nil {
				truth = findings
			}
			if !bytes.Equal(findings, truth) {
				return all, fmt.Errorf("%s: its findings are not those of %s", t.name, trials[0].name)
			}
			all.took[i] = append(all.took[i], s)
		}
	}
	return all, nil
}

// of is the median of something over the rounds of a trial.
func (s series) of(i int, what func(spent) float64) float64 {
	return record.Median(record.Each(s.took[i], what))
}

// by is the median of something by that of the first trial, round by round.
func (s series) by(i int, what func(spent) float64) float64 {
	return record.Median(record.Ratios(record.Each(s.took[i], what), record.Each(s.took[0], what)))
}

func wall(s spent) float64       { return s.wall }
func ofProgram(s spent) float64  { return s.program }
func ofServer(s spent) float64   { return s.server }
func tasksOf(s spent) float64    { return float64(s.history.tasks) }
func eventsOf(s spent) float64   { return float64(s.history.events) }
func historyOf(s spent) float64  { return float64(s.history.bytes) }
func piecesOf(s spent) float64   { return float64(s.pieces) }
func nameOf(s spent) float64     { return float64(s.profile) / float64(max(s.names, 1)) }
func foldingOf(s spent) float64  { return s.history.seconds["fold.v1"] }
func mergingOf(s spent) float64  { return s.history.seconds["merge.v1"] }
func concludeOf(s spent) float64 { return s.history.seconds["conclude.v1"] }
