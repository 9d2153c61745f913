// Command together measures what more hunts on one read cost: the program with the first
// hunt alone and with others beside it, in turns, over the same day in a folder.
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

// sets are what runs together, the first hunt alone first.
func sets() []string {
	return []string{"masquerade", "masquerade,process", "masquerade,logon", "masquerade,process,logon", "masquerade,process,logon,network"}
}

// turn is one run of the program.
type turn struct{ cpu, wall, reading float64 } // seconds

func run(ctx context.Context, o options) error {
	program, err := filepath.Abs(o.program)
	if err != nil {
		return err
	}
	export := filepath.Join(o.work, "day")
	if err := os.RemoveAll(o.work); err != nil {
		return err
	}
	sample := exec.CommandContext(ctx, program, "sample", "--out", export, "--day", day, "--events", fmt.Sprint(o.events), "--hosts", "1200", "--cases")
	sample.Env = scene.Environ()
	if out, err := sample.CombinedOutput(); err != nil {
		return fmt.Errorf("writing the day: %w: %s", err, out)
	}
	turns := make([][]turn, len(sets()))
	var names []byte // what the first hunt found, the same in each
	for range o.rounds {
		for i, set := range sets() {
			t, found, err := once(ctx, program, o.work, set)
			if err != nil {
				return fmt.Errorf("%s: %w", set, err)
			}
			if names == nil {
				names = found
			}
			if !bytes.Equal(found, names) {
				return fmt.Errorf("%s: masquerade finds something else beside others", set)
			}
			turns[i] = append(turns[i], t)
		}
	}
	file := ""
	if o.record != "" {
		file = filepath.Join(o.record, time.Now().UTC().Format(time.DateOnly)+".txt")
	}
	size, err := sizeOf(filepath.Join(export, scene.Export))
	if err != nil {
		return err
	}
	return record.Printer{File: file}.Print(table(turns, o, size))
}

// once runs the program with an empty work store.
func once(ctx context.Context, program, work, set string) (turn, []byte, error) {
	store, found, summary := filepath.Join(work, "store"), filepath.Join(work, "found.jsonl"), filepath.Join(work, "summary.json")
	if err := os.RemoveAll(store); err != nil {
		return turn{}, nil, err
	}
	c := exec.CommandContext(ctx, program, "run", "--folder", filepath.Join(work, "day"), "--work-folder", store, "--day", day, "--detect", set,
		"--self-test=false", "--quiet", "--out", found, "--summary-json", summary)
	c.Env = scene.Environ()
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return turn{}, nil, fmt.Errorf("%w: %s", err, out)
	}
	t := turn{wall: time.Since(began).Seconds(), cpu: (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()}
	text, err := os.ReadFile(summary)
	var s struct {
		Days []struct {
			PhaseSeconds map[string]float64 `json:"phase_seconds"`
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil && len(s.Days) == 1 {
		t.reading = s.Days[0].PhaseSeconds["reading"]
	}
	names, failed := os.ReadFile(found)
	return t, names, errors.Join(err, failed)
}

func table(turns [][]turn, o options, size int64) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\nHunts on one read: %s, %s, a day of %d events, %d MB of SecurityEvent in a folder, whole runs in turns, %d rounds.\nMedians, and medians of the ratios by round.\n\n",
		record.Machine(), record.GoVersion(), o.events, size/1e6, o.rounds)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "hunts\tCPU s\tratio\treading s\tratio\twall s\tratio")
	of := func(i int, f func(turn) float64) (float64, float64) {
		all, first := record.Each(turns[i], f), record.Each(turns[0], f)
		return record.Median(all), record.Median(record.Ratios(all, first))
	}
	for i, set := range sets() {
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
