package simjoin

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// libraryLimit is the length in code points up to which go-edlib gives the
// score. It keeps the whole table of a pair, 8 bytes a cell: two names of 30,000
// characters would take 7 GB.
const libraryLimit = 1024

// Similarity is the score of two lower-cased names, in [0, 1]. A name without a
// dot scores 0 against every name. The text after the last dot is the
// extension; when both have the same one it is removed from both, with its dot.
// The score is then go-edlib's (L - d)/L in float32, with d the unrestricted
// Damerau-Levenshtein distance in code points and L the longer length, and 1 for
// two empty stems. svchost.exe and svch0st.exe have 6/7; svchost.exe and
// svchost.ex are compared whole and have 10/11.
func Similarity(a, b string) float32 {
	a, b, ok := compared(a, b)
	if !ok {
		return 0
	}
	longer := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	if longer == 0 || longer > libraryLimit {
		return score(longer, damerau(a, b))
	}
	s, _ := edlib.StringsSimilarity(a, b, edlib.DamerauLevenshtein) // fails for unknown algorithms only
	return s
}

// Distance is the number of edits that belongs to Similarity(a, b): insertions,
// deletions, replacements and transpositions of neighbours in code points, after
// an equal extension is removed from both. A name without a dot is as far from
// every name as the longer of the two is long.
func Distance(a, b string) int {
	a, b, ok := compared(a, b)
	if !ok {
		return max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	}
	return damerau(a, b)
}

// Quadratic reports whether Join at this threshold takes time in proportion to
// len(left) * len(right), so that a caller can say so before it starts. It does
// at two thirds and below: there the shorter name of a pair that uses up its
// budget tau may have fewer than 2 tau + 1 characters, which is no room for the
// segments, and other segments are one or two characters that many names share.
//
// Measured with names as in a large company (20 characters): 15 nanoseconds a
// pair at 0.65, 45 at 0.6 and 170 at 0.5, however many names. Above, the time a
// pair falls with the number of names: for 40,000 names it is 4.4 nanoseconds at
// 0.7, 1.4 at 0.75 and 0.4 at 0.85, and for a million names at 0.85 it is 0.05.
func Quadratic(threshold float64) bool {
	return threshold <= 2.0/3
}

// Quadratic is Quadratic for a join with the Joiner's budget: it takes such time
// too if some step allows two or more edits with less than three characters for
// each. Then the segments of the names that just reach it have one character, or
// there is no room for them.
//
// Measured with the same names at 0.85: 11 nanoseconds a pair with eight edits from
// 17 characters and 1 with four from 9, however many names; with steps of three
// characters an edit the time a pair falls with their number, as it does without.
func (j Joiner) Quadratic(threshold float64) bool {
	return Quadratic(threshold) || slices.ContainsFunc(j.Edits, func(s Step) bool {
		return s.Edits > 1 && s.From/3 < s.Edits
	})
}

// compared returns what is compared of two names, or false when one has no dot.
func compared(a, b string) (string, string, bool) {
	i, j := strings.LastIndexByte(a, '.'), strings.LastIndexByte(b, '.')
	if i < 0 || j < 0 {
		return a, b, false
	}
	if a[i:] == b[j:] {
		return a[:i], b[:j], true
	}
	return a, b, true
}

// score is go-edlib's arithmetic: lengths and distance as float32, then divided.
func score(longer, distance int) float32 {
	if longer == 0 {
		return 1
	}
	return float32(longer-distance) / float32(longer)
}

// budgets returns k[L] for L up to longest: the largest distance of a pair whose
// longer name has length L that still scores more than threshold, which is in
// [0, 1). It is found with the published arithmetic, because rounding decides at
// the edge: 17/20 passes 0.85 as float32(0.85) is above 0.85.
//
// k never falls, and never rises by more than one from L to L+1; plan relies on
// both.
func budgets(longest int, threshold float64) []int32 {
	k := make([]int32, longest+1)
	for length := 1; length <= longest; length++ {
		d := int(k[length-1])
		if float64(score(length, d+1)) > threshold {
			d++
		}
		k[length] = int32(d)
	}
	return k
}
