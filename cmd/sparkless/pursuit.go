package main

import (
	"context"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/publish/suppress"
	"sparkless/storage"
	"sparkless/storage/event"
)

// pursuit is a hunt beside the one for masquerading names, whatever its state is. Its
// findings are anomalies.
type pursuit interface {
	job.Fellow
	name() string
	// window hunts through one window, in this process or on many machines.
	window(ctx context.Context, w event.Window) (*anomalies, error)
	// days does so for each day of a range.
	days(ctx context.Context, from, to time.Time, done func(date time.Time, r *anomalies, err error)) error
	// look is what was read in place of events of a result that has none.
	look(ctx context.Context, r *anomalies) string
	// recall is what an earlier run has kept of a window.
	recall(ctx context.Context, w event.Window) (*anomalies, error)
	// send sends what is kept of a window, settle what is owed.
	send(ctx context.Context, w event.Window) ([]publish.Delivery, error)
	settle(ctx context.Context, d job.Debts) ([]publish.Delivery, error)
	// span is from the first event to the last in plain files.
	span(ctx context.Context) (first, last time.Time, err error)
	// share and gather are this process's part of a plan, and what comes of it.
	share(ctx context.Context, w event.Window, plan string, s share) error
	gather(ctx context.Context, w event.Window, plan string) (*anomalies, error)
	// work takes tasks of others, in its turn, until the function it returns is called.
	work(ctx context.Context, h *hunt, t turn) (working context.Context, stop func(), err error)
	// queue is the name of the task queue of those who carry the hunt out.
	queue(v *values) (string, error)
	// reach names the hunt for others, and connects to the server that they share.
	reach(ctx context.Context, v *values) (server, string, error)
	// follow takes over how the input is laid out, and which of its files are read.
	follow(ctx context.Context, h *hunt) error
	// beside sets the hunts that this one reads for.
	beside(others []job.Fellow)
	container() string
	// apart is the input if it is not that of the first hunt, else nil.
	apart() storage.Reader
	// layout is how the input is laid out.
	layout() storage.Layout
	// barred is why there is nothing that the hunt can read, nil if there is. Others go on
	// without it.
	barred() error
	// files are those that the findings of a window are written to.
	files(w event.Window) []string
}

// anomalies are what a window gave to a pursuit.
type anomalies struct {
	job.Outcome
	findings []anomaly.Finding
	charts   func() ([]chart.Chart, error)
	notes    []string          // of the detector, for whoever reads the findings
	looks    string            // what was read in place of events
	hushed   *suppress.Outcome // what rules of suppression did; nil if there are none
}

// pursued is a detector whose findings are anomalies.
type pursued[S job.State[S]] interface {
	job.Detector[S]
	Charts(w event.Window, day, history S, findings []anomaly.Finding) ([]chart.Chart, error)
}

// chase is the pursuit of one detector.
type chase[S job.State[S]] struct {
	job.Hunt[S]
	a        *app
	v        *values
	detector pursued[S]
	out      outlet
	quiet    *quiet
	fields   bool              // whether fields.* are about its events
	hushed   *suppress.Sieve   // of the day that was finished last; nil without rules
	anew     func() pursued[S] // a detector of its own for other goroutines
	notes    func() []string   // of the day that was finished last; nil if there are never any
	own      storage.Reader    // the input, unless it is that of the first hunt
	bar      error             // why nothing can be read
}

// newChase makes a pursuit that shares all but detector and findings with the hunt, and
// the input only if it reads the same container. Fields says whether its events are
// those that fields.* are about.
func newChase[S job.State[S]](a *app, v *values, h *hunt, fields bool, anew func() pursued[S]) (*chase[S], error) {
	c := &chase[S]{a: a, v: v, fields: fields, detector: anew(), anew: anew}
	config := h.Config
	config.History, config.Budget = h.lookBack, v.whole("hunts.budget")
	if !fields {
		config.Fields = nil
	}
	c.Hunt = job.Hunt[S]{Detector: c.detector, Input: h.Input, Work: h.Work, Engine: h.Engine, Lanes: h.Lanes, Config: config,
		Now: h.Now, Observe: h.Observe, Trace: h.Trace}
	c.quiet = h.quiet
	c.Suppress = c.quiet.ofPursuit(c.name(), &c.hushed)
	names, err := chosen(v)
	if err != nil {
		return nil, err
	}
	if c.bar = h.bar; c.container() != firstExport(v) {
		if c.own, c.Source, c.bar, err = a.openExport(v, c.container()); err != nil {
			return nil, usageError{err}
		}
		c.Input = c.own
	}
	c.out = ofAnomalies(c.name(), names[0] == c.name())
	if c.Sinks, err = a.newSinks(v, c.out); err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

func (c *chase[S]) name() string               { return c.Detector.Spec().Detector }
func (c *chase[S]) container() string          { return c.Detector.Spec().Container }
func (c *chase[S]) apart() storage.Reader      { return c.own }
func (c *chase[S]) barred() error              { return c.bar }
func (c *chase[S]) layout() storage.Layout     { return c.Layout }
func (c *chase[S]) beside(others []job.Fellow) { c.Beside = others }

func (c *chase[S]) files(w event.Window) []string { return outputFiles(c.v, w, c.out) }

// follow implements pursuit.
func (c *chase[S]) follow(ctx context.Context, h *hunt) (err error) {
	c.AllFiles = h.AllFiles
	if c.own == nil {
		c.Layout, c.bar = h.Layout, h.bar
		return nil
	}
	c.bar, err = c.a.tryExport(ctx, c.v, c.container(), &c.Config, c.Input)
	return err
}

// carrier is who carries the pursuit out.
func (c *chase[S]) carrier(ctx context.Context) (carrier[S], func(), error) {
	if c.v.text("job.engine") != engineTemporal {
		return &c.Hunt, func() {}, nil
	}
	s, queue, err := c.reach(ctx, c.v)
	if err != nil {
		return nil, nil, err
	}
	return &crew[S]{c.a, &c.Hunt, c.hand, s, queue}, s.Close, nil
}

// reach implements pursuit.
func (c *chase[S]) reach(ctx context.Context, v *values) (server, string, error) {
	return c.a.reach(ctx, v, &c.Config, c.name())
}

func (c *chase[S]) queue(v *values) (string, error) {
	err := enlist(v, &c.Config)
	return queue(&c.Config, c.name()), err
}

// hand is the pursuit as this process carries it out for others.
func (c *chase[S]) hand() *job.Hunt[S] {
	one := c.Hunt
	one.Detector, one.Observe = c.anew(), nil
	one.Suppress = c.quiet.ofPursuit(c.name(), new(*suppress.Sieve))
	one.Sinks = withoutFiles(c.Sinks)
	return &one
}

func (c *chase[S]) window(ctx context.Context, w event.Window) (*anomalies, error) {
	by, end, err := c.carrier(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	r, err := by.Window(ctx, w)
	return c.anomalies(r, err)
}

func (c *chase[S]) look(ctx context.Context, r *anomalies) string {
	switch {
	case r.Stats.OutsideDay > 0 || r.Stats.Lines == 0:
		return ""
	case c.fields:
		return lookAt(ctx, c.v, c.Input, r.Export.Blobs)
	}
	return fieldsIn(ctx, c.Input, r.Export.Blobs)
}

func (c *chase[S]) days(ctx context.Context, from, to time.Time, done func(date time.Time, r *anomalies, err error)) error {
	by, end, err := c.carrier(ctx)
	if err != nil {
		return err
	}
	defer end()
	return by.Backfill(ctx, from, to, func(date time.Time, r *job.Result[S], err error) {
		one, err := c.anomalies(r, err)
		done(date, one, err)
	})
}

func (c *chase[S]) recall(ctx context.Context, w event.Window) (*anomalies, error) {
	r, err := c.Recall(ctx, w)
	return c.anomalies(r, err)
}

func (c *chase[S]) send(ctx context.Context, w event.Window) ([]publish.Delivery, error) {
	return c.Publish(ctx, w)
}

func (c *chase[S]) settle(ctx context.Context, d job.Debts) ([]publish.Delivery, error) {
	return c.Settle(ctx, d)
}

func (c *chase[S]) span(ctx context.Context) (first, last time.Time, err error) { return c.Span(ctx) }

func (c *chase[S]) share(ctx context.Context, w event.Window, plan string, s share) error {
	if err := c.planned(); err != nil {
		return err
	}
	return shareOfPlan(ctx, c.a, &c.Hunt, w, plan, s)
}

func (c *chase[S]) gather(ctx context.Context, w event.Window, plan string) (*anomalies, error) {
	if err := c.planned(); err != nil {
		return nil, err
	}
	r, err := gatherPlan(ctx, &c.Hunt, w, plan, c.bar)
	return c.anomalies(r, staleNamed(err, plan))
}

// planned names the code and this process for whoever works on the same plan.
func (c *chase[S]) planned() (err error) {
	c.Identity = processName()
	c.Code, err = thisProgram()
	return err
}

func (c *chase[S]) work(ctx context.Context, h *hunt, t turn) (context.Context, func(), error) {
	s, queue, err := c.reach(ctx, c.v)
	if err != nil {
		return nil, nil, err
	}
	return workAt(ctx, &crew[S]{c.a, &c.Hunt, c.hand, s, queue}, t, func(ctx context.Context, f job.Frozen, end job.Conclusion) { c.accountFor(ctx, h, f, end) })
}

// anomalies are the findings of a result, which is nil where there is none.
func (c *chase[S]) anomalies(r *job.Result[S], err error) (*anomalies, error) {
	if r == nil {
		return nil, err
	}
	out := &anomalies{Outcome: r.Outcome}
	if c.hushed != nil {
		out.hushed = c.hushed.Outcome()
	}
	for _, record := range r.Records {
		f, bad := anomaly.Of(record)
		if bad != nil {
			return nil, join(err, bad)
		}
		out.findings = append(out.findings, f)
	}
	if c.notes != nil {
		out.notes = c.notes()
	}
	out.charts = func() ([]chart.Chart, error) {
		return c.detector.Charts(r.Window, r.Day, r.Past, out.findings)
	}
	return out, err
}

// ofPursuit applies those rules of suppression whose target is the name of the hunt:
// others are about masquerading names, and say nothing of what else a program does. What
// comes of them is in last.
func (q *quiet) ofPursuit(name string, last **suppress.Sieve) func() func(publish.Record) (bool, error) {
	if q == nil {
		return nil
	}
	rules := suppress.Rules{File: q.rules.File}
	for _, r := range q.rules.All {
		if r.Target == name {
			rules.All = append(rules.All, r)
		}
	}
	return func() func(publish.Record) (bool, error) {
		*last = rules.Sieve(q.now, anomalyFields())
		return (*last).Covers
	}
}

// anomalyFields says where an anomaly has what rules ask for.
func anomalyFields() suppress.Fields {
	return suppress.Fields{Name: "Entity", Target: "RuleName", Kinds: "AnomalyReasons", KindName: "Name", Cut: "…", Spelled: "<U+",
		Entities: "Entities", Paths: "file", Parents: "parent", Hosts: "host", Accounts: "account", Addresses: "ip"}
}
