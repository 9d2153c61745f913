package main

import (
	"context"
	"errors"
	"strings"

	"sparkless/job"
	"sparkless/job/cluster"
	"sparkless/storage"
)

// The exit codes. A scheduler repeats whatever is not 0.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3
	exitDenied      = 4
	exitUndelivered = 5
	exitFound       = 10
	exitInterrupted = 130 // by Ctrl-C, SIGTERM or `sparkless cancel`
)

// exitMeaning is an exit code and what it says: in short first, up to a comma or
// colon.
type exitMeaning struct {
	code int
	what string
}

// exitMeanings are all exit codes, as they are documented.
func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitDone, "done, with findings or without"},
		{exitFailed, "failed, or with `--fail-on-partial` partial"},
		{exitUsage, "wrong arguments or settings"},
		{exitPartial, "done on partial input: the result is there, and what it lacks is named by hour"},
		{exitDenied, "not authorised"},
		{exitUndelivered, "findings not delivered: they are in the work store; the next run or `sparkless publish` sends the rest"},
		{exitFound, "findings at or above `--fail-on`, and nothing worse than partial input"},
		{exitInterrupted, "interrupted, or cancelled: the next run goes on from there"},
	}
}

// meaningOf is what an exit code says, in short.
func meaningOf(code int) string {
	for _, m := range exitMeanings() {
		if m.code == code {
			short, _, _ := strings.Cut(strings.ReplaceAll(m.what, ":", ","), ",")
			return strings.ReplaceAll(short, "`", "")
		}
	}
	return "not known"
}

// usageError is a mistake in arguments or settings.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exit shows the error and the summary of the run, and maps the error to an exit
// code. This is the one place that does.
func (a *app) exit(ctx context.Context, err error) int {
	var left leftError
	if err != nil && ctx.Err() != nil {
		goesOn := "the next run goes on where this one stopped"
		if errors.As(err, &left) {
			goesOn = "its task goes to another worker, and a run goes on with whoever works for it"
		}
		a.log.Error("interrupted; "+goesOn, "while", err)
		return a.close(ctx, exitInterrupted, err)
	}
	err = join(err, a.summary.severe())
	if err == nil {
		return a.close(ctx, exitDone, nil)
	}
	for _, one := range steps(err) {
		a.log.Error(one.Error())
	}
	return a.close(ctx, exitCode(err), err)
}

// together are the errors of steps that do not hang on each other.
type together []error

func (t together) Error() string { return errors.Join(t...).Error() }

func (t together) Unwrap() []error { return t }

// join returns what went wrong in steps that do not hang on each other, or nil. What
// several say in the same words, as hunts through the same container, is there once.
func join(errs ...error) error {
	var all together
	said := map[string]bool{}
	for _, err := range errs {
		if err == nil {
			continue
		}
		for _, one := range steps(err) {
			if text := one.Error(); !said[text] {
				said[text] = true
				all = append(all, one)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// steps are the errors that were joined.
func steps(err error) []error {
	var t together
	if errors.As(err, &t) {
		return t
	}
	return []error{err}
}

// worst is the more serious of two exit codes. That there are findings, for who
// asked to be told, says more than that some of the input is missing: what was
// found stays found.
func worst(a, b int) int {
	for _, code := range []int{exitInterrupted, exitFailed, exitUsage, exitDenied, exitUndelivered, exitFound, exitPartial} {
		if a == code || b == code {
			return code
		}
	}
	return exitDone
}

// failure makes exit code 1 of an error that has one of its own.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

// strictly makes a partial result a failure, where the settings want that: of several
// steps each that is partial.
func strictly(v *values, err error) error {
	if !v.on("job.fail-on-partial") || !errors.Is(err, job.ErrPartial) && !errors.Is(err, job.ErrNoBlobs) {
		return err
	}
	var all []error
	for _, one := range steps(err) {
		if errors.Is(one, job.ErrPartial) || errors.Is(one, job.ErrNoBlobs) {
			one = failure{one}
		}
		all = append(all, one)
	}
	return join(all...)
}

// exitCode is that of an error, of several steps the most serious.
func exitCode(err error) int {
	code := exitDone
	for _, one := range steps(err) {
		code = worst(code, codeOf(one))
	}
	return code
}

func codeOf(err error) int {
	var days *failedDays
	var usage usageError
	var failed failure
	var found foundError
	switch {
	case errors.As(err, &days):
		return days.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &failed):
		return exitFailed
	case errors.As(err, &found):
		return exitFound
	case errors.Is(err, cluster.ErrCancelled):
		return exitInterrupted
	case errors.Is(err, job.ErrUndelivered):
		return exitUndelivered
	case errors.Is(err, job.ErrPartial), errors.Is(err, job.ErrNoBlobs):
		return exitPartial
	case errors.Is(err, storage.ErrDenied):
		return exitDenied
	}
	return exitFailed
}
