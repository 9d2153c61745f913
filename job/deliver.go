package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sparkless/publish"
	"sparkless/storage"
)

// ErrUndelivered means that the findings are in the work store, and not all of
// them reached every destination.
var ErrUndelivered = errors.New("findings not delivered")

// outage is which sinks did not work, by name, and why. They are tried once in a
// run over many days, not once a day.
type outage map[string]error

// errStuck stands for a failure that was reported before.
var errStuck = errors.New("it did not take the records of another day")

// deliver gives the records to every sink that is not down, also when one of them
// fails, and notes those that do.
func (h *Hunt[S]) deliver(ctx context.Context, key string, sinks []publish.Sink, records []publish.Record, down outage) ([]publish.Delivery, error) {
	var done []publish.Delivery
	err := h.step(ctx, Delivering, func(ctx context.Context) error {
		var failed []error
		for _, sink := range sinks {
			name := sink.Name()
			h.report(Progress{Phase: Delivering, Sink: name})
			d := publish.Delivery{Sink: name, Key: key, Left: len(records)}
			err := h.traced(ctx, Step{Phase: Delivering, Delivery: &d}, func(ctx context.Context) (err error) {
				if down[name] != nil && len(records) > 0 {
					return fmt.Errorf("deliver %s to %s: not tried: %w", key, name, down[name])
				}
				d, err = publish.Deliver(ctx, h.Work, key, sink, records)
				return err
			})
			if err != nil {
				failed = append(failed, err)
			}
			if err != nil && d.Stuck() && ctx.Err() == nil {
				down[name] = errStuck
			}
			done = append(done, d)
		}
		return errors.Join(failed...)
	})
	if err != nil {
		return done, fmt.Errorf("%w: %w", ErrUndelivered, err)
	}
	return done, nil
}

// preview says what deliver would send.
func (h *Hunt[S]) preview(ctx context.Context, key string, sinks []publish.Sink, r *Result[S]) error {
	for _, sink := range sinks {
		pending, err := r.Records, error(nil)
		if _, ok := sink.(publish.Replacer); !ok {
			pending, err = publish.Pending(ctx, h.Work, key, sink.Name(), r.Records)
		}
		if err != nil {
			return err
		}
		r.Deliveries = append(r.Deliveries, publish.Delivery{Sink: sink.Name(), Key: key, Already: len(r.Records) - len(pending), Left: len(pending)})
	}
	return nil
}

// writeOutbox keeps what the day has given, before anything is sent. It is owed to
// the sinks, and to those that an earlier run named. It returns the IDs of what
// was still owed and is not among the records.
func (h *Hunt[S]) writeOutbox(ctx context.Context, key string, sinks []publish.Sink, records []publish.Record) ([]string, error) {
	before, err := publish.ReadOutbox(ctx, h.Work, key)
	if err != nil && !errors.Is(err, storage.ErrNotExist) && !errors.Is(err, publish.ErrDamaged) {
		return nil, err
	}
	names := append(owing(sinks), before.Sinks...)
	slices.Sort(names)
	if err := publish.WriteOutbox(ctx, h.Work, key, slices.Compact(names), records); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, r := range records {
		known[r.ID] = true
	}
	var gone []publish.Record
	for _, r := range before.Records {
		if !known[r.ID] {
			gone = append(gone, r)
		}
	}
	return h.undelivered(ctx, key, before.Sinks, gone)
}

// undelivered are the IDs of those records that one of the sinks has not taken.
func (h *Hunt[S]) undelivered(ctx context.Context, key string, sinks []string, records []publish.Record) ([]string, error) {
	var ids []string
	for _, name := range sinks {
		if len(records) == 0 {
			break
		}
		left, err := publish.Pending(ctx, h.Work, key, name, records)
		if err != nil {
			return nil, err
		}
		for _, r := range left {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
