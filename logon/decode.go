package logon

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"sparkless/storage/table"
)

// Decode replaces the state by the one in a file that Encode wrote and returns its note.
// It fails with table.ErrDamaged or table.ErrFormat.
func (s *State) Decode(file []byte) (note string, err error) {
	if s.past != nil {
		return s.past.decode(file)
	}
	memos := s.memos
	*s = *newState()
	s.memos = memos
	rd := &reader{state: s}
	return rd.read(file, func(*entry) {})
}

// reader adds the rows of a file to a state.
type reader struct {
	state  *State
	alone  bool // the state is to have the rows of one group at a time
	values []table.Values
	texts  [columnNumbers]int  // read of the columns of texts
	at     [2 * kinds]int      // read of the tallies
	known  [2 * kinds][]uint32 // the texts of the tallies
	row    entry               // at hand
	key    [columnNumbers][]byte
	before struct { // the row before
		key            [columnNumbers][]byte
		logonType, day int32
		any            bool
	}
	items [kinds][]item
}

// read calls do with every row. It fails with table.ErrDamaged for what Encode does not
// write.
func (rd *reader) read(file []byte, do func(*entry)) (note string, err error) {
	src, err := table.Open(format, columns, file)
	if err != nil {
		return "", err
	}
	rd.values = make([]table.Values, len(columns))
	for i := range src.Groups() {
		n, err := src.Read(i, rd.values)
		if err == nil {
			err = rd.group(n, do)
		}
		if err != nil {
			return "", err
		}
	}
	return src.Note, nil
}

func (rd *reader) group(rows int, do func(*entry)) error {
	if rd.alone {
		*rd.state = *newState()
	}
	rd.texts, rd.at = [columnNumbers]int{}, [2 * kinds]int{}
	rd.makeRoom()
	st := &rd.state.store
	for number := range rd.known {
		texts := &rd.values[columnKinds+number].Texts
		refs := rd.known[number][:0]
		for i := range texts.Len() {
			if text := texts.At(i); len(text) <= longestStored {
				refs = append(refs, st.hold(text))
			} else {
				refs = append(refs, 0)
			}
		}
		rd.known[number] = refs
	}
	for i := range rows {
		err := rd.take(i)
		if err == nil {
			err = rd.follows()
		}
		if err != nil {
			return fmt.Errorf("%w: row %d: %v", table.ErrDamaged, i, err)
		}
		if e := rd.put(); e != nil {
			do(e)
		}
	}
	for _, refs := range rd.known {
		for _, ref := range refs {
			st.release(ref)
		}
	}
	return nil
}

// makeRoom makes room for the rows of the group, and for their samples.
func (rd *reader) makeRoom() {
	lens := rd.values[columnSource].Lens
	sources := rd.values[columnSource].Texts.Len()
	rd.state.accounts.makeRoom(len(lens) - sources)
	rd.state.sources.makeRoom(sources)
	items := 0
	for number := 0; number < len(rd.at); number += 2 {
		ok, failed := rd.values[columnKinds+number].Lens, rd.values[columnKinds+number+1].Lens
		for i := range lens {
			if n := min(int(ok[i])+int(failed[i]), keep); n > 0 {
				items += 1 << (roomFor(n) - 1)
			}
		}
	}
	st := &rd.state.store
	st.items = slices.Grow(st.items, items)
}

// put adds the row at hand to the state, and returns it; nil if it is left out.
func (rd *reader) put() *entry {
	st, to := &rd.state.store, &rd.state.accounts
	if len(rd.key[columnSource]) > 0 {
		to = &rd.state.sources
	}
	p := rd.row.keyRefs
	p.source, p.domain, p.user = st.hold(rd.key[columnSource]), st.hold(rd.key[columnDomain]), st.hold(rd.key[columnUser])
	e := to.row(p, st)
	for _, ref := range [...]uint32{p.source, p.domain, p.user} {
		st.release(ref)
	}
	if e == nil {
		return nil
	}
	e.sum(&rd.row)
	for kind, items := range rd.items {
		if len(items) > 0 {
			st.put(&e.samples[kind], items)
			e.samples[kind].more = rd.row.samples[kind].more
		}
	}
	return e
}

var (
	errKey     = errors.New("no account or source that Encode writes, or out of order")
	errNumbers = errors.New("no numbers that Encode writes")
	errSample  = errors.New("no values that Encode writes")
)

// follows makes sure that the row sorts behind the one before.
func (rd *reader) follows() error {
	order, b := 0, &rd.before
	for c := range rd.key {
		order = cmp.Or(order, bytes.Compare(b.key[c], rd.key[c]))
	}
	order = cmp.Or(order, cmp.Compare(b.logonType, rd.row.logonType), cmp.Compare(b.day, rd.row.day))
	if b.any && order >= 0 {
		return errKey
	}
	for c := range rd.key {
		b.key[c] = append(b.key[c][:0], rd.key[c]...)
	}
	b.logonType, b.day, b.any = rd.row.logonType, rd.row.day, true
	return nil
}

// longestStored is how many bytes a text may have: upper or lower letters may take more.
const longestStored = 4 * longest

// mostEvents is how many a row may claim, so that no sum of days overflows.
const mostEvents = 1 << 40

// take checks a row of the group.
func (rd *reader) take(i int) error {
	var has [columnNumbers]bool
	for c := range rd.key {
		rd.key[c] = nil
		if has[c] = rd.values[c].Lens[i] > 0; has[c] {
			rd.key[c] = rd.values[c].Texts.At(rd.texts[c])
			rd.texts[c]++
		}
		if len(rd.key[c]) > longestStored {
			return errKey
		}
	}
	ofSource := has[columnSource]
	if ofSource != (len(rd.key[columnSource]) > 0) || has[columnDomain] == ofSource || has[columnUser] == ofSource {
		return errKey
	}
	var n [columnKinds - columnNumbers]int64
	for c := range n {
		n[c] = rd.values[columnNumbers+c].Ints[i]
	}
	if n[0] < -1 || n[0] > math.MaxUint8 || n[1] != int64(int32(n[1])) || ofSource && n[0] != 0 {
		return errKey
	}
	rd.row = entry{keyRefs: keyRefs{day: int32(n[1]), logonType: int32(n[0])}, ok: n[2], failed: n[3], guesses: n[4], unknown: n[5]}
	r := &rd.row
	var err error
	if r.okSpan, err = spanOf(r.ok, n[6], n[7], r.day); err == nil {
		r.failSpan, err = spanOf(r.failed, n[8], n[9], r.day)
	}
	if err != nil || r.failed < r.guesses || r.guesses < r.unknown || r.unknown < 0 || r.ok > mostEvents || r.failed > mostEvents || n[10]>>kinds != 0 || r.attempts() == 0 {
		return errNumbers
	}
	return rd.samples(i, n[10])
}

// spanOf checks the times of so many events of a day.
func spanOf(count, first, last int64, day int32) (span, error) {
	switch {
	case count == 0 && first == 0 && last == 0:
		return never, nil
	case count < 1 || first > last || count == 1 && first != last || dayOf(first) != day || dayOf(last) != day:
		return never, errNumbers
	}
	return span{first, last}, nil
}

// samples takes the values of the row.
func (rd *reader) samples(i int, more int64) error {
	for kind := range rd.items {
		rd.items[kind] = rd.items[kind][:0]
	}
	for number := range rd.at {
		v := &rd.values[columnKinds+number]
		n := int(v.Lens[i])
		refs, counts := v.Refs[rd.at[number]:rd.at[number]+n], v.Ints[rd.at[number]:rd.at[number]+n]
		rd.at[number] += n
		whole := rd.row.ok
		if number%2 == 1 {
			whole = rd.row.failed
		}
		for j, place := range refs {
			ref := rd.known[number][place]
			if counts[j] < 1 || counts[j] > whole || ref == 0 {
				return errSample
			}
			whole -= counts[j] // an event has one value of a kind
			if err := rd.item(number, ref, counts[j]); err != nil {
				return err
			}
		}
	}
	for kind, items := range rd.items {
		s := &rd.row.samples[kind]
		s.more = more>>kind&1 == 1
		if len(items) > keep || s.more && len(items) < keep {
			return errSample
		}
	}
	return nil
}

// item adds a value that was read: those with successes, which must come in order, or
// failures of a value, which may be there for its successes.
func (rd *reader) item(number int, ref uint32, count int64) error {
	st, items := &rd.state.store, &rd.items[number/2]
	one := item{ref: ref, upper: uint32(st.all[ref].hash >> 32)}
	if number%2 == 0 {
		one.ok = count
		if n := len(*items); n > 0 && st.orderOf((*items)[n-1], one) >= 0 {
			return errSample
		}
		*items = append(*items, one)
		return nil
	}
	one.failed = count
	at, found := st.place(*items, ref)
	switch {
	case !found:
		*items = slices.Insert(*items, at, one)
	case (*items)[at].failed > 0:
		return errSample
	default:
		(*items)[at].failed = count
	}
	return nil
}
