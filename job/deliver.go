package job

import (
	"context"
	"errors"
	"fmt"

	"sparkless/publish"
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
	var failed []error
	for _, sink := range sinks {
		name := sink.Name()
		d, err := publish.Delivery{Sink: name, Key: key, Left: len(records)}, error(nil)
		if down[name] != nil && len(records) > 0 {
			err = fmt.Errorf("deliver %s to %s: not tried: %w", key, name, down[name])
		} else {
			d, err = publish.Deliver(ctx, h.Work, key, sink, records)
		}
		if err != nil {
			failed = append(failed, err)
		}
		if err != nil && d.Stuck() && ctx.Err() == nil {
			down[name] = errStuck
		}
		done = append(done, d)
	}
	if err := errors.Join(failed...); err != nil {
		return done, fmt.Errorf("%w: %w", ErrUndelivered, err)
	}
	return done, nil
}

// preview says what deliver would send.
func (h *Hunt[S]) preview(ctx context.Context, key string, sinks []publish.Sink, r *Result[S]) error {
	for _, sink := range sinks {
		pending, err := publish.Pending(ctx, h.Work, key, sink, r.Records)
		if err != nil {
			return err
		}
		r.Deliveries = append(r.Deliveries, publish.Delivery{Sink: sink.Name(), Key: key, Already: len(r.Records) - len(pending), Left: len(pending)})
	}
	return nil
}
