package file

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"sparkless/publish"
)

// writeCSV writes a header of all keys, in order of first appearance, and one
// row per record (RFC 4180). An absent key and null are an empty cell, a nested
// value is its JSON. Without any key there is no table: the file is empty.
func writeCSV(ctx context.Context, w io.Writer, records []publish.Record) error {
	column := map[string]int{}
	var header []string
	for _, rec := range records {
		fields, err := rec.Fields()
		if err != nil {
			return err
		}
		for _, f := range fields {
			if _, ok := column[f.Name]; !ok {
				column[f.Name] = len(header)
				header = append(header, safeCell(f.Name))
			}
		}
	}
	if len(header) == 0 {
		return nil
	}
	if err := writeRow(w, header); err != nil {
		return err
	}
	for _, rec := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := cells(rec, column)
		if err != nil {
			return err
		}
		if err := writeRow(w, row); err != nil {
			return err
		}
	}
	return nil
}

func cells(rec publish.Record, column map[string]int) ([]string, error) {
	fields, err := rec.Fields()
	if err != nil {
		return nil, err
	}
	row := make([]string, len(column))
	for _, f := range fields {
		if row[column[f.Name]], err = cell(f.Value); err != nil {
			return nil, fmt.Errorf("record %q, field %q: %w: %w", rec.ID, f.Name, publish.ErrRefused, err)
		}
	}
	return row, nil
}

// cell copies numbers as they were written: a float64 would change long ones.
func cell(value json.RawMessage) (string, error) {
	switch value[0] {
	case 'n':
		return "", nil
	case '"':
		var s string
		err := json.Unmarshal(value, &s)
		return safeCell(s), err
	case '{', '[':
		text, err := safeJSON(value)
		return safeCell(string(text)), err
	}
	return string(value), nil
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// safeCell makes text harmless in a spreadsheet: an apostrophe before a first
// character that begins a formula, and steering characters spelled out. Where
// the list separator is a semicolon, a spreadsheet begins a new cell after one,
// so the same is done there.
func safeCell(s string) string {
	if number.MatchString(s) {
		return s
	}
	var out strings.Builder
	begins := true
	for _, c := range strings.ToValidUTF8(s, "\uFFFD") {
		if begins && formula(c) {
			out.WriteByte('\'')
		}
		if steering(c) {
			fmt.Fprintf(&out, "<U+%04X>", c)
		} else {
			out.WriteRune(c)
		}
		begins = c == ';' || begins && skipped(c)
	}
	return out.String()
}

// formula tells the characters that begin a formula or a command, also in the
// full-width and small forms that some spreadsheets fold, and those that some
// import filters strip before they look.
func formula(c rune) bool {
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫", c)
}

// skipped tells the characters that an import may drop in front of a cell.
func skipped(c rune) bool {
	return c == '"' || unicode.IsSpace(c) || steering(c)
}

// writeRow quotes a cell that needs it (RFC 4180) or has a space at an end, and
// the one empty cell of a row, which would else be an empty line that readers
// skip.
func writeRow(w io.Writer, row []string) error {
	for i, c := range row {
		if strings.ContainsAny(c, ",;\"") || strings.TrimSpace(c) != c || c == "" && len(row) == 1 {
			row[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
	}
	_, err := io.WriteString(w, strings.Join(row, ",")+"\r\n")
	return err
}
