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
	s.settle()
	w := table.NewWriter(format, columns)
	f := filler{store: &s.store, places: make([]int32, len(s.store.all))}
	for rows := range slices.Chunk(s.ordered(), groupRows) {
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
	values table.Values
	places []int32  // of texts among those of the column, by reference, and 1; 0 for none
	placed []uint32 // the texts that have one
}

// fill returns a column of the rows, valid until the next one.
func (f *filler) fill(rows []*entry, column int) *table.Values {
	v := &f.values
	v.Reset()
	switch {
	case column < columnNumbers:
		for _, e := range rows {
			ref := [...]uint32{e.source, e.domain, e.user}[column]
			if (column == columnSource) == (e.source != 0) {
				v.Lens = append(v.Lens, 1)
				v.Texts.Add(f.at(ref))
			} else {
				v.Lens = append(v.Lens, 0)
			}
		}
	case column < columnKinds:
		for _, e := range rows {
			v.Ints = append(v.Ints, e.number(column-columnNumbers))
		}
	default:
		f.fillTallies(rows, column-columnKinds)
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

// fillTallies takes the values of a kind: of even numbers those with successes, of odd
// ones those with failures.
func (f *filler) fillTallies(rows []*entry, number int) {
	v := &f.values
	for _, e := range rows {
		n := byte(0)
		for _, i := range f.of(e.samples[number/2]) {
			count := i.ok
			if number%2 == 1 {
				count = i.failed
			}
			if count == 0 {
				continue
			}
			if f.places[i.ref] == 0 {
				f.placed = append(f.placed, i.ref)
				f.places[i.ref] = int32(len(f.placed))
				v.Texts.Add(f.at(i.ref))
			}
			n++
			v.Refs = append(v.Refs, f.places[i.ref]-1)
			v.Ints = append(v.Ints, count)
		}
		v.Lens = append(v.Lens, n)
	}
	for _, ref := range f.placed {
		f.places[ref] = 0
	}
	f.placed = f.placed[:0]
}
