package benchmark

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"sparkless/outlier"
)

// Options say what is measured, and how.
type Options struct {
	Models []string // of Models
	Seed   uint64   // the first
	Seeds  int      // how many: Seed, Seed+1 and so on
	// Contamination, in (0, 0.5], is the share of outliers that isolation forest and
	// elliptic envelope take for given where they say which rows are; 0: each model's
	// own default. It changes no score.
	Contamination float64
	// Scale has columns moved and stretched to mean 0 and deviation 1, as they are in
	// the rows of the fit.
	Scale bool
	// Validation and Test are shares of a file that is not parted already. They are
	// drawn anew for each seed, of outliers as many as of the others. With neither, a
	// model is fitted and judged on all rows.
	Validation, Test float64
	Workers          int              // goroutines; 0: one for each processor
	Now              func() time.Time // the clock
}

// DefaultOptions measure all models once, on scaled columns.
func DefaultOptions() Options {
	return Options{Models: Models(), Seed: 1, Seeds: 1, Scale: true, Now: time.Now}
}

// maxSeeds bounds how often a model is fitted.
const maxSeeds = 1000

// Validate names all that is wrong.
func (o Options) Validate() error {
	_, err := chosen(o.Models)
	errs := []error{err}
	if o.Seeds < 1 || o.Seeds > maxSeeds {
		errs = append(errs, fmt.Errorf("seeds: %d is not between 1 and %d", o.Seeds, maxSeeds))
	}
	if !(o.Contamination >= 0 && o.Contamination <= 0.5) {
		errs = append(errs, fmt.Errorf("contamination: %v is not between 0 and 0.5", o.Contamination))
	}
	for name, share := range map[string]float64{"validation-share": o.Validation, "test-share": o.Test} {
		if !(share >= 0 && share < 1) {
			errs = append(errs, fmt.Errorf("%s: %v is not between 0 and 1", name, share))
		}
	}
	if o.Validation+o.Test >= 1 {
		errs = append(errs, errors.New("validation-share and test-share leave no rows to learn from"))
	}
	return errors.Join(errs...)
}

// apart says that rows of a file are held back for judging.
func (o Options) apart() bool { return o.Validation+o.Test > 0 }

// CheckRows refuses models that all learn from labels, where there are no other rows to
// judge them on. parted says that these are in other files.
func (o Options) CheckRows(parted bool) error {
	all, _ := chosen(o.Models) // Validate says what is wrong with them
	if parted || o.apart() || len(all) == 0 || slices.ContainsFunc(all, func(m model) bool { return !m.learns }) {
		return nil
	}
	return fmt.Errorf("%s learns from labels, so it is not judged on the rows that it has learnt from: give --validation-share, --test-share or --train", strings.Join(o.Models, ", "))
}

// Parted is the rows that a model learns from, and those that it is judged on. Those
// that are nil are not there.
type Parted struct {
	Name                    string
	Train, Validation, Test *Table
	// Whole says that the rows of Train are those that it is judged on, too.
	Whole bool
}

// Figure is a mean over seeds, and the standard deviation of one.
type Figure struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"` // over the seeds less one; 0 for one seed
}

// Result is what one model came to on rows of one kind.
type Result struct {
	Data      string    `json:"data"`
	Model     string    `json:"model"`
	Rows      string    `json:"rows"` // "all", "validation" or "test"
	Count     int       `json:"count"`
	Outliers  int       `json:"outliers"` // of them
	Columns   int       `json:"columns"`  // that vary
	Seeds     int       `json:"seeds"`
	AUROC     Figure    `json:"auroc"`             // of scores
	Hard      Figure    `json:"auroc_hard"`        // of what is called an outlier: the mean of recall and specificity
	Precision Figure    `json:"average_precision"` // of scores
	Fit       Figure    `json:"fit_seconds"`
	Score     Figure    `json:"score_seconds"`
	Error     string    `json:"error,omitempty"` // why there are no figures
	runs      []sight   // of each seed
	Began     time.Time `json:"began"`
	Ended     time.Time `json:"ended"`
}

// sight is what one fit came to.
type sight struct{ auroc, hard, precision, fit, score float64 }

// Report is all results, and what is to be known of them.
type Report struct {
	Results []Result `json:"results"`
	Notes   []string `json:"notes,omitempty"`
}

// Run measures all models on one set of rows. That a model cannot be fitted is in its
// results.
func Run(ctx context.Context, p Parted, o Options) (Report, error) {
	all, err := chosen(o.Models)
	if err != nil {
		return Report{}, err
	}
	if err := p.check(); err != nil {
		return Report{}, err
	}
	r := Report{Notes: p.notes()}
	learnt := p.Train.judged()
	drawn := p.Whole && o.apart()
	if !drawn {
		// The rows are the same for all, and those that were read are needed no more.
		if p, err = p.prepared(o, false); err != nil {
			return r, err
		}
	}
	for _, m := range all {
		if m.learns && (p.Whole && !drawn || !learnt) {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: %s is left out: it needs labels of both kinds to learn from, and other rows to be judged on", p.Name, m.name))
			continue
		}
		results, err := p.measure(ctx, m, o)
		if err != nil {
			return r, err
		}
		r.Results = append(r.Results, results...)
	}
	if len(r.Results) == 0 {
		return r, bad(p.Train.Name, "%d of %d rows are labelled as outliers: %s learns from labels of both kinds, and nothing else was to be measured", p.Train.positives(), p.Train.X.Rows, strings.Join(o.Models, ", "))
	}
	return r, nil
}

// check refuses sets of which nothing can be told.
func (p Parted) check() error {
	for _, t := range []*Table{p.Validation, p.Test} {
		if t != nil && t.X.Cols != p.Train.X.Cols {
			return bad(t.Name, "%d columns, and %s has %d", t.X.Cols, p.Train.Name, p.Train.X.Cols)
		}
		if t != nil && !slices.Equal(t.Columns, p.Train.Columns) {
			return bad(t.Name, "its columns are %s, and those of %s are %s", few(t.Columns), p.Train.Name, few(p.Train.Columns))
		}
	}
	judged := []*Table{p.Validation, p.Test}
	if p.Whole {
		judged = []*Table{p.Train}
	}
	for _, t := range judged {
		if t != nil && t.Positive == nil {
			return bad(t.Name, "it has no labels, and without them no area under a curve can be told, nor anything else: %s", t.howLabelled())
		}
		if t != nil && !t.judged() {
			return bad(t.Name, "%d of %d rows are labelled as outliers; areas under curves need rows of both kinds", t.positives(), t.X.Rows)
		}
	}
	return nil
}

func (p Parted) notes() []string {
	var notes []string
	for _, t := range []*Table{p.Train, p.Validation, p.Test} {
		if t != nil {
			for _, n := range t.Notes {
				notes = append(notes, t.Name+": "+n)
			}
		}
	}
	if _, same := named(p.Train.Columns, varying(p.Train.X)); len(same) > 0 {
		notes = append(notes, fmt.Sprintf("%s: left out, since they do not vary: %s", p.Train.Name, few(same)))
	}
	return notes
}

// measure fits a model once a seed.
func (p Parted) measure(ctx context.Context, m model, o Options) ([]Result, error) {
	var results []Result
	began := o.Now()
	for i := range o.Seeds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		seed := o.Seed + uint64(i)
		parts := p
		if p.Whole && o.apart() {
			var err error
			if parts, err = p.drawn(o, seed); err != nil {
				return nil, err
			}
		}
		if i == 0 {
			results = parts.results(m.name)
		}
		if err := parts.once(m, o, seed, results); err != nil {
			for i := range results {
				results[i] = Result{Data: p.Name, Model: m.name, Rows: results[i].Rows, Error: err.Error()}
			}
			return results, nil
		}
	}
	for i := range results {
		results[i].sum()
		results[i].Began, results[i].Ended = began.UTC(), o.Now().UTC()
	}
	return results, nil
}

// drawn is p with rows that are drawn by the seed, as models take them.
func (p Parted) drawn(o Options, seed uint64) (Parted, error) {
	p, err := p.split(o, seed)
	if err != nil {
		return p, err
	}
	return p.prepared(o, true)
}

// prepared is p with the columns alone that vary in what is learnt from, scaled if that
// is wanted. Tables that are its own are scaled in their place; others are not changed.
func (p Parted) prepared(o Options, own bool) (Parted, error) {
	columns := varying(p.Train.X)
	if len(columns) == 0 {
		return p, bad(p.Train.Name, "no column varies")
	}
	var scaler *outlier.Scaler
	for _, t := range []**Table{&p.Train, &p.Validation, &p.Test} {
		if *t == nil {
			continue
		}
		one, own := **t, own
		if len(columns) < one.X.Cols {
			one.X, own = one.X.Columns(columns), true
		}
		one.Columns, _ = named(one.Columns, columns)
		var err error
		if o.Scale && scaler == nil {
			scaler, err = outlier.FitScaler(one.X)
		}
		switch {
		case !o.Scale || err != nil:
		case own:
			err = scaler.TransformInPlace(one.X)
		default:
			one.X, err = scaler.Transform(one.X)
		}
		if err != nil {
			return p, fmt.Errorf("%s: %w", one.Name, err)
		}
		*t = &one
	}
	return p, nil
}

// split draws rows for validation and for the test.
func (p Parted) split(o Options, seed uint64) (Parted, error) {
	whole := p.Train
	y := make([]int, whole.X.Rows)
	for i, positive := range whole.Positive {
		if positive {
			y[i] = 1
		}
	}
	rest, other, err := outlier.Stratified(whole.X, y, o.Validation+o.Test, seed)
	if err != nil {
		return p, fmt.Errorf("%s: %w", whole.Name, err)
	}
	p.Whole, p.Train = false, whole.choose(rest)
	held := whole.choose(other)
	switch {
	case o.Test == 0:
		p.Validation = held
	case o.Validation == 0:
		p.Test = held
	default:
		y := make([]int, len(other))
		for i, positive := range held.Positive {
			if positive {
				y[i] = 1
			}
		}
		validation, test, err := outlier.Stratified(held.X, y, o.Test/(o.Validation+o.Test), seed)
		if err != nil {
			return p, fmt.Errorf("%s: %w", whole.Name, err)
		}
		p.Validation, p.Test = held.choose(validation), held.choose(test)
	}
	return p, p.check()
}

// judgedRows are the rows that a model is judged on, and what they are called.
func (p Parted) judgedRows() (names []string, tables []*Table) {
	if p.Whole {
		return []string{"all"}, []*Table{p.Train}
	}
	if p.Validation != nil {
		names, tables = append(names, "validation"), append(tables, p.Validation)
	}
	if p.Test != nil {
		names, tables = append(names, "test"), append(tables, p.Test)
	}
	return names, tables
}

func (p Parted) results(model string) []Result {
	names, tables := p.judgedRows()
	all := make([]Result, len(names))
	for i, t := range tables {
		all[i] = Result{Data: p.Name, Model: model, Rows: names[i], Count: t.X.Rows, Outliers: t.positives(), Columns: t.X.Cols}
	}
	return all
}

// once fits a model, and adds to each result what it says of the rows.
func (p Parted) once(m model, o Options, seed uint64, results []Result) error {
	began := o.Now()
	judge, err := m.fit(p.Train, o, seed)
	if err != nil {
		return err
	}
	fit := o.Now().Sub(began).Seconds()
	_, tables := p.judgedRows()
	for i, t := range tables {
		s := sight{fit: fit}
		began = o.Now()
		scores, outliers, err := judge(t.X)
		if err != nil {
			return err
		}
		s.score = o.Now().Sub(began).Seconds()
		confusion, err := outlier.Confuse(outliers, t.Positive)
		s.hard = confusion.HardAUROC()
		if err == nil {
			s.auroc, err = outlier.AUROC(scores, t.Positive)
		}
		if err == nil {
			s.precision, err = outlier.AveragePrecision(scores, t.Positive)
		}
		if err != nil {
			return err
		}
		results[i].runs = append(results[i].runs, s)
	}
	return nil
}

// sum makes means of what all seeds came to.
func (r *Result) sum() {
	r.Seeds = len(r.runs)
	for _, f := range []struct {
		into *Figure
		of   func(sight) float64
	}{
		{&r.AUROC, func(s sight) float64 { return s.auroc }},
		{&r.Hard, func(s sight) float64 { return s.hard }},
		{&r.Precision, func(s sight) float64 { return s.precision }},
		{&r.Fit, func(s sight) float64 { return s.fit }},
		{&r.Score, func(s sight) float64 { return s.score }},
	} {
		values := make([]float64, len(r.runs))
		for i, s := range r.runs {
			values[i] = f.of(s)
		}
		*f.into = figureOf(values)
	}
}

func figureOf(values []float64) Figure {
	var f Figure
	for _, v := range values {
		f.Mean += v / float64(len(values))
	}
	if len(values) < 2 {
		return f
	}
	for _, v := range values {
		f.SD += (v - f.Mean) * (v - f.Mean) / float64(len(values)-1)
	}
	f.SD = math.Sqrt(f.SD)
	return f
}
