package job

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"sparkless/storage"
)

// ErrBusy means that another run works on the same day.
var ErrBusy = errors.New("another run is at work on this day")

// lookAgain is how often a run that waits looks whether the other one has ended.
const lookAgain = 2 * time.Second

// alone calls do while no other run works on the day of that key, waiting for one
// for h.Wait. The context that do gets ends when the lock is lost. A work
// store that has no locks does not keep others out.
func (h *Hunt[S]) alone(ctx context.Context, key string, do func(context.Context) error) error {
	locker, ok := h.Work.(storage.Locker)
	if !ok {
		return do(ctx)
	}
	held, unlock, err := h.lock(ctx, locker, "locks/"+key)
	if errors.Is(err, errors.ErrUnsupported) {
		return do(ctx)
	}
	if err != nil {
		return err
	}
	err = do(held)
	if lost := context.Cause(held); err != nil && ctx.Err() == nil && lost != nil {
		err = fmt.Errorf("stopped, since another run may take %s over; nothing is lost, the next run goes on here: %w", path.Base(key), lost)
	}
	// A lock that cannot be released is free in a minute, and all is done.
	_ = unlock()
	return err
}

// lock takes the lock, or gives up when it is still held after h.Wait.
func (h *Hunt[S]) lock(ctx context.Context, locker storage.Locker, name string) (context.Context, func() error, error) {
	enough := time.NewTimer(h.Wait)
	defer enough.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for waited, last := false, h.Wait == 0; ; waited = true {
		held, unlock, err := locker.Lock(ctx, name)
		switch {
		case err == nil || !errors.Is(err, storage.ErrLocked):
			return held, unlock, err
		case last:
			return nil, nil, fmt.Errorf("%w, still after %v (setting job.wait): %w", ErrBusy, h.Wait, err)
		case !waited:
			h.report(Progress{Phase: Waiting})
		}
		select {
		case <-again.C:
		case <-enough.C:
			last = true // once more
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}
