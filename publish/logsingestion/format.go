package logsingestion

import (
	"bytes"
	"compress/gzip"
	"errors"
	"regexp"
	"slices"
	"strings"

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
		Fields:  500,
		// The service cuts values at 64 KB in silence; the decimal reading of it
		// keeps our visible mark.
		Value:  64_000,
		Name:   checkColumn,
		Nested: ingest.Outline, // for a column of type dynamic
	}
}

var columnPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,44}$`)

// reserved column names. (Microsoft Learn, "Create a custom table".)
var reserved = []string{"_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"}

func checkColumn(name string) error {
	if slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, name) }) {
		return errors.New("the service reserves it")
	}
	if !columnPattern.MatchString(name) {
		return errors.New("use a letter, then letters, digits and underscores, at most 45 in all")
	}
	return nil
}

func compress(body []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write(body)
	err = errors.Join(err, w.Close())
	return buf.Bytes(), err
}
