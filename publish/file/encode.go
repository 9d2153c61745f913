package file

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sparkless/publish"
)

// The formats of records.
const (
	JSONLines = "jsonl"   // one Body per line
	JSON      = "json"    // one array of them
	CSV       = "csv"     // a row per record, with a header
	Parquet   = "parquet" // one file with the columns of Config.Row
)

// Encoder writes all records to w, in their order; it looks at ctx between records.
// On an error w may hold a part.
type Encoder func(ctx context.Context, w io.Writer, records []publish.Record) error

// NewEncoder returns what writes a format. Row is as in Config; only Parquet needs it.
func NewEncoder(format string, row any) (Encoder, error) {
	switch format {
	case JSONLines:
		return writeLines, nil
	case JSON:
		return writeArray, nil
	case CSV:
		return writeCSV, nil
	case Parquet:
		return parquetEncoder(row)
	}
	return nil, fmt.Errorf("the format %q is none of jsonl, json, csv and parquet: let the path end in one of them", format)
}

// formatOf is the format that a path's ending stands for; another ending is its own.
func formatOf(path string) string {
	ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if ending == "ndjson" {
		return JSONLines
	}
	return ending
}
