// Command torture kills the program again and again. Each round begins with an
// empty work store; processes are killed with SIGKILL at random moments, some of
// two that run at once, and a blob may arrive late; then one process comes to its
// end. What real servers have taken by then is compared with an answer that was
// worked out another way: nothing is lost, nothing is wrong, only a batch that
// was under way when a process was killed has come twice, and a further run reads
// and sends nothing.
//
//	torture -sparkless bin/sparkless -rounds 100
//
// After a violation it says how to repeat the round, and exits with 1.
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
	"runtime"
	"strings"
	"time"

	"sparkless/bench/scene"
)

// options are those of the command line.
type options struct {
	binary   string
	rounds   int
	only     int
	seed     uint64
	modes    string
	findings int
	slow     time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.binary, "sparkless", "bin/sparkless", "the binary to kill")
	flag.IntVar(&o.rounds, "rounds", 20, "rounds for each mode")
	flag.IntVar(&o.only, "round", 0, "play only this round")
	flag.Uint64Var(&o.seed, "seed", 0, "what to draw everything from; 0 draws a seed")
	flag.StringVar(&o.modes, "modes", "azure,folder", "where export and work store are")
	flag.IntVar(&o.findings, "findings", 5_500, "about how many findings the day has")
	flag.DurationVar(&o.slow, "slow", 25*time.Millisecond, "how long a destination takes over a request, before and after")
	flag.Parse()
	o.seed = cmp.Or(o.seed, rand.Uint64N(1_000_000)+1)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := torture(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func torture(ctx context.Context, o options) error {
	d, err := newDay(o.seed, o.findings)
	if err != nil {
		return err
	}
	fmt.Printf("seed %d: %d findings, %d with the late blob, %d CPUs\n", o.seed, len(d.early.pairs), len(d.whole.pairs), runtime.NumCPU())
	j := newJudge(d)
	for mode := range strings.SplitSeq(o.modes, ",") {
		if err := o.mode(ctx, mode, j); err != nil {
			return fmt.Errorf("mode %s: %w", mode, err)
		}
	}
	return nil
}

// perPlace is how many rounds use the same Azurite, which keeps all it ever held
// in memory.
const perPlace = 20

// mode plays all rounds with the export and the work store in one kind of place.
func (o options) mode(ctx context.Context, mode string, j *judge) (err error) {
	root, err := os.MkdirTemp("", "sparkless-torture-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	a, err := o.arena(root, j)
	if err != nil {
		return err
	}
	s, begun := &score{phases: map[string]int{}}, time.Now()
	first, last := 1, o.rounds
	if o.only > 0 {
		first, last = o.only, o.only
	}
	for number := first; number <= last && err == nil; number += perPlace {
		err = o.some(ctx, mode, root, a, s, number, min(number+perPlace-1, last))
	}
	for _, sink := range a.sinks {
		err = errors.Join(err, sink.close())
	}
	if err == nil {
		fmt.Printf("%s: %s, %.0f s\n", mode, s, time.Since(begun).Seconds())
	}
	return err
}

// arena makes what is the same for all rounds: destinations, and the program
// that sends to them.
func (o options) arena(root string, j *judge) (*arena, error) {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	a := &arena{day: j.day, judge: j, out: filepath.Join(root, "findings.jsonl")}
	for name, fresh := range map[string]freshSink{"datacollector": freshCollector, "logsingestion": freshIngestion} {
		sink, err := newRecorder(name, o.slow, fresh)
		if err != nil {
			return nil, err
		}
		a.sinks = append(a.sinks, sink)
	}
	a.program = program{binary, []string{"run", "--profile", "notebook", "--day", j.day.text(), "--shard-size", "256KiB", "--rare", fmt.Sprint(rareRank),
		"--frequent", fmt.Sprint(frequentRank), "--similarity", fmt.Sprint(similarity), "--out", a.out,
		"--log-level", "debug", "--log-format", "json", "--self-test=false"}, scene.Environ(), root}
	return a, nil
}

// some plays rounds that share a place.
func (o options) some(ctx context.Context, mode, root string, a *arena, s *score, from, to int) (err error) {
	a.place, err = newPlace(ctx, mode, root, a.day.blobs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.place.close()) }()
	if a.whole == 0 {
		if err := a.measure(ctx, 0); err != nil {
			return err
		}
		fmt.Printf("%s: an undisturbed run takes %v\n", mode, a.whole.Round(time.Millisecond))
	}
	for number := from; number <= to; number++ {
		if err := a.play(ctx, o.seed, number, s); err != nil {
			return fmt.Errorf("seed %d, round %d (again: -seed %d -round %d -modes %s): %w", o.seed, number, o.seed, number, mode, err)
		}
	}
	return nil
}

func newPlace(ctx context.Context, mode, root string, blobs []blob) (place, error) {
	switch mode {
	case "azure":
		return newAzurePlace(ctx, blobs)
	case "folder":
		return newFolderPlace(ctx, root, blobs)
	}
	return nil, fmt.Errorf("-modes: %q is neither azure nor folder", mode)
}
