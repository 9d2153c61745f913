package job

import (
	"context"
	"fmt"
	"iter"

	"sparkless/publish"
)

// choose makes findings in their order, until there are as many as the budget allows
// beside those that are suppressed.
func (h *Hunt[S]) choose(ctx context.Context, r *Result[S]) error {
	n, found, err := h.rank(ctx, r)
	if err != nil {
		return err
	}
	covers := func(publish.Record) (bool, error) { return false, nil }
	if h.Suppress != nil {
		covers = h.Suppress()
	}
	r.Records, r.Suppressed, r.OverBudget = []publish.Record{}, nil, 0
	for record, err := range found {
		if err != nil {
			return err
		}
		quiet, err := covers(record)
		if err != nil {
			return fmt.Errorf("suppressing findings: %w", err)
		}
		if quiet {
			r.Suppressed = append(r.Suppressed, record)
		} else {
			r.Records = append(r.Records, record)
		}
		if h.Budget > 0 && len(r.Records) == h.Budget {
			break
		}
	}
	r.OverBudget = n - len(r.Records) - len(r.Suppressed)
	return ctx.Err()
}

// rank is what the detector finds, and how much that is.
func (h *Hunt[S]) rank(ctx context.Context, r *Result[S]) (n int, found iter.Seq2[publish.Record, error], err error) {
	if d, ok := h.Detector.(Ranking[S]); ok {
		return d.Rank(ctx, r.Window, r.Day, r.Past)
	}
	all, err := h.Detector.Finish(ctx, r.Window, r.Day, r.Past)
	return len(all), func(yield func(publish.Record, error) bool) {
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
	}, err
}
