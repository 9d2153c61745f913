package logsingestion

import (
	"bytes"
	"compress/gzip"
	"errors"

	"sparkless/publish/columns"
	"sparkless/publish/ingest"
)

// format is what one request and one table take.
func format() ingest.Format {
	return ingest.Format{
		// The limit is 1 MB, which the service takes as 2^20 bytes and applies to
		// the compressed and to the plain body.
		Bytes: 900_000,
		// It bounds what a lost answer can store twice.
		Records: 5_000,
		Fields:  columns.MaxColumns,
		// The service cuts values at 64 KB in silence; the decimal reading of it
		// keeps our visible mark.
		Value:  64_000,
		Name:   columns.Check,
		Nested: ingest.Outline, // for a column of type dynamic
	}
}

func compress(body []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write(body)
	err = errors.Join(err, w.Close())
	return buf.Bytes(), err
}
