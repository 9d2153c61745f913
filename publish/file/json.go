package file

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"sparkless/publish"
	"sparkless/storage/printable"
)

// writeLines writes one Body per line.
func writeLines(ctx context.Context, w io.Writer, records []publish.Record) error {
	return each(ctx, records, func(_ int, body []byte) error {
		_, err := w.Write(append(body, '\n'))
		return err
	})
}

// writeArray writes the Bodies as one array, one Body per line.
func writeArray(ctx context.Context, w io.Writer, records []publish.Record) error {
	if len(records) == 0 {
		_, err := io.WriteString(w, "[]\n")
		return err
	}
	err := each(ctx, records, func(i int, body []byte) error {
		before := ",\n"
		if i == 0 {
			before = "[\n"
		}
		_, err := io.WriteString(w, before+string(body))
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n]\n")
	return err
}

func each(ctx context.Context, records []publish.Record, write func(i int, body []byte) error) error {
	for i, rec := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := rec.Fields(); err != nil {
			return err
		}
		body, err := safeJSON(rec.Body)
		if err != nil {
			return fmt.Errorf("record %q: %w: %w", rec.ID, publish.ErrRefused, err)
		}
		if err := write(i, body); err != nil {
			return err
		}
	}
	return nil
}

// safeJSON writes one JSON value on one line, with the same values and numbers
// as written, in valid UTF-8, and with steering characters escaped. Those stand
// only within strings, where an escape means the same.
func safeJSON(value []byte) ([]byte, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, value); err != nil {
		return nil, err
	}
	out := make([]byte, 0, compact.Len())
	for _, c := range string(bytes.ToValidUTF8(compact.Bytes(), []byte("\uFFFD"))) {
		switch {
		case !steering(c):
			out = utf8.AppendRune(out, c)
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out, nil
}

// steering tells characters that have an effect, or nothing, instead of a shape:
// control and format characters, line separators, what is invisible.
func steering(c rune) bool { return !printable.Rune(c) }
