package masquerade

import (
	"slices"

	"sparkless/storage/table"
)

// format1 is the first version of the rows: one a name, which does not say where
// it ran, nor on how many hosts if there were more than are kept.
const format1 = "masquerade-counts/1"

var columns1 = slices.Concat(columns[:columnOrigin], columns[columnCount:columnSketch])

// source gives the rows of a file of either version as those of the present one.
type source struct {
	*table.Reader
	values []table.Values // by column
	first  []table.Values // of the first version
}

// openCounts opens a file of either version.
func openCounts(file []byte) (*source, error) {
	s := &source{values: make([]table.Values, len(columns))}
	var err error
	if s.Reader, err = table.Open(format, columns, file); err == nil {
		return s, nil
	}
	if r, err := table.Open(format1, columns1, file); err == nil {
		s.Reader, s.first = r, make([]table.Values, len(columns1))
		return s, nil
	}
	return nil, err
}

// read reads a group into values; of a choice of columns these alone.
func (s *source) read(group int, only ...int) (rows int, err error) {
	if s.first == nil {
		return s.Read(group, s.values, only...)
	}
	var chosen []int
	for _, column := range only {
		switch {
		case column < columnOrigin:
			chosen = append(chosen, column)
		case column > columnOrigin && column < columnSketch:
			chosen = append(chosen, column-1)
		}
	}
	if rows, err = s.Read(group, s.first, chosen...); err != nil {
		return 0, err
	}
	origins, sketches := &s.values[columnOrigin], &s.values[columnSketch]
	origins.Reset()
	for range rows {
		origins.Lens = append(origins.Lens, 1)
		origins.Texts.Add([]byte(origin(0).String()))
	}
	sketches.Reset()
	sketches.Lens = make([]byte, rows)
	copy(s.values[:columnOrigin], s.first[:columnOrigin])
	copy(s.values[columnCount:columnSketch], s.first[columnOrigin:])
	return rows, nil
}
