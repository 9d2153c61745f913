package job

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
)

// Publish delivers what an earlier run over that window has found and what has no
// receipt yet, to the destinations that are set up now. From then on the findings are
// owed to these alone. It reads no export.
func (h *Hunt[S]) Publish(ctx context.Context, w event.Window) ([]publish.Delivery, error) {
	defer h.report(Progress{Phase: Over})
	sinks, err := h.Sinks(w)
	if err != nil {
		return nil, err
	}
	var done []publish.Delivery
	key := h.folder(w.Label())
	err = h.alone(ctx, key, func(ctx context.Context) error {
		o, err := publish.ReadOutbox(ctx, h.Work, key)
		if errors.Is(err, storage.ErrNotExist) {
			return fmt.Errorf("nothing was found on %s yet, or under another job.scope: run the day first (`sparkless run %s`): %w", w, Asked(w), err)
		}
		if err != nil {
			return err
		}
		if names := owing(sinks); len(names) > 0 && !slices.Equal(names, o.Sinks) {
			if err := publish.WriteOutbox(ctx, h.Work, key, names, o.Records); err != nil {
				return err
			}
		}
		done, err = h.deliver(ctx, key, sinks, o.Records, outage{})
		return err
	})
	return done, err
}

// owing are the names of those sinks that can be owed something, sorted: a
// Replacer is given all or nothing.
func owing(sinks []publish.Sink) []string {
	var names []string
	for _, s := range sinks {
		if _, ok := s.(publish.Replacer); !ok {
			names = append(names, s.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Debts says which debts Settle looks for.
type Debts struct {
	// From and To bound when the windows start, To not included; zero is without an
	// end.
	From, To time.Time
	// Earlier are deliveries of the same run: a sink that is stuck in one of them
	// is not tried again.
	Earlier []publish.Delivery
	// Patient waits for another run of a day as Day does. Otherwise such a day is
	// left to that run.
	Patient bool
}

// Settle delivers what earlier runs owe: of each day the records without a
// receipt, to those sinks that were there when the day was run, also of other
// scopes in the same work store. What is owed to a sink that is not set up any
// more is ErrUndelivered. It returns the deliveries in which there was something
// to do.
func (h *Hunt[S]) Settle(ctx context.Context, debts Debts) ([]publish.Delivery, error) {
	defer h.report(Progress{Phase: Over})
	keys, err := h.outboxes(ctx, debts)
	if err != nil {
		return nil, err
	}
	down := outage{}
	for _, d := range debts.Earlier {
		if d.Stuck() {
			down[d.Sink] = errStuck
		}
	}
	patient := *h
	if !debts.Patient {
		patient.Wait = 0
	}
	var done []publish.Delivery
	var failed []error
	for _, key := range keys {
		some, err := patient.settle(ctx, key, down)
		done = append(done, some...)
		if ctx.Err() != nil {
			return done, err
		}
		if errors.Is(err, ErrBusy) && !debts.Patient {
			continue // whoever works on that day delivers it
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", path.Base(key), err))
		}
	}
	return done, errors.Join(failed...)
}

// outboxes are the keys of this detector's outboxes of any scope, in order.
func (h *Hunt[S]) outboxes(ctx context.Context, debts Debts) ([]string, error) {
	var keys []string
	detector := h.Detector.Spec().Detector
	for b, err := range h.Work.List(ctx, "outbox/") {
		if err != nil {
			return nil, fmt.Errorf("looking for what earlier runs owe: %w", err)
		}
		key := strings.TrimSuffix(strings.TrimPrefix(b.Name, "outbox/"), ".jsonl")
		w, err := event.ParseLabel(path.Base(key))
		if err != nil || path.Base(path.Dir(key)) != detector {
			continue
		}
		if !w.From.Before(debts.From) && (debts.To.IsZero() || w.From.Before(debts.To)) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (h *Hunt[S]) settle(ctx context.Context, key string, down outage) ([]publish.Delivery, error) {
	_, sinks, gone, err := h.owed(ctx, key)
	if err != nil || len(sinks) == 0 {
		return nil, errors.Join(err, gone)
	}
	var done []publish.Delivery
	err = h.alone(ctx, key, func(ctx context.Context) error {
		// Another run may have found something else in the meantime.
		o, sinks, _, err := h.owed(ctx, key)
		if err != nil {
			return err
		}
		done, err = h.deliver(ctx, key, sinks, o.Records, down)
		return err
	})
	return done, errors.Join(err, gone)
}

// owed returns an outbox, those sinks to which some of it is owed, and an error
// if some is owed to others, which are not set up. The others of another scope
// may be set up where that is hunted.
func (h *Hunt[S]) owed(ctx context.Context, key string) (o publish.Outbox, sinks []publish.Sink, gone, err error) {
	if o, err = publish.ReadOutbox(ctx, h.Work, key); err != nil {
		return o, nil, nil, err
	}
	w, err := event.ParseLabel(path.Base(key))
	if err != nil {
		return o, nil, nil, err
	}
	all, err := h.Sinks(w)
	if err != nil {
		return o, nil, nil, err
	}
	for _, name := range o.Sinks {
		i := slices.IndexFunc(all, func(s publish.Sink) bool { return s.Name() == name })
		if i < 0 && path.Dir(key) != h.folder("") {
			continue
		}
		left, err := publish.Pending(ctx, h.Work, key, name, o.Records)
		switch {
		case err != nil:
			return o, nil, nil, err
		case len(left) > 0 && i >= 0:
			sinks = append(sinks, all[i])
		case len(left) > 0:
			gone = errors.Join(gone, fmt.Errorf("%w: %d of %s are owed to %s, which is not set up (any more): `sparkless publish %s` sends them to what is",
				ErrUndelivered, len(left), path.Base(key), name, Asked(w)))
		}
	}
	return o, sinks, gone, nil
}
