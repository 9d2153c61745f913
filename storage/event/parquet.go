package event

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"sparkless/storage"
)

// parquetEnding is what names of Parquet blobs end in: such a blob may be read in
// parts.
const parquetEnding = ".parquet"

func namedParquet(b storage.Blob) bool { return isParquetName(b.Name) }

func isParquetName(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), parquetEnding)
}

// columnar reads records from the row groups of a Parquet blob. It reads the
// column EventID, of the rows with a wanted ID the time, and of the rows whose
// time lies in the window the wanted columns: pages of which no row is wanted
// are not decompressed, nor read if they lie far from one that is.
type columnar struct {
	eventIDs []int
	columns  []parquetColumn // each once
	wanted   []int           // of the query, as indices into columns
	eventID  int
	time     int
	values   []Value        // of the record
	fields   *mappedColumns // in place of wanted, unless nil

	src    blobAt
	groups []format.RowGroup // still to read, the present one first
	row    int64             // of the blob: the first of the present row group
	rows   int64             // of the present row group
	first  int64             // of the blob: that is to be read
	all    int64             // that are to be read

	picked  [batchRows]int64 // rows of the row group with a wanted EventID
	next    int              // in picked
	count   int              // of picked
	sorted  int64            // rows of the row group that are picked or left out
	keep    []uint8          // by index into the dictionary of EventID: 1 for a wanted one
	kept    int              // the dictionary that keep is for
	keepAny bool
}

// parquetColumn is a column by its name, as the present blob has it.
type parquetColumn struct {
	name   string
	leaf   leaf
	absent bool // from the blob
	opened bool // in the present row group
	chunk  columnChunk
}

func newColumnar(q Query) *columnar {
	c := &columnar{eventIDs: q.EventIDs, values: make([]Value, len(q.Columns))}
	if q.Fields != nil {
		c.mapColumns(q)
		return c
	}
	for _, name := range q.Columns {
		c.wanted = append(c.wanted, c.column(name))
	}
	c.eventID, c.time = c.column("EventID"), c.column("TimeGenerated")
	return c
}

// rest lets go of the blob, and reports whether what is kept for the next one is
// worth its memory: large pages are not.
func (c *columnar) rest() bool {
	held := len(c.src.spare) + cap(c.keep)
	c.src, c.groups = blobAt{spare: c.src.spare}, nil
	clear(c.values)
	for i := range c.columns {
		held += c.columns[i].chunk.rest()
	}
	return held <= mostHeld
}

// drop lets go of all that grows with a blob.
func (c *columnar) drop() {
	c.src, c.groups, c.keep = blobAt{}, nil, nil
	clear(c.values)
	for i := range c.columns {
		k := &c.columns[i].chunk
		*k = columnChunk{pageReader: pageReader{zstd: k.zstd, gzip: k.gzip}, dictCount: k.dictCount, scratch: k.scratch}
	}
}

// column returns the index of a column, new or not.
func (c *columnar) column(name string) int {
	if i := slices.IndexFunc(c.columns, func(f parquetColumn) bool { return f.name == name }); i >= 0 {
		return i
	}
	c.columns = append(c.columns, parquetColumn{name: name})
	return len(c.columns) - 1
}

// openParquet goes on with the row groups whose first byte lies in the range.
func (s *Scanner) openParquet(ctx context.Context, r storage.Reader, rng Range) error {
	if s.columnar == nil {
		s.columnar = newColumnar(s.query)
	}
	c := s.columnar
	c.src = blobAt{ctx: ctx, r: r, blob: rng.Blob, loan: s.loan, spare: c.src.spare}
	c.row, c.rows, c.sorted, c.next, c.count = 0, 0, 0, 0, 0
	err := guard(func() error {
		meta, err := readFooter(&c.src)
		if err != nil {
			return err
		}
		return c.choose(meta, rng)
	})
	if err != nil {
		return c.src.orCorrupt(err)
	}
	s.isParquet = true
	return nil
}

// choose finds the columns and the row groups to read.
func (c *columnar) choose(meta *format.FileMetaData, rng Range) error {
	found, chunks, err := leaves(meta.Schema)
	if err != nil {
		return err
	}
	for i := range c.columns {
		f := &c.columns[i]
		l, ok := found[f.name]
		if f.leaf, f.absent = l, !ok; ok && l.meaning == asUnknown && c.fields != nil {
			f.absent = true // another path may do
		} else if ok && l.meaning == asUnknown {
			return unsupported("the column %s has a type that cannot be read: write it as text, number or timestamp", f.name)
		}
		f.chunk.request = c.src.requestSize(len(c.columns))
	}
	if c.fields != nil {
		if err := c.chooseFields(found); err != nil {
			return err
		}
	}
	c.groups, c.all = nil, 0
	for i := range meta.RowGroups {
		g := &meta.RowGroups[i]
		if g.NumRows == 0 {
			continue
		}
		if len(g.Columns) != chunks {
			return fmt.Errorf("row group %d has %d columns, the schema %d", i, len(g.Columns), chunks)
		}
		if err := c.checkColumns(g); err != nil {
			return fmt.Errorf("row group %d: %w", i, err)
		}
		switch at := chunkStart(&g.Columns[0].MetaData); {
		case at < rng.Offset:
			c.row += g.NumRows
		case at < rng.Offset+rng.Length:
			c.groups = append(c.groups, *g)
			c.all += g.NumRows
		}
	}
	c.first = c.row
	return nil
}

// checkColumns checks what a row group says of the columns that are read.
func (c *columnar) checkColumns(g *format.RowGroup) error {
	for i := range c.columns {
		f := &c.columns[i]
		if f.absent {
			continue
		}
		k := &g.Columns[f.leaf.index]
		switch m := &k.MetaData; {
		case k.CryptoMetadata.Value != nil:
			return unsupported("the column %s is encrypted: write it without encryption", f.name)
		case len(m.PathInSchema) != 1 || m.PathInSchema[0] != f.name:
			return fmt.Errorf("column %v where the schema has %s", []string(m.PathInSchema), f.name)
		case m.NumValues != g.NumRows:
			return fmt.Errorf("column %s: %d values in %d rows", f.name, m.NumValues, g.NumRows)
		}
	}
	return nil
}

// scanParquet is Scan of a Parquet blob.
func (s *Scanner) scanParquet() bool {
	more, err := s.nextRow()
	if err != nil {
		s.lines.err = s.columnar.src.orCorrupt(err)
		s.isParquet = false
		return false
	}
	return more
}

// nextRow goes on to the next record. It is false at the end.
func (s *Scanner) nextRow() (more bool, err error) {
	defer recovered(&err)
	c := s.columnar
	for {
		for c.next < c.count {
			row := c.picked[c.next]
			c.next++
			if ok, err := s.takeRow(row); ok || err != nil {
				return ok, err
			}
		}
		if more, err := s.pickRows(); !more || err != nil {
			return false, err
		}
	}
}

// takeRow counts a row with a wanted EventID, and keeps it as the record if its
// time lies in the window.
func (s *Scanner) takeRow(row int64) (bool, error) {
	c := s.columnar
	at := &c.columns[c.time]
	if err := c.reach(at, row); err != nil {
		return false, err
	}
	if c.fields != nil {
		if ok, err := c.ofProvider(row); !ok || err != nil {
			s.stats.Other++
			return false, err
		}
	}
	if ok, err := s.hasNeeded(row); !ok || err != nil {
		return false, err
	}
	var t int64
	ok := !at.absent
	if ok {
		t, ok = at.chunk.time(row, &s.clock)
	}
	if !ok && !at.absent && c.fields != nil {
		t, ok = epoch(string(at.shown(row).raw))
	}
	switch {
	case !ok:
		s.fault(NoTime, c.row+row, at.shown(row).raw)
		return false, nil
	case t < s.from || t >= s.to:
		s.stats.outside(t)
		return false, nil
	}
	s.record.Time, s.record.values = t, c.values
	if err := c.fill(row); err != nil {
		return false, err
	}
	s.stats.Records++
	s.stats.Hours[s.timeHour.at(t)]++
	return true, nil
}

// hasNeeded reports whether a row has the columns that are needed, and counts it if not.
func (s *Scanner) hasNeeded(row int64) (bool, error) {
	if len(s.needs) == 0 {
		return true, nil
	}
	if err := s.columnar.fill(row); err != nil {
		return false, err
	}
	if s.lacks(&Record{values: s.columnar.values}) {
		s.stats.Other++
		return false, nil
	}
	return true, nil
}

// shown is the column's value of a row that was reached.
func (f *parquetColumn) shown(row int64) Value {
	if f.absent {
		return Value{}
	}
	return f.chunk.value(row)
}

// reach lays out the row of a column.
func (c *columnar) reach(f *parquetColumn, row int64) error {
	if f.absent || f.opened && row < f.chunk.end {
		return nil
	}
	return c.forward(f, func() error { return f.chunk.seek(row) })
}

// forward does something with a column that reads on, and names the column in
// the error.
func (c *columnar) forward(f *parquetColumn, read func() error) error {
	err := guard(func() error {
		if !f.opened {
			f.opened = true
			if err := f.chunk.open(&c.src, f.leaf, &c.groups[0].Columns[f.leaf.index].MetaData); err != nil {
				return err
			}
		}
		return read()
	})
	if err != nil {
		return fmt.Errorf("column %s, row group from row %d on: %w", f.name, c.row, err)
	}
	return nil
}
