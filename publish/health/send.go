package health

import (
	"context"
	"fmt"

	"sparkless/publish"
)

// Send sends the records of a run to a destination, one after the other as far as it
// takes them. They are kept in no outbox and have no receipts: what is lost is lost,
// and what arrives twice has the same RunId and DataDay. It returns how many were
// taken, and an error of the sink if that is not all of them.
func Send(ctx context.Context, sink publish.Sink, runs []Run) (taken int, err error) {
	records, err := recordsOf(runs)
	if err != nil {
		return 0, err
	}
	for taken < len(records) {
		if err := ctx.Err(); err != nil {
			return taken, err
		}
		n, err := sink.Send(ctx, records[taken:])
		taken += n
		if err != nil {
			return taken, fmt.Errorf("%d of %d records were taken: %w", taken, len(records), err)
		}
	}
	return taken, nil
}

func recordsOf(runs []Run) ([]publish.Record, error) {
	records := make([]publish.Record, len(runs))
	for i, r := range runs {
		body, err := publish.Body(r)
		if err != nil {
			return nil, err
		}
		records[i] = publish.Record{ID: r.RunId, Day: r.DataDay, Body: body}
	}
	return records, nil
}
