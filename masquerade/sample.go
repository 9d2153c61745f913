package masquerade

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// keep is how many distinct values of each kind a name remembers.
	keep = 8
	// longest is how many bytes of a value are kept.
	longest = 512
)

// sample keeps the values with the smallest hashes and how often each was seen.
//
// The first values seen would depend on the order of reading, which merging must
// not. Of the values with the smallest hashes each was kept from its first
// occurrence on, in every part it occurred in: a value that is pushed out by
// smaller ones can never come back. So their counts are exact, and the sample of
// a whole is the sample of its parts' samples.
type sample []kept // ordered by hash, then value; at most keep

type kept struct {
	hash  uint64
	value string
	count int64
}

// add counts one occurrence of a value, shortened, with its hash.
func (s *sample) add(value []byte, hash uint64) {
	if len(*s) == keep && hash > (*s)[keep-1].hash {
		return
	}
	for i := range *s {
		if k := &(*s)[i]; k.hash == hash && k.value == string(value) {
			k.count++
			return
		}
	}
	s.insert(kept{hash, string(value), 1})
}

// insert puts a value that is not there in its place, if it has one.
func (s *sample) insert(k kept) {
	at, _ := slices.BinarySearchFunc(*s, k, compareKept)
	if at == keep {
		return
	}
	*s = slices.Insert(*s, at, k)
	*s = (*s)[:min(len(*s), keep)]
}

func (s *sample) merge(o sample) {
	for _, k := range o {
		if i, ok := slices.BinarySearchFunc(*s, k, compareKept); ok {
			(*s)[i].count += k.count
		} else {
			s.insert(k)
		}
	}
}

func compareKept(a, b kept) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), strings.Compare(a.value, b.value))
}

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
