package simjoin

import "slices"

// collect turns hits into pairs ordered by left, then right name. It counts the
// hits of each left name instead of comparing them: there may be many millions.
func collect(in *input, hits [][]hit, c *control) []Pair {
	ends := make([]int, len(in.left.names)+1)
	for _, part := range hits {
		for _, h := range part {
			ends[h.left+1]++
		}
	}
	for i := range in.left.names {
		ends[i+1] += ends[i]
	}
	pairs := make([]Pair, ends[len(in.left.names)])
	scores := scorer{in: in, known: map[scoreKey]float32{}}
	for p, part := range hits {
		for _, h := range part {
			pairs[ends[h.left]] = Pair{int(h.left), int(h.right), int(h.distance), scores.of(h)}
			ends[h.left]++
		}
		hits[p] = nil
	}
	start := 0
	for _, end := range ends[:len(in.left.names)] {
		if c.stopped.Load() {
			break
		}
		slices.SortFunc(pairs[start:end], func(a, b Pair) int { return a.Right - b.Right })
		start = end
	}
	return pairs
}

// scorer gives hits their scores. A score depends on the longer length and the
// distance alone, so go-edlib, which takes some 20 microseconds, is asked for
// the first pair of each kind.
type scorer struct {
	in    *input
	known map[scoreKey]float32
}

type scoreKey struct{ longer, distance int }

func (s *scorer) of(h hit) float32 {
	left, right := &s.in.left, &s.in.right
	whole := left.ext[h.left] != right.ext[h.right]
	key := scoreKey{max(left.length(h.left, whole), right.length(h.right, whole)), int(h.distance)}
	if key.longer > libraryLimit {
		return score(key.longer, key.distance)
	}
	known, ok := s.known[key]
	if !ok {
		known = Similarity(left.names[h.left], right.names[h.right])
		s.known[key] = known
	}
	return known
}
