package benchmark

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/outlier"
)

// cloud has n usual rows around the origin, and n/10 outliers far from it. Its third
// column does not vary.
func cloud(name string, n int) *Table {
	t := &Table{Name: name, Columns: []string{"a", "b", "same"}}
	for i := range n + n/10 {
		a := float64(i) * 2.399963 // the golden angle spreads rows evenly
		r := 1.0
		if i >= n {
			r = 8
		}
		t.X.Data = append(t.X.Data, r*math.Cos(a)*(1+float64(i%7)/7), r*math.Sin(a)*(1+float64(i%5)/5), 4)
		t.Positive = append(t.Positive, i >= n)
	}
	t.X.Rows, t.X.Cols = n+n/10, 3
	return t
}

// options measure by a clock that stands still but for a second a look.
func options(models ...string) Options {
	o := DefaultOptions()
	now := time.Unix(0, 0)
	o.Now = func() time.Time { now = now.Add(time.Second); return now }
	if len(models) > 0 {
		o.Models = models
	}
	return o
}

// All models but those of planes find what anybody sees, on rows of whatever kind.
func TestModelsFindOutliers(t *testing.T) {
	whole := cloud("w", 200)
	for what, c := range map[string]struct {
		p    Parted
		set  func(*Options)
		rows []string
	}{
		"whole": {Parted{Name: "w", Train: whole, Whole: true}, func(*Options) {}, []string{"all"}},
		"files": {Parted{Name: "f", Train: cloud("tr", 200), Validation: cloud("v", 100), Test: cloud("te", 50)}, func(*Options) {}, []string{"validation", "test"}},
		"split": {Parted{Name: "s", Train: whole, Whole: true}, func(o *Options) { o.Validation, o.Test = 0.2, 0.4 }, []string{"validation", "test"}},
		"test":  {Parted{Name: "t", Train: whole, Whole: true}, func(o *Options) { o.Test = 0.5 }, []string{"test"}},
	} {
		o := options()
		o.Seeds = 3
		c.set(&o)
		r, err := Run(t.Context(), c.p, o)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		learnt := 5
		if what == "whole" {
			learnt = 4
		}
		if len(r.Results) != learnt*len(c.rows) || !strings.Contains(fmt.Sprint(r.Notes), "do not vary: same") {
			t.Errorf("%s: %d results, %q", what, len(r.Results), r.Notes)
		}
		for _, one := range r.Results {
			good := one.Model == "isolation-forest" || one.Model == "elliptic-envelope" || one.Model == "random-forest"
			if one.Error != "" || one.Seeds != 3 || one.Columns != 2 || !slices.Contains(c.rows, one.Rows) || one.Fit.Mean != 1 || one.Score.Mean != 1 {
				t.Errorf("%s: %+v", what, one)
			}
			if good && (one.AUROC.Mean < 0.99 || one.Precision.Mean < 0.95 || one.Hard.Mean < 0.8) {
				t.Errorf("%s: %+v", what, one)
			}
		}
	}
	if slices.Contains(whole.Positive[:200], true) || whole.X.Cols != 3 {
		t.Error("the table was changed")
	}
}

// A split has outliers as the whole does, and no row twice.
func TestSplits(t *testing.T) {
	whole := cloud("w", 200)
	o := options()
	o.Validation, o.Test = 0.25, 0.25
	p, err := Parted{Name: "w", Train: whole, Whole: true}.split(o, 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[2]float64]int{}
	for _, c := range []struct {
		t         *Table
		rows, bad int
	}{{p.Train, 110, 10}, {p.Validation, 55, 5}, {p.Test, 55, 5}} {
		if c.t.X.Rows != c.rows || c.t.positives() != c.bad {
			t.Errorf("%d rows, %d outliers, want %d and %d", c.t.X.Rows, c.t.positives(), c.rows, c.bad)
		}
		for i := range c.t.X.Rows {
			seen[[2]float64(c.t.X.Row(i)[:2])]++
		}
	}
	if len(seen) != 220 {
		t.Errorf("%d distinct rows of 220", len(seen))
	}
	again, _ := Parted{Name: "w", Train: whole, Whole: true}.split(o, 1)
	other, _ := Parted{Name: "w", Train: whole, Whole: true}.split(o, 2)
	if !slices.Equal(again.Test.X.Data, p.Test.X.Data) || slices.Equal(other.Test.X.Data, p.Test.X.Data) {
		t.Error("the split does not hang on the seed alone")
	}
}

// Scaling is that of the rows that are learnt from, and changes no ranking of a forest.
func TestScaling(t *testing.T) {
	p := Parted{Name: "f", Train: cloud("tr", 200), Test: cloud("te", 50)}
	o := options("isolation-forest")
	scaled, err := p.prepared(o, false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := outlier.FitScaler(p.Train.X.Columns([]int{0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Transform(p.Test.X.Columns([]int{0, 1}))
	if err != nil || !slices.Equal(scaled.Test.X.Data, want.Data) {
		t.Error("the test rows are scaled otherwise", err)
	}
	o.Scale = false
	plain, err := p.prepared(o, false)
	if err != nil || !slices.Equal(plain.Test.X.Data, p.Test.X.Columns([]int{0, 1}).Data) {
		t.Error("scaled unasked", err)
	}
}

// Contamination moves the hard labels and no score.
func TestContamination(t *testing.T) {
	for _, model := range []string{"isolation-forest", "elliptic-envelope"} {
		var figures []Result
		for _, share := range []float64{0.01, 0.5} {
			o := options(model)
			o.Contamination = share
			r, err := Run(t.Context(), Parted{Name: "w", Train: cloud("w", 200), Whole: true}, o)
			if err != nil {
				t.Fatal(err)
			}
			figures = append(figures, r.Results[0])
		}
		if figures[0].AUROC != figures[1].AUROC || figures[0].Hard == figures[1].Hard {
			t.Errorf("%+v", figures)
		}
	}
}

func TestDeviations(t *testing.T) {
	if f := figureOf([]float64{1, 2, 3, 6}); f.Mean != 3 || math.Abs(f.SD-math.Sqrt(14.0/3)) > 1e-12 {
		t.Error(f)
	}
	if f := figureOf([]float64{7}); f != (Figure{7, 0}) {
		t.Error(f)
	}
}

// What cannot be measured says why: what is asked for, the labels, the columns. A model
// that cannot be fitted is in the results, and the others go on.
func TestWhatCannotBeMeasured(t *testing.T) {
	bare := cloud("bare", 100)
	bare.Positive = nil
	flat := cloud("flat", 10)
	clear(flat.X.Data)
	narrow := cloud("narrow", 100)
	narrow.X, narrow.Columns = narrow.X.Columns([]int{0}), []string{"a"}
	renamed := cloud("renamed", 100)
	renamed.Columns = []string{"b", "a", "same"}
	for want, p := range map[string]Parted{
		"with --label":     {Name: "x", Train: bare, Whole: true},
		"bare: ":           {Name: "x", Train: cloud("x", 100), Test: bare},
		"no column varies": {Name: "x", Train: flat, Whole: true},
		"narrow: ":         {Name: "x", Train: cloud("x", 100), Test: narrow},
		"its columns are":  {Name: "x", Train: cloud("x", 100), Test: renamed},
	} {
		if _, err := Run(t.Context(), p, options()); !errors.Is(err, ErrTable) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	one := &Table{Name: "one", Columns: []string{"a"}, X: outlier.Matrix{Rows: 2, Cols: 1, Data: []float64{1, 2}}, Positive: []bool{true, true}}
	r, err := Run(t.Context(), Parted{Name: "x", Train: one, Test: cloudOf(one)}, options("isolation-forest", "random-forest"))
	if err != nil || len(r.Results) != 1 || !strings.Contains(fmt.Sprint(r.Notes), "random-forest is left out") {
		t.Errorf("%+v, %v", r, err)
	}
	alone := *one
	alone.Positive = nil
	if _, err := Run(t.Context(), Parted{Name: "x", Train: &alone, Test: cloudOf(one)}, options("random-forest")); !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), "one: ") || !strings.Contains(err.Error(), "random-forest learns from labels of both kinds") {
		t.Error(err)
	}
	for name, want := range map[string]string{"a.npz": "there is no array y", "x.npy": "x.npy,y.npy", "x.csv": "--label"} {
		bare.Name = name
		if _, err := Run(t.Context(), Parted{Name: "x", Train: bare, Whole: true}, options()); !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), name+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := Options{Models: []string{"x\x1b"}, Seeds: 0, Contamination: math.NaN(), Validation: 0.5, Test: 0.5}
	err = o.Validate()
	for _, want := range []string{"x<U+001B>", "seeds: 0", "contamination: NaN", "leave no rows"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Parted{Name: "w", Train: cloud("w", 100), Whole: true}, options()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// cloudOf is a table with the columns of another, and labels of both kinds.
func cloudOf(t *Table) *Table {
	one := *t
	one.Positive = []bool{true, false}
	return &one
}
