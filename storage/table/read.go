package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// Reader reads one file that a Writer made, or the writer before it: it takes
// any encoding and any number of pages.
type Reader struct {
	// Note is what the writer kept beside the rows.
	Note string
	// Extra is what it kept there of all rows together.
	Extra string

	columns []Column
	groups  []parquet.RowGroup
}

// Open checks the file, which must be of that kind and have those columns. It
// fails with ErrDamaged or ErrFormat.
func Open(kind string, columns []Column, file []byte) (r *Reader, err error) {
	if err := verify(file); err != nil {
		return nil, err
	}
	defer recovered(&err)
	if err := checkFile(file, columns); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if got, _ := f.Lookup(keyFormat); got != kind {
		return nil, fmt.Errorf("%w: found %q, want %q", ErrFormat, got, kind)
	}
	if !slices.EqualFunc(f.Schema().Columns(), leaves(columns), slices.Equal) {
		return nil, fmt.Errorf("%w: %s with the columns %q", ErrDamaged, kind, f.Schema().Columns())
	}
	note, _ := f.Lookup(keyNote)
	extra, _ := f.Lookup(keyExtra)
	return &Reader{note, extra, columns, f.RowGroups()}, nil
}

// recovered turns a panic into an error. The checksum vouches for files of ours;
// a forged one could still make the Parquet reader panic.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", ErrDamaged, p)
	}
}

// Groups is how many groups of rows there are.
func (r *Reader) Groups() int { return len(r.groups) }

// Read replaces values, one of each column, by what the i-th group holds, and
// returns its number of rows. Of a choice of columns, by their numbers, it reads
// these alone and leaves the other values as they are. Whatever it returns without
// an error fits together: lengths, numbers and references. It fails with
// ErrDamaged.
func (r *Reader) Read(i int, values []Values, only ...int) (rows int, err error) {
	defer recovered(&err)
	rows = int(r.groups[i].NumRows())
	chunks := r.groups[i].ColumnChunks()
	for i, c := range r.columns {
		if len(only) > 0 && !slices.Contains(only, i) {
			chunks = chunks[leavesOf(c.Kind):]
			continue
		}
		v := &values[i]
		v.Reset()
		if err := v.read(chunks[0], c.Kind); err != nil {
			return 0, fmt.Errorf("%w: column %s: %v", ErrDamaged, c.Name, err)
		}
		chunks = chunks[1:]
		if c.Kind == Tallies {
			counts := Values{Ints: v.Ints}
			if err := counts.read(chunks[0], Tallies); err != nil || !bytes.Equal(counts.Lens, v.Lens) {
				return 0, fmt.Errorf("%w: column %s: counts differ from values: %v", ErrDamaged, c.Name, err)
			}
			v.Ints = counts.Ints
			chunks = chunks[1:]
		}
		if !v.fits(rows, c.Kind) {
			return 0, fmt.Errorf("%w: column %s: not %d rows", ErrDamaged, c.Name, rows)
		}
	}
	return rows, nil
}

// read appends the pages of one chunk.
func (v *Values) read(chunk parquet.ColumnChunk, kind Kind) error {
	pages := chunk.Pages()
	defer pages.Close()
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		v.page(p, kind)
		parquet.Release(p)
	}
}

func (v *Values) page(p parquet.Page, kind Kind) {
	switch kind {
	case Text:
		v.Lens = append(v.Lens, p.DefinitionLevels()...)
	case Tallies:
		defined := p.DefinitionLevels()
		for i, level := range p.RepetitionLevels() {
			if level == 0 {
				v.Lens = append(v.Lens, defined[i])
			} else {
				v.Lens[len(v.Lens)-1]++
			}
		}
	}
	data := p.Data()
	switch {
	case p.Type().Kind() == parquet.Int64:
		v.Ints = append(v.Ints, data.Int64()...)
	case p.Dictionary() != nil && kind == Text:
		var dictionary Texts
		texts := p.Dictionary().Page().Data()
		dictionary.add(texts.ByteArray())
		for _, ref := range data.Int32() {
			v.Texts.Add(dictionary.At(int(ref)))
		}
	case p.Dictionary() != nil:
		if v.Texts.Len() == 0 { // one dictionary serves all pages
			dictionary := p.Dictionary().Page().Data()
			v.Texts.add(dictionary.ByteArray())
		}
		v.Refs = append(v.Refs, data.Int32()...)
	default:
		before := v.Texts.Len()
		v.Texts.add(data.ByteArray())
		for i := before; i < v.Texts.Len() && kind == Tallies; i++ {
			v.Refs = append(v.Refs, int32(i))
		}
	}
}

// fits reports whether the values are those of so many rows.
func (v *Values) fits(rows int, kind Kind) bool {
	total := 0
	for _, n := range v.Lens {
		total += int(n)
	}
	switch kind {
	case Text:
		return len(v.Lens) == rows && total == v.Texts.Len()
	case Tallies:
		within := func(ref int32) bool { return ref >= 0 && int(ref) < v.Texts.Len() }
		return len(v.Lens) == rows && total == len(v.Refs) && total == len(v.Ints) &&
			!slices.ContainsFunc(v.Refs, func(ref int32) bool { return !within(ref) })
	}
	return len(v.Ints) == rows
}
