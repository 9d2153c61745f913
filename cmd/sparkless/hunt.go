package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/report"
	"sparkless/storage/event"
)

// hunt is the masquerading hunt as the settings want it.
type hunt struct {
	job.Hunt[*masquerade.Counts]
	detector *masquerade.Detector
	params   masquerade.Params
	tested   *report.SelfTest // the self-test of the day that was finished last
	pages    *pages
	judged   bool // findings have evidence and a severity
	failOn   failOn
	selfTest bool
	quiet    *quiet
	output   *output
	outlets  []outlet                    // of the findings
	files    func(event.Window) []string // that they are written to
	outcome  masquerade.Outcome          // of the day that was finished last
	looks    string                      // what was read in place of events, of the same
	bar      error                       // why the container of the first hunt cannot be read

	masquerades bool // this hunt is one of those to run
	pursuits    []pursuit
	lookBack    int // days that the others look back on
}

// runWindow is the whole story: settings to hunt, a day or another window to
// findings, findings to stdout.
func (a *app) runWindow(ctx context.Context, v *values, asked told) error {
	h, err := a.newPrintingHunt(ctx, v)
	if err != nil {
		return err
	}
	return a.huntWindow(ctx, v, h, asked)
}

// huntWindow is the same from the hunt on.
func (a *app) huntWindow(ctx context.Context, v *values, h *hunt, asked told) error {
	return a.carryOut(ctx, v, h, asked, way{
		names: func(ctx context.Context, w event.Window) (*dayResult, error) {
			if h.bar != nil {
				return nil, h.bar
			}
			by, end, err := a.carrier(ctx, v, h)
			if err != nil {
				return nil, err
			}
			defer end()
			return by.Window(ctx, w)
		},
		anomalies: func(ctx context.Context, p pursuit, w event.Window) (*anomalies, error) {
			if err := p.barred(); err != nil {
				return nil, err
			}
			return p.window(ctx, w)
		},
	})
}

// way is how hunts go through a window: in this process or on many machines, or by what
// others have read.
type way struct {
	names     func(context.Context, event.Window) (*dayResult, error)
	anomalies func(context.Context, pursuit, event.Window) (*anomalies, error)
}

// carryOut is the same whatever hunts through the window.
func (a *app) carryOut(ctx context.Context, v *values, h *hunt, asked told, by way) error {
	w := asked.Window
	a.log.Info("hunting", append(named(w), "from", w.From, "to", w.To, "by", asked.by)...)
	a.summary.asked(w)
	a.at = place{what: w.Label()}
	var r *dayResult
	var err error
	var deliveries []publish.Delivery
	if h.masquerades {
		r, err = by.names(ctx, w)
		h.look(ctx, v, r)
		err = inContainer(v, masquerade.Container, withFields(ctx, v, h, w, err))
		err = a.dayEnds(ctx, h, w, r, strictly(v, err))
	}
	if r != nil {
		deliveries = r.Deliveries
	}
	more, others := a.pursue(ctx, h, w, err, func(p pursuit) (*anomalies, error) {
		r, err := by.anomalies(ctx, p, w)
		return r, strictly(v, inContainer(v, p.container(), err))
	})
	err = join(err, others)
	if r == nil && len(more) == 0 && h.output.days == 0 {
		return join(err, a.settle(ctx, h, w.From, nil))
	}
	return join(err, a.printKept(ctx, h.output), a.writePages(h.pages), a.settle(ctx, h, w.From, append(deliveries, more...)))
}

// dayEnds shows what a day gave, if it gave anything, and notes it for the
// summary. It returns what went wrong.
func (a *app) dayEnds(ctx context.Context, h *hunt, w event.Window, r *job.Result[*masquerade.Counts], err error) error {
	a.summary.rest()
	if r != nil {
		err = join(err, a.show(ctx, h, r))
	}
	a.noteDay(h, w, r, err)
	if r != nil {
		a.dayDone()
	}
	return err
}

// noteDay notes for the summary what a day gave, and for the report if that is nothing.
func (a *app) noteDay(h *hunt, w event.Window, r *job.Result[*masquerade.Counts], err error) {
	a.summary.day(h, w, r, err)
	if r == nil && err != nil {
		h.pages.fail(h.pages.data.Title, w, err)
	}
}

// runDays is the story of a range of days.
func (a *app) runDays(ctx context.Context, v *values, asked told) error {
	if err := needDayInNames(v.list("output.files")); err != nil {
		return err
	}
	h, err := a.newPrintingHunt(ctx, v)
	if err != nil {
		return err
	}
	from, to := asked.From, asked.To
	failed := &failedDays{days: int(to.Sub(from).Hours() / 24)}
	h.pages.share(failed.days)
	last := to.AddDate(0, 0, -1)
	a.log.Info("hunting through a range", "first", from.Format(time.DateOnly), "last", last.Format(time.DateOnly), "days", failed.days, "by", asked.by)
	a.summary.asked(asked.Window)
	a.at = place{from.Format(time.DateOnly), 1, failed.days}
	var deliveries []publish.Delivery
	if h.masquerades {
		if deliveries, err = a.nameDays(ctx, v, h, asked, failed); err != nil {
			return err
		}
	}
	more, err := a.pursueDays(ctx, v, h, from, to, failed)
	a.at = place{}
	if err != nil {
		return err
	}
	return join(failed.orNil(), strictly(v, h.barred()), a.printKept(ctx, h.output), a.writePages(h.pages), a.settle(ctx, h, from, append(deliveries, more...)))
}

// nameDays hunts for masquerading names on each day of a range. It returns an error
// only if it came to no day.
func (a *app) nameDays(ctx context.Context, v *values, h *hunt, asked told, failed *failedDays) (deliveries []publish.Delivery, err error) {
	if h.bar != nil { // which is said once, and not of each day
		for _, w := range asked.Days() {
			a.noteDay(h, w, nil, h.bar)
		}
		return nil, nil
	}
	by, end, err := a.carrier(ctx, v, h)
	if err != nil {
		return nil, err
	}
	defer end()
	bad := 0
	err = by.Backfill(ctx, asked.From, asked.To, func(date time.Time, r *job.Result[*masquerade.Counts], err error) {
		if r != nil {
			deliveries = append(deliveries, r.Deliveries...)
		}
		h.look(ctx, v, r)
		if err = a.dayEnds(ctx, h, event.Day(date), r, strictly(v, inContainer(v, masquerade.Container, err))); err != nil {
			a.log.Error(err.Error(), "day", date.Format(time.DateOnly))
			failed.add(date, err)
			bad++
		}
		a.at = place{date.AddDate(0, 0, 1).Format(time.DateOnly), a.at.number + 1, failed.days}
	})
	if ctx.Err() != nil || err != nil && bad == 0 {
		return deliveries, err
	}
	return deliveries, nil
}

// lookBack is how many days before the first one of a run may still be owed
// findings that it sends. `sparkless publish` looks further.
const lookBack = 14

// settle sends what runs of earlier days could not, except to sinks that are stuck, and
// except of hunts that others account for.
func (a *app) settle(ctx context.Context, h *hunt, first time.Time, deliveries []publish.Delivery) error {
	if h.DryRun || ctx.Err() != nil {
		return nil
	}
	late, err := h.settled(ctx, job.Debts{From: first.AddDate(0, 0, -lookBack), To: first, Earlier: deliveries}, a.summary.own)
	a.summary.settled(late)
	return err
}

// publishWindow is the story of sending what an earlier run has found.
func (a *app) publishWindow(ctx context.Context, v *values, w event.Window) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	var deliveries []publish.Delivery
	if h.masquerades {
		deliveries, err = h.Publish(ctx, w)
	}
	more, failed := h.sendAnomalies(ctx, w)
	deliveries, err = append(deliveries, more...), join(err, failed)
	a.logDeliveries("delivered", deliveries)
	if err == nil && len(deliveries) == 0 {
		return usageError{errors.New("there is no destination to send to: set output.files (--out), datacollector.workspace-id or logsingestion.endpoint")}
	}
	return err
}

// publishAll is the story of sending all that earlier runs owe.
func (a *app) publishAll(ctx context.Context, v *values) error {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return err
	}
	deliveries, err := h.settled(ctx, job.Debts{Patient: true}, func(string) bool { return true })
	a.logDeliveries("delivered", deliveries)
	if err == nil && len(deliveries) == 0 {
		a.log.Info("nothing is owed to any destination")
	}
	return err
}

// newPrintingHunt makes a hunt whose findings are printed.
func (a *app) newPrintingHunt(ctx context.Context, v *values) (*hunt, error) {
	o, err := newOutput(v)
	if err == nil {
		err = o.suits(a.screen)
	}
	if err != nil {
		return nil, usageError{err}
	}
	h, err := a.newHunt(ctx, v)
	if err == nil {
		h.output = o
		err = a.findLayout(ctx, v, h)
	}
	return h, err
}

// draft is a hunt before anything is opened, and where its work store is to be.
type draft struct {
	hunt
	work workPlace
}

// draft makes of the settings all that can be made on this machine alone. With an
// error, which names all that is wrong with them, it is as far as it could be made.
func (a *app) draft(v *values) (*draft, error) {
	var h draft
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	var err error
	h.Config, err = jobConfig(v)
	note(err)
	h.params, err = huntParams(v)
	note(err)
	h.judged = h.params.Evidence
	names, err := chosen(v)
	h.masquerades = slices.Contains(names, masquerade.Name)
	note(err)
	note(checkHunts(v, names))
	h.failOn, err = newFailOn(v, h.judged || !h.masquerades)
	note(err)
	if h.lookBack = h.History; !h.params.Evidence {
		h.History = 0 // the notebook knows no other day
	}
	h.Input, h.Source, h.bar, err = a.openExport(v, firstExport(v))
	note(err)
	h.work, err = findWork(v)
	note(err)
	note(checkWork(v, h.work, h.Source))
	if h.masquerades {
		h.outlets = outletsOfNames(v, h.params.Facts)
		h.Sinks, err = a.sinksOf(v, h.outlets)
		note(err)
	}
	h.quiet, err = newQuiet(v, a.now())
	note(err)
	note(checkEngine(v))
	note(keepApart(v, event.Day(a.now())))
	h.files = func(w event.Window) []string { return outputFiles(v, w, h.outlets...) }
	h.selfTest = v.on("masquerade.self-test")
	if h.quiet != nil {
		h.Suppress = h.quiet.suppress
	}
	if len(problems) == 0 { // whatever is wrong is wrong for all of them
		note(a.pursuits(v, &h.hunt))
		note(h.stuck())
	}
	return &h, errors.Join(problems...)
}

// newHunt makes a hunt of the settings, or returns all that is wrong with them.
func (a *app) newHunt(ctx context.Context, v *values) (*hunt, error) {
	d, err := a.draft(v)
	if err != nil {
		return nil, usageError{err}
	}
	h := &d.hunt
	a.advise(v, h)
	if h.Scope, err = h.scope(ctx, v); err != nil {
		return nil, err
	}
	if err := h.Config.Validate(); err != nil { // the scope that was found may not do for a name
		return nil, usageError{err}
	}
	if h.Work, err = a.openWork(ctx, v, d.work); err != nil {
		return nil, err
	}
	h.detector = a.newDetector(h)
	h.detector.Observe(func(o masquerade.Outcome) { h.outcome = o })
	h.Detector = h.detector
	h.Engine, h.Lanes = engine(v, h.Workers)
	if h.Memory > 0 {
		keepTo(h.Memory)
		h.Lanes.Limit(job.ReadingMemory(h.Memory))
	}
	h.Observe, h.Trace = a.summary.observing(a.observe()), a.trace
	a.summary.hunting(h)
	h.pages = newPages(v, h)
	return h, a.pursuits(v, h)
}

// newDetector makes the detector of a hunt.
func (a *app) newDetector(h *hunt) *masquerade.Detector {
	d := masquerade.New(h.params, h.Scope, h.Workers)
	d.Notify(func(text string) { a.log.Warn(text) })
	if h.Memory > 0 {
		d.Limit(job.UsableMemory(h.Memory))
	}
	return d
}

// advise says once in a run what works and could be better.
func (a *app) advise(v *values, h *hunt) {
	if h.params.Quadratic() {
		a.log.Warn("at a similarity this low the time for comparing names grows with their square", "masquerade.similarity", h.params.Similarity)
	}
	if h.quiet != nil {
		a.adviseRules(h.quiet)
	}
	if v.usesDataCollector() {
		a.log.Warn("Microsoft ended the support of the Data Collector API on 2026-09-14, though it still takes data; deploy/logs-ingestion/README.md says how to move to the Logs Ingestion API (settings logsingestion.*)")
	}
}
