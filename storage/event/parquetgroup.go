package event

import (
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// pickRows finds the next rows with a wanted EventID. It is false at the end.
func (s *Scanner) pickRows() (bool, error) {
	c := s.columnar
	c.next, c.count = 0, 0
	for c.count == 0 {
		s.tally.row(c.row+c.sorted-c.first, c.all)
		if c.sorted == c.rows {
			if !c.nextGroup() {
				return false, nil
			}
			s.beginGroup()
			continue
		}
		if err := s.sortRows(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// nextGroup goes on to the next row group, if there is one.
func (c *columnar) nextGroup() bool {
	if c.rows > 0 {
		c.groups = c.groups[1:]
		c.row += c.rows
	}
	c.rows, c.sorted = 0, 0
	if len(c.groups) == 0 {
		return false
	}
	c.rows = c.groups[0].NumRows
	for i := range c.columns {
		c.columns[i].opened = false
	}
	return true
}

// beginGroup counts all rows of the row group at once where that can be: none of
// its EventIDs is wanted, or none of its times is there.
func (s *Scanner) beginGroup() {
	c := s.columnar
	g := &c.groups[0]
	for i := range c.columns {
		f := &c.columns[i]
		if !f.absent {
			s.lines.bytes += g.Columns[f.leaf.index].MetaData.TotalUncompressedSize
		}
	}
	s.stats.Lines += g.NumRows
	switch {
	case len(c.eventIDs) > 0 && (c.columns[c.eventID].absent || c.noneWanted(&c.columns[c.eventID].leaf, g)):
		s.stats.Other += g.NumRows
		c.sorted = g.NumRows
	case len(c.eventIDs) == 0 && len(s.needs) == 0 && c.columns[c.time].absent:
		s.fault(NoTime, c.row, nil)
		s.stats.more(NoTime, s.hour(), g.NumRows-1)
		c.sorted = g.NumRows
	}
}

// noneWanted reports whether the row group's least and greatest EventID leave
// out all that are wanted.
func (c *columnar) noneWanted(l *leaf, g *format.RowGroup) bool {
	st := &g.Columns[l.index].MetaData.Statistics
	size := 8
	if l.stored == format.Int32 {
		size = 4
	}
	if l.meaning != asSigned || len(st.MinValue) != size || len(st.MaxValue) != size {
		return false
	}
	least, most := appendNumbers(nil, l, st.MinValue, 1)[0], appendNumbers(nil, l, st.MaxValue, 1)[0]
	return !slices.ContainsFunc(c.eventIDs, func(id int) bool { return least <= int64(id) && int64(id) <= most })
}

// sortRows looks at the EventIDs of the next rows.
func (s *Scanner) sortRows() error {
	c := s.columnar
	if len(c.eventIDs) == 0 {
		n := min(batchRows, c.rows-c.sorted)
		for i := range n {
			c.picked[i] = c.sorted + i
		}
		c.count, c.sorted = int(n), c.sorted+n
		return nil
	}
	f := &c.columns[c.eventID]
	before := c.sorted
	err := c.forward(f, func() error {
		if err := f.chunk.find(c.sorted); err != nil {
			return err
		}
		if f.chunk.byDictionary() && f.chunk.dict.n > 0 && !c.keeps(&f.chunk) {
			c.sorted = f.chunk.stop // nulls at most
			return nil
		}
		if err := f.chunk.seek(c.sorted); err != nil {
			return err
		}
		c.pick(&f.chunk)
		return nil
	})
	if err == nil && c.sorted > c.rows {
		err = fmt.Errorf("column %s: more rows than the row group has", f.name)
	}
	s.stats.Other += c.sorted - before - int64(c.count)
	return err
}

// keeps reports whether the dictionary of EventID has a wanted one.
func (c *columnar) keeps(k *columnChunk) bool {
	if c.kept == k.dictCount {
		return c.keepAny
	}
	c.kept, c.keep, c.keepAny = k.dictCount, c.keep[:0], false
	for i := range k.dict.n {
		c.keep = append(c.keep, 0)
		if k.wants(&k.dict, i, c.eventIDs) {
			c.keep[i], c.keepAny = 1, true
		}
	}
	return c.keepAny
}

// pick notes the rows of the batch whose EventID is wanted.
func (c *columnar) pick(k *columnChunk) {
	from := int(c.sorted - k.first)
	c.sorted = k.end
	n := int(k.end - k.first)
	if k.indexed && k.noNulls {
		// Without a branch: which rows are wanted cannot be foretold.
		count, row := 0, k.first+int64(from)
		for _, index := range k.index[from:n] {
			c.picked[count%batchRows] = row
			count += int(c.keep[index])
			row++
		}
		c.count = count
		return
	}
	for row := k.first + int64(from); row < k.end; row++ {
		v, i, ok := k.at(row)
		if ok && (k.indexed && c.keep[i] > 0 || !k.indexed && k.wants(v, i, c.eventIDs)) {
			c.picked[c.count] = row
			c.count++
		}
	}
}
