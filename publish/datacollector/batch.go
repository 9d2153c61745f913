package datacollector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"sparkless/publish"
)

const (
	// maxBytes of one post. The limit is 30 MB, and one page says 32: whether it
	// means 10^6 or 2^20 bytes, and counts headers, is not documented. A request
	// that is too large is only answered with 404, so we stay well below.
	maxBytes = 25_000_000
	// maxRecords of one post bounds what a lost answer can store twice, and how
	// much is sent between two writes of the receipts.
	maxRecords = 5_000
	// maxField in bytes of UTF-8. The service cuts fields at 32 KB in silence;
	// the decimal reading of it keeps our visible mark.
	maxField = 32_000
	// maxColumns of a table, over which the service refuses.
	maxColumns = 500
)

// limits of one post.
type limits struct{ bytes, records int }

// batch encodes a leading part of records as one JSON array and returns how many
// it holds. A record that can never be sent ends the batch; it is an error only
// at the front.
func (l limits) batch(records []publish.Record) ([]byte, int, error) {
	records = records[:min(len(records), l.records)]
	body := []byte{'['}
	for i, rec := range records {
		row, err := encodeRow(rec)
		if err == nil && len(row)+2 > l.bytes {
			err = fmt.Errorf("record %q: %w: %d bytes do not fit into one request", rec.ID, publish.ErrRefused, len(row))
		}
		if err != nil && i == 0 {
			return nil, 0, err
		}
		if err != nil || i > 0 && len(body)+len(row)+2 > l.bytes {
			return append(body, ']'), i, nil
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, row...)
	}
	return append(body, ']'), len(records), nil
}

// encodeRow writes the Body as the service takes it: without nulls, with long
// fields cut, in valid UTF-8.
func encodeRow(rec publish.Record) ([]byte, error) {
	fields, err := rec.Fields()
	if err != nil {
		return nil, err
	}
	if len(fields) > maxColumns {
		return nil, fmt.Errorf("record %q: %w: it has %d fields, a table takes %d columns",
			rec.ID, publish.ErrRefused, len(fields), maxColumns)
	}
	row := []byte{'{'}
	for _, f := range fields {
		if err := checkProperty(f.Name); err != nil {
			return nil, fmt.Errorf("record %q: %w: %w", rec.ID, publish.ErrRefused, err)
		}
		value, err := encodeValue(f.Value)
		if err != nil {
			return nil, fmt.Errorf("record %q, field %s: %w: %w", rec.ID, f.Name, publish.ErrRefused, err)
		}
		if value == nil {
			continue
		}
		if len(row) > 1 {
			row = append(row, ',')
		}
		row = append(append(append(row, '"'), f.Name...), `":`...)
		row = append(row, value...)
	}
	return append(row, '}'), nil
}

func checkProperty(name string) error {
	if !propertyPattern.MatchString(name) {
		return fmt.Errorf("field name %q: use letters, digits and underscores, at most 45", name)
	}
	for _, reserved := range []string{"tenant", "TimeGenerated", "RawData"} {
		if strings.EqualFold(name, reserved) {
			return fmt.Errorf("field name %q is reserved by the service", name)
		}
	}
	return nil
}

// encodeValue returns nil for null. The service stores a nested value as its
// text, so one that is too long is sent as text and cut like a string.
func encodeValue(raw json.RawMessage) ([]byte, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return encodeString(cut(s))
	case '{', '[':
		var buf bytes.Buffer
		if err := json.Compact(&buf, bytes.ToValidUTF8(raw, []byte("\uFFFD"))); err != nil {
			return nil, err
		}
		if buf.Len() > maxField {
			return encodeString(cut(buf.String()))
		}
		return buf.Bytes(), nil
	}
	return raw, nil
}

// cut shortens s to maxField bytes, the mark included, between two characters.
func cut(s string) string {
	if len(s) <= maxField {
		return s
	}
	mark := fmt.Sprintf(" … [cut, %d bytes in all]", len(s))
	end := maxField - len(mark)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// encodeString leaves <, > and & as they are: escaped they would take six bytes.
func encodeString(s string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
