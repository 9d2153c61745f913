package outlier

import (
	"errors"
	"slices"
)

// Categories are the distinct values of a column of texts, in the order of
// their bytes (scikit-learn's OneHotEncoder with handle_unknown="ignore", and
// its LabelEncoder).
type Categories []string

// FitCategories collects the values.
func FitCategories(values []string) Categories {
	distinct := slices.Clone(values)
	slices.Sort(distinct)
	return slices.Clip(slices.Compact(distinct))
}

// Rank is the number that LabelEncoder gives to value; false for one that was
// not there at the fit. It is a number without a meaning: a model that compares
// it takes neighbours in the alphabet for alike.
func (c Categories) Rank(value string) (int, bool) { return slices.BinarySearch(c, value) }

// Put writes the columns of value into row, which is as long as c: 1 for its
// category, else 0. A value that was not there at the fit has zeros alone.
func (c Categories) Put(row []float64, value string) {
	clear(row[:len(c)])
	if i, ok := c.Rank(value); ok {
		row[i] = 1
	}
}

// OneHot returns a table with a column for each category.
func (c Categories) OneHot(values []string) Matrix {
	m := Zeros(len(values), len(c))
	for i, v := range values {
		c.Put(m.Row(i), v)
	}
	return m
}

func (c Categories) check() error {
	for i := 1; i < len(c); i++ {
		if c[i-1] >= c[i] {
			return errors.New("categories are not sorted, or not distinct")
		}
	}
	return nil
}
