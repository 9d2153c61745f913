package publish

import (
	"context"
	"fmt"

	"sparkless/storage"
)

// Pending returns the records that Deliver would send to the sink of that name,
// unless it is a Replacer.
func Pending(ctx context.Context, work storage.Reader, key, sink string, records []Record) ([]Record, error) {
	kept, err := readReceipts(ctx, work, sink, key)
	if err != nil {
		return nil, fmt.Errorf("look for receipts of %s at %s: %w", key, sink, err)
	}
	return kept.missing(records), nil
}
