package masquerade

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"sparkless/storage/table"
)

// format is the kind and version of the rows below.
//
// History: 1, the first.
const format = "masquerade-counts/1"

// columns are those of a partial or profile file: one row a name, by name. Where
// name is null, the row is of the events without one.
var columns = []table.Column{
	{Name: "name", Kind: table.Text}, {Name: "count", Kind: table.Int}, {Name: "first", Kind: table.Time}, {Name: "last", Kind: table.Time},
	{Name: "paths", Kind: table.Tallies}, {Name: "hosts", Kind: table.Tallies}, {Name: "parents", Kind: table.Tallies},
	{Name: "accounts", Kind: table.Tallies}, {Name: "commands", Kind: table.Tallies},
}

// The columns; those of the context follow, in the order of the kinds.
const (
	columnName = iota
	columnCount
	columnFirst
	columnLast
	columnContext
)

// groupRows is how many names are written, and read, at a time. It bounds the
// memory of both.
const groupRows = 1 << 15

// Encode returns the counts as one Parquet file that proves itself, with a note
// of the caller's. Equal counts and notes give equal bytes.
func (c *Counts) Encode(note string) ([]byte, error) {
	w := table.NewWriter(format, columns)
	enc := encoder{Counts: c, places: make([]int32, c.values.kept.len())}
	for rows := range slices.Chunk(c.sorted(), groupRows) {
		err := w.Write(len(rows), func(column int) *table.Values { return enc.fill(rows, column) })
		if err != nil {
			return nil, err
		}
	}
	return w.Close(note)
}

// sorted lists what was counted by name, first what has none.
func (c *Counts) sorted() []uint32 {
	type named struct {
		start uint64 // the name's first bytes, which nearly always decide
		ref   uint32
	}
	names := make([]named, 0, c.Names())
	for i := range uint32(c.entries.len()) {
		if c.entries.at(i).count > 0 && i != noName {
			var start [8]byte
			copy(start[:], c.names.at(i))
			names = append(names, named{binary.BigEndian.Uint64(start[:]), i})
		}
	}
	slices.SortFunc(names, func(a, b named) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return bytes.Compare(c.names.at(a.ref), c.names.at(b.ref))
	})
	refs := make([]uint32, 0, c.Names())
	if c.entries.at(noName).count > 0 {
		refs = append(refs, noName)
	}
	for _, n := range names {
		refs = append(refs, n.ref)
	}
	return refs
}

// encoder puts entries into columns.
type encoder struct {
	*Counts
	values table.Values // of the column at hand
	places []int32      // of values among the texts of a column, from 1; 0 if not there
	placed []uint32     // the values that have a place
}

// fill returns one column of the rows, until the next call.
func (enc *encoder) fill(rows []uint32, column int) *table.Values {
	v := &enc.values
	v.Reset()
	switch column {
	case columnName:
		enc.nameTexts(rows, v)
	case columnCount, columnFirst, columnLast:
		for _, ref := range rows {
			e := enc.entries.at(ref)
			v.Ints = append(v.Ints, [...]int64{e.count, e.first, e.last}[column-columnCount])
		}
	default:
		enc.tallies(rows, column-columnContext, v)
	}
	return v
}

func (enc *encoder) nameTexts(rows []uint32, v *table.Values) {
	for _, ref := range rows {
		if ref == noName {
			v.Lens = append(v.Lens, 0)
			continue
		}
		v.Lens = append(v.Lens, 1)
		v.Texts.Add(enc.names.at(ref))
	}
}

// tallies puts the values of one kind into their column.
func (enc *encoder) tallies(rows []uint32, kind int, v *table.Values) {
	var room [1]kept
	bytes := 0
	for _, ref := range rows {
		values := enc.keeps(enc.entries.at(ref), kind, &room)
		v.Lens = append(v.Lens, byte(len(values)))
		for _, k := range values {
			if enc.places[k.ref] == 0 {
				enc.placed = append(enc.placed, k.ref)
				enc.places[k.ref] = int32(len(enc.placed))
				bytes += len(enc.Counts.values.at(k.ref))
			}
			v.Refs = append(v.Refs, enc.places[k.ref]-1)
			v.Ints = append(v.Ints, k.count)
		}
	}
	v.Texts.Grow(len(enc.placed), bytes)
	for _, ref := range enc.placed {
		v.Texts.Add(enc.Counts.values.at(ref))
		enc.places[ref] = 0
	}
	enc.placed = enc.placed[:0]
}

// Decode replaces the counts by those in a file that Encode wrote, and returns
// its note. It fails with table.ErrDamaged or table.ErrFormat.
func (c *Counts) Decode(file []byte) (note string, err error) {
	r, err := table.Open(format, columns, file)
	if err != nil {
		return "", err
	}
	*c = *NewCounts()
	dec := decoder{Counts: c, values: make([]table.Values, len(columns))}
	for i := range r.Groups() {
		rows, err := r.Read(i, dec.values)
		if err == nil {
			err = dec.take(rows)
		}
		if err != nil {
			return "", err
		}
	}
	return r.Note, nil
}

// decoder makes entries of columns.
type decoder struct {
	*Counts
	values  []table.Values
	entries []*entry // of the rows
	before  []byte   // the name of the row before, which sorts lower; nil before the first
	known   []kept   // the texts of a column
}

func (dec *decoder) take(rows int) error {
	if err := dec.rows(rows); err != nil {
		return err
	}
	dec.room()
	for kind := range kinds {
		if err := dec.tallies(kind, &dec.values[columnContext+kind]); err != nil {
			return fmt.Errorf("%w: column %s: %v", table.ErrDamaged, columns[columnContext+kind].Name, err)
		}
	}
	return nil
}

// rows makes the entries of the rows, without their context.
func (dec *decoder) rows(rows int) error {
	v := dec.values
	dec.entries = dec.entries[:0]
	names := 0
	for row := range rows {
		ref := uint32(noName)
		if v[columnName].Lens[row] > 0 {
			name := v[columnName].Texts.At(names)
			names++
			if len(name) > longestName || dec.before != nil && bytes.Compare(dec.before, name) >= 0 {
				return fmt.Errorf("%w: row %d: a name too long, or out of order", table.ErrDamaged, row)
			}
			dec.before = append(dec.before[:0], name...)
			ref = dec.named(name)
		}
		e := dec.Counts.entries.at(ref)
		count, first, last := v[columnCount].Ints[row], v[columnFirst].Ints[row], v[columnLast].Ints[row]
		if e.count != 0 || count < 1 || first > last || count == 1 && first != last {
			return fmt.Errorf("%w: row %d: no name that Encode writes", table.ErrDamaged, row)
		}
		e.seen(count, first, last)
		dec.entries = append(dec.entries, e)
	}
	return nil
}

// room makes room for the context of names seen more than once, for all in one.
func (dec *decoder) room() {
	lens := func(row int) (n int) {
		for kind := range kinds {
			n += int(dec.values[columnContext+kind].Lens[row])
		}
		return n
	}
	more, total := 0, 0
	for row, e := range dec.entries {
		if e.count > 1 {
			more, total = more+1, total+lens(row)
		}
	}
	dec.Counts.values.sampled += more*samplesSize + total*keptSize
	samples, values := make([]samples, more), make([]kept, total)
	for row, e := range dec.entries {
		if e.count == 1 {
			continue
		}
		n := lens(row)
		samples[0] = emptySamples(values[:0:n])
		e.more = &samples[0]
		samples, values = samples[1:], values[n:]
	}
}

// tallies adds the values of one kind to the entries.
func (dec *decoder) tallies(kind int, v *table.Values) error {
	dec.known = dec.known[:0]
	for i := range v.Texts.Len() {
		text := v.Texts.At(i)
		if len(text) == 0 || len(text) > longest {
			return fmt.Errorf("a value of %d bytes", len(text))
		}
		order := orderOf(text)
		dec.known = append(dec.known, kept{0, order, dec.Counts.values.put(text, order)})
	}
	at := 0
	for row, e := range dec.entries {
		next := at + int(v.Lens[row])
		if err := dec.entry(e, kind, v.Refs[at:next], v.Ints[at:next]); err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
		at = next
	}
	return nil
}

var errSample = errors.New("no sample that Encode writes")

func (dec *decoder) entry(e *entry, kind int, refs []int32, counts []int64) error {
	if e.count == 1 {
		if len(refs) > 1 || len(refs) == 1 && counts[0] != 1 {
			return errSample
		}
		for _, ref := range refs {
			e.once[kind] = dec.known[ref].ref
		}
		return nil
	}
	if len(refs) > keep {
		return errSample
	}
	left := e.count
	for i, ref := range refs {
		k := dec.known[ref]
		k.count = counts[i]
		if k.count < 1 || k.count > left {
			return errSample
		}
		left -= k.count
		if i > 0 && dec.Counts.values.compare(e.more.kept[len(e.more.kept)-1], k) >= 0 {
			return errSample
		}
		e.more.kept = append(e.more.kept, k)
	}
	e.more.closed(kind)
	return nil
}
