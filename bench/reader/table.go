package main

import (
	"bytes"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"

	"sparkless/masquerade"
)

// rowsOf reads the counts of names out of the file that the job's counts make of
// themselves: any Parquet tool can.
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
	rows := make([]row, len(all))
	for i, c := range all {
		rows[i] = row{Name: c.Name, Count: c.Count, First: stamp(c.First), Last: stamp(c.Last)}
	}
	return rows, nil
}
