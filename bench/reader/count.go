package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sparkless/masquerade"
	"sparkless/storage"
	"sparkless/storage/event"
)

// processCreated is the event ID that the hunt counts.
const processCreated = 4688

// row is what is written of one name; nil stands for events without one.
type row struct {
	Name  *string `json:"name"`
	Count int64   `json:"count"`
	First string  `json:"first"`
	Last  string  `json:"last"`
	Path  string  `json:"path,omitempty"` // the least; of the mode narrow
}

// stamp writes a time as the table does, to 100 ns.
func stamp(nanos int64) string {
	return time.Unix(0, nanos).UTC().Format("2006-01-02T15:04:05.0000000Z")
}

func write(path string, rows []row) (err error) {
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

// scan hands every record of a file to add.
func scan(ctx context.Context, s *event.Scanner, r storage.Reader, b storage.Blob, add func(*event.Record)) error {
	if err := s.Open(ctx, r, event.Whole(b)); err != nil {
		return err
	}
	for s.Scan() {
		add(s.Record())
	}
	return errors.Join(s.Err(), s.Close())
}

// unread is an error if any line could not be read: the files have none such.
func unread(stats event.Stats) error {
	if n := stats.MalformedLines(); n > 0 {
		return fmt.Errorf("%d lines could not be read, the first: %+v", n, stats.Samples[0])
	}
	return nil
}

// counter uses the job's scanner and counts.
type counter struct {
	scanner *event.Scanner
	counts  *masquerade.Counts
}

func (c *counter) read(ctx context.Context, r storage.Reader, b storage.Blob) error {
	return scan(ctx, c.scanner, r, b, c.counts.Add)
}

// context counts as the job does, and merges the workers' counts.
func (t task) context() error {
	query := masquerade.New(masquerade.NotebookParams(), "bench", t.threads).Spec().Query
	query.Mode = t.mode
	var all []*counter
	if err := t.each(func() worker {
		all = append(all, &counter{event.NewScanner(query, t.window), masquerade.NewCounts()})
		return all[len(all)-1]
	}); err != nil {
		return err
	}
	sum := masquerade.NewCounts()
	for _, c := range all {
		if err := unread(c.scanner.Stats()); err != nil {
			return err
		}
		sum.Merge(c.counts)
	}
	if !t.table {
		return nil
	}
	rows, err := rowsOf(sum)
	return errors.Join(err, write(t.out, rows))
}

// seen is what the narrow counts hold of one name.
type seen struct {
	count, first, last int64
	raw, path          []byte // the least path, as spelled and decoded
}

// narrow counts with four fields: event ID, time, path and name.
type narrow struct {
	scanner   *event.Scanner
	names     map[string]*seen
	spellings map[string]*seen
	absent    *seen
	scratch   []byte
}

func (n *narrow) read(ctx context.Context, r storage.Reader, b storage.Blob) error {
	return scan(ctx, n.scanner, r, b, n.add)
}

func (n *narrow) add(r *event.Record) {
	s := n.find(r.Value(0))
	if s.count == 0 {
		s.first, s.last = r.Time, r.Time
	}
	s.count++
	s.first, s.last = min(s.first, r.Time), max(s.last, r.Time)
	path := r.Value(1)
	if string(path.Raw()) == string(s.raw) {
		return
	}
	n.scratch = path.AppendText(n.scratch[:0])
	if s.count == 1 || string(n.scratch) < string(s.path) {
		s.raw, s.path = append(s.raw[:0], path.Raw()...), append(s.path[:0], n.scratch...)
	}
}

func (n *narrow) find(v event.Value) *seen {
	if v.Absent() {
		if n.absent == nil {
			n.absent = &seen{}
		}
		return n.absent
	}
	if s := n.spellings[string(v.Raw())]; s != nil {
		return s
	}
	s := n.named(strings.ToLower(v.Text()))
	n.spellings[string(v.Raw())] = s
	return s
}

func (n *narrow) named(name string) *seen {
	s := n.names[name]
	if s == nil {
		s = &seen{}
		n.names[name] = s
	}
	return s
}

func (n *narrow) merge(o *narrow) {
	for name, s := range o.names {
		n.named(name).merge(s)
	}
	if o.absent != nil {
		n.find(event.Value{}).merge(o.absent)
	}
}

func (s *seen) merge(o *seen) {
	if s.count == 0 {
		*s = *o
		return
	}
	s.count += o.count
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	if string(o.path) < string(s.path) {
		s.path = o.path
	}
}

func (t task) narrow() error {
	query := event.Query{EventIDs: []int{processCreated}, Columns: []string{"Process", "NewProcessName"}, Mode: t.mode}
	var all []*narrow
	if err := t.each(func() worker {
		all = append(all, &narrow{scanner: event.NewScanner(query, t.window), names: map[string]*seen{}, spellings: map[string]*seen{}})
		return all[len(all)-1]
	}); err != nil {
		return err
	}
	for i, n := range all {
		if err := unread(n.scanner.Stats()); err != nil {
			return err
		}
		if i > 0 {
			all[0].merge(n)
		}
	}
	var rows []row
	for name, s := range all[0].names {
		rows = append(rows, s.row(&name))
	}
	if s := all[0].absent; s != nil {
		rows = append(rows, s.row(nil))
	}
	return write(t.out, rows)
}

func (s *seen) row(name *string) row {
	return row{name, s.count, stamp(s.first), stamp(s.last), string(s.path)}
}
