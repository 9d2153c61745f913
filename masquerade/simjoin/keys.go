package simjoin

// keying gives names their keys. Both methods append to dst. Whatever the two
// names, if their distance is within the budget that the keying was made for,
// and the lengths are those it was made for, then a key of indexed(right) is
// among the keys of probed(left). Unrelated names may share keys too.
type keying interface {
	indexed(dst []uint64, right *word) []uint64
	probed(dst []uint64, left *word) []uint64
}

// newKeying returns the keying of a task, or nil where it is better, or the only
// way, to compare all. A left name looks for about tau^2/2 segments.
func (t tuning) newKeying(of task) keying {
	tau, names := of.budget, len(of.right)
	switch {
	case names < t.few:
		return nil
	case tau <= 1:
		return deletions{tau}
	case of.length < 2*tau+1 || t.dear*tau*tau/2 > names:
		return nil
	}
	return newSegments(of.length, tau)
}

// deletions is the keying for budgets of 0 and 1: the name itself, and for a
// budget of 1 the name without any one of its characters. Names that are equal
// share the whole name. Of names that are one edit apart, an insertion or
// deletion makes one equal to the other without a character, and a replacement
// or a transposition of neighbours leaves both the same without one of the
// characters concerned.
type deletions struct{ budget int }

func (d deletions) indexed(dst []uint64, right *word) []uint64 { return d.keys(dst, right) }
func (d deletions) probed(dst []uint64, left *word) []uint64   { return d.keys(dst, left) }

func (d deletions) keys(dst []uint64, w *word) []uint64 {
	last := len(w.text)
	dst = append(dst, mix(w.part(0, last), uint64(last)))
	if d.budget == 0 {
		return dst
	}
	for i := range w.text {
		if i > 0 && w.text[i] == w.text[i-1] {
			continue // the same text as without its neighbour
		}
		dst = append(dst, mix(w.without(i), uint64(last-1)))
	}
	return dst
}

// segments is the keying for budgets tau >= 2 and right names of one length n >=
// 2 tau + 1. The right name is cut into tau + 1 segments with one character
// between neighbours that belongs to neither; its keys are its segments.
//
// Why one segment survives. Take an optimal sequence of edits of the right name,
// and give each edit's cost to segments: to the segments that it changes or
// falls into; otherwise to the segment before the gap that it falls into
// (before the first segment: to the first). A simple edit costs 1 and touches
// one segment. A transposition that deletes x and inserts y characters between
// its two ends costs 1 + x + y; to touch q >= 2 segments it must span a gap
// between each two and every segment between the outer ones, which is 2q - 1
// characters, so x >= 2q - 3 and its cost 1 + x >= 2q - 2 >= q is enough to give
// each 1. So with a[i] the cost given to segment i, the sum of all a is at most
// tau, and a[i] = 0 leaves segment i whole. Without gaps a transposition over a
// border costs 1 and breaks 2 segments.
//
// Where it is found. Of the sums a[0] + ... + a[i] - (i + 1), the first is at
// least -1, the last at most -1, and each is at least the one before minus 1.
// At the first i where it is -1, a[i] = 0, the segments before i have cost i
// exactly, and those after i at most tau - i. So segment i stands in the left
// name at a shift s with |s| <= i, and what follows it differs in length by |D -
// s| <= tau - i, where D is the difference of the two lengths. These are the
// places that a left name looks up.
type segments struct {
	length, budget int
	cuts           []segment
	diff           int     // D of the left name last looked up
	places         []place // and its places
}

// segment i of the right name is text[from:to].
type segment struct{ from, to int }

// place is a part of the left name that is looked up among segments number.
type place struct{ number, from, to int }

// newSegments returns the keying for right names of this length.
func newSegments(length, budget int) *segments {
	s := &segments{length: length, budget: budget}
	rest, from := length-budget, 0 // characters that belong to segments
	for i := range budget + 1 {
		size := rest / (budget + 1 - i)
		s.cuts = append(s.cuts, segment{from, from + size})
		rest -= size
		from += size + 1
	}
	s.places = s.window(s.diff)
	return s
}

// window lists the places for left names that are diff longer than the right.
func (s *segments) window(diff int) []place {
	var places []place
	for i, cut := range s.cuts {
		spare := s.budget - i
		for shift := max(-i, diff-spare); shift <= min(i, diff+spare); shift++ {
			from, to := cut.from+shift, cut.to+shift
			if from >= 0 && to <= s.length+diff {
				places = append(places, place{i, from, to})
			}
		}
	}
	return places
}

func (s *segments) indexed(dst []uint64, right *word) []uint64 {
	for i, cut := range s.cuts {
		dst = append(dst, mix(right.part(cut.from, cut.to), uint64(i)))
	}
	return dst
}

func (s *segments) probed(dst []uint64, left *word) []uint64 {
	// Left names come in order of their lengths, so this is seldom true.
	if diff := len(left.text) - s.length; diff != s.diff {
		s.diff, s.places = diff, s.window(diff)
	}
	for _, p := range s.places {
		dst = append(dst, mix(left.part(p.from, p.to), uint64(p.number)))
	}
	return dst
}
