package benchmark

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparkless/outlier"
	"sparkless/storage/printable"
)

// byteOrderMark stands before the header of files that spreadsheets write.
const byteOrderMark = "\xef\xbb\xbf"

// readCSV reads a file with a header.
func readCSV(name string, r io.Reader, o ReadOptions) (*Table, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return nil, bad(name, "the header: %w", err)
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], byteOrderMark)
	m, err := o.maker(header)
	if err != nil {
		return nil, bad(name, "%w", err)
	}
	label := -1
	if o.Label != "" || o.Features != Plain {
		want := o.Label
		if want == "" {
			want = bethLabel
		}
		if label = slices.Index(header, want); label < 0 {
			return nil, bad(name, "no column %s for the labels; there are %s", printable.Text(want), few(shown(header)))
		}
	}
	p := &csvRows{name: name, csv: c, made: m.columns(label), label: label}
	if err := p.read(); err != nil {
		return nil, err
	}
	return p.table(), nil
}

// maker makes columns of those of a header.
func (o ReadOptions) maker(header []string) (maker, error) {
	if o.Features == Plain {
		return plainMaker(header), nil
	}
	return newBETH(header, o.Features)
}

// maker says which columns are made of a row.
type maker interface {
	// columns are those that are made, where the labels are in column label; -1 for none.
	columns(label int) []column
}

// column is one that is made of a row.
type column struct {
	name string
	of   func(row []string) (float64, error)
	// text allows the first row to say that the column is none of numbers.
	text bool
}

// plainMaker takes the columns that are numbers.
type plainMaker []string

func (header plainMaker) columns(label int) []column {
	var all []column
	for i, name := range header {
		if i != label {
			all = append(all, column{name, func(row []string) (float64, error) { return number(row[i]) }, true})
		}
	}
	return all
}

// csvRows reads rows.
type csvRows struct {
	name  string
	csv   *csv.Reader
	made  []column
	label int

	texts    []string // columns that are left out
	data     []float64
	positive []bool
}

func (p *csvRows) read() error {
	for row := 1; ; row++ {
		record, err := p.csv.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bad(p.name, "%w", err)
		}
		if row == 1 {
			p.leaveTexts(record)
		}
		if len(p.data) > maxValues-len(p.made) {
			return bad(p.name, "more than %d values", maxValues)
		}
		if err := p.add(row, record); err != nil {
			return err
		}
	}
}

// leaveTexts leaves out the columns that are texts in the first row.
func (p *csvRows) leaveTexts(record []string) {
	p.made = slices.DeleteFunc(p.made, func(c column) bool {
		_, err := c.of(record)
		out := c.text && err != nil
		if out {
			p.texts = append(p.texts, printable.Text(c.name))
		}
		return out
	})
}

func (p *csvRows) add(row int, record []string) error {
	for _, c := range p.made {
		v, err := c.of(record)
		if err != nil {
			return bad(p.name, "row %d, column %s: %w", row, printable.Text(c.name), err)
		}
		p.data = append(p.data, v)
	}
	if p.label < 0 {
		return nil
	}
	v, err := number(record[p.label])
	if err != nil {
		return bad(p.name, "row %d, the label: %w", row, err)
	}
	positive, err := labelOf(p.name, row, v)
	p.positive = append(p.positive, positive)
	return err
}

func (p *csvRows) table() *Table {
	t := &Table{Name: p.name, Positive: p.positive}
	for _, c := range p.made {
		t.Columns = append(t.Columns, printable.Text(c.name))
	}
	t.X.Cols, t.X.Data = len(p.made), p.data
	if t.X.Cols > 0 {
		t.X = outlier.Matrix{Rows: len(p.data) / len(p.made), Cols: len(p.made), Data: p.data}
	}
	if len(p.texts) > 0 {
		t.Notes = append(t.Notes, "left out, since they are no numbers: "+few(p.texts))
	}
	return t
}

var errNumber = errors.New("no number")

// number reads a number, or a truth value as Python and others write it.
func number(text string) (float64, error) {
	text = strings.TrimSpace(text)
	switch text {
	case "True", "true", "TRUE":
		return 1, nil
	case "False", "false", "FALSE":
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errNumber
	}
	return v, nil
}

func shown(names []string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = printable.Text(n)
	}
	return all
}
