package logon

import (
	"bytes"
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// keep is how many distinct values of a kind a row keeps: up to so many it counts them
// exactly. Of more it keeps those with the smallest hashes, which are the same however
// rows were merged, and their number is estimated from the largest of these hashes
// (k minimum values; Bar-Yossef et al., 2002), in two of three rows within 9 in 100.
const keep = 128

// item is a value of a row, and how many of the row's events had it.
type item struct {
	ref        uint32 // of the text
	upper      uint32 // half of its hash, which nearly always decides
	ok, failed int64
}

// sample is the values of one kind that a row keeps, in order of their hashes, and
// whether there were more. It has room for a power of 2.
type sample struct {
	at   uint32 // in store.items
	n    uint8
	room uint8 // as the power of 2, and 1; 0 for none
	more bool
}

// store is what the rows of a state hold: texts, and the items of all samples, without
// a pointer.
type store struct {
	texts
	items []item
	spare [9][]uint32    // room that no sample has, by sample.room
	spell []byte         // of a key, while it is hashed
	both  [2 * keep]item // of two samples, while they are joined
}

// of are the items of a sample, valid until another one changes.
func (st *store) of(s sample) []item { return st.items[s.at:][:s.n] }

// roomFor is the sample.room of n items.
func roomFor(n int) uint8 { return uint8(bits.Len(uint(n-1)) + 1) }

// widen gives a sample room for n items, of which it has as many as before.
func (st *store) widen(s *sample, n int) {
	if n == 0 || roomFor(n) <= s.room {
		return
	}
	room := roomFor(n)
	var to uint32
	if spare := st.spare[room]; len(spare) > 0 {
		to = spare[len(spare)-1]
		st.spare[room] = spare[:len(spare)-1]
	} else {
		to = uint32(len(st.items))
		size := 1 << (room - 1)
		st.items = wider(st.items, size)[:len(st.items)+size]
	}
	copy(st.items[to:], st.of(*s))
	if s.room > 0 {
		st.spare[s.room] = append(st.spare[s.room], s.at)
	}
	s.at, s.room = to, room
}

// wider makes room for n more elements, and for twice as many of a list that is not
// large: by a quarter, as append does, a list is copied four times until it is large.
func wider[T any](list []T, n int) []T {
	if len(list)+n <= cap(list) {
		return list
	}
	const large = 1 << 18
	if len(list) < large {
		n = max(n, len(list))
	}
	return slices.Grow(list, n)
}

// place is where a value is among items, or would be.
func (st *store) place(items []item, ref uint32) (at int, found bool) {
	upper := uint32(st.all[ref].hash >> 32)
	for n := len(items); n > 0; { // without a branch that nobody can foretell
		half := (n + 1) / 2
		if items[at+half-1].upper < upper {
			at += half
		}
		n -= half
	}
	for ; at < len(items) && items[at].upper == upper; at++ {
		if items[at].ref == ref {
			return at, true
		}
		if order := st.order(items[at].ref, &st.texts, ref); order >= 0 {
			return at, order == 0
		}
	}
	return at, false
}

// few items are looked through one by one.
const few = 8

// add counts events of a value, which the caller goes on holding.
func (st *store) add(s *sample, ref uint32, ok, failed int64) {
	items := st.of(*s)
	if len(items) <= few {
		for i := range items {
			if items[i].ref == ref {
				items[i].ok += ok
				items[i].failed += failed
				return
			}
		}
	}
	upper := uint32(st.all[ref].hash >> 32)
	if len(items) == keep && upper > items[keep-1].upper {
		s.more = true // nearly all values of a full sample
		return
	}
	at, found := st.place(items, ref)
	switch {
	case found:
		items[at].ok += ok
		items[at].failed += failed
		return
	case at == keep:
		s.more = true
		return
	case len(items) == keep:
		s.more = true
		st.release(items[keep-1].ref)
	default:
		st.widen(s, len(items)+1)
		s.n++
		items = st.of(*s)
	}
	copy(items[at+1:], items[at:])
	st.again(ref)
	items[at] = item{ref, upper, ok, failed}
}

// put makes items, in order, those of a sample that has none.
func (st *store) put(s *sample, items []item) {
	st.widen(s, len(items))
	s.n = uint8(len(items))
	copy(st.of(*s), items)
	for _, i := range items {
		st.again(i.ref)
	}
}

// join adds items, in order, which the caller goes on holding.
func (st *store) join(s *sample, items []item) {
	own := st.of(*s)
	if len(own) == 0 {
		st.put(s, items)
		return
	}
	all := st.both[:0]
	for len(own) > 0 && len(items) > 0 {
		switch order := st.orderOf(own[0], items[0]); {
		case order < 0:
			all, own = append(all, own[0]), own[1:]
		case order > 0:
			st.again(items[0].ref)
			all, items = append(all, items[0]), items[1:]
		default:
			both := own[0]
			both.ok += items[0].ok
			both.failed += items[0].failed
			all, own, items = append(all, both), own[1:], items[1:]
		}
	}
	for _, i := range items {
		st.again(i.ref)
	}
	all = append(append(all, own...), items...)
	if len(all) > keep {
		s.more = true
		for _, i := range all[keep:] {
			st.release(i.ref)
		}
		all = all[:keep]
	}
	st.widen(s, len(all))
	s.n = uint8(len(all))
	copy(st.of(*s), all)
}

func (st *store) orderOf(a, b item) int {
	switch {
	case a.upper != b.upper:
		return cmp.Compare(a.upper, b.upper)
	case a.ref == b.ref:
		return 0
	}
	return st.order(a.ref, &st.texts, b.ref)
}

// drop gives back all values.
func (st *store) drop(s *sample) {
	for _, i := range st.of(*s) {
		st.release(i.ref)
	}
	if s.room > 0 {
		st.spare[s.room] = append(st.spare[s.room], s.at)
	}
	*s = sample{}
}

// values are those of a sample, as findings ask for them.
type values struct {
	items []item
	more  bool
	texts *texts
}

// tally is a value with its text.
type tally struct {
	text       string
	ok, failed int64
}

func (s values) tally(i item) tally { return tally{string(s.texts.at(i.ref)), i.ok, i.failed} }

// distinct is how many values there are, and how many of them had a success.
func (s values) distinct() (all, ok int64) {
	for _, i := range s.items {
		if i.ok > 0 {
			ok++
		}
	}
	n := int64(len(s.items))
	if !s.more || n < keep {
		return n, ok
	}
	share := (float64(s.texts.all[s.items[keep-1].ref].hash) + 1) / math.MaxUint64
	all = max(n+1, int64(math.Round(math.Min((keep-1)/share, math.MaxInt32))))
	return all, (all*ok + n/2) / n
}

// failing is how many values had a failure, by the same estimate.
func (s values) failing() int64 {
	n := int64(len(s.items))
	failed := int64(0)
	for _, i := range s.items {
		if i.failed > 0 {
			failed++
		}
	}
	if all, _ := s.distinct(); all > n {
		return (all*failed + n/2) / n
	}
	return failed
}

// most returns the values that count most by what of tells, at most n, the largest first.
func (s values) most(n int, of func(tally) int64) []tally {
	count := func(i item) int64 { return of(tally{ok: i.ok, failed: i.failed}) }
	var best []item
	for _, i := range s.items {
		if count(i) == 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, i, func(a, b item) int {
			return cmp.Or(cmp.Compare(count(b), count(a)), bytes.Compare(s.texts.at(a.ref), s.texts.at(b.ref)))
		})
		if at == n {
			continue
		}
		if best = slices.Insert(best, at, i); len(best) > n {
			best = best[:n]
		}
	}
	var all []tally
	for _, i := range best {
		all = append(all, s.tally(i))
	}
	return all
}

// find returns what is counted of a text, nothing if it is not there.
func (s values) find(text string) (t tally) {
	for _, i := range s.items {
		if string(s.texts.at(i.ref)) == text {
			return s.tally(i)
		}
	}
	return tally{}
}
