// Package ingest holds what the ingestion APIs of Azure Monitor have in common:
// records as a JSON array within limits, HTTP without redirects, and the meaning
// of answers.
package ingest

import (
	"encoding/json"
	"fmt"

	"sparkless/publish"
)

// Format is what a destination takes: the limits of one request and the form of
// a row.
type Format struct {
	Bytes   int // of one request, which is a JSON array
	Records int // of one request
	Fields  int // of one record
	Value   int // bytes of one value, at least 128; a longer one is cut visibly

	// Name returns why no field can have this name, or nil.
	Name func(name string) error
	// Nested writes an array or an object in at most limit bytes: Text or Outline.
	Nested func(raw []byte, limit int) ([]byte, error)
}

// Batch encodes a leading part of records as one JSON array and returns how many
// it holds: as many as fit. A record that can never be sent (ErrRefused) ends the
// batch; it is an error only at the front. Of no records it makes no batch.
func (f Format) Batch(records []publish.Record) ([]byte, int, error) {
	records = records[:min(len(records), f.Records)]
	body := []byte{'['}
	for i, rec := range records {
		row, err := f.row(rec)
		if err == nil && len(row)+2 > f.Bytes {
			err = fmt.Errorf("record %q: %w: %d bytes do not fit into one request", rec.ID, publish.ErrRefused, len(row))
		}
		if err != nil && i == 0 {
			return nil, 0, err
		}
		if err != nil || i > 0 && len(body)+len(row)+2 > f.Bytes {
			return append(body, ']'), i, nil
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, row...)
	}
	return append(body, ']'), len(records), nil
}

// row writes the Body as a destination takes it: without nulls, with long values
// cut, in valid UTF-8.
func (f Format) row(rec publish.Record) ([]byte, error) {
	fields, err := rec.Fields()
	if err != nil {
		return nil, err
	}
	if len(fields) > f.Fields {
		return nil, fmt.Errorf("record %q: %w: it has %d fields, a table takes %d columns",
			rec.ID, publish.ErrRefused, len(fields), f.Fields)
	}
	row := []byte{'{'}
	for _, field := range fields {
		if err := f.Name(field.Name); err != nil {
			return nil, fmt.Errorf("record %q: %w: field name %q: %w", rec.ID, publish.ErrRefused, field.Name, err)
		}
		value, err := f.value(field.Value)
		if err != nil {
			return nil, fmt.Errorf("record %q, field %s: %w: %w", rec.ID, field.Name, publish.ErrRefused, err)
		}
		if value == nil {
			continue
		}
		if len(row) > 1 {
			row = append(row, ',')
		}
		row = append(append(append(row, '"'), field.Name...), `":`...)
		row = append(row, value...)
	}
	return append(row, '}'), nil
}

// value returns nil for null.
func (f Format) value(raw json.RawMessage) ([]byte, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return quote(cut(s, f.Value))
	case '{', '[':
		return f.Nested(raw, f.Value)
	}
	if len(raw) > f.Value {
		return nil, fmt.Errorf("a number of %d digits", len(raw))
	}
	return raw, nil
}
