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

// Send sends a leading part of the records, up to one of which there is no view.
func (v *viewer) Send(ctx context.Context, records []Record) (int, error) {
	made, err := v.made(records[:min(len(records), mostViewed)])
	if err != nil && len(made) == 0 {
		return 0, err
	}
	return v.Sink.Send(ctx, made)
}

// Send sends all of the records, or none.
func (v viewReplacer) Send(ctx context.Context, records []Record) (int, error) {
	made, err := v.made(records)
	if err != nil {
		return 0, err
	}
	return v.Sink.Send(ctx, made)
}

// made are the views of the records up to the first one of which there is none.
func (v *viewer) made(records []Record) ([]Record, error) {
	made := make([]Record, 0, len(records))
	for _, r := range records {
		one, err := v.view(r)
		if err != nil {
			return made, fmt.Errorf("record %q: %w: %w", r.ID, ErrRefused, err)
		}
		made = append(made, one)
	}
	return made, nil
}
