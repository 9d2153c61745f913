package masquerade

import (
	"slices"

	"sparkless/storage/table"
)

// earlier is a format that is read and not written any more.
type earlier struct {
	format string
	lacks  []int // of the present columns
	blind  bool  // it does not tell origins
}

// earlierFormats: the first has one row a name, which does not say where it ran, nor
// on how many hosts if there were more than are kept; the second does not tell the
// hours.
func earlierFormats() []earlier {
	return []earlier{
		{"masquerade-counts/2", []int{columnHours}, false},
		{"masquerade-counts/1", []int{columnOrigin, columnHours, columnSketch}, true},
	}
}

// columns are those of the format, in order.
func (e *earlier) columns() (out []table.Column) {
	for i, c := range columns {
		if !slices.Contains(e.lacks, i) {
			out = append(out, c)
		}
	}
	return out
}

// present is which of the present columns a column of the format is.
func (e *earlier) present(column int) int {
	for i := range columns {
		switch {
		case slices.Contains(e.lacks, i):
		case column == 0:
			return i
		default:
			column--
		}
	}
	panic("masquerade: a column that the format does not have")
}

// source gives the rows of a file of any format as those of the present one.
type source struct {
	*table.Reader
	values  []table.Values // by column
	earlier *earlier       // nil for the present format
	stored  []table.Values // by column of the earlier format
}

// openCounts opens a file of any format.
func openCounts(file []byte) (*source, error) {
	s := &source{values: make([]table.Values, len(columns))}
	var err error
	if s.Reader, err = table.Open(format, columns, file); err == nil {
		return s, nil
	}
	for _, e := range earlierFormats() {
		has := e.columns()
		if r, err := table.Open(e.format, has, file); err == nil {
			s.Reader, s.earlier, s.stored = r, &e, make([]table.Values, len(has))
			return s, nil
		}
	}
	return nil, err
}

// blind reports whether the file does not tell origins.
func (s *source) blind() bool { return s.earlier != nil && s.earlier.blind }

// read reads a group into values; of a choice of columns these alone.
func (s *source) read(group int, only ...int) (rows int, err error) {
	if s.earlier == nil {
		return s.Read(group, s.values, only...)
	}
	var chosen []int // as the earlier format counts
	stored := 0
	for i := range columns {
		if slices.Contains(s.earlier.lacks, i) {
			continue
		}
		if slices.Contains(only, i) {
			chosen = append(chosen, stored)
		}
		stored++
	}
	if rows, err = s.Read(group, s.stored, chosen...); err != nil {
		return 0, err
	}
	stored = 0
	for i := range columns {
		if !slices.Contains(s.earlier.lacks, i) {
			s.values[i] = s.stored[stored]
			stored++
		}
	}
	for _, column := range s.earlier.lacks {
		if len(only) == 0 || slices.Contains(only, column) {
			s.fill(column, rows)
		}
	}
	return rows, nil
}

// fill makes a column that the format lacks.
func (s *source) fill(column, rows int) {
	v := &s.values[column]
	v.Reset()
	switch column {
	case columnOrigin:
		for range rows {
			v.Lens = append(v.Lens, 1)
			v.Texts.Add([]byte(origin(0).String()))
		}
	case columnSketch:
		v.Lens = make([]byte, rows)
	case columnHours:
		count, first, last := s.values[columnCount].Ints, s.values[columnFirst].Ints, s.values[columnLast].Ints
		for row := range rows {
			v.Ints = append(v.Ints, int64(hoursOfEarlier(count[row], first[row], last[row])))
		}
	}
}
