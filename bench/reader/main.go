// Command reader reads the files of a folder as the job does and counts, without
// plan, partials, join or findings: what reading costs, to compare with others.
//
//	reader -mode narrow -folder DIR -day 2026-11-20 -threads 2 -out FILE
//
//	read     only reads the bytes
//	lines    reads, and counts newlines
//	decode   reads, and expands gzip and zstd
//	narrow   the job's scanner with four fields, counted by process name
//	context  the job's scanner and the job's own counts
//
// Narrow and context write the counts as JSON lines, context only if -table: the
// job's counts show their content by being encoded alone, which is no reading.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/local"
)

// task is what to do.
type task struct {
	folder  string
	window  event.Window
	mode    event.Mode
	threads int
	out     string
	table   bool
}

func main() {
	mode := flag.String("mode", "context", "read, lines, decode, narrow or context")
	folder := flag.String("folder", "", "folder with the files, at any depth")
	day := flag.String("day", "", "the UTC day of the events")
	threads := flag.Int("threads", 1, "files to read at a time")
	strict := flag.Bool("strict", false, "check every line to its end")
	out := flag.String("out", "", "file to write the counts to")
	table := flag.Bool("table", true, "write the counts of the mode context")
	flag.Parse()
	if err := run(*mode, *day, *strict, task{folder: *folder, threads: *threads, out: *out, table: *table}); err != nil {
		fmt.Fprintln(os.Stderr, "reader:", err)
		os.Exit(1)
	}
}

func run(mode, day string, strict bool, t task) error {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return err
	}
	t.window = event.Day(date)
	if strict {
		t.mode = event.Strict
	}
	switch mode {
	case "read":
		return t.each(func() worker { return &plain{} })
	case "lines":
		return t.each(func() worker { return &plain{newlines: true} })
	case "decode":
		return t.each(func() worker { return &plain{expand: true} })
	case "narrow":
		return t.narrow()
	case "context":
		return t.context()
	}
	return fmt.Errorf("no mode %q", mode)
}

// worker reads files, one at a time.
type worker interface {
	read(ctx context.Context, r storage.Reader, b storage.Blob) error
}

// each gives every file of the folder to one of the workers.
func (t task) each(newWorker func() worker) error {
	ctx := context.Background()
	store, err := local.New(local.Config{Folder: t.folder})
	if err != nil {
		return err
	}
	defer store.Close()
	var blobs []storage.Blob
	for b, err := range store.List(ctx, "") {
		if err != nil {
			return err
		}
		blobs = append(blobs, b)
	}
	if len(blobs) == 0 {
		return fmt.Errorf("no files in %s", t.folder)
	}
	var next atomic.Int64
	errs := make([]error, t.threads)
	var group sync.WaitGroup
	for i := range t.threads {
		w := newWorker()
		group.Go(func() {
			for k := int(next.Add(1)) - 1; k < len(blobs) && errs[i] == nil; k = int(next.Add(1)) - 1 {
				errs[i] = w.read(ctx, store, blobs[k])
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
