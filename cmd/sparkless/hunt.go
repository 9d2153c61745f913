package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/report"
)

// hunt is the masquerading hunt as the settings want it.
type hunt struct {
	job.Hunt[*masquerade.Counts]
	detector *masquerade.Detector
	params   masquerade.Params
	tested   *report.SelfTest // the self-test of the day that was finished last
	pages    *pages
	judged   bool // findings have evidence and a severity
	selfTest bool
	quiet    *quiet
	files    func(date time.Time) []string // that a day's findings are written to
}

// runDay is the whole story: settings to hunt, a day to findings, findings to
// stdout.
func (a *app) runDay(ctx context.Context, v *values, date time.Time) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	a.log.Info("hunting", "day", date.Format(time.DateOnly), "from", date, "to", date.AddDate(0, 0, 1))
	r, err := h.Day(ctx, date)
	if r == nil {
		return join(strictly(v, err), a.settle(ctx, h, date, nil))
	}
	return join(strictly(v, err), a.show(ctx, h, r), a.writePages(h.pages), a.settle(ctx, h, date, r.Deliveries))
}

// runDays is the story of a range of days.
func (a *app) runDays(ctx context.Context, v *values, from, to time.Time) error {
	if err := needDayInNames(v.list("output.files")); err != nil {
		return err
	}
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	last := to.AddDate(0, 0, -1)
	a.log.Info("hunting through a range", "first", from.Format(time.DateOnly), "last", last.Format(time.DateOnly), "days", int(to.Sub(from).Hours()/24))
	failed := &failedDays{days: int(to.Sub(from).Hours() / 24)}
	var deliveries []publish.Delivery
	err = h.Backfill(ctx, from, to, func(date time.Time, r *job.Result[*masquerade.Counts], err error) {
		err = strictly(v, err)
		if r != nil {
			deliveries = append(deliveries, r.Deliveries...)
			err = join(err, a.show(ctx, h, r))
		}
		if err != nil {
			a.log.Error(err.Error(), "day", date.Format(time.DateOnly))
			failed.add(date, err)
		}
	})
	if ctx.Err() != nil {
		return err
	}
	return join(failed.orNil(), a.writePages(h.pages), a.settle(ctx, h, from, deliveries))
}

// lookBack is how many days before the first one of a run may still be owed
// findings that it sends. `sparkless publish` looks further.
const lookBack = 14

// settle sends what runs of earlier days could not, except to sinks that are stuck.
func (a *app) settle(ctx context.Context, h *hunt, first time.Time, deliveries []publish.Delivery) error {
	if h.DryRun || ctx.Err() != nil {
		return nil
	}
	late, err := h.Settle(ctx, job.Debts{From: first.AddDate(0, 0, -lookBack), To: first, Earlier: deliveries})
	a.logDeliveries("delivered what an earlier run owed", late)
	return err
}

// publishDay is the story of sending what an earlier run has found.
func (a *app) publishDay(ctx context.Context, v *values, date time.Time) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	deliveries, err := h.Publish(ctx, date)
	a.logDeliveries("delivered", deliveries)
	return err
}

// publishAll is the story of sending all that earlier runs owe.
func (a *app) publishAll(ctx context.Context, v *values) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	deliveries, err := h.Settle(ctx, job.Debts{Patient: true})
	a.logDeliveries("delivered", deliveries)
	if err == nil && len(deliveries) == 0 {
		a.log.Info("nothing is owed to any destination")
	}
	return err
}

// newHunt makes a hunt of the settings, or returns all that is wrong with them.
func (a *app) newHunt(ctx context.Context, v *values) (*hunt, error) {
	var h hunt
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	var err error
	h.Config, err = jobConfig(v)
	note(err)
	params, err := huntParams(v)
	note(err)
	h.judged = params.Evidence
	if !params.Evidence {
		h.History = 0 // the notebook knows no other day
	}
	h.Input, h.Source, err = a.openInput(v)
	note(err)
	work, err := findWork(v)
	note(err)
	h.Sinks, err = newSinks(v, midnight(a.now()))
	note(err)
	h.quiet, err = newQuiet(v, a.now())
	note(err)
	if err := errors.Join(problems...); err != nil {
		return nil, usageError{err}
	}
	a.advise(v, params)
	if h.Scope, err = resolveScope(ctx, v, h.Input); err != nil {
		return nil, err
	}
	if err := h.Config.Validate(); err != nil { // the scope that was found may not do for a name
		return nil, usageError{err}
	}
	if h.Work, err = a.openWork(ctx, v, work, h.Source); err != nil {
		return nil, err
	}
	h.detector = masquerade.New(params, h.Scope, h.Workers)
	h.detector.Notify(func(text string) { a.log.Warn(text) })
	h.Detector = h.detector
	h.Engine, h.Lanes = engine(v, h.Workers)
	if h.Memory > 0 {
		keepTo(h.Memory)
		h.detector.Limit(job.UsableMemory(h.Memory))
		h.Lanes.Limit(job.ReadingMemory(h.Memory))
	}
	h.Observe = a.observe()
	if h.quiet != nil {
		h.Suppress = h.quiet.suppress
		a.adviseRules(h.quiet)
	}
	h.params, h.pages = params, newPages(v, &h)
	h.files = func(date time.Time) []string { return outputFiles(v, date) }
	h.selfTest = v.on("masquerade.self-test")
	return &h, nil
}

// advise says once in a run what works and could be better.
func (a *app) advise(v *values, params masquerade.Params) {
	if params.Quadratic() {
		a.log.Warn("at a similarity this low the time for comparing names grows with their square", "masquerade.similarity", params.Similarity)
	}
	if v.usesDataCollector() {
		a.log.Warn("Microsoft ended the support of the Data Collector API on 2026-09-14, though it still takes data; the README says how to move to the Logs Ingestion API (settings logsingestion.*)")
	}
}

// failedDays says at the end of a backfill which days failed.
type failedDays struct {
	days  int
	names []string
	code  int
}

func (f *failedDays) add(date time.Time, err error) {
	code := exitCode(err)
	if len(f.names) > 0 {
		code = worst(f.code, code)
	}
	f.code = code
	f.names = append(f.names, date.Format(time.DateOnly))
}

func (f *failedDays) orNil() error {
	if len(f.names) == 0 {
		return nil
	}
	return f
}

func (f *failedDays) Error() string {
	return fmt.Sprintf("%d of %d days did not go through: %s", len(f.names), f.days, strings.Join(f.names, ", "))
}
