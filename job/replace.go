package job

import (
	"context"

	"sparkless/publish"
)

// Replace gives the findings of a result to those of the hunt's sinks that hold exactly
// the last ones, as files do, and puts what became of it before the result's other
// deliveries. In a dry run it writes nothing, and tells what it would. It is for who
// waits for a run that others conclude, and fails with ErrUndelivered as Window does.
func (h *Hunt[S]) Replace(ctx context.Context, r *Result[S]) error {
	defer h.report(Progress{Phase: Over})
	all, err := h.Sinks(r.Window)
	if err != nil {
		return err
	}
	var sinks []publish.Sink
	for _, s := range all {
		if _, ok := s.(publish.Replacer); ok {
			sinks = append(sinks, s)
		}
	}
	key := h.folder(r.Window.Label())
	others := r.Deliveries
	if h.DryRun {
		r.Deliveries = nil
		err = h.preview(ctx, key, sinks, r)
	} else {
		r.Deliveries, err = h.deliver(ctx, key, sinks, r.Records, outage{})
	}
	r.Deliveries = append(r.Deliveries, others...)
	return err
}
