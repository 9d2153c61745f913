package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparkless/storage/event"
)

// Backfill runs the hunt over each day from from up to, not including, to. A day
// that fails does not stop the others; the error joins those of the failed days,
// each named. A destination that fails is not tried again: the days behind are
// owed to it. Each day's outcome is handed to done as it comes. Only the end of
// ctx stops the rest.
func (h *Hunt[S]) Backfill(ctx context.Context, from, to time.Time, done func(date time.Time, r *Result[S], err error)) error {
	var failed []error
	down := outage{}
	for date := from; date.Before(to); date = date.AddDate(0, 0, 1) {
		r, err := h.run(ctx, event.Day(date), down)
		if err != nil && ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", date.Format(time.DateOnly), err)
			failed = append(failed, err)
		}
		done(date, r, err)
	}
	return errors.Join(failed...)
}
