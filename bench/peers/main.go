// Command peers does the hunt's work with JSON libraries of the Go world: what
// someone would write who takes the library as it is and sets it up well. It
// shares no code with sparkless, so its results are a check as well.
//
//	peers -reader encoding-json|sonic-get|sonic-struct -level read|hunt -folder DIR -threads N -out FILE
//
// Level read counts the process creations (event 4688) of each process name and
// keeps the first and last time and the least path; hunt goes on to the pairs of
// similar names. Each writes JSON lines.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

func main() {
	reader := flag.String("reader", "encoding-json", "encoding-json, sonic-get or sonic-struct")
	level := flag.String("level", "read", "read or hunt")
	folder := flag.String("folder", "", "folder with the files, at any depth")
	threads := flag.Int("threads", 1, "files to read at a time")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*reader, *level, *folder, *threads, *out); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(reader, level, folder string, threads int, out string) error {
	read := newLineReader(reader)
	if read == nil {
		return fmt.Errorf("no reader %q", reader)
	}
	files, err := jsonFiles(folder)
	if err != nil {
		return err
	}
	names, err := countAll(files, threads, read)
	if err != nil {
		return err
	}
	if level == "hunt" {
		return write(out, hunt(names, threads))
	}
	return write(out, names)
}

func jsonFiles(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no files in %s", folder)
	}
	return files, err
}

// countAll reads the files, one goroutine each at a time, and merges at the end.
func countAll(files []string, threads int, read lineReader) ([]*seen, error) {
	var next atomic.Int64
	all := make([]*table, threads)
	errs := make([]error, threads)
	var group sync.WaitGroup
	for i := range threads {
		group.Go(func() {
			all[i] = newTable()
			for errs[i] == nil {
				k := int(next.Add(1)) - 1
				if k >= len(files) {
					return
				}
				errs[i] = countFile(files[k], read, all[i])
			}
		})
	}
	group.Wait()
	for _, t := range all[1:] {
		all[0].merge(t)
	}
	return all[0].list(), errors.Join(errs...)
}

func countFile(path string, read lineReader, t *table) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<20), 16<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := read(lines.Bytes(), t); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return lines.Err()
}

func write[T any](path string, rows []T) (err error) {
	f, err := os.Create(cmp.Or(path, os.DevNull))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, r := range rows {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return w.Flush()
}
