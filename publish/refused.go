package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"sparkless/storage"
)

// refusedFormat is of the records that a sink has refused. They are tried again,
// behind all others: so none of them keeps another from being tried.
var refusedFormat = format{name: "sparkless-refused", version: 1, remedy: "delete it"}

func refusedName(sink, key string) string { return "refused/" + sink + "/" + key + ".jsonl" }

// refusedBefore returns those of an earlier Deliver. It is a hint: what cannot be
// read counts as none.
func refusedBefore(ctx context.Context, work storage.Reader, sink, key string) map[receipt]bool {
	known := map[receipt]bool{}
	name := refusedName(sink, key)
	data, err := storage.ReadAll(ctx, work, name)
	if err != nil {
		return known
	}
	lines, err := refusedFormat.decode(name, data)
	if err != nil {
		return known
	}
	for _, line := range lines {
		var one receipt
		if json.Unmarshal(line, &one) == nil {
			known[one] = true
		}
	}
	return known
}

// keepRefused writes a mark for each of the records.
func keepRefused(ctx context.Context, work storage.Store, sink, key string, records []Record) error {
	var lines [][]byte
	for _, rec := range records {
		line, err := marshalLine(receipt{ID: rec.ID, Revision: rec.revision()})
		if err != nil {
			return err
		}
		lines = append(lines, bytes.TrimSuffix(line, []byte("\n")))
	}
	name := refusedName(sink, key)
	data, err := refusedFormat.encode(name, lines)
	if err != nil {
		return err
	}
	return work.Put(ctx, name, data)
}

// behind puts those records last that were refused before.
func behind(records []Record, refused map[receipt]bool) []Record {
	last := marked(records, refused)
	first := slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return isMarked(r, refused) })
	return append(first, last...)
}

// marked returns those records that were refused before.
func marked(records []Record, refused map[receipt]bool) []Record {
	var out []Record
	for _, r := range records {
		if isMarked(r, refused) {
			out = append(out, r)
		}
	}
	return out
}

func isMarked(r Record, refused map[receipt]bool) bool {
	return refused[receipt{ID: r.ID, Revision: r.revision()}]
}
