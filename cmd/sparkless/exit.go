package main

import (
	"context"
	"errors"

	"sparkless/job"
	"sparkless/storage"
)

// The exit codes. A scheduler repeats whatever is not 0.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2   // arguments or settings
	exitPartial     = 3   // done on partial input
	exitDenied      = 4   // not authorised
	exitUndelivered = 5   // findings kept in the work store, not delivered
	exitInterrupted = 130 // by Ctrl-C or SIGTERM
)

// usageError is a mistake in arguments or settings.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exit shows the error and maps it to an exit code. This is the one place that
// does.
func (a *app) exit(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		a.log.Error("interrupted; the next run goes on where this one stopped", "while", err)
		return exitInterrupted
	}
	var days *failedDays
	if errors.As(err, &days) {
		a.log.Error(days.Error())
		return days.code
	}
	a.log.Error(err.Error())
	return exitCode(err)
}

// failure makes exit code 1 of an error that has one of its own.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

// strictly makes a partial result a failure, where the settings want that.
func strictly(v *values, err error) error {
	if v.on("job.fail-on-partial") && (errors.Is(err, job.ErrPartial) || errors.Is(err, job.ErrNoBlobs)) {
		return failure{err}
	}
	return err
}

func exitCode(err error) int {
	var usage usageError
	var failed failure
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &failed):
		return exitFailed
	case errors.Is(err, job.ErrUndelivered):
		return exitUndelivered
	case errors.Is(err, job.ErrPartial), errors.Is(err, job.ErrNoBlobs):
		return exitPartial
	case errors.Is(err, storage.ErrDenied):
		return exitDenied
	}
	return exitFailed
}
