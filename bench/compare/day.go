package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"sparkless/bench/sample"
	"sparkless/bench/variant"
)

// container is the folder of a day's blobs.
const container = "am-securityevent"

// lineSize is about how long a line of the sample is.
const lineSize = 1390

// date is the day of all the data.
var date = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// day is a folder of blobs.
type day struct {
	folder string // holds the container
	ending string // of the blobs, without the dot
	bytes  int64  // as they lie there
	text   int64  // of JSON, which is more if they are compressed
	files  int
}

func (d day) blobs() string { return filepath.Join(d.folder, container) }

// sizes measures the day.
func (d day) sizes() (day, error) {
	d.bytes, d.files = 0, 0
	err := filepath.WalkDir(d.blobs(), func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			d.files++
			d.bytes += info.Size()
		}
		return err
	})
	if d.text == 0 {
		d.text = d.bytes
	}
	return d, err
}

// dayConfig is a day of about size bytes. Names grow with the events as in real
// estates: 20,000 in 1 GB, 200,000 in 10 GB.
func dayConfig(size float64) sample.Config {
	cfg := sample.Default()
	cfg.Day = date
	cfg.Events = max(int(size/lineSize), 6000)
	cfg.Names = max(cfg.Events/36, 300)
	cfg.Hosts = min(max(cfg.Events/500, 60), 20_000)
	cfg.Impostors = min(cfg.Names/10, 60)
	return cfg
}

// makeOnce fills a folder unless an earlier run has; a run that dies leaves none.
func makeOnce(folder string, fill func(folder string) error) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	part := folder + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	if err := fill(part); err != nil {
		return fmt.Errorf("making %s: %w", folder, err)
	}
	return os.Rename(part, folder)
}

// sampleDay generates a day, or finds it.
func sampleDay(work string, cfg sample.Config) (day, error) {
	d := day{folder: filepath.Join(work, fmt.Sprintf("day-%d-%d-%d-%d", cfg.Events, cfg.Names, cfg.Hosts, cfg.Seed)), ending: "json"}
	err := makeOnce(d.folder, func(folder string) error {
		truth, err := sample.Generate(cfg, func(name string, data []byte) error {
			return put(filepath.Join(folder, container, name), data)
		})
		if err != nil {
			return err
		}
		text, err := truth.Encode()
		if err != nil {
			return err
		}
		return put(filepath.Join(folder, "truth.json"), text)
	})
	if err != nil {
		return d, err
	}
	return d.sizes()
}

func put(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// truthOf is what the generator says each name's count is.
func truthOf(d day) (map[string]int64, error) {
	text, err := os.ReadFile(filepath.Join(d.folder, "truth.json"))
	if err != nil {
		return nil, err
	}
	var t sample.Truth
	err = json.Unmarshal(text, &t)
	return t.Processes, err
}

// change turns the content of a blob into that of another.
type change func(data []byte) ([]byte, error)

// changed makes a day out of every nth blob of another, so that about size bytes
// are read.
func changed(base day, name, ending string, size int64, f change) (day, error) {
	every := max(int(base.bytes/size), 1)
	d := day{folder: fmt.Sprintf("%s-%s-%d", base.folder, name, every), ending: ending}
	err := makeOnce(d.folder, func(folder string) error {
		n := 0
		return filepath.WalkDir(base.blobs(), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			if n++; (n-1)%every != 0 {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if data, err = f(data); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			rel, err := filepath.Rel(base.blobs(), strings.TrimSuffix(path, base.ending)+ending)
			if err != nil {
				return err
			}
			return put(filepath.Join(folder, container, rel), data)
		})
	})
	if err != nil {
		return d, err
	}
	return d.sizes()
}

// rewritten is a day in another form of the same events.
func rewritten(base day, kind variant.Kind, size int64) (day, error) {
	return changed(base, string(kind), "json", size, variant.New(kind, 1).Blob)
}

func gzipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	err = errors.Join(err, w.Close())
	return out.Bytes(), err
}

func zstandard(data []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	return w.EncodeAll(data, nil), w.Close()
}

// compressed is a day whose blobs are compressed one by one.
func compressed(base day, name, ending string, size int64, f change) (day, error) {
	plain, err := changed(base, "plain", "json", size, func(data []byte) ([]byte, error) { return data, nil })
	if err != nil {
		return day{}, err
	}
	d, err := changed(plain, name, ending, plain.bytes, f)
	d.text = plain.bytes
	return d, err
}

// asParquet is a day as DuckDB writes it.
func asParquet(ctx context.Context, base day, duck contender) (day, error) {
	d := day{folder: base.folder + "-parquet", ending: "parquet", text: base.bytes}
	err := makeOnce(d.folder, func(folder string) error {
		_, err := measure(ctx, duck.argv(job{day: base, threads: 2, out: filepath.Join(folder, container), level: "parquet"}), nil)
		return err
	})
	if err != nil {
		return d, err
	}
	return d.sizes()
}
