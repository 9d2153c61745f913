// Command models compares the isolation forest with those of scikit-learn and
// isotree on the same rows: processor time of one thread, in turns, and how well each
// tells planted rows.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sparkless/outlier"
)

type options struct {
	python, peer, work, record   string
	rows, columns, scored, turns int
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", "out/bench/models/bin/python", "Python with scikit-learn and isotree")
	flag.StringVar(&o.peer, "peer", "bench/models/peer.py", "what runs them")
	flag.StringVar(&o.work, "work", "out/bench", "folder for the rows")
	flag.StringVar(&o.record, "record", "", "folder in which the table is added to a file of today")
	flag.IntVar(&o.rows, "rows", 200_000, "rows of the fit")
	flag.IntVar(&o.columns, "columns", 11, "columns")
	flag.IntVar(&o.scored, "scored", 50_000, "rows that are scored")
	flag.IntVar(&o.turns, "turns", 5, "turns of each")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is one turn of one contender.
type result struct {
	Version string
	Fit     float64   // processor seconds
	Score   float64   // processor seconds
	Scores  []float64 // the higher the odder
}

// rounds are the turns of one contender.
type rounds struct {
	name    string
	results []result
	areas   []float64 // under the curve, for the planted rows
}

func run(ctx context.Context, o options) error {
	runtime.GOMAXPROCS(1)
	o.scored = min(o.scored, o.rows)
	x, planted := table(o)
	file := filepath.Join(o.work, "models.bin")
	if err := write(file, x); err != nil {
		return err
	}
	contenders := []*rounds{{name: "sparkless"}, {name: "scikit-learn"}, {name: "isotree"}}
	for turn := range o.turns {
		for _, c := range contenders {
			r, err := once(ctx, o, c.name, file, turn)
			if errors.Is(err, errMissing) {
				fmt.Fprintln(os.Stderr, err)
				continue
			}
			if err != nil {
				return err
			}
			area, err := outlier.AUROC(r.Scores, planted[:o.scored])
			if err != nil {
				return err
			}
			c.results, c.areas = append(c.results, r), append(c.areas, area)
		}
	}
	return report(o, contenders)
}

// table is rows in seven clusters, of which each hundredth lies apart.
func table(o options) (x outlier.Matrix, planted []bool) {
	random := rand.New(rand.NewPCG(1, 1))
	x, planted = outlier.Zeros(o.rows, o.columns), make([]bool, o.rows)
	for i := range o.rows {
		planted[i] = i%100 == 0
		for j := range x.Row(i) {
			v := random.NormFloat64() + float64(i%7*j)
			if planted[i] && j%3 == 0 {
				v += 9 * random.NormFloat64()
			}
			x.Row(i)[j] = float64(float32(v))
		}
	}
	return x, planted
}

func write(file string, x outlier.Matrix) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	data := make([]byte, 0, 4*len(x.Data))
	for _, v := range x.Data {
		data = binary.NativeEndian.AppendUint32(data, math.Float32bits(float32(v)))
	}
	return os.WriteFile(file, data, 0o644)
}

// read reads what write wrote. Each contender does so before its turn, so that the
// rows are as near to the processor for one as for the other.
func read(file string, o options) (outlier.Matrix, error) {
	x := outlier.Zeros(o.rows, o.columns)
	data, err := os.ReadFile(file)
	if err == nil && len(data) != 4*len(x.Data) {
		err = fmt.Errorf("%s: %d bytes", file, len(data))
	}
	if err != nil {
		return x, err
	}
	for i := range x.Data {
		x.Data[i] = float64(math.Float32frombits(binary.NativeEndian.Uint32(data[4*i:])))
	}
	return x, nil
}

func once(ctx context.Context, o options, name, file string, seed int) (result, error) {
	if name == "sparkless" {
		return ours(o, file, seed)
	}
	return peer(ctx, o, name, file, seed)
}

func ours(o options, file string, seed int) (result, error) {
	r := result{Version: version()}
	x, err := read(file, o)
	if err != nil {
		return r, err
	}
	runtime.GC()
	start := processor()
	forest, err := outlier.FitForest(x, nil, outlier.ForestParams{Seed: uint64(seed), Workers: 1})
	if err != nil {
		return r, err
	}
	fitted := processor()
	few := outlier.Matrix{Rows: o.scored, Cols: x.Cols, Data: x.Data[:o.scored*x.Cols]}
	if r.Scores, err = forest.Scores(few, 1); err != nil {
		return r, err
	}
	r.Fit, r.Score = (fitted - start).Seconds(), (processor() - fitted).Seconds()
	for i := range r.Scores {
		r.Scores[i] = -r.Scores[i]
	}
	return r, nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.GoVersion
	}
	return ""
}

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var errMissing = errors.New("left out")

func peer(ctx context.Context, o options, name, file string, seed int) (r result, err error) {
	cmd := exec.CommandContext(ctx, o.python, o.peer, name, file, strconv.Itoa(o.rows), strconv.Itoa(o.columns), strconv.Itoa(o.scored), strconv.Itoa(seed))
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return r, fmt.Errorf("%s: %w: %w: %s", name, errMissing, err, lines[len(lines)-1])
	}
	return r, json.Unmarshal(out, &r)
}

// report prints the table, and adds it to a file if that is asked for.
func report(o options, contenders []*rounds) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## Isolation forest, 100 trees of 256 of %d x %d rows; %d rows scored; one thread, processor time, median of %d turns (least to most)\n",
		o.rows, o.columns, o.scored, o.turns)
	fmt.Fprintf(&b, "%-24s %26s %8s %30s %8s %8s\n", "", "fit ms", "ours x", "rows scored a second", "ours x", "AUROC")
	us := contenders[0].results
	for _, c := range contenders {
		if len(c.results) == 0 {
			fmt.Fprintf(&b, "%-24s left out\n", c.name)
			continue
		}
		fit := each(c.results, func(r result) float64 { return r.Fit * 1000 })
		rate := each(c.results, func(r result) float64 { return float64(o.scored) / r.Score })
		fmt.Fprintf(&b, "%-24s %26s %8.1f %30s %8.1f %8.4f\n", c.name+" "+c.results[0].Version, spread(fit, 1),
			median(ratios(c.results, us, func(r result) float64 { return r.Fit })), spread(rate, 0),
			median(ratios(c.results, us, func(r result) float64 { return r.Score })), median(c.areas))
	}
	fmt.Print(b.String())
	if o.record == "" {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(o.record, time.Now().UTC().Format(time.DateOnly)+".txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String() + "\n")
	return errors.Join(err, f.Close())
}

// ratios are how many times our cost theirs is, turn by turn.
func ratios(theirs, ours []result, of func(result) float64) []float64 {
	out := make([]float64, min(len(theirs), len(ours)))
	for i := range out {
		out[i] = of(theirs[i]) / of(ours[i])
	}
	return out
}

func each(from []result, of func(result) float64) []float64 {
	out := make([]float64, len(from))
	for i, r := range from {
		out[i] = of(r)
	}
	return out
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func spread(values []float64, digits int) string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', digits, 64) }
	return fmt.Sprintf("%s (%s-%s)", number(median(values)), number(slices.Min(values)), number(slices.Max(values)))
}
