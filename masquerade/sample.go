package masquerade

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

const (
	// keep is how many distinct values of each kind a name remembers.
	keep = 8
	// longest is how many bytes of a value are kept.
	longest = 512
)

// Of the values of one kind a name keeps those with the smallest hashes, and how
// often each was seen. The hash is the 64-bit xxHash of the value as it is kept;
// where two are equal, the smaller text counts as the smaller. A value's order is
// the upper half of its hash, which nearly always decides.
//
// The first values seen would depend on the order of reading, which merging must
// not. Of the values with the smallest hashes each was kept from its first
// occurrence on, in every part it occurred in: a value that is pushed out by
// smaller ones can never come back. So their counts are exact, and the sample of
// a whole is the sample of its parts' samples.

// kept is a value and how many of the name's events had it.
type kept struct {
	count int64
	order uint32
	ref   uint32 // to its text
}

// samples are the values of all kinds that a name keeps.
type samples struct {
	// limits are the highest orders that may still come in, by kind: values
	// above them, nearly all of a frequent name's, need no further look.
	limits [kinds]uint32
	ends   [kinds]uint8 // where in kept each kind ends, and the next starts
	// A name's value of one kind is often the one before, the path above all:
	// last is its place in kept, or nowhere, and lastKey the key of its spelling.
	last    [kinds]uint8
	lastKey [kinds]uint64
	kept    []kept  // of each kind ordered by hash
	crowded *sketch // of the hosts, if there are more than are kept
}

const nowhere = kinds * keep

func emptySamples(room []kept) samples {
	s := samples{kept: room}
	for kind := range s.limits {
		s.limits[kind] = math.MaxUint32
	}
	return s
}

// of returns the values of one kind.
func (s *samples) of(kind int) []kept {
	start := uint8(0)
	if kind > 0 {
		start = s.ends[kind-1]
	}
	return s.kept[start:s.ends[kind]]
}

// again counts a value if it is the one that came last.
func (s *samples) again(kind int, key uint64) bool {
	if s.lastKey[kind] != key {
		return false
	}
	if at := int(s.last[kind]); at < len(s.kept) {
		s.kept[at].count++
	}
	return true
}

// drop leaves a value out, as it will be from now on.
func (s *samples) drop(kind int, key uint64) {
	s.last[kind], s.lastKey[kind] = nowhere, key
}

// find returns the reference of a value that is kept already, or 0.
func (s *samples) find(kind int, order uint32, value []byte, t *texts) uint32 {
	for _, k := range s.of(kind) {
		if k.order == order && string(t.at(k.ref)) == string(value) {
			return k.ref
		}
	}
	return 0
}

// add counts a value that t holds.
func (s *samples) add(kind int, k kept, t *texts) {
	own := s.of(kind)
	for i := range own {
		if own[i].ref == k.ref {
			own[i].count += k.count
			s.last[kind] = s.ends[kind] - uint8(len(own)-i)
			return
		}
	}
	s.insert(kind, k, t)
}

// insert puts a value that is not there in its place, if it has one.
func (s *samples) insert(kind int, k kept, t *texts) {
	own := s.of(kind)
	if kind == hosts && len(own) == keep {
		s.crowd(t).add(k.order)
	}
	at := 0
	for at < len(own) && (own[at].order < k.order || own[at].order == k.order && t.compare(own[at], k) < 0) {
		at++
	}
	if at == keep {
		s.last[kind] = nowhere
		return
	}
	s.last[kind] = s.ends[kind] - uint8(len(own)-at)
	switch {
	case len(own) == keep:
		t.dropped += len(t.at(own[keep-1].ref))
		copy(own[at+1:], own[at:])
		own[at] = k
	default:
		before := cap(s.kept)
		s.kept = slices.Insert(s.kept, int(s.ends[kind])-len(own)+at, k)
		t.sampled += (cap(s.kept) - before) * keptSize
		for later := kind; later < kinds; later++ {
			s.ends[later]++
		}
	}
	s.lastKey = [kinds]uint64{} // places have changed
	if own = s.of(kind); len(own) == keep {
		s.limits[kind] = own[keep-1].order
	}
}

// closed makes what was appended to kept the values of a kind, the last so far.
func (s *samples) closed(kind int) {
	for later := kind; later < kinds; later++ {
		s.ends[later] = uint8(len(s.kept))
	}
	if own := s.of(kind); len(own) == keep {
		s.limits[kind] = own[keep-1].order
	}
}

// compare orders two values of t by hash, then by text.
func (t *texts) compare(a, b kept) int {
	if a.order != b.order {
		return cmp.Compare(a.order, b.order)
	}
	x, y := t.at(a.ref), t.at(b.ref)
	return cmp.Or(cmp.Compare(xxhash.Sum64(x), xxhash.Sum64(y)), bytes.Compare(x, y))
}

func orderOf(value []byte) uint32 { return uint32(xxhash.Sum64(value) >> 32) }

// shorten cuts a value to at most longest bytes, never inside a character, and
// marks it, in place.
func shorten(value []byte) []byte {
	const mark = "…"
	if len(value) <= longest {
		return value
	}
	end := longest - len(mark)
	for !utf8.RuneStart(value[end]) {
		end--
	}
	return append(value[:end], mark...)
}
