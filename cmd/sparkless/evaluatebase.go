package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"sparkless/bench/sample"
	"sparkless/masquerade"
	"sparkless/masquerade/evaluation"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/local"
)

// trialOf copies the base into a folder.
func (a *app) trialOf(ctx context.Context, e evaluate, folder string) (*trial, error) {
	t := &trial{folder: folder, base: evaluation.NewBase()}
	place, name := e.base, address(e.base)
	if e.base == "" {
		place, name = filepath.Join(folder, "sample"), "the built-in sample day"
		if err := writeQuietSample(ctx, place); err != nil {
			return nil, err
		}
	}
	if inside := filepath.Join(place, masquerade.Container); isFolder(inside) {
		place = inside
	}
	input, err := local.New(local.Config{Folder: place})
	if err != nil {
		return nil, usageError{fmt.Errorf("--base: %w", err)}
	}
	days, err := daysOf(ctx, input)
	if err == nil && e.day != "" {
		day, _ := time.Parse(time.DateOnly, e.day)
		days = slices.DeleteFunc(days, func(d time.Time) bool { return !d.Equal(day) })
	}
	if err == nil && len(days) == 0 {
		err = fmt.Errorf("--base: %w in %s; name a container's folder, or the one that holds %s", noneOf(e.day), name, masquerade.Container)
	}
	if err != nil {
		return nil, err
	}
	t.date = days[len(days)-1]
	t.facts = evaluation.BaseFacts{Name: name, Days: len(days)}
	stats, err := t.copyBase(ctx, input, days)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	if stats.Records == 0 {
		return nil, fmt.Errorf("--base: no event 4688 among %d others: there is nothing to plant into", stats.Other)
	}
	if n := stats.MalformedLines(); n > 0 {
		a.log.Warn("malformed lines of the base were left out", "lines", n, "of", stats.Lines)
	}
	t.facts.Events, t.facts.Names, t.facts.Hosts = t.base.Events(), t.base.Names(), t.base.Hosts()
	return t, nil
}

func noneOf(day string) error {
	if day == "" {
		return errors.New("no exports")
	}
	return errors.New("no exports of " + day)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// writeQuietSample writes a sample day without impostors: every finding on it is a
// false one.
func writeQuietSample(ctx context.Context, folder string) error {
	cfg := sample.Default()
	cfg.Impostors, cfg.Events = 0, 30_000 // half of them process creations: enough for its names
	_, err := sample.Generate(cfg, func(name string, data []byte) error {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := errors.Join(ctx.Err(), os.MkdirAll(filepath.Dir(file), 0o750)); err != nil {
			return err
		}
		return os.WriteFile(file, data, 0o600)
	})
	return err
}

// daysOf are the UTC days that a container has folders of.
func daysOf(ctx context.Context, r storage.Reader) ([]time.Time, error) {
	dated := regexp.MustCompile(`/(?:y|year)=(\d+)/(?:m|month)=(\d+)/(?:d|day)=(\d+)/|/timestamp=(\d+)-(\d+)-(\d+)T`)
	seen := map[time.Time]bool{}
	for b, err := range r.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		if m := dated.FindStringSubmatch(b.Name); m != nil {
			date, err := time.Parse("2006-1-2", m[1]+m[4]+"-"+m[2]+m[5]+"-"+m[3]+m[6])
			if err == nil { // else the folder is no day's
				seen[date] = true
			}
		}
	}
	var days []time.Time
	for d := range seen {
		days = append(days, d)
	}
	slices.SortFunc(days, time.Time.Compare)
	return days, nil
}

// copyBase writes the process creations of all days into one blob of one day. It
// copies what the hunt reads: whatever the blobs were, the copy is JSON lines.
func (t *trial) copyBase(ctx context.Context, input storage.Reader, days []time.Time) (all event.Stats, err error) {
	file := t.blob(0, "PT05M.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return all, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return all, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	defer func() { err = errors.Join(err, w.Flush(), f.Close(), t.measure(file)) }()
	query := masquerade.New(masquerade.NotebookParams(), evaluationScope, 1).Spec().Query
	lanes := event.NewLanes(1, 1)
	for _, day := range days {
		export, err := storage.ListDay(ctx, input, "", day)
		if err != nil {
			return all, err
		}
		var parts []event.Range
		for _, b := range export.Blobs {
			parts = append(parts, event.Whole(b))
		}
		reading := lanes.Read(input, query, event.Day(day), parts)
		var failed error
		err = reading.Lane(ctx, func(r *event.Record) {
			failed = errors.Join(failed, t.copyEvent(w, query.Columns, r, time.Duration(r.Time-day.UnixNano())))
		})
		if err = errors.Join(err, failed); err != nil {
			return all, fmt.Errorf("%s: %w", day.Format(time.DateOnly), err)
		}
		all.Merge(reading.Stats())
	}
	return all, nil
}

func (t *trial) measure(file string) error {
	info, err := os.Stat(file)
	if err == nil {
		t.size = info.Size()
	}
	return err
}

// copyEvent writes a process creation with the columns that the hunt reads, and
// counts it.
func (t *trial) copyEvent(w *bufio.Writer, columns []string, r *event.Record, at time.Duration) error {
	line := fmt.Appendf(w.AvailableBuffer(), `{"TimeGenerated":"%s","EventID":4688`, evaluation.Timestamp(t.date, at))
	var e evaluation.Event
	for i, column := range columns {
		v := r.Value(i)
		if v.Absent() {
			continue
		}
		text := v.Text()
		switch column {
		case "Process":
			e.Process = text
		case "NewProcessName":
			e.Path = text
		case "Computer":
			e.Computer = text
		case "Account":
			e.Account = text
		}
		key, _ := json.Marshal(column)
		value, err := plainJSON(text)
		if err != nil {
			return err
		}
		line = append(append(append(append(line, ','), key...), ':'), value...)
	}
	t.base.Add(e)
	_, err := w.Write(append(line, "}\n"...))
	return err
}

// plainJSON is a text as JSON, in which < and > stay as they are.
func plainJSON(text string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(text)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
