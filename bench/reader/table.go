package main

import (
	"bytes"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"

	"sparkless/masquerade"
)

// rowsOf reads the counts of names out of the file that the job's counts make of
// themselves: any Parquet tool can. There a name has a row for each origin of its
// events.
func rowsOf(c *masquerade.Counts) ([]row, error) {
	file, err := c.Encode("")
	if err != nil {
		return nil, err
	}
	type counted struct {
		Name  *string `parquet:"name,optional"`
		Count int64   `parquet:"count"`
		First int64   `parquet:"first,timestamp(nanosecond)"`
		Last  int64   `parquet:"last,timestamp(nanosecond)"`
	}
	r := parquet.NewGenericReader[counted](bytes.NewReader(file))
	defer r.Close()
	all := make([]counted, r.NumRows())
	if n, err := r.Read(all); n != len(all) || err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(errors.New("the job's counts cannot be read"), err)
	}
	var rows []row
	for i, c := range all {
		if i > 0 && sameName(all[i-1].Name, c.Name) { // a row for each origin, one behind the other
			sum := &rows[len(rows)-1]
			sum.Count += c.Count
			sum.First, sum.Last = min(sum.First, stamp(c.First)), max(sum.Last, stamp(c.Last))
			continue
		}
		rows = append(rows, row{Name: c.Name, Count: c.Count, First: stamp(c.First), Last: stamp(c.Last)})
	}
	return rows, nil
}

// sameName compares names, of which one may be absent.
func sameName(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
