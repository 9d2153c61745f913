package network

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// interned is a text that samples share.
type interned struct {
	text string
	refs int
}

// texts keeps each of many texts once, for as long as a sample holds it.
type texts struct {
	known map[string]*interned
	bytes int
}

// internedSize is about what a text takes beside its bytes, in the map and by itself.
const internedSize = 96

func (t *texts) take(text string) *interned {
	x := t.known[text]
	if x == nil {
		if t.known == nil {
			t.known = map[string]*interned{}
		}
		x = &interned{text: strings.Clone(text)}
		t.known[x.text] = x
		t.bytes += len(text) + internedSize
	}
	x.refs++
	return x
}

func (t *texts) drop(x *interned) {
	if x.refs--; x.refs == 0 {
		delete(t.known, x.text)
		t.bytes -= len(x.text) + internedSize
	}
}

// kept is a value of a sample and how many events had it.
type kept struct {
	hash  uint64 // xxHash of the text
	text  *interned
	count int64
}

const keptSize = 24

// sample holds the values of the smallest hashes of all that were added, and how often
// each was: whichever order they come in, and however they are merged, the same ones
// stay, and their counts are exact, since a value that was pushed out never comes back
// (k minimum values; Bar-Yossef et al., RANDOM 2002).
type sample struct{ values []kept }

// add counts a value. Most is how many the sample keeps. It returns by how many bytes
// the sample has grown.
func (s *sample) add(v kept, most int, t *texts, text string) (grown int) {
	if n := len(s.values); n == most && v.hash > s.values[n-1].hash {
		return 0
	}
	at, found := slices.BinarySearchFunc(s.values, v.hash, func(k kept, hash uint64) int { return cmp.Compare(k.hash, hash) })
	if found {
		k := &s.values[at]
		k.count += v.count
		if text < k.text.text { // two texts of one hash count as one, the smaller
			t.drop(k.text)
			k.text = t.take(text)
		}
		return 0
	}
	before := cap(s.values)
	if len(s.values) == most {
		t.drop(s.values[most-1].text)
		s.values = s.values[:most-1]
	}
	v.text = t.take(text)
	s.values = slices.Insert(s.values, at, v)
	return (cap(s.values) - before) * keptSize
}

// number is how many distinct values were added: exactly below most, about from there
// on.
func (s *sample) number(most int) int {
	n := len(s.values)
	if n < most {
		return n
	}
	last := float64(s.values[n-1].hash) / (1 << 32) / (1 << 32)
	return max(n, int(float64(n-1)/last))
}

// most are the values in the order of their counts, the highest first.
func (s *sample) byCount() []kept {
	all := slices.Clone(s.values)
	slices.SortFunc(all, func(a, b kept) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.text.text, b.text.text))
	})
	return all
}

func hashOf(text string) uint64 { return xxhash.Sum64String(text) }

// cut shortens text to at most limit bytes, never inside a character, and marks it.
func cut(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
