package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
)

// pursue is the story of the hunts beside the one for masquerading names: each goes
// through the window, after those that read for it. It returns what they have delivered.
func (a *app) pursue(ctx context.Context, h *hunt, w event.Window, before error, through func(pursuit) (*anomalies, error)) ([]publish.Delivery, error) {
	var deliveries []publish.Delivery
	hopeless := map[string]error{}
	if h.masquerades && hopelessly(before) {
		hopeless[masquerade.Container] = before
	}
	var errs []error
	for _, p := range h.pursuits {
		if ctx.Err() != nil {
			return deliveries, join(append(errs, ctx.Err())...)
		}
		if err := hopeless[p.container()]; err != nil {
			a.note(h, p, w, nil, err) // and say no more: it would be the same
			continue
		}
		a.log.Info("hunting", append(named(w), "hunt", p.name())...)
		r, err := through(p)
		if hopelessly(err) {
			hopeless[p.container()] = err
		}
		if r != nil {
			deliveries = append(deliveries, r.Deliveries...)
		}
		errs = append(errs, a.pursued(ctx, h, p, w, r, err))
	}
	return deliveries, join(errs...)
}

// hopelessly reports whether other hunts of the container need not try.
func hopelessly(err error) bool {
	return errors.Is(err, job.ErrNoBlobs) || errors.Is(err, storage.ErrDenied) || errors.Is(err, storage.ErrNotExist)
}

// pursued shows what a window gave to a hunt, if it gave anything, and notes it for the
// summary. It returns what went wrong.
func (a *app) pursued(ctx context.Context, h *hunt, p pursuit, w event.Window, r *anomalies, err error) error {
	a.summary.rest()
	if r != nil {
		err = join(err, a.showAnomalies(ctx, h, p, r))
	}
	a.note(h, p, w, r, err)
	if err == nil {
		return nil
	}
	return inHunt(p.name(), err)
}

// note notes for the summary what a window gave to a hunt, and for the report if that is
// nothing.
func (a *app) note(h *hunt, p pursuit, w event.Window, r *anomalies, err error) {
	a.summary.pursuit(p, w, r, err)
	if r == nil && err != nil {
		h.pages.fail(pursuitKindOf(p).title, w, err)
	}
}

// inHunt names the hunt in an error that only it can have.
func inHunt(name string, err error) error {
	var all []error
	for _, one := range steps(err) {
		if !errors.Is(one, job.ErrPartial) && !errors.Is(one, job.ErrNoBlobs) {
			one = fmt.Errorf("hunt %s: %w", name, one)
		}
		all = append(all, one)
	}
	return join(all...)
}

// pursueDays is the same for each day of a range, one hunt after the other.
func (a *app) pursueDays(ctx context.Context, v *values, h *hunt, from, to time.Time, failed *failedDays) ([]publish.Delivery, error) {
	var deliveries []publish.Delivery
	for _, p := range h.pursuits {
		if err := p.barred(); err != nil { // which is said once, and not of each day
			for date := from; date.Before(to); date = date.AddDate(0, 0, 1) {
				a.note(h, p, event.Day(date), nil, err)
			}
			continue
		}
		a.at = place{p.name() + " " + from.Format(time.DateOnly), 1, failed.days}
		a.log.Info("hunting through a range", "hunt", p.name(), "first", from.Format(time.DateOnly), "days", failed.days)
		bad := 0
		err := p.days(ctx, from, to, func(date time.Time, r *anomalies, err error) {
			if r != nil {
				deliveries = append(deliveries, r.Deliveries...)
			}
			if err = a.pursued(ctx, h, p, event.Day(date), r, strictly(v, inContainer(v, p.container(), err))); err != nil {
				a.log.Error(err.Error(), "day", date.Format(time.DateOnly), "hunt", p.name())
				failed.add(date, err)
				bad++
			}
			a.at = place{p.name() + " " + date.AddDate(0, 0, 1).Format(time.DateOnly), a.at.number + 1, failed.days}
		})
		if ctx.Err() != nil || err != nil && bad == 0 { // it came to no day
			return deliveries, inHunt(p.name(), err)
		}
	}
	return deliveries, nil
}

// sendAnomalies sends what is kept of a window.
func (h *hunt) sendAnomalies(ctx context.Context, w event.Window) (all []publish.Delivery, err error) {
	for _, p := range h.pursuits {
		some, failed := p.send(ctx, w)
		all = append(all, some...)
		if failed != nil {
			err = join(err, inHunt(p.name(), failed))
		}
	}
	return all, err
}

// settled sends what the hunts owe of earlier days, those that are for this process to
// account for.
func (h *hunt) settled(ctx context.Context, d job.Debts, own func(hunt string) bool) (late []publish.Delivery, err error) {
	if h.masquerades && own(masquerade.Name) {
		late, err = h.Settle(ctx, d)
	}
	for _, p := range h.pursuits {
		if !own(p.name()) {
			continue
		}
		more, failed := p.settle(ctx, d)
		late = append(late, more...)
		if failed != nil {
			err = join(err, inHunt(p.name(), failed))
		}
	}
	return late, err
}
