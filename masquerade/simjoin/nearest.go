package simjoin

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// Nearest finds the names that are most similar to one, without measuring all
// distances. It is not safe for concurrent use.
type Nearest struct {
	names   []sketched
	buckets *buckets
	bounds  []float32 // by name: no less than its score, of the search at hand
	levels  [levels + 1][]int32

	whole, stem pattern // of the name that is looked for
	measure     measure[byte]
	stop        atomic.Bool // never set
}

// levels is how finely names are sorted by their bounds: they are measured from the
// highest level down, until none can be among the nearest.
const levels = 64

// sketched is a name and what bounds its similarity to others.
type sketched struct {
	name, ext   string // the extension with its dot; "" without a dot
	whole, stem sketch
	folded      bool // it has characters that may share a symbol
}

// sketch is a text as symbols, of which there is one a character.
type sketch struct {
	symbols   []byte
	signature signature
}

// NewNearest prepares to search the names, which are compared as they are.
func NewNearest(names []string) *Nearest {
	x := &Nearest{buckets: newBuckets(), names: make([]sketched, len(names)), bounds: make([]float32, len(names))}
	for i, name := range names {
		x.names[i] = x.sketched(name)
	}
	return x
}

// sketched lets characters beyond ASCII share symbols, which makes names look closer
// at most.
func (x *Nearest) sketched(name string) sketched {
	s := sketched{name: name}
	dot := strings.LastIndexByte(name, '.')
	for at, r := range name {
		if at == dot {
			s.ext, s.stem.symbols = name[at:], s.whole.symbols
		}
		if r >= utf8.RuneSelf {
			s.folded = true
			r = utf8.RuneSelf + r%utf8.RuneSelf
		}
		s.whole.symbols = append(s.whole.symbols, byte(r))
	}
	s.whole.signature, s.stem.signature = x.buckets.sign(s.whole.symbols), x.buckets.sign(s.stem.symbols)
	return s
}

// compared is what is compared of two names, or false if one has no dot.
func (s *sketched) compared(to *sketched) (a, b *sketch, ok bool) {
	if s.ext == to.ext {
		return &s.stem, &to.stem, s.ext != ""
	}
	return &s.whole, &to.whole, s.ext != "" && to.ext != ""
}

// bound is no less than the similarity of two names.
func (s *sketched) bound(to *sketched) float32 {
	a, b, ok := s.compared(to)
	if !ok {
		return 0
	}
	m, n := len(a.symbols), len(b.symbols)
	return score(max(m, n), max(m-n, n-m, a.signature.lacks(b.signature), b.signature.lacks(a.signature)))
}

// measured is a name whose distance is known.
type measured struct {
	at       int // in the names
	name     string
	score    float32
	distance int
}

// before is the order of results.
func (m measured) before(o measured) int {
	return cmp.Or(cmp.Compare(o.score, m.score), cmp.Compare(m.distance, o.distance), strings.Compare(m.name, o.name), cmp.Compare(m.at, o.at))
}

// Find returns the positions of up to n names: those with the highest Similarity to
// name, of equals those with the least Distance, then in order of the names. Names
// equal to it are left out, and those of a similarity below least. What is below one
// half takes most of the time, and is hardly similar.
func (x *Nearest) Find(name string, n int, least float32) []int {
	if n < 1 {
		return nil
	}
	to := x.sketched(name)
	x.sort(&to)
	x.whole.set(to.whole.symbols[:min(len(to.whole.symbols), patternLimit)])
	x.stem.set(to.stem.symbols[:min(len(to.stem.symbols), patternLimit)])
	var found []measured
	for level := levels; level >= 0; level-- {
		for _, at := range x.levels[level] {
			if len(found) == n {
				least = max(least, found[n-1].score)
			}
			one, ok := x.look(int(at), &to, least)
			if !ok {
				continue
			}
			i, _ := slices.BinarySearchFunc(found, one, measured.before)
			if found = slices.Insert(found, i, one); len(found) > n {
				found = found[:n]
			}
		}
		if len(found) == n {
			least = max(least, found[n-1].score)
		}
		if least >= float32(level)/levels && level > 0 {
			break // all that is left has less
		}
	}
	out := make([]int, len(found))
	for i, f := range found {
		out[i] = f.at
	}
	return out
}

// sort puts the names into levels.
func (x *Nearest) sort(to *sketched) {
	for level := range x.levels {
		x.levels[level] = x.levels[level][:0]
	}
	for i := range x.names {
		s := &x.names[i]
		if s.name == to.name {
			continue
		}
		x.bounds[i] = s.bound(to)
		level := int(x.bounds[i] * levels)
		x.levels[level] = append(x.levels[level], int32(i))
	}
}

// look measures a name, unless its score is less than least.
func (x *Nearest) look(at int, to *sketched, least float32) (measured, bool) {
	s := &x.names[at]
	m := measured{at: at, name: s.name}
	if x.bounds[at] < least {
		return m, false
	}
	a, b, ok := s.compared(to)
	if !ok {
		m.distance = max(len(s.whole.symbols), len(to.whole.symbols))
		return m, true // bounds[at] is its score
	}
	longer := max(len(a.symbols), len(b.symbols))
	most := mostEdits(longer, least)
	p := &x.whole
	if b == &to.stem {
		p = &x.stem
	}
	// Optimal string alignment takes at most half as many edits more.
	if len(b.symbols) <= patternLimit && p.distance(a.symbols, most*3/2) > most*3/2 {
		return m, false
	}
	m.distance = x.measure.distance(a.symbols, b.symbols, most, &x.stop)
	if m.distance <= most && (s.folded || to.folded) {
		m.distance = Distance(s.name, to.name) // no less
	}
	m.score = score(longer, m.distance)
	return m, m.distance <= most
}

// mostEdits is how many edits a pair may have whose longer name has that length and
// whose score is no less than least.
func mostEdits(longer int, least float32) int {
	most := min(int(float32(longer)*(1-least))+1, longer)
	for most > 0 && score(longer, most) < least {
		most--
	}
	return most
}
