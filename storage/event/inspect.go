package event

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"sparkless/storage"
)

// Of a blob Inspect looks at no more than so many lines and bytes, and no more
// fields than that come of it, none from deeper.
const (
	inspectedLines  = 50
	inspectedBytes  = 1 << 20
	inspectedLine   = 64 << 10
	inspectedFields = 500
	inspectedDepth  = 8
)

// Inspect returns the paths of the values that the first records of a blob have,
// sorted; of Parquet the names of the columns. A line that cannot be read has none.
func Inspect(ctx context.Context, r storage.Reader, b storage.Blob) (fields []string, err error) {
	s := NewScanner(Query{Arrays: true}, Window{time.Unix(0, 0), time.Unix(0, 0)})
	defer func() { err = errors.Join(err, s.Close()) }()
	if namedParquet(b) {
		src := blobAt{ctx: ctx, r: r, blob: b}
		return parquetFields(&src)
	}
	part := Whole(b)
	if (Query{Arrays: true}).Splittable(b) {
		part.Length = min(part.Length, inspectedBytes)
	}
	if err := s.Open(ctx, r, part); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for range inspectedLines {
		line, long, ok := s.lines.next()
		if !ok || s.lines.bytes > inspectedBytes {
			break
		}
		if !long && len(line) <= inspectedLine {
			inspect(line, found)
		}
	}
	return slices.Sorted(maps.Keys(found)), s.Err()
}

// parquetFields are the names of a Parquet blob's columns.
func parquetFields(src *blobAt) (fields []string, err error) {
	err = guard(func() error {
		meta, err := readFooter(src)
		if err != nil {
			return err
		}
		found, _, err := leaves(meta.Schema)
		fields = slices.Sorted(maps.Keys(found))
		fields = fields[:min(len(fields), inspectedFields)]
		return err
	})
	if err != nil {
		return nil, src.orCorrupt(err)
	}
	return fields, nil
}

// inspect adds the paths of a line's values.
func inspect(line []byte, found map[string]bool) {
	var top map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	if d.Decode(&top) != nil {
		return
	}
	if _, err := d.Token(); err != io.EOF {
		return
	}
	if inside, ok := top[wrapper].(map[string]any); ok {
		top = inside
	}
	var walk func(prefix string, o map[string]any, depth int)
	walk = func(prefix string, o map[string]any, depth int) {
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if below, ok := o[key].(map[string]any); ok && depth < inspectedDepth {
				walk(prefix+key+".", below, depth+1)
			} else if o[key] != nil && len(found) < inspectedFields {
				found[prefix+key] = true
			}
		}
	}
	walk("", top, 1)
}

// Looks returns the name of the preset that has most of its columns among the
// fields, those that tell an event's ID and time at least; "" for none. Of two the
// one that comes first in Presets counts, and one that also tells the process
// before one that does not.
func Looks(fields []string) string {
	best, most := "", 0
	for _, p := range Presets() {
		f := p.Fields
		if p.Name == SecurityEvent {
			f.Paths = nil
		}
		points := func(column string) int { // more at its first path
			for i, path := range f.paths(column) {
				if _, name := joined(path); slices.Contains(fields, name) {
					return 1 + max(0, 1-i)
				}
			}
			return 0
		}
		n := 4 * points("NewProcessName")
		for _, column := range []string{"EventID", "TimeGenerated", "Process", "ParentProcessName", "CommandLine", "Account", "Computer"} {
			n += points(column)
		}
		if n > most && points("EventID") > 0 && points("TimeGenerated") > 0 {
			best, most = p.Name, n
		}
	}
	return best
}
