package chart_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"sparkless/publish/chart"
)

// sound is a chart of each kind that passes.
func sound(kind chart.Kind) chart.Chart {
	c := chart.Chart{Kind: kind, Title: "T", Series: []chart.Series{{Name: "a", Values: []float64{0.5, 1}, Marks: []int{0, 1}}, {Name: "b", Values: []float64{1, 0.25}}}}
	switch kind {
	case chart.Histogram:
		c.Edges = []float64{1, 2, 4}
	case chart.Scatter:
		c.Series, c.Groups = nil, []string{"g", "h"}
		c.Points = []chart.Point{{X: 1, Y: 2, Group: 1, Count: 3, Label: "l", Finding: "an-1"}, {X: 2, Y: 1}}
	default:
		c.Labels = []string{"x", "y"}
	}
	return c
}

var kinds = []chart.Kind{chart.Bars, chart.Histogram, chart.Lines, chart.Scatter, chart.Matrix}

func TestSoundChartsPass(t *testing.T) {
	for _, kind := range kinds {
		if err := sound(kind).Check(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if err := (chart.Chart{Kind: kind, Title: "empty"}).Check(); err != nil {
			t.Errorf("an empty %s: %v", kind, err)
		}
	}
	for name, c := range edges() {
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// edges are what just passes.
func edges() map[string]chart.Chart {
	all := map[string]chart.Chart{}
	change := func(name string, kind chart.Kind, to func(*chart.Chart)) {
		c := sound(kind)
		to(&c)
		all[name] = c
	}
	change("no bar on a log axis", chart.Bars, func(c *chart.Chart) { c.LogY = true; c.Series[0].Values[0] = 0 })
	change("an empty bin on a log axis", chart.Histogram, func(c *chart.Chart) { c.LogX, c.LogY = true, true; c.Series[0].Values[0] = 0 })
	change("a log line", chart.Lines, func(c *chart.Chart) { c.LogY = true; c.Series[0].Values[0] = math.SmallestNonzeroFloat64 })
	change("a rounded correlation", chart.Matrix, func(c *chart.Chart) { c.Series[0].Values[0] = -1 - 1e-10 })
	change("the largest", chart.Scatter, func(c *chart.Chart) { c.Points[0].X, c.Points[1].X = -chart.Largest, chart.Largest })
	change("no groups", chart.Scatter, func(c *chart.Chart) { c.Groups, c.Points[0].Group = nil, 0 })
	change("many points", chart.Scatter, func(c *chart.Chart) { c.Points = make([]chart.Point, chart.MaxPoints) })
	change("a long text", chart.Scatter, func(c *chart.Chart) { c.Points[0].Label = strings.Repeat("x", chart.MaxText) })
	change("bars below 0", chart.Bars, func(c *chart.Chart) { c.Series[0].Values[0] = -3 })
	return all
}

// Each fault is found, and the error names the chart.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		want   string
		kind   chart.Kind
		damage func(*chart.Chart)
	}{
		{"has no title", chart.Bars, func(c *chart.Chart) { c.Title = "" }},
		{"no kind of chart", "pie", func(*chart.Chart) {}},
		{"no kind of chart", "", func(*chart.Chart) {}},
		{"has 1 values, not 2", chart.Bars, func(c *chart.Chart) { c.Series[1].Values = []float64{1} }},
		{"has 2 values, not 1", chart.Histogram, func(c *chart.Chart) { c.Edges = c.Edges[:2] }},
		{"has 2 values, not 0", chart.Lines, func(c *chart.Chart) { c.Labels = nil }},
		{"one edge", chart.Histogram, func(c *chart.Chart) { c.Edges, c.Series = c.Edges[:1], nil }},
		{"2 comes after 2", chart.Histogram, func(c *chart.Chart) { c.Edges[0] = 2 }},
		{"edges, not labels", chart.Histogram, func(c *chart.Chart) { c.Labels = []string{"x"} }},
		{"labels, not edges", chart.Matrix, func(c *chart.Chart) { c.Edges = []float64{1, 2} }},
		{"no points or groups", chart.Lines, func(c *chart.Chart) { c.Points = make([]chart.Point, 1) }},
		{"no points or groups", chart.Lines, func(c *chart.Chart) { c.Groups = []string{"g"} }},
		{"points, not labels", chart.Scatter, func(c *chart.Chart) { c.Series = sound(chart.Bars).Series }},
		{"ascending indexes", chart.Bars, func(c *chart.Chart) { c.Series[0].Marks = []int{2} }},
		{"ascending indexes", chart.Bars, func(c *chart.Chart) { c.Series[0].Marks = []int{-1} }},
		{"ascending indexes", chart.Bars, func(c *chart.Chart) { c.Series[0].Marks = []int{1, 1} }},
		{"group 2 of 2", chart.Scatter, func(c *chart.Chart) { c.Points[0].Group = 2 }},
		{"group -1 of 2", chart.Scatter, func(c *chart.Chart) { c.Points[0].Group = -1 }},
		{"group 1 of 0", chart.Scatter, func(c *chart.Chart) { c.Groups = nil }},
		{"counts -1", chart.Scatter, func(c *chart.Chart) { c.Points[0].Count = -1 }},
		{"NaN cannot be drawn", chart.Lines, func(c *chart.Chart) { c.Series[0].Values[1] = math.NaN() }},
		{"+Inf cannot be drawn", chart.Scatter, func(c *chart.Chart) { c.Points[1].Y = math.Inf(1) }},
		{"-Inf cannot be drawn", chart.Histogram, func(c *chart.Chart) { c.Edges[0] = math.Inf(-1) }},
		{"cannot be drawn", chart.Bars, func(c *chart.Chart) { c.Series[0].Values[1] = -1e101 }},
		{"below 0", chart.Histogram, func(c *chart.Chart) { c.Series[0].Values[1] = -1 }},
		{"not between -1 and 1", chart.Matrix, func(c *chart.Chart) { c.Series[0].Values[1] = 1.001 }},
		{"not above 0", chart.Lines, func(c *chart.Chart) { c.LogY = true; c.Series[0].Values[1] = 0 }},
		{"not above 0", chart.Bars, func(c *chart.Chart) { c.LogY = true; c.Series[0].Values[1] = -1 }},
		{"not above 0", chart.Scatter, func(c *chart.Chart) { c.LogX = true; c.Points[1].X = 0 }},
		{"not above 0", chart.Scatter, func(c *chart.Chart) { c.LogY = true; c.Points[1].Y = -1 }},
		{"not above 0", chart.Histogram, func(c *chart.Chart) { c.LogX = true; c.Edges[0] = 0 }},
		{"no such logarithmic axis", chart.Bars, func(c *chart.Chart) { c.LogX = true }},
		{"no such logarithmic axis", chart.Matrix, func(c *chart.Chart) { c.LogY = true }},
		{"too many", chart.Scatter, func(c *chart.Chart) { c.Points = make([]chart.Point, chart.MaxPoints+1) }},
		{"too many", chart.Scatter, func(c *chart.Chart) { c.Groups = make([]string, 25) }},
		{"too many", chart.Bars, func(c *chart.Chart) { c.Labels = make([]string, 101) }},
		{"too many", chart.Lines, func(c *chart.Chart) { c.Series = make([]chart.Series, 25) }},
		{"too many", chart.Matrix, func(c *chart.Chart) { c.Labels = make([]string, 51) }},
		{"too many", chart.Histogram, func(c *chart.Chart) { c.Edges = make([]float64, 202) }},
		{"2049 bytes", chart.Bars, func(c *chart.Chart) { c.Labels[1] = strings.Repeat("x", chart.MaxText+1) }},
		{"2049 bytes", chart.Scatter, func(c *chart.Chart) { c.Points[1].Label = strings.Repeat("x", chart.MaxText+1) }},
		{"2049 bytes", chart.Lines, func(c *chart.Chart) { c.Series[0].Name = strings.Repeat("x", chart.MaxText+1) }},
	} {
		damaged := sound(c.kind)
		c.damage(&damaged)
		err := damaged.Check()
		if err == nil || !strings.Contains(err.Error(), c.want) || c.want != "has no title" && !strings.Contains(err.Error(), `the chart "T": `) {
			t.Errorf("%s: %v, not %q", c.kind, err, c.want)
		}
	}
}

// An error is short and shows nothing as it is, however long and hostile a text.
func TestErrorsAreHarmless(t *testing.T) {
	text := strings.Repeat("\x1b]0;\u202e", chart.MaxText)
	err := chart.Chart{Kind: chart.Bars, Title: text}.Check()
	if err == nil || len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("%v", err)
	}
}

// Points come back, rounded to what a screen shows, and short ones are short.
func TestPointsComeBack(t *testing.T) {
	for text, p := range map[string]chart.Point{
		`[0,0]`:                    {},
		`[1.23457e+06,-0.333333]`:  {X: 1234567, Y: -1.0 / 3},
		`[1,2,3]`:                  {X: 1, Y: 2, Group: 3},
		`[1,2,0,4]`:                {X: 1, Y: 2, Count: 4},
		`[1,2,0,0,"<l>"]`:          {X: 1, Y: 2, Label: "<l>"},
		`[1,2,0,0,"","an-1"]`:      {X: 1, Y: 2, Finding: "an-1"},
		`[1e-300,1e+100,1,2,"é"]`:  {X: 1e-300, Y: 1e100, Group: 1, Count: 2, Label: "é"},
		`[1,2,0,9007199254740993]`: {X: 1, Y: 2, Count: 1<<53 + 1},
	} {
		written, err := json.Marshal(p)
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(written))
		if err != nil || plain != text {
			t.Errorf("%+v: %s, %v, want %s", p, written, err, text)
		}
		var read chart.Point
		if err := json.Unmarshal(written, &read); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(read); string(again) != string(written) || read.Label != p.Label || read.Finding != p.Finding || read.Count != p.Count {
			t.Errorf("%+v came back as %+v", p, read)
		}
	}
	if _, err := json.Marshal(chart.Point{X: math.NaN()}); err == nil {
		t.Error("NaN has become JSON")
	}
}

// What is no point is an error, and nothing of it is taken.
func FuzzPoint(f *testing.F) {
	for _, text := range []string{`[1,2]`, `[1]`, `[]`, `{}`, `null`, `[1,2,3,4,"l","f",7]`, `["x",2]`, `[1,2,1.5]`, `[1e999,2]`, `[null,null]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := chart.Point{X: 7, Label: "kept"}
		p := before
		if err := json.Unmarshal(text, &p); err != nil {
			if p != before {
				t.Fatalf("%q left %+v", text, p)
			}
			return
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatalf("%q became %+v: %v", text, p, err)
		}
	})
}
