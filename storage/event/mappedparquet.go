package event

import (
	"bytes"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// mappedColumns are the columns of Parquet that Fields looks for: those of the top
// level that are named like a path. A row has one column for its ID and one for its
// time: of the paths of either the first that the blob has.
type mappedColumns struct {
	fields  *Fields
	columns [][][2]int // by column of the query and path: indices of columns, -1 for none
	eventID [][2]int
	time    [][2]int
	by      [][2]int
	pairs   [][2]Value
	texts   []byte // of a row
	scratch []byte
}

// mapColumns lists the columns that are looked for.
func (c *columnar) mapColumns(q Query) {
	m := &mappedColumns{fields: q.Fields}
	c.fields = m
	pairs := func(column string) (all [][2]int) {
		for _, path := range q.Fields.paths(column) {
			before, name := joined(path)
			pair := [2]int{-1, c.column(name)}
			if before != "" {
				pair[0] = c.column(before)
			}
			all = append(all, pair)
		}
		return all
	}
	for _, column := range q.Columns {
		m.columns = append(m.columns, pairs(column))
	}
	m.eventID, m.time, m.by = pairs("EventID"), pairs("TimeGenerated"), pairs(Provider)
}

// chooseFields settles which columns of the blob tell ID and time. A column that is
// there only as a part of another is an error.
func (c *columnar) chooseFields(found map[string]leaf) error {
	m := c.fields
	first := func(pairs [][2]int) int {
		for _, p := range pairs {
			if !c.columns[p[1]].absent {
				return p[1]
			}
		}
		return pairs[0][1]
	}
	c.eventID, c.time = first(m.eventID), first(m.time)
	for _, pairs := range append(slices.Clone(m.columns), m.eventID, m.time) {
		if !c.columns[first(pairs)].absent {
			continue
		}
		for _, p := range pairs {
			if err := notNested(c.columns[p[1]].name, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// notNested refuses a column that is there in a way that is not read.
func notNested(path string, found map[string]leaf) error {
	if _, ok := found[path]; ok {
		return unsupported("the column %s has a type that cannot be read: write it as text, number or timestamp", path)
	}
	for i, c := range path {
		if _, ok := found[path[:i]]; ok && c == '.' {
			return unsupported("%s is nested in the column %s: write it as a column of the top level that is named so", path, path[:i])
		}
	}
	return nil
}

// ofProvider reports whether a row with a wanted ID is of its provider.
func (c *columnar) ofProvider(row int64) (bool, error) {
	m := c.fields
	m.texts = m.texts[:0]
	if !slices.ContainsFunc(m.fields.Events, func(k Kind) bool { return k.Provider != "" }) {
		return true, nil
	}
	provider, err := c.gathered(row, m.by)
	if err != nil || provider.Absent() {
		return true, err
	}
	text := bytes.Clone(provider.raw)
	id, err := c.gathered(row, [][2]int{{-1, c.eventID}})
	n, ok := integer(id.raw)
	return ok && m.fields.ofProvider(n, text), err
}

// fill reads the wanted values of a row.
func (c *columnar) fill(row int64) error {
	if c.fields != nil {
		return c.fillMapped(row)
	}
	for i, column := range c.wanted {
		f := &c.columns[column]
		if f.absent {
			c.values[i] = Value{}
			continue
		}
		if err := c.reach(f, row); err != nil {
			return err
		}
		c.values[i] = f.chunk.value(row)
	}
	return nil
}

// fillMapped reads the wanted values of a row.
func (c *columnar) fillMapped(row int64) (err error) {
	m := c.fields
	m.texts, m.scratch = m.texts[:0], m.scratch[:0]
	for i, pairs := range m.columns {
		if c.values[i], err = c.gathered(row, pairs); err != nil {
			return err
		}
	}
	return nil
}

// gathered is the value of a row at the first of some paths.
func (c *columnar) gathered(row int64, pairs [][2]int) (Value, error) {
	m := c.fields
	m.pairs = m.pairs[:0]
	for _, p := range pairs {
		var pair [2]Value
		for i, column := range p {
			if column < 0 || c.columns[column].absent {
				continue
			}
			f := &c.columns[column]
			if err := c.reach(f, row); err != nil {
				return Value{}, err
			}
			pair[i] = m.own(f.chunk.value(row), f.leaf.stored)
		}
		m.pairs = append(m.pairs, pair)
	}
	var v Value
	v, m.scratch = gather(m.pairs, m.scratch)
	return v, nil
}

// own copies a value that the next one of its column would overwrite: a text of a
// page stays as it is, a number is written where the next one is.
func (m *mappedColumns) own(v Value, stored format.Type) Value {
	if v.Absent() || stored == format.ByteArray {
		return v
	}
	start := len(m.texts)
	m.texts = append(m.texts, v.raw...)
	v.raw = m.texts[start:]
	return v
}
