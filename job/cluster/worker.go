package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/worker"
)

// leaveTime is how long a worker that is stopped waits for its step to end. Container
// Apps kills a replica 30 seconds after the signal.
const leaveTime = 20 * time.Second

// errStopped is why the context of a worker ended that was stopped.
var errStopped = errors.New("the worker was stopped")

// Work carries out what the task queue has to do, one step at a time, until stop is
// called. That stops the step under way, whose work others take over, and waits up to
// 20 seconds for it. The context that it returns ends with stop, with ctx, or when the
// worker cannot go on; context.Cause has that error.
func (c *Client) Work(ctx context.Context, s Steps, p Planner) (working context.Context, stop func(), err error) {
	working, cancel := context.WithCancelCause(ctx)
	worker.SetStickyWorkflowCacheSize(cachedWorkflows)
	var w worker.Worker
	// The run may have begun already: a server that has gone away since is waited for.
	err = c.patiently(ctx, func(context.Context) error {
		w = worker.New(c.sdk, c.config.Queue, c.workerOptions(cancel))
		workflows(w)
		(&activities{s, p, c.sdk, working, c.logger}).register(w)
		return w.Start()
	})
	if err != nil {
		cancel(err)
		return nil, nil, err
	}
	return working, func() {
		cancel(errStopped)
		c.leave(w)
	}, nil
}

// leave stops a worker. Its parts stop one after the other, each within leaveTime: where
// the server is away that can be longer than there is.
func (c *Client) leave(w worker.Worker) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.Stop()
	}()
	late := time.NewTimer(leaveTime)
	defer late.Stop()
	select {
	case <-stopped:
	case <-late.C:
		c.logger.Warn("left before all was answered", "waited", leaveTime)
	}
}

// cachedWorkflows is how many workflows under way a process keeps in memory: more are
// read again from their histories when it is their turn.
const cachedWorkflows = 32

// workerOptions are those of a worker that ends a context when the server has refused it
// for good: for two minutes the SDK tries on.
func (c *Client) workerOptions(end context.CancelCauseFunc) worker.Options {
	return worker.Options{
		Identity: c.config.Identity,
		// A fold uses all processors, and its share of the memory, by itself.
		MaxConcurrentActivityExecutionSize: 1,
		MaxConcurrentActivityTaskPollers:   1,
		DisableEagerActivities:             true,
		WorkerStopTimeout:                  leaveTime,
		// Workers hear of a cancellation with the answer to a heartbeat. A step is also
		// given up when a heartbeat gets no answer for so long.
		MaxHeartbeatThrottleInterval:     20 * time.Second,
		DefaultHeartbeatThrottleInterval: 20 * time.Second,
		// A workflow may wait long for its turn beside a fold on all processors.
		DeadlockDetectionTimeout:    30 * time.Second,
		DisableRegistrationAliasing: true,
		OnFatalError: func(err error) {
			end(fmt.Errorf("the worker for task queue %s cannot go on: %w", c.config.Queue, c.config.explain(err)))
		},
	}
}
