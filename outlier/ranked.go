package outlier

import (
	"math"
	"math/bits"
)

// ranked is a set of numbers from 0 that tells how many of them are below one.
type ranked struct {
	bits   []uint64
	before []int32 // how many are below those of each word
	size   int
}

// newRanked is what draws hold, which is below n.
func newRanked(draws []draw, n int) *ranked {
	r := &ranked{bits: make([]uint64, n/64+1)}
	for _, d := range draws {
		for _, i := range d.rows {
			r.bits[i/64] |= 1 << (i % 64)
		}
	}
	r.count()
	return r
}

// allRanked is all numbers below n.
func allRanked(n int) *ranked {
	r := &ranked{bits: make([]uint64, n/64+1)}
	for i := range r.bits {
		r.bits[i] = math.MaxUint64
	}
	r.bits[n/64] = 1<<(n%64) - 1
	r.count()
	return r
}

func (r *ranked) count() {
	r.before = make([]int32, len(r.bits))
	for i, word := range r.bits {
		r.before[i] = int32(r.size)
		r.size += bits.OnesCount64(word)
	}
}

// rank is how many numbers are below i, which is n at most.
func (r *ranked) rank(i int32) int32 {
	word := uint32(i) / 64
	return r.before[word] + int32(bits.OnesCount64(r.bits[word]&(1<<(uint32(i)%64)-1)))
}

// has is 1 where i is among the numbers, else 0.
func (r *ranked) has(i int32) int { return int(r.bits[uint32(i)/64] >> (uint32(i) % 64) & 1) }
