package job

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"sparkless/publish"
	"sparkless/storage"
)

// Publish delivers what an earlier run has found on that day and what has no
// receipt yet. It reads no export.
func (h *Hunt[S]) Publish(ctx context.Context, date time.Time) ([]publish.Delivery, error) {
	sinks, err := h.Sinks(date)
	if err != nil {
		return nil, err
	}
	var done []publish.Delivery
	err = h.alone(ctx, date, func(ctx context.Context) error {
		key := h.folder(date.Format(time.DateOnly))
		o, err := publish.ReadOutbox(ctx, h.Work, key)
		if errors.Is(err, storage.ErrNotExist) {
			return fmt.Errorf("nothing was found on %s yet, or under another job.scope: run the day first: %w", date.Format(time.DateOnly), err)
		}
		if err != nil {
			return err
		}
		done, err = h.deliver(ctx, key, sinks, o.Records, outage{})
		return err
	})
	return done, err
}

// Settle delivers what earlier runs owe: of each day from from up to, not
// including, to, the records without a receipt, to those sinks that were there
// when the day was run. A day that another run works on is left to it, and a sink
// that is stuck in one of the earlier deliveries is not tried again. It returns
// the deliveries in which there was something to do.
func (h *Hunt[S]) Settle(ctx context.Context, from, to time.Time, earlier []publish.Delivery) ([]publish.Delivery, error) {
	days, err := h.outboxDays(ctx, from, to)
	if err != nil {
		return nil, err
	}
	down := outage{}
	for _, d := range earlier {
		if d.Stuck() {
			down[d.Sink] = errStuck
		}
	}
	var done []publish.Delivery
	var failed []error
	for _, date := range days {
		some, err := h.settle(ctx, date, down)
		done = append(done, some...)
		if ctx.Err() != nil {
			return done, err
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", date.Format(time.DateOnly), err))
		}
	}
	return done, errors.Join(failed...)
}

// outboxDays are the days in the range that have an outbox, in order.
func (h *Hunt[S]) outboxDays(ctx context.Context, from, to time.Time) ([]time.Time, error) {
	var days []time.Time
	for b, err := range h.Work.List(ctx, path.Join("outbox", h.folder(""))+"/") {
		if err != nil {
			return nil, fmt.Errorf("looking for what earlier runs owe: %w", err)
		}
		date, err := time.Parse(time.DateOnly, strings.TrimSuffix(path.Base(b.Name), ".jsonl"))
		if err == nil && !date.Before(from) && date.Before(to) {
			days = append(days, date)
		}
	}
	return days, nil
}

func (h *Hunt[S]) settle(ctx context.Context, date time.Time, down outage) ([]publish.Delivery, error) {
	key := h.folder(date.Format(time.DateOnly))
	o, sinks, err := h.owed(ctx, key, date)
	if err != nil || len(sinks) == 0 {
		return nil, err
	}
	patient := *h
	patient.Wait = 0 // whoever works on that day delivers it
	var done []publish.Delivery
	err = patient.alone(ctx, date, func(ctx context.Context) (err error) {
		done, err = h.deliver(ctx, key, sinks, o.Records, down)
		return err
	})
	if errors.Is(err, ErrBusy) {
		return nil, nil
	}
	return done, err
}

// owed returns the outbox and those sinks to which some of it is owed.
func (h *Hunt[S]) owed(ctx context.Context, key string, date time.Time) (publish.Outbox, []publish.Sink, error) {
	o, err := publish.ReadOutbox(ctx, h.Work, key)
	if err != nil {
		return o, nil, err
	}
	all, err := h.Sinks(date)
	if err != nil {
		return o, nil, err
	}
	var sinks []publish.Sink
	for _, s := range all {
		if !o.Owes(s.Name()) {
			continue
		}
		left, err := publish.Pending(ctx, h.Work, key, s, o.Records)
		if err != nil {
			return o, nil, err
		}
		if len(left) > 0 {
			sinks = append(sinks, s)
		}
	}
	return o, sinks, nil
}
