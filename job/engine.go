package job

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Engine gets items of work done. It knows nothing of their content.
type Engine interface {
	// Run calls do for the items 0 to items-1, on any goroutine or machine, in
	// any order, possibly more than once each, and returns when every item has
	// succeeded once and no call is under way in this process. After the first error that it does not repeat it cancels
	// the others' context and returns that error.
	Run(ctx context.Context, items int, do func(ctx context.Context, item int) error) error
}

// Local is the engine within this process: that many goroutines at a time, at
// least one.
type Local int

// Run implements Engine. It calls do once for each item.
func (workers Local) Run(ctx context.Context, items int, do func(ctx context.Context, item int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(max(int(workers), 1))
	for item := range items {
		if groupCtx.Err() != nil {
			break
		}
		group.Go(func() error { return do(groupCtx, item) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err() // not groupCtx's: Wait has cancelled that
}
