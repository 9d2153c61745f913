// Command together measures what more hunts on one read cost: the program with the first
// hunt alone and with others beside it, in turns, over the same day in a folder and in a
// storage account behind networks of some speeds.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"

	"sparkless/bench/record"
	"sparkless/bench/scene"
)

const day = "2026-11-20"

type options struct {
	program, work, record string
	events, rounds        int
}

func main() {
	var o options
	flag.StringVar(&o.program, "program", "bin/sparkless", "the program")
	flag.StringVar(&o.work, "work", "out/bench/together", "folder for the day and the work stores")
	flag.StringVar(&o.record, "record", "", "folder in which the table is added to a file of today")
	flag.IntVar(&o.events, "events", 600_000, "events of the day")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "together:", err)
		os.Exit(1)
	}
}

// source is where the day is read from, and what was measured there.
type source struct {
	name    string
	sets    []string // of hunts that run together, the first hunt alone first
	args    []string
	environ []string
	turns   [][]turn // by set
}

// turn is one run of the program.
type turn struct{ cpu, wall, reading float64 } // seconds

const (
	alone  = "masquerade"
	allSet = "masquerade,process,logon,network"
)

func run(ctx context.Context, o options) (err error) {
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	export := filepath.Join(o.work, "day")
	if err := os.RemoveAll(o.work); err != nil {
		return err
	}
	sample := exec.CommandContext(ctx, o.program, "sample", "--out", export, "--day", day, "--events", fmt.Sprint(o.events), "--hosts", "1200", "--cases")
	sample.Env = scene.Environ()
	if out, err := sample.CombinedOutput(); err != nil {
		return fmt.Errorf("writing the day: %w: %s", err, out)
	}
	size, err := sizeOf(filepath.Join(export, scene.Export))
	if err != nil {
		return err
	}
	file := ""
	if o.record != "" {
		file = filepath.Join(o.record, time.Now().UTC().Format(time.DateOnly)+".txt")
	}
	printer := record.Printer{File: file}
	err = printer.Print(fmt.Sprintf("\nHunts on one read: %s, %s, a day of %d events, %d MB of SecurityEvent, whole runs in turns, %d rounds.\nMedians, and medians of the ratios by round.\n",
		record.Machine(), record.GoVersion(), o.events, size/1e6, o.rounds))
	if err != nil {
		return err
	}
	folder := source{name: "a folder that memory holds", args: []string{"--folder", export},
		sets: []string{alone, "masquerade,process", "masquerade,logon", "masquerade,process,logon", allSet}}
	if err := folder.measure(ctx, o, printer); err != nil {
		return err
	}
	for _, gigabits := range []float64{1, 2, 4, 0} {
		if err := measureAccount(ctx, o, export, gigabits, printer); err != nil {
			return err
		}
	}
	return nil
}

// measureAccount reads from an account behind a network of so many Gbit/s, 0 for one
// without bounds.
func measureAccount(ctx context.Context, o options, export string, gigabits float64, printer record.Printer) error {
	const bytesPerSecond = 1e9 / 8
	account := openAccount(export, gigabits*bytesPerSecond)
	defer account.server.Close()
	environ, err := account.environ(o.work)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("an account behind %g Gbit/s", gigabits)
	if gigabits == 0 {
		name = "an account on the same two processors, as fast as it gets"
	}
	s := source{name: name, environ: environ, sets: []string{alone, allSet}}
	return s.measure(ctx, o, printer)
}

// measure runs all sets in turns, and prints what it measured.
func (s *source) measure(ctx context.Context, o options, printer record.Printer) error {
	s.turns = make([][]turn, len(s.sets))
	var names []byte // what the first hunt found, the same in each
	for range o.rounds {
		for i, set := range s.sets {
			t, found, err := s.once(ctx, o, set)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", s.name, set, err)
			}
			if names == nil {
				names = found
			}
			if !bytes.Equal(found, names) {
				return fmt.Errorf("%s: %s: masquerade finds something else beside others", s.name, set)
			}
			s.turns[i] = append(s.turns[i], t)
		}
	}
	return printer.Print(s.table())
}

// once runs the program with an empty work store.
func (s *source) once(ctx context.Context, o options, set string) (turn, []byte, error) {
	store, found, summary := filepath.Join(o.work, "store"), filepath.Join(o.work, "found.jsonl"), filepath.Join(o.work, "summary.json")
	if err := os.RemoveAll(store); err != nil {
		return turn{}, nil, err
	}
	args := append([]string{"run", "--work-folder", store, "--day", day, "--detect", set,
		"--self-test=false", "--quiet", "--out", found, "--summary-json", summary}, s.args...)
	c := exec.CommandContext(ctx, o.program, args...)
	c.Env = append(scene.Environ(), s.environ...)
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return turn{}, nil, fmt.Errorf("%w: %s", err, out)
	}
	t := turn{wall: time.Since(began).Seconds(), cpu: (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()}
	reading, err := readingSeconds(summary)
	t.reading = reading
	names, failed := os.ReadFile(found)
	return t, names, errors.Join(err, failed)
}

// readingSeconds is how long a run took to read its only day.
func readingSeconds(summary string) (float64, error) {
	text, err := os.ReadFile(summary)
	if err != nil {
		return 0, err
	}
	var s struct {
		Days []struct {
			PhaseSeconds map[string]float64 `json:"phase_seconds"`
		}
	}
	if err := json.Unmarshal(text, &s); err != nil || len(s.Days) != 1 {
		return 0, fmt.Errorf("%s is no summary of one day: %w", summary, err)
	}
	return s.Days[0].PhaseSeconds["reading"], nil
}

func (s *source) table() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\nThe day in %s:\n", s.name)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "hunts\tCPU s\tratio\treading s\tratio\twall s\tratio")
	of := func(i int, f func(turn) float64) (float64, float64) {
		all, first := record.Each(s.turns[i], f), record.Each(s.turns[0], f)
		return record.Median(all), record.Median(record.Ratios(all, first))
	}
	for i, set := range s.sets {
		cpu, cpuRatio := of(i, func(t turn) float64 { return t.cpu })
		reading, readingRatio := of(i, func(t turn) float64 { return t.reading })
		wall, wallRatio := of(i, func(t turn) float64 { return t.wall })
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\n", set, cpu, cpuRatio, reading, readingRatio, wall, wallRatio)
	}
	_ = w.Flush() // to memory
	return b.String()
}

func sizeOf(folder string) (n int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}
