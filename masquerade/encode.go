package masquerade

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"sparkless/storage/table"
)

// format is the kind and version of the rows below.
//
// History: 1, the first, with one row a name. 2, a row for each origin of a name;
// the number of hosts. 3, the hours of the day.
const format = "masquerade-counts/3"

// columns are those of a partial or profile file: a row for each name and origin,
// by name, then origin. Where name is null, the row is of the events without one.
// hours has a bit for each hour of the day, UTC: 1 for the first, 8388608 for the
// last, and 16777216 if some may be missing.
// host_sketch has a letter for each register of a sketch, A for 0; it is null
// where hosts holds all hosts.
var columns = []table.Column{
	{Name: "name", Kind: table.Text}, {Name: "origin", Kind: table.Text},
	{Name: "count", Kind: table.Int}, {Name: "first", Kind: table.Time}, {Name: "last", Kind: table.Time}, {Name: "hours", Kind: table.Int},
	{Name: "paths", Kind: table.Tallies}, {Name: "hosts", Kind: table.Tallies}, {Name: "parents", Kind: table.Tallies},
	{Name: "accounts", Kind: table.Tallies}, {Name: "commands", Kind: table.Tallies},
	{Name: "host_sketch", Kind: table.Text},
}

// The columns; those of the context follow, in the order of the kinds.
const (
	columnName = iota
	columnOrigin
	columnCount
	columnFirst
	columnLast
	columnHours
	columnContext
	columnSketch = columnContext + kinds
)

// groupRows is how many names are written, and read, at a time. It bounds the
// memory of both.
const groupRows = 1 << 15

// Encode returns the counts as one Parquet file that proves itself, with a note
// of the caller's. Equal counts and notes give equal bytes.
func (c *Counts) Encode(note string) ([]byte, error) {
	if c.past != nil {
		return nil, errPast
	}
	w := table.NewWriter(format, columns)
	w.Extra = c.hosts.encode()
	enc := encoder{Counts: c, places: make([]int32, c.values.kept.len())}
	for rows := range slices.Chunk(c.sorted(), groupRows) {
		err := w.Write(len(rows), func(column int) *table.Values { return enc.fill(rows, column) })
		if err != nil {
			return nil, err
		}
	}
	return w.Close(note)
}

// sorted lists the entries by name, then origin, first what has no name.
func (c *Counts) sorted() []uint32 {
	type named struct {
		start uint64 // the name's first bytes, which nearly always decide
		ref   uint32
	}
	names := make([]named, 0, c.Names())
	for ref := uint32(1); int(ref) < c.heads.len(); ref++ {
		var start [8]byte
		copy(start[:], c.names.at(ref))
		names = append(names, named{binary.BigEndian.Uint64(start[:]), ref})
	}
	slices.SortFunc(names, func(a, b named) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return bytes.Compare(c.names.at(a.ref), c.names.at(b.ref))
	})
	entries := make([]uint32, 0, c.entries.len())
	if c.entries.at(noName).count > 0 {
		entries = append(entries, noName)
	}
	for _, n := range names {
		start := len(entries)
		for at := *c.heads.at(n.ref); at != 0; at = c.entries.at(at).next {
			entries = append(entries, at)
		}
		slices.SortFunc(entries[start:], func(a, b uint32) int { return cmp.Compare(c.entries.at(a).origin, c.entries.at(b).origin) })
	}
	return entries
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
	case columnOrigin:
		for _, ref := range rows {
			v.Lens = append(v.Lens, 1)
			v.Texts.Add([]byte(enc.entries.at(ref).origin.String()))
		}
	case columnSketch:
		enc.sketches(rows, v)
	case columnCount, columnFirst, columnLast, columnHours:
		for _, ref := range rows {
			e := enc.entries.at(ref)
			v.Ints = append(v.Ints, [...]int64{e.count, e.first, e.last, int64(e.hours)}[column-columnCount])
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
		v.Texts.Add(enc.names.at(enc.entries.at(ref).name))
	}
}

func (enc *encoder) sketches(rows []uint32, v *table.Values) {
	for _, ref := range rows {
		more := enc.entries.at(ref).more
		if more == nil || more.crowded == nil {
			v.Lens = append(v.Lens, 0)
			continue
		}
		v.Lens = append(v.Lens, 1)
		v.Texts.Add(more.crowded.encode())
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

// Decode replaces the counts by those in a file that Encode wrote, in this
// version or an earlier one, and returns its note. It fails with table.ErrDamaged or
// table.ErrFormat.
func (c *Counts) Decode(file []byte) (note string, err error) {
	if c.past != nil {
		return c.past.decode(file)
	}
	src, err := openCounts(file)
	if err != nil {
		return "", err
	}
	*c = *NewCounts()
	if err := c.hosts.decode(src.Extra); err != nil {
		return "", err
	}
	dec := decoder{Counts: c, values: src.values}
	for i := range src.Groups() {
		rows, err := src.read(i)
		if err == nil {
			err = dec.take(rows)
		}
		if err != nil {
			return "", err
		}
	}
	return src.Note, nil
}

// decoder makes entries of columns.
type decoder struct {
	*Counts
	values  []table.Values
	entries []*entry // of the rows
	begun   bool     // a row has been
	before  []byte   // the name of the row before, which sorts lower
	origin  origin   // of the row before
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
	return dec.sketches(&dec.values[columnSketch])
}

// rows makes the entries of the rows, without their context.
func (dec *decoder) rows(rows int) error {
	v := dec.values
	dec.entries = dec.entries[:0]
	names := 0
	if v[columnOrigin].Texts.Len() != rows {
		return fmt.Errorf("%w: rows without an origin", table.ErrDamaged)
	}
	for row := range rows {
		at, err := uint32(noName), error(nil)
		if v[columnName].Lens[row] > 0 {
			at, err = dec.entryOf(v[columnName].Texts.At(names), v[columnOrigin].Texts.At(row))
			names++
		}
		if err != nil {
			return fmt.Errorf("%w: row %d: %v", table.ErrDamaged, row, err)
		}
		e := dec.Counts.entries.at(at)
		count, first, last := v[columnCount].Ints[row], v[columnFirst].Ints[row], v[columnLast].Ints[row]
		if e.count != 0 || count < 1 || first > last || count == 1 && first != last {
			return fmt.Errorf("%w: row %d: no name that Encode writes", table.ErrDamaged, row)
		}
		in := hours(v[columnHours].Ints[row])
		if int64(in) != v[columnHours].Ints[row] || !in.possible(count, first, last) {
			return fmt.Errorf("%w: row %d: no hours that Encode writes", table.ErrDamaged, row)
		}
		e.seen(count, first, last, in)
		dec.entries = append(dec.entries, e)
	}
	return nil
}

// entryOf makes the entry of a row. Rows are ordered by name, then origin.
func (dec *decoder) entryOf(name, text []byte) (uint32, error) {
	from, ok := origins[string(text)]
	if !ok {
		return 0, fmt.Errorf("the origin %q", text)
	}
	order := -1
	if dec.begun { // the name before may be empty
		order = cmp.Or(bytes.Compare(dec.before, name), cmp.Compare(dec.origin, from))
	}
	if len(name) > longestName || order >= 0 {
		return 0, errors.New("a name too long, or out of order")
	}
	dec.begun, dec.before, dec.origin = true, append(dec.before[:0], name...), from
	return dec.Counts.entryOf(dec.named(name), from), nil
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

// sketches adds those of the hosts to the entries.
func (dec *decoder) sketches(v *table.Values) error {
	at := 0
	for row, e := range dec.entries {
		if v.Lens[row] == 0 {
			continue
		}
		text := v.Texts.At(at)
		at++
		if e.more == nil || len(e.more.of(hosts)) != keep {
			return fmt.Errorf("%w: row %d: a sketch of few hosts", table.ErrDamaged, row)
		}
		if err := e.more.crowd(&dec.Counts.values).decode(text); err != nil {
			return fmt.Errorf("%w: row %d: %v", table.ErrDamaged, row, err)
		}
	}
	return nil
}

func (s *sketch) encode() []byte {
	text := make([]byte, len(s))
	for i, rank := range s {
		text[i] = 'A' + rank
	}
	return text
}

// decode replaces a sketch, which has the hosts that are kept, by one that also
// has others.
func (s *sketch) decode(text []byte) error {
	if len(text) != len(s) {
		return fmt.Errorf("a sketch of %d registers", len(text))
	}
	for i, letter := range text {
		if letter < 'A'+s[i] || letter > 'A'+sketchBits+1 {
			return fmt.Errorf("register %d of a sketch: %q", i, letter)
		}
		s[i] = letter - 'A'
	}
	return nil
}

// encode returns the hashes in order, in eight bytes each, as base64.
func (h *hostSet) encode() string {
	var b []byte
	for _, hash := range h.smallest() {
		b = binary.BigEndian.AppendUint64(b, hash)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (h *hostSet) decode(text string) error {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b)%8 != 0 || len(b) > 8*(mostHosts+1) {
		return fmt.Errorf("%w: hosts: %d bytes: %v", table.ErrDamaged, len(b), err)
	}
	*h = hostSet{}
	for last := uint64(0); len(b) > 0; b = b[8:] {
		hash := binary.BigEndian.Uint64(b)
		if hash < last || hash == last && len(h.hashes) > 0 {
			return fmt.Errorf("%w: hosts out of order", table.ErrDamaged)
		}
		h.add(hash)
		last = hash
	}
	return nil
}
