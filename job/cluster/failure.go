package cluster

import (
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"sparkless/job"
)

// ErrCancelled means that someone cancelled the workflow.
var ErrCancelled = errors.New("cancelled")

// Kinds of failures between workers and workflows, beside those of job.KindOf.
const (
	kindFailed    = "failed"
	kindCancelled = "cancelled"
	kindStale     = "stale"
	kindMalformed = "malformed"
	kindPanic     = "panic"
	kindLeft      = "left"    // the worker was stopped
	kindRunning   = "running" // what is awaited has not ended
)

// problem is why something failed, as it goes between machines: of one of the kinds
// above, or of job.KindOf.
type problem struct{ kind, text string }

// problemOf takes apart an error as the SDK returns it.
func problemOf(err error) problem {
	var app *temporal.ApplicationError
	var late *temporal.TimeoutError
	var ended *temporal.TerminatedError
	switch {
	case temporal.IsCanceledError(err):
		return problem{kindCancelled, "it was cancelled"}
	case errors.As(err, &app):
		return problem{app.Type(), app.Message() + gaveUp(err)}
	case errors.As(err, &ended):
		return problem{kindFailed, "someone terminated it"}
	case errors.As(err, &late):
		return problem{kindFailed, lateness(late.TimeoutType()) + gaveUp(err)}
	}
	return problem{kindFailed, err.Error()}
}

// gaveUp says that a step was tried many times, if it was: one that ends with a failure
// that may pass has used up its attempts.
func gaveUp(err error) string {
	var step *temporal.ActivityError
	var app *temporal.ApplicationError
	if errors.As(err, &step) && !(errors.As(err, &app) && app.NonRetryable()) {
		return fmt.Sprintf(" (the last of %d attempts)", maxAttempts)
	}
	return ""
}

func lateness(t enumspb.TimeoutType) string {
	switch t {
	case enumspb.TIMEOUT_TYPE_HEARTBEAT:
		return fmt.Sprintf("its worker gave no sign of life for %s: it was killed, or hung", heartbeatTimeout)
	case enumspb.TIMEOUT_TYPE_START_TO_CLOSE:
		return fmt.Sprintf("it took longer than %s", stepTimeout)
	}
	return "it was not done in time"
}

// failure is the problem as an error that ends a workflow, or a step for good.
func (p problem) failure() error {
	return temporal.NewApplicationErrorWithOptions(shorten(p.text, maxFailure), p.kind, temporal.ApplicationErrorOptions{NonRetryable: true})
}

// about is the problem with what it befell before it.
func (p problem) about(what string) problem { return problem{p.kind, what + ": " + p.text} }

// err is the problem as the caller of Client has it.
func (p problem) err() error {
	if p.kind == kindCancelled {
		return fmt.Errorf("the run was %w", ErrCancelled)
	}
	return job.OfKind(p.kind, p.text)
}
