package logon

import (
	"errors"
	"slices"

	"sparkless/storage/table"
)

// format is the kind and version of the rows below. History: 1, the first.
const format = "logon-days/1"

// columns are those of a partial or profile file: a row for each account, logon type and
// day, by account, then for each source and day, by source, whose domain and user are
// null. more has a bit for each kind of values, 1 for the first, if there are more than
// those that are kept. The tallies of a kind are its values with the number of successes,
// and its values with the number of failures.
var columns = func() []table.Column {
	all := []table.Column{
		{Name: "source", Kind: table.Text}, {Name: "domain", Kind: table.Text}, {Name: "user", Kind: table.Text},
		{Name: "logon_type", Kind: table.Int}, {Name: "day", Kind: table.Int},
		{Name: "successes", Kind: table.Int}, {Name: "failures", Kind: table.Int}, {Name: "guesses", Kind: table.Int}, {Name: "unknown_users", Kind: table.Int},
		{Name: "first_success", Kind: table.Time}, {Name: "last_success", Kind: table.Time}, {Name: "first_failure", Kind: table.Time}, {Name: "last_failure", Kind: table.Time},
		{Name: "more", Kind: table.Int},
	}
	for _, kind := range [kinds]string{"computers", "domains", "addresses", "hosts", "packages", "users", "minutes"} {
		all = append(all, table.Column{Name: kind + "_succeeded", Kind: table.Tallies}, table.Column{Name: kind + "_failed", Kind: table.Tallies})
	}
	return all
}()

// The columns; those of the kinds follow, two each.
const (
	columnSource = iota
	columnDomain
	columnUser
	columnNumbers // the first of numbers
	columnMore    = columnNumbers + 10
	columnKinds   = columnMore + 1
)

// groupRows is how many rows are written, and read, at a time. It bounds the memory of
// both.
const groupRows = 1 << 13

// errPast: a Past leaves out too much to be anybody's state of a day.
var errPast = errors.New("logon: what is known of earlier days cannot be kept")

// Encode returns the state as one Parquet file that proves itself, with a note of the
// caller's. Equal states and notes give equal bytes.
func (s *State) Encode(note string) ([]byte, error) {
	if s.past != nil {
		return nil, errPast
	}
	s.Rest()
	w := table.NewWriter(format, columns)
	all := s.ordered()
	f := newFiller(&s.store, min(len(all), groupRows))
	for rows := range slices.Chunk(all, groupRows) {
		err := w.Write(len(rows), func(column int) *table.Values { return f.fill(rows, column) })
		if err != nil {
			return nil, err
		}
	}
	return w.Close(note)
}

// filler makes columns of rows.
type filler struct {
	*store
	values [2]table.Values // of tallies: by successes, and by failures
	places [2][]int32      // of texts among those of the column, by reference, and 1; 0 for none
	placed [2][]uint32     // the texts that have one
}

// newFiller returns a filler of about so many rows at a time.
func newFiller(st *store, rows int) *filler {
	f := &filler{store: st}
	for i := range f.values {
		v := &f.values[i]
		v.Ints, v.Refs, v.Lens = make([]int64, 0, rows), make([]int32, 0, rows), make([]byte, 0, rows)
		v.Texts.Grow(min(rows, len(st.all)), min(len(st.plain), 16*rows))
		f.places[i] = make([]int32, len(st.all))
	}
	return f
}

// fill returns a column of the rows, valid until the next one.
func (f *filler) fill(rows []*entry, column int) *table.Values {
	v := &f.values[0]
	switch {
	case column >= columnKinds:
		return f.fillTallies(rows, column-columnKinds)
	case column < columnNumbers:
		v.Reset()
		for _, e := range rows {
			ref := [...]uint32{e.source, e.domain, e.user}[column]
			if (column == columnSource) == (e.source != 0) {
				v.Lens = append(v.Lens, 1)
				v.Texts.Add(f.at(ref))
			} else {
				v.Lens = append(v.Lens, 0)
			}
		}
	default:
		v.Reset()
		for _, e := range rows {
			v.Ints = append(v.Ints, e.number(column-columnNumbers))
		}
	}
	return v
}

// number is the row's of a column. Times of nothing are 0.
func (e *entry) number(column int) int64 {
	switch column {
	case 0:
		return int64(e.logonType)
	case 1:
		return int64(e.day)
	case 2:
		return e.ok
	case 3:
		return e.failed
	case 4:
		return e.guesses
	case 5:
		return e.unknown
	case 6, 7, 8, 9:
		seen := e.okSpan
		if column > 7 {
			seen = e.failSpan
		}
		switch {
		case seen.none():
			return 0
		case column%2 == 0:
			return seen.first
		}
		return seen.last
	}
	more := int64(0)
	for kind := range e.samples {
		if e.samples[kind].more {
			more |= 1 << kind
		}
	}
	return more
}

// fillTallies returns the values of a kind: of even numbers those with successes, of odd
// ones those with failures. It takes both at once, as the columns follow each other.
func (f *filler) fillTallies(rows []*entry, number int) *table.Values {
	if number%2 == 1 {
		return &f.values[1]
	}
	for i := range f.values {
		f.values[i].Reset()
	}
	for _, e := range rows {
		var n [2]byte
		for _, i := range f.of(e.samples[number/2]) {
			if i.ok > 0 {
				n[0]++
				f.tally(0, i.ref, i.ok)
			}
			if i.failed > 0 {
				n[1]++
				f.tally(1, i.ref, i.failed)
			}
		}
		for i := range n {
			f.values[i].Lens = append(f.values[i].Lens, n[i])
		}
	}
	for i := range f.placed {
		for _, ref := range f.placed[i] {
			f.places[i][ref] = 0
		}
		f.placed[i] = f.placed[i][:0]
	}
	return &f.values[0]
}

// tally adds a value to one of two columns.
func (f *filler) tally(column int, ref uint32, count int64) {
	v, place := &f.values[column], &f.places[column][ref]
	if *place == 0 {
		f.placed[column] = append(f.placed[column], ref)
		*place = int32(len(f.placed[column]))
		v.Texts.Add(f.at(ref))
	}
	v.Refs = append(v.Refs, *place-1)
	v.Ints = append(v.Ints, count)
}
