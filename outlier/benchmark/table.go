// Package benchmark fits the models of package outlier on labelled tables and says how
// well they find what is labelled. It reads tables as they are published: CSV, and the
// arrays of NumPy.
//
// What it reads counts as hostile: sizes are bounded before memory is taken for them,
// and every error names the file.
package benchmark

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"sparkless/outlier"
)

// ErrTable is the kind of every error of a file that holds no table that can be used.
var ErrTable = errors.New("no usable table")

// maxValues is how many numbers a table has at most where nothing says how much memory
// there is: 2 GiB of them.
const maxValues = 1 << 28

// Table is rows of numbers, and which of them are outliers.
type Table struct {
	Name     string // of the file it was read from
	Columns  []string
	X        outlier.Matrix
	Positive []bool   // of each row; nil where the file has no labels
	Notes    []string // what was left out of the file
}

// bad is an error of the kind ErrTable.
func bad(name, format string, args ...any) error {
	return fmt.Errorf("%s: %w: %w", name, ErrTable, fmt.Errorf(format, args...))
}

// check refuses a table that no model takes.
func (t *Table) check() error {
	if t.X.Rows == 0 || t.X.Cols == 0 {
		return bad(t.Name, "%d rows of %d columns", t.X.Rows, t.X.Cols)
	}
	for i, v := range t.X.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bad(t.Name, "row %d, column %s: %v; models take finite numbers alone: fill gaps before", i/t.X.Cols+1, t.Columns[i%t.X.Cols], v)
		}
	}
	if t.Positive != nil && len(t.Positive) != t.X.Rows {
		return bad(t.Name, "%d rows, and labels of %d", t.X.Rows, len(t.Positive))
	}
	return nil
}

// positives is how many rows are labelled as outliers.
func (t *Table) positives() int {
	n := 0
	for _, p := range t.Positive {
		if p {
			n++
		}
	}
	return n
}

// judged reports whether areas under curves can be told: there are rows of both kinds.
func (t *Table) judged() bool {
	n := t.positives()
	return n > 0 && n < len(t.Positive)
}

// howLabelled says where labels of a file of its kind are.
func (t *Table) howLabelled() string {
	switch lower := strings.ToLower(t.Name); {
	case strings.HasSuffix(lower, ".npz"):
		return "there is no array y; give it one, with 1 for an outlier and 0 for others"
	case strings.HasSuffix(lower, ".npy"):
		return "give those in another array, behind a comma: x.npy,y.npy"
	}
	return "give the column that holds them with --label"
}

// choose returns a copy of some of the rows.
func (t *Table) choose(rows []int) *Table {
	one := *t
	one.X = t.X.Select(rows)
	one.Positive = make([]bool, len(rows))
	for i, row := range rows {
		one.Positive[i] = t.Positive[row]
	}
	return &one
}

// varying are the columns of which not all values are equal.
func varying(x outlier.Matrix) []int {
	varies, same := make([]bool, x.Cols), x.Cols
	for r := 1; r < x.Rows && same > 0; r++ {
		for c, v := range x.Row(r) {
			if v != x.Data[c] && !varies[c] {
				varies[c] = true
				same--
			}
		}
	}
	var columns []int
	for c, v := range varies {
		if v {
			columns = append(columns, c)
		}
	}
	return columns
}

// named are the names of some columns, and those of the others.
func named(all []string, columns []int) (in, out []string) {
	for i, name := range all {
		if slices.Contains(columns, i) {
			in = append(in, name)
		} else {
			out = append(out, name)
		}
	}
	return in, out
}

// numbered are names of columns that have none: "1" for the first.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i + 1)
	}
	return names
}

// few names the first of many.
func few(names []string) string {
	const shown = 8
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

// labelOf says which rows a label of a number marks: 0 is usual, 1 is not.
func labelOf(name string, row int, v float64) (bool, error) {
	if v != 0 && v != 1 {
		return false, bad(name, "row %d: the label is %v; want 0 for what is usual and 1 for what is not", row, v)
	}
	return v == 1, nil
}
