package publish

import (
	"context"
	"fmt"

	"sparkless/storage"
)

// Pending returns the records that Deliver would send.
func Pending(ctx context.Context, work storage.Reader, key string, sink Sink, records []Record) ([]Record, error) {
	if _, ok := sink.(Replacer); ok {
		return records, nil
	}
	kept, err := readReceipts(ctx, work, sink.Name(), key)
	if err != nil {
		return nil, fmt.Errorf("look for receipts of %s at %s: %w", key, sink.Name(), err)
	}
	return kept.missing(records), nil
}
