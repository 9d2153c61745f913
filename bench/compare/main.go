// Command compare measures sparkless and its peers on the same files, in turn,
// and prints tables. A peer's result must be ours before its time counts.
//
//	make bench SIZE=1         the peers, on a day of 1 GB
//	make bench-claims SIZE=10 what is promised of large days
//	make bench-smoke          the same code on a tiny day, with Go alone
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sparkless/bench/record"
)

// options are the command line's.
type options struct {
	scope
	only, peers    *regexp.Regexp // sections and contenders
	claims         bool
	record, readme string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "measure" {
		os.Exit(measureMain(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	b := bench{log: os.Stderr}
	var o options
	gigabytes := flag.Float64("size", 1, "GB of the day")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds")
	flag.StringVar(&b.sparkless, "sparkless", "bin/sparkless", "the program")
	flag.StringVar(&b.reader, "reader", "out/bench/reader", "program of bench/reader")
	flag.StringVar(&b.goPeers, "go-peers", "out/bench/go-peers", "program of bench/peers")
	flag.StringVar(&b.scripts, "scripts", "bench/peers", "folder of the peers' scripts")
	flag.StringVar(&b.peers, "peers", "out/bench/peers", "folder that bench/peers/setup.sh has filled")
	flag.StringVar(&b.work, "work", "out/bench", "folder for data")
	only := flag.String("only", ".", "regular expression of the sections to run")
	contenders := flag.String("contenders", ".", "regular expression of the contenders to run beside ours")
	flag.BoolVar(&o.smoke, "smoke", false, "only the peers that Go builds")
	flag.BoolVar(&o.claims, "claims", false, "measure what is promised instead of peers")
	flag.StringVar(&o.record, "record", "", "folder in which the tables are added to a file of today")
	flag.StringVar(&o.readme, "readme", "", "file whose part between bench markers is written anew")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile("^(" + *only + ")"); err != nil {
		return err
	}
	if o.peers, err = regexp.Compile(*contenders); err != nil {
		return err
	}
	o.size = *gigabytes * 1e9
	o.variant = int64(min(o.size, 300e6))
	o.small = min(o.size, 80e6)
	for _, path := range []*string{&b.sparkless, &b.reader, &b.goPeers, &b.scripts, &b.peers, &b.work} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	return b.report(ctx, o)
}

// errSkipped: a section that cannot be run here.
var errSkipped = errors.New("skipped")

// report runs what the options want, and prints and records it.
func (b *bench) report(ctx context.Context, o options) error {
	now := time.Now()
	p := record.Printer{}
	if o.record != "" {
		p.File = filepath.Join(o.record, now.UTC().Format(time.DateOnly)+".txt")
	}
	if err := p.Print(b.header(now)); err != nil {
		return err
	}
	if o.claims {
		return b.reportClaims(ctx, o, p)
	}
	var done []taken
	for _, planned := range b.plan(o.scope) {
		if !o.only.MatchString(planned.id) {
			continue
		}
		s, runs, err := b.section(ctx, planned, o.peers)
		if errors.Is(err, errSkipped) {
			if err := p.Print(fmt.Sprintf("## %s\n%v\n\n", planned.id, err)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := p.Print(text(s, runs)); err != nil {
			return err
		}
		done = append(done, taken{s, runs})
	}
	if o.readme != "" {
		return updateReadme(o.readme, now, digest(done))
	}
	return nil
}

func (b *bench) section(ctx context.Context, p planned, peers *regexp.Regexp) (section, []measured, error) {
	s, err := p.make(ctx)
	if err != nil {
		return s, nil, err
	}
	s.keep(peers.MatchString)
	taken, err := b.run(ctx, s)
	if err != nil && s.optional && !errors.Is(err, errWrong) {
		err = fmt.Errorf("%w: %s", errSkipped, b.reason(err))
	}
	return s, taken, err
}

func (b *bench) reportClaims(ctx context.Context, o options, p record.Printer) error {
	tables, claims, err := b.claims(ctx, o.size)
	if err != nil {
		return err
	}
	lines := record.Each(claims, claim.String)
	return p.Print(tables + "## Claims\n" + strings.Join(lines, "\n") + "\n\n")
}
