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
	p := &csvRows{name: name, csv: c, made: m.columns(label), label: label, room: o.Room}
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
	// plain allows the column to be none of numbers, which the first cell says that is
	// not empty.
	plain bool
	place int // in the header; of plain columns alone
}

// plainMaker takes the columns that are numbers.
type plainMaker []string

func (header plainMaker) columns(label int) []column {
	var all []column
	for i, name := range header {
		if i != label {
			all = append(all, column{name, func(row []string) (float64, error) { return number(row[i]) }, true, i})
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
	room  Room

	texts    []column // that are left out
	open     []column // whose cells were all empty yet
	rows     int
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
			p.sort(record)
		}
		if err := p.settle(record); err != nil {
			return err
		}
		if err := p.room.fits(row, len(p.made)); err != nil {
			return bad(p.name, "after %d rows: %w", row-1, err)
		}
		p.rows = row
		if err := p.add(row, record); err != nil {
			return err
		}
	}
}

// sort leaves out the columns that are texts in the first row, and those that are empty
// there until another row tells.
func (p *csvRows) sort(record []string) {
	p.made = slices.DeleteFunc(p.made, func(c column) bool {
		_, err := c.of(record)
		switch {
		case c.plain && errors.Is(err, errGap):
			p.open = append(p.open, c)
		case c.plain && errors.Is(err, errNumber):
			p.texts = append(p.texts, c)
		default:
			return false
		}
		return true
	})
}

// settle says of columns that were empty what they are. Nothing is kept of them: they
// are texts, or there is a gap among numbers.
func (p *csvRows) settle(record []string) error {
	var err error
	p.open = slices.DeleteFunc(p.open, func(c column) bool {
		_, is := c.of(record)
		switch {
		case errors.Is(is, errGap):
			return false
		case errors.Is(is, errNumber):
			p.texts = append(p.texts, c)
		case err == nil:
			err = bad(p.name, "row 1, column %s: %w", printable.Text(c.name), errGap)
		}
		return true
	})
	return err
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
	t.X = outlier.Matrix{Rows: p.rows, Cols: len(p.made), Data: p.data}
	for why, columns := range map[string][]column{"no numbers": p.texts, "empty": p.open} {
		slices.SortFunc(columns, func(a, b column) int { return a.place - b.place })
		var names []string
		for _, c := range columns {
			names = append(names, printable.Text(c.name))
		}
		if len(names) > 0 {
			t.Notes = append(t.Notes, "left out, since they are "+why+": "+few(names))
		}
	}
	slices.Sort(t.Notes)
	return t
}

// What a cell is that holds no number of use.
var (
	errNumber = errors.New("no number; write one, or leave out the row or the column")
	errRange  = errors.New("no finite number; models take those alone: write one, or leave out the row or the column")
	errGap    = errors.New("empty; models take numbers alone: fill the gap, or leave out the row or the column")
)

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
	switch {
	case math.IsInf(v, 0): // also of 1e999, which is an error of its own
		return 0, errRange
	case err == nil && !math.IsNaN(v):
		return v, nil
	}
	switch strings.ToLower(text) { // as Python, R and spreadsheets write that there is nothing
	case "", "nan", "na", "n/a", "#n/a", "<na>", "null", "none":
		return 0, errGap
	}
	return 0, errNumber
}

func shown(names []string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = printable.Text(n)
	}
	return all
}
