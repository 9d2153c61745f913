package simjoin

import (
	"math/bits"
	"strings"
)

// signature counts the characters of a text in 32 buckets: bit b says that
// bucket b has one, bit b+32 that it has more. An edit removes and adds at most
// one character, so a bit that only one of two texts has costs an edit.
type signature uint64

// lacks counts what s has and other has not: at most the edits between the two.
func (s signature) lacks(other signature) int {
	return bits.OnesCount64(uint64(s &^ other))
}

// plausible reports whether two texts may be within budget edits.
func plausible(a, b signature, budget int) bool {
	return a.lacks(b) <= budget && b.lacks(a) <= budget
}

// buckets is the bucket of each symbol.
type buckets [256]uint8

// newBuckets spreads the symbols. Members of a family differ in hexadecimal
// digits, which get a bucket each; so do common letters. Rare ones share.
func newBuckets() *buckets {
	const groups = "0 1 2 3 4 5 6 7 8 9 a b c d e f i l m n o p r s t u gj hx kq vz w- y_."
	b := new(buckets)
	for symbol := range b {
		b[symbol] = uint8(symbol % 32)
	}
	for bucket, symbols := range strings.Fields(groups) {
		for _, symbol := range symbols {
			b[symbol] = uint8(bucket)
		}
	}
	return b
}

// sign returns the signature of text.
func (b *buckets) sign(text []byte) signature {
	var s signature
	for _, symbol := range text {
		bit := signature(1) << (b[symbol] & 31)
		s |= bit | s&bit<<32
	}
	return s
}
