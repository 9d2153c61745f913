// Command cluster runs the program on several processes that share the work by way of a
// real Temporal server, with the export and the work store in Azurite and both ingestion
// APIs as servers, while processes are killed and stopped, and servers and databases go
// away. Whatever happens, outbox, profiles, files and records are byte for byte those of
// the local engine, and nothing is delivered twice.
//
//	make cluster-test   every scenario, with the server on PostgreSQL
//	make cluster-smoke  two of them, with the development server
//
// After a violation it says how to repeat the scenario, and exits with 1.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"sparkless/bench/record"
)

// options are those of the command line.
type options struct {
	binary, other string
	tools         string
	serverKind    string
	only          *regexp.Regexp
	seed          uint64
	events, days  int
	shard, batch  string
	patience      time.Duration
	logs          string

	// Of measurements.
	measured, simulated bool
	size                float64
	rounds              int
	record              string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "sparkless", "bin/sparkless", "the program")
	flag.StringVar(&o.other, "other", "", "another build of the program")
	flag.StringVar(&o.tools, "temporal", "out/tools/temporal", "folder of Temporal's programs")
	flag.StringVar(&o.serverKind, "server", realServer, "dev: the development server; postgres: the server on PostgreSQL")
	only := flag.String("only", ".*", "regular expression of the scenarios to play")
	flag.Uint64Var(&o.seed, "seed", 0, "what to draw everything from; 0 draws a seed")
	flag.IntVar(&o.events, "events", 12_000, "lines of a day")
	flag.IntVar(&o.days, "days", 5, "days of the export")
	flag.StringVar(&o.shard, "shard-size", "128KiB", "of the runs")
	flag.StringVar(&o.batch, "batch-size", "512KiB", "of the runs")
	flag.DurationVar(&o.patience, "patience", 8*time.Minute, "how long a scenario may take")
	flag.StringVar(&o.logs, "logs", "", "folder in which to leave the logs of all processes")
	flag.BoolVar(&o.measured, "measure", false, "measure what it costs to share work")
	flag.BoolVar(&o.simulated, "simulate", false, "work out what large days would take, with what was measured")
	flag.Float64Var(&o.size, "size", 1, "GB of the measured day")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of measurements")
	flag.StringVar(&o.record, "record", "", "folder in which results are added to a file of today")
	flag.Parse()
	o.seed = cmp.Or(o.seed, rand.Uint64N(1_000_000)+1)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if o.only, err = regexp.Compile("^(" + *only + ")$"); err == nil {
		err = o.perform(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// perform does what the options say.
func (o options) perform(ctx context.Context) (err error) {
	if o.simulated {
		return o.simulate(time.Now())
	}
	for _, path := range []*string{&o.binary, &o.tools, &o.other} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	root, err := os.MkdirTemp("", "sparkless-cluster-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	if o.measured {
		return o.measure(ctx, root)
	}
	return o.playAll(ctx, root)
}

// playAll plays scenarios, and prints what came of them.
func (o options) playAll(ctx context.Context, root string) (err error) {
	s, err := newStage(ctx, o, root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	fmt.Printf("seed %d: %d days of %d events, server %s, %d CPUs\n", o.seed, o.days, o.events, o.serverKind, runtime.NumCPU())
	var done []line
	for _, sc := range scenarios() {
		if !o.only.MatchString(sc.name) || sc.server != "" && sc.server != o.serverKind {
			continue
		}
		l, err := s.perform(ctx, sc)
		if err != nil {
			return fmt.Errorf("scenario %s (again: -seed %d -server %s -only %s): %w", sc.name, o.seed, o.serverKind, sc.name, err)
		}
		fmt.Printf("%-9s %4.0f s  %v\n", sc.name, l.took.Seconds(), l.history)
		done = append(done, l)
	}
	if len(done) == 0 {
		return errors.New("no scenario was played")
	}
	fmt.Println()
	return o.printer(time.Now()).Print(fmt.Sprintf("# %s\n%s, %s\nScenarios of many processes, seed %d\n%s\n",
		stamp(time.Now()), record.Machine(), record.FirstLine(o.binary, "--version"), o.seed, table(done)))
}

// printer adds what it prints to the file of today, if the options name a folder for it.
func (o options) printer(now time.Time) record.Printer {
	if o.record == "" {
		return record.Printer{}
	}
	return record.Printer{File: filepath.Join(o.record, now.UTC().Format(time.DateOnly)+".txt")}
}

func stamp(now time.Time) string { return now.UTC().Format("2006-01-02 15:04 UTC") }

// perform plays one scenario, and compares what comes of it with what the local engine
// makes of the same.
func (s *stage) perform(ctx context.Context, sc scenario) (l line, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	truth, err := s.truth(ctx, sc.args(s))
	if err != nil {
		return l, fmt.Errorf("the local engine: %w", err)
	}
	if s.server == nil {
		if s.server, err = newServer(ctx, s.serverKind, s.tools, s.root); err != nil {
			return l, err
		}
	}
	p, err := s.newPlay(ctx, sc.name)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, p.saveLogs(), p.close(ctx)) }()
	begun := time.Now()
	if err := sc.play(ctx, p); err != nil {
		return l, err
	}
	l = line{scenario: sc, server: s.serverKind, took: time.Since(begun), notes: p.notes, records: p.received(), twice: p.doubled(), health: p.healthy()}
	if err := p.compare(ctx, truth); err != nil {
		return l, err
	}
	ids := p.workflows()
	if len(ids) != cmp.Or(sc.over, 1) {
		return l, fmt.Errorf("there were the workflows %v", ids)
	}
	l.history, err = s.server.history(ctx, ids)
	return l, err
}

// compare compares what every process that ended well has left with the truth.
func (p *play) compare(ctx context.Context, truth *result) error {
	n := 0
	for _, r := range p.replicas {
		if r.code != 0 || len(r.argv) < 2 || r.argv[1] == "cancel" {
			continue
		}
		got, err := p.result(ctx, r)
		if err == nil {
			err = got.equal(truth)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		n++
	}
	if n == 0 {
		return errors.New("no process ended well")
	}
	return nil
}
