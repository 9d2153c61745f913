package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"sparkless/storage"
)

var outboxFormat = format{
	name:    "sparkless-outbox",
	version: 2,
	remedy:  "put back an intact copy (or use the release that wrote it), or run the day again to write it anew",
}

// Outbox is what a run has found, and where it goes.
type Outbox struct {
	// Sinks are the names of the sinks that the records are owed to, sorted. A
	// sink that is set up later is not owed what was found before. Releases that
	// wrote version 1 named none.
	Sinks   []string
	Records []Record
}

// WriteOutbox keeps records as the one object outbox/<key>.jsonl in work, before
// anything is sent, with the sorted names of the sinks that they are owed to.
// Equal records make equal bytes. Each record needs an ID in valid UTF-8 and a
// Body that is one JSON object on one line, without white space around it: the
// Body is kept byte for byte, so that its Revision stays.
func WriteOutbox(ctx context.Context, work storage.Store, key string, sinks []string, records []Record) error {
	name, err := outboxName(key)
	if err != nil {
		return err
	}
	first, err := marshalLine(owners{append([]string{}, sinks...)})
	if err != nil {
		return err
	}
	lines := [][]byte{bytes.TrimSuffix(first, []byte("\n"))}
	for i, rec := range records {
		line, err := encodeRecord(rec)
		if err != nil {
			return fmt.Errorf("%s: record %d (ID %q): %w", name, i+1, rec.ID, err)
		}
		lines = append(lines, line)
	}
	data, err := outboxFormat.encode(name, lines)
	if err != nil {
		return err
	}
	if err := work.Put(ctx, name, data); err != nil {
		return fmt.Errorf("write the outbox %s: %w", name, err)
	}
	return nil
}

// owners is the first line of an outbox.
type owners struct {
	Sinks []string `json:"sinks"`
}

// ReadOutbox returns what WriteOutbox kept under key. Without such an object the
// error is storage.ErrNotExist; one that is damaged or truncated is ErrDamaged; one
// from a later release is an error too. Never are there no records instead.
func ReadOutbox(ctx context.Context, work storage.Reader, key string) (Outbox, error) {
	name, err := outboxName(key)
	if err != nil {
		return Outbox{}, err
	}
	data, err := storage.ReadAll(ctx, work, name)
	if err != nil {
		return Outbox{}, fmt.Errorf("read the outbox %s: %w", name, err)
	}
	lines, err := outboxFormat.decode(name, data)
	if err != nil {
		return Outbox{}, err
	}
	damaged := func(line int) error {
		return fmt.Errorf("%s: %w: line %d is no record; %s", name, ErrDamaged, line, outboxFormat.remedy)
	}
	o, skipped := Outbox{}, 0
	if len(lines) > 0 && bytes.HasPrefix(lines[0], []byte(`{"sinks":`)) {
		var first owners
		if err := json.Unmarshal(lines[0], &first); err != nil {
			return Outbox{}, damaged(2)
		}
		o.Sinks, skipped = first.Sinks, 1
	}
	o.Records = make([]Record, len(lines)-skipped)
	for i, line := range lines[skipped:] {
		if err := json.Unmarshal(line, &o.Records[i]); err != nil || o.Records[i].ID == "" {
			return Outbox{}, damaged(i + skipped + 2)
		}
	}
	return o, nil
}

func outboxName(key string) (string, error) {
	return "outbox/" + key + ".jsonl", checkKey(key)
}

// encodeRecord writes the line by hand: an encoder would compact and escape the
// Body and so change its Revision.
func encodeRecord(rec Record) ([]byte, error) {
	if rec.ID == "" || !utf8.ValidString(rec.ID) || !utf8.ValidString(rec.Day) {
		return nil, fmt.Errorf("%w: an ID is needed, and ID and day in valid UTF-8", storage.ErrInvalid)
	}
	if !json.Valid(rec.Body) || rec.Body[0] != '{' || !bytes.HasSuffix(rec.Body, []byte("}")) ||
		bytes.ContainsAny(rec.Body, "\r\n") {
		return nil, fmt.Errorf("%w: the body has to be one JSON object on one line", storage.ErrInvalid)
	}
	line, err := marshalLine(struct {
		ID       string `json:"id"`
		Day      string `json:"day"`
		Revision string `json:"revision,omitempty"`
	}{rec.ID, rec.Day, rec.Revision})
	if err != nil {
		return nil, err
	}
	line = append(bytes.TrimSuffix(line, []byte("}\n")), `,"body":`...)
	return append(append(line, rec.Body...), '}'), nil
}
