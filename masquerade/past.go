package masquerade

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"sparkless/storage/table"
)

// past is what Counts know of the days before one: of the names of that day
// alone, and without their context. So it takes less than the day does, however
// many other names came and went.
type past struct {
	of        *Counts // the day
	days      int
	blindDays int      // days that know nothing of origins
	names     []before // by the reference of the name in of
	entries   []before // by the entry in of: of a name and an origin
}

type before struct {
	count       int64
	first, last int64 // nanoseconds since 1970, UTC
	days        int64
}

const beforeSize = int(unsafe.Sizeof(before{}))

// Before is what history knows of a name.
type Before struct {
	Count       int64     // events
	Days        int       // on which it was seen
	First, Last time.Time // when it was seen; zero if never
}

// Past returns counts of the days before day, so far of none. They know the names
// of day alone. Decode replaces them by those of one profile, and Merge adds those
// of the same day's past; they cannot be encoded. Several goroutines may use pasts
// of the same day at a time, as long as nobody adds to that.
func (d *Detector) Past(day *Counts) *Counts {
	c := NewCounts()
	c.past = &past{of: day, names: make([]before, day.heads.len()), entries: make([]before, day.entries.len())}
	return c
}

// Days is how many days a Past has taken in.
func (c *Counts) Days() int {
	if c == nil || c.past == nil {
		return 0
	}
	return c.past.days
}

// daysByOrigin is how many of them can tell of a name's entries.
func (c *Counts) daysByOrigin() int {
	if c == nil || c.past == nil {
		return 0
	}
	return c.past.days - c.past.blindDays
}

// Before returns what a Past knows of a name: nothing, unless its day has the
// name.
func (c *Counts) Before(name string) Before {
	if c == nil || c.past == nil {
		return Before{}
	}
	ref, _ := c.past.find([]byte(name))
	return c.past.names[ref].told()
}

// beforeOf returns what a Past knows of those of a name's entries that pick
// chooses. Days are those of the entry that was seen most often.
func (c *Counts) beforeOf(name string, pick func(*entry) bool) Before {
	if c == nil || c.past == nil {
		return Before{}
	}
	var sum before
	_, head := c.past.find([]byte(name))
	for at := head; at != 0; at = c.past.of.entries.at(at).next {
		if pick(c.past.of.entries.at(at)) {
			days := max(sum.days, c.past.entries[at].days)
			sum.add(&c.past.entries[at])
			sum.days = days
		}
	}
	return sum.told()
}

func (b *before) told() Before {
	if b.count == 0 {
		return Before{}
	}
	return Before{b.count, int(b.days), time.Unix(0, b.first).UTC(), time.Unix(0, b.last).UTC()}
}

// errPast: a Past leaves out too much to be anybody's state of a day.
var errPast = errors.New("the counts of earlier days cannot be kept")

// find returns the reference and the first entry of a name, 0 if the day has no
// such name.
func (p *past) find(name []byte) (ref, head uint32) {
	ref, _ = p.of.names.find(name, hashOf(name))
	if ref == 0 || int(ref) >= len(p.names) {
		return 0, 0
	}
	return ref, *p.of.heads.at(ref)
}

func (p *past) size() int {
	if p == nil {
		return 0
	}
	return (len(p.names) + len(p.entries)) * beforeSize
}

// merge adds what o knows.
func (p *past) merge(o *past) {
	if o == nil || o.of != p.of {
		panic("masquerade: merging the pasts of two days")
	}
	p.days, p.blindDays = p.days+o.days, p.blindDays+o.blindDays
	for i := range o.names {
		p.names[i].add(&o.names[i])
	}
	for i := range o.entries {
		p.entries[i].add(&o.entries[i])
	}
}

func (b *before) add(o *before) {
	switch {
	case o.count == 0:
		return
	case b.count == 0:
		*b = *o
		return
	}
	b.count += o.count
	b.first, b.last = min(b.first, o.first), max(b.last, o.last)
	b.days += o.days
}

// decode replaces p by a day's profile. One of the first version knows nothing of
// origins.
func (p *past) decode(file []byte) (note string, err error) {
	src, err := openCounts(file)
	if err != nil {
		return "", err
	}
	p.days, p.blindDays = 1, 0
	if src.blind() {
		p.blindDays = 1
	}
	clear(p.names)
	clear(p.entries)
	t := taker{past: p, source: src}
	for i := range src.Groups() {
		rows, err := src.read(i, columnName, columnOrigin, columnCount, columnFirst, columnLast)
		if err == nil {
			err = t.take(rows)
		}
		if err != nil {
			return "", err
		}
	}
	return src.Note, nil
}

// taker takes in the rows of one profile.
type taker struct {
	*past
	*source
	any  bool   // a named row has been
	last []byte // the name of the last such row
	from origin // of that row
}

func (t *taker) take(rows int) error {
	v, names := t.values, 0
	if v[columnOrigin].Texts.Len() != rows {
		return fmt.Errorf("%w: rows without an origin", table.ErrDamaged)
	}
	for row := range rows {
		b := before{v[columnCount].Ints[row], v[columnFirst].Ints[row], v[columnLast].Ints[row], 1}
		if b.count < 1 || b.first > b.last || b.count == 1 && b.first != b.last {
			return fmt.Errorf("%w: row %d: no name that Encode writes", table.ErrDamaged, row)
		}
		if v[columnName].Lens[row] == 0 {
			continue // events without a name
		}
		name := v[columnName].Texts.At(names)
		names++
		from, known := origins[string(v[columnOrigin].Texts.At(row))]
		again := t.any && bytes.Equal(t.last, name) // the name may be empty
		ordered := !t.any || cmp.Or(bytes.Compare(t.last, name), cmp.Compare(t.from, from)) < 0
		if len(name) > longestName || !known || !ordered {
			return fmt.Errorf("%w: row %d: a name too long, or out of order", table.ErrDamaged, row)
		}
		t.any, t.last, t.from = true, append(t.last[:0], name...), from
		t.add(name, from, b, again)
	}
	return nil
}

// add adds what a row says of a name; again, if the row before was of the same.
func (t *taker) add(name []byte, from origin, b before, again bool) {
	ref, at := t.find(name)
	if ref == 0 {
		return
	}
	for ; at != 0 && !t.blind(); at = t.of.entries.at(at).next {
		if t.of.entries.at(at).origin == from {
			t.entries[at].add(&b)
		}
	}
	if again {
		b.days = 0 // it is one day
	}
	t.names[ref].add(&b)
}
