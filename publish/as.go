package publish

import (
	"context"
	"fmt"
)

// As returns a sink that hands each record to sink as view makes it. So the same
// findings can go to several destinations in several shapes, out of one outbox:
// receipts are of the records that it is given, by their ID and revision.
//
// view depends on nothing but the record. One that it fails on is ErrRefused. The sink
// returned is a Replacer if, and only if, sink is one, and has its name.
func As(sink Sink, view func(Record) (Record, error)) Sink {
	v := &viewer{Sink: sink, view: view}
	if _, ok := sink.(Replacer); ok {
		return viewReplacer{v}
	}
	return v
}

type viewer struct {
	Sink
	view func(Record) (Record, error)
}

type viewReplacer struct{ *viewer }

func (viewReplacer) Replaces() {}

// mostViewed is how many records are made anew at a time, about as many as a batch
// holds: Deliver offers all that are left with each batch.
const mostViewed = 512

// Send sends a leading part of the records, or none if there is no view of one of these:
// Deliver finds out which.
func (v *viewer) Send(ctx context.Context, records []Record) (int, error) {
	return v.send(ctx, records[:min(len(records), mostViewed)])
}

// Send sends all of the records, or none.
func (v viewReplacer) Send(ctx context.Context, records []Record) (int, error) {
	return v.send(ctx, records)
}

func (v *viewer) send(ctx context.Context, records []Record) (int, error) {
	made := make([]Record, len(records))
	for i, r := range records {
		var err error
		if made[i], err = v.view(r); err != nil {
			return 0, fmt.Errorf("record %q: %w: %w", r.ID, ErrRefused, err)
		}
	}
	return v.Sink.Send(ctx, made)
}
