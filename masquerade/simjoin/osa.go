package simjoin

import (
	"encoding/binary"
	"math/bits"
)

// pattern computes optimal string alignment distances from one text of up to 64
// symbols to others, all rows of a column at a time (Hyyrö, "A bit-vector
// algorithm for computing Levenshtein and Damerau edit distances", 2003).
type pattern struct {
	text []byte
	at   [256]uint64 // bit i: the text has this symbol at i
}

const patternLimit = 64

// set makes p the pattern of text, which it keeps until the next call.
func (p *pattern) set(text []byte) {
	for _, c := range p.text {
		p.at[c] = 0
	}
	p.text = text
	for i, c := range text {
		p.at[c] |= 1 << i
	}
}

// distance returns the optimal string alignment distance to text, or some number
// above limit if that is above limit. What both texts begin with costs nothing
// and is skipped: names of one family differ in their ends.
func (p *pattern) distance(text []byte, limit int) int {
	skip := commonPrefix(p.text, text)
	text = text[skip:]
	d := len(p.text) - skip
	if d == 0 {
		return len(text)
	}
	last := d - 1
	slack := limit + len(text) // each column to come can take away one
	var up, down, diagonal, before uint64 = ^uint64(0), 0, 0, 0
	for j, c := range text {
		at := p.at[c] >> (skip & 63)
		swapped := (^diagonal & at) << 1 & before
		diagonal = (at&up + up) ^ up | at | down | swapped
		right := down | ^(diagonal | up)
		left := diagonal & up
		d += int(right>>(last&63)&1) - int(left>>(last&63)&1)
		if d+j+1 > slack {
			return limit + 1
		}
		right = right<<1 | 1
		up = left<<1 | ^(diagonal | right)
		down = right & diagonal
		before = at
	}
	return d
}

// commonPrefix is the number of symbols that both begin with.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:])
		if x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
