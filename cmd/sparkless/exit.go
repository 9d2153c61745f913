package main

import (
	"context"
	"errors"
	"slices"

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
	for _, one := range steps(err) {
		a.log.Error(one.Error())
	}
	return exitCode(err)
}

// together are the errors of steps that do not hang on each other.
type together []error

func (t together) Error() string { return errors.Join(t...).Error() }

func (t together) Unwrap() []error { return t }

// join returns what went wrong in steps that do not hang on each other, or nil.
func join(errs ...error) error {
	all := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(all) == 0 {
		return nil
	}
	return together(all)
}

// steps are the errors that were joined.
func steps(err error) []error {
	var t together
	if errors.As(err, &t) {
		return t
	}
	return []error{err}
}

// precedence orders exit codes, the most serious first.
var precedence = []int{exitFailed, exitUsage, exitDenied, exitUndelivered, exitPartial}

// worst is the more serious of two exit codes.
func worst(a, b int) int {
	if slices.Index(precedence, a) < slices.Index(precedence, b) {
		return a
	}
	return b
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

// exitCode is that of an error, of several steps the most serious.
func exitCode(err error) int {
	all := steps(err)
	code := codeOf(all[0])
	for _, one := range all[1:] {
		code = worst(code, codeOf(one))
	}
	return code
}

func codeOf(err error) int {
	var days *failedDays
	var usage usageError
	var failed failure
	switch {
	case errors.As(err, &days):
		return days.code
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
