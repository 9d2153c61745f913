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
	version: 1,
	remedy:  "put back an intact copy (or use the release that wrote it), or run the day again to write it anew",
}

// WriteOutbox keeps records as the one object outbox/<key>.jsonl in work, before
// anything is sent. Equal records make equal bytes. Each record needs an ID in
// valid UTF-8 and a Body that is one JSON object on one line, without white
// space around it: the Body is kept byte for byte, so that its Revision stays.
func WriteOutbox(ctx context.Context, work storage.Store, key string, records []Record) error {
	name, err := outboxName(key)
	if err != nil {
		return err
	}
	lines := make([][]byte, len(records))
	for i, rec := range records {
		if lines[i], err = encodeRecord(rec); err != nil {
			return fmt.Errorf("%s: record %d (ID %q): %w", name, i+1, rec.ID, err)
		}
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

// ReadOutbox returns the records that WriteOutbox kept under key. Without such
// an object the error is storage.ErrNotExist; one that is damaged, truncated or
// from a later release is an error too, never no records.
func ReadOutbox(ctx context.Context, work storage.Reader, key string) ([]Record, error) {
	name, err := outboxName(key)
	if err != nil {
		return nil, err
	}
	data, err := storage.ReadAll(ctx, work, name)
	if err != nil {
		return nil, fmt.Errorf("read the outbox %s: %w", name, err)
	}
	lines, err := outboxFormat.decode(name, data)
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal(line, &records[i]); err != nil || records[i].ID == "" {
			return nil, fmt.Errorf("%s: %w: line %d is no record; %s", name, errDamaged, i+2, outboxFormat.remedy)
		}
	}
	return records, nil
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
