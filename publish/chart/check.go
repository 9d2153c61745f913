package chart

import (
	"errors"
	"fmt"
	"math"
)

// Check makes sure that the chart can be drawn: its fields fit its kind and together,
// its size is bounded, and every number is finite. The error names the chart by its
// title, and the first thing that is wrong.
func (c Chart) Check() error {
	if c.Title == "" {
		return fmt.Errorf("a chart of kind %q has no title", c.Kind)
	}
	for _, check := range []func() error{c.checkTexts, c.checkFields, c.checkNumbers} {
		if err := check(); err != nil {
			return fmt.Errorf("the chart %.80q: %w", c.Title, err)
		}
	}
	return nil
}

// checkTexts looks at how long texts are.
func (c Chart) checkTexts() error {
	texts := append([]string{c.Title, c.Note, c.X, c.Y}, c.Labels...)
	texts = append(texts, c.Groups...)
	for _, s := range c.Series {
		texts = append(texts, s.Name)
	}
	for _, p := range c.Points {
		texts = append(texts, p.Label, p.Finding)
	}
	for _, text := range texts {
		if len(text) > MaxText {
			return fmt.Errorf("a text has %d bytes, of at most %d: %.40q", len(text), MaxText, text)
		}
	}
	return nil
}

// checkFields looks at what is there, of what lengths.
func (c Chart) checkFields() error {
	switch c.Kind {
	case Bars:
		return c.checkSeries(len(c.Labels), 100, 8)
	case Histogram:
		return c.checkSeries(max(len(c.Edges)-1, 0), 200, 8)
	case Lines:
		return c.checkSeries(len(c.Labels), 400, 24)
	case Matrix:
		return c.checkSeries(len(c.Labels), 50, 50)
	case Scatter:
		return c.checkPoints()
	}
	return fmt.Errorf("%q is no kind of chart", c.Kind)
}

// checkSeries looks at series of a number of values each.
func (c Chart) checkSeries(values, mostValues, mostSeries int) error {
	switch {
	case len(c.Points)+len(c.Groups) > 0:
		return fmt.Errorf("%s have no points or groups", c.Kind)
	case c.Kind == Histogram && len(c.Labels) > 0:
		return errors.New("a histogram has edges, not labels")
	case c.Kind != Histogram && len(c.Edges) > 0:
		return fmt.Errorf("%s have labels, not edges", c.Kind)
	case len(c.Edges) == 1:
		return errors.New("one edge is no bar")
	case values > mostValues || len(c.Series) > mostSeries:
		return fmt.Errorf("%d values of %d series are too many: at most %d of %d are drawn", values, len(c.Series), mostValues, mostSeries)
	}
	for _, s := range c.Series {
		if len(s.Values) != values {
			return fmt.Errorf("the series %.80q has %d values, not %d", s.Name, len(s.Values), values)
		}
		for i, mark := range s.Marks {
			if mark < 0 || mark >= values || i > 0 && mark <= s.Marks[i-1] {
				return fmt.Errorf("the marks %v of the series %.80q are not ascending indexes of its %d values", s.Marks, s.Name, values)
			}
		}
	}
	return nil
}

// checkPoints looks at points.
func (c Chart) checkPoints() error {
	switch {
	case len(c.Labels)+len(c.Edges)+len(c.Series) > 0:
		return errors.New("a scatter has points, not labels, edges or series")
	case len(c.Points) > MaxPoints || len(c.Groups) > 24:
		return fmt.Errorf("%d points of %d groups are too many: at most %d of 24 are drawn", len(c.Points), len(c.Groups), MaxPoints)
	}
	for i, p := range c.Points {
		if p.Group < 0 || p.Group >= max(len(c.Groups), 1) {
			return fmt.Errorf("point %d is of group %d of %d", i, p.Group, len(c.Groups))
		}
		if p.Count < 0 {
			return fmt.Errorf("point %d counts %d", i, p.Count)
		}
	}
	return nil
}

// checkNumbers looks at each number.
func (c Chart) checkNumbers() error {
	if c.LogX && c.Kind != Histogram && c.Kind != Scatter || c.LogY && c.Kind == Matrix {
		return fmt.Errorf("%s have no such logarithmic axis", c.Kind)
	}
	for i, edge := range c.Edges {
		if err := drawable(edge, c.LogX, false); err != nil {
			return fmt.Errorf("edge %d: %w", i, err)
		}
		if i > 0 && edge <= c.Edges[i-1] {
			return fmt.Errorf("edge %d: %v comes after %v", i, edge, c.Edges[i-1])
		}
	}
	for i, p := range c.Points {
		if err := errors.Join(drawable(p.X, c.LogX, false), drawable(p.Y, c.LogY, false)); err != nil {
			return fmt.Errorf("point %d: %w", i, err)
		}
	}
	for _, s := range c.Series {
		for i, v := range s.Values {
			if err := c.checkValue(v); err != nil {
				return fmt.Errorf("value %d of the series %.80q: %w", i, s.Name, err)
			}
		}
	}
	return nil
}

// checkValue looks at a value of a series.
func (c Chart) checkValue(v float64) error {
	if err := drawable(v, c.LogY, c.Kind == Bars || c.Kind == Histogram); err != nil {
		return err
	}
	if c.Kind == Histogram && v < 0 {
		return fmt.Errorf("%v is below 0", v)
	}
	const rounding = 1e-9 // of a correlation that is computed
	if c.Kind == Matrix && math.Abs(v) > 1+rounding {
		return fmt.Errorf("%v is not between -1 and 1", v)
	}
	return nil
}

// drawable tells why a number has no place on an axis.
func drawable(v float64, logarithmic, zero bool) error {
	if math.IsNaN(v) || math.Abs(v) > Largest {
		return fmt.Errorf("%v cannot be drawn", v)
	}
	if logarithmic && v <= 0 && (!zero || v < 0) {
		return fmt.Errorf("%v is not above 0, as a logarithmic axis wants", v)
	}
	return nil
}
