package outlier

import (
	"math/bits"
	"unsafe"
)

// streams is how many rows that lie apart are hashed by turns: each stream of memory
// halts at the end of a page, and the others go on.
const streams = 8

// hash puts hashes of rows, as many as there are hashes. The highest bit of beyond says
// whether a number is larger than float32 has any, or none.
func hash(numbers []float64, hashes []uint32) (beyond uint64) {
	all := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(numbers))), len(numbers)) //nolint:gosec // their bits as they lie: a conversion of each costs a tenth of the hash
	cols, each := len(all)/len(hashes), len(hashes)/streams
	var is uint64
	for i := range each {
		for s := 0; s < streams; s += 2 {
			a, b := s*each+i, (s+1)*each+i
			hashes[a], hashes[b], is = hashTwo(all[a*cols:(a+1)*cols], all[b*cols:(b+1)*cols])
			beyond |= is
		}
	}
	for i := each * streams; i < len(hashes); i++ {
		row := all[i*cols : (i+1)*cols]
		hashes[i], _, is = hashTwo(row, row)
		beyond |= is
	}
	return beyond
}

// hashTwo hashes the bits of two rows, two numbers at a time: the folded product of 128
// bits. The highest bit of beyond is set where the bits of a number without the sign are
// more than those of math.MaxFloat32: with what is missing to 1<<63 added, it changes.
func hashTwo(r, s []uint64) (x, y uint32, beyond uint64) {
	const k0, k1, k2 = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0x8cb92ba72f3d8dd7
	const add = 1<<63 - 1 - 0x47efffffe0000000
	s = s[:len(r)]
	h, g := uint64(k0), uint64(k0)
	for j := 0; j < len(r)-1; j += 2 {
		a, b := r[j], r[j+1]
		beyond |= (a + add ^ a) | (b + add ^ b)
		hi, lo := bits.Mul64(a^k1^h, b^k2)
		h = bits.RotateLeft64(h, 23) ^ hi ^ lo
		a, b = s[j], s[j+1]
		beyond |= (a + add ^ a) | (b + add ^ b)
		hi, lo = bits.Mul64(a^k1^g, b^k2)
		g = bits.RotateLeft64(g, 23) ^ hi ^ lo
	}
	if len(r)%2 == 1 {
		a, b := r[len(r)-1], s[len(r)-1]
		beyond |= (a + add ^ a) | (b + add ^ b)
		hi, lo := bits.Mul64(a^k1^h, k2)
		h = bits.RotateLeft64(h, 23) ^ hi ^ lo
		hi, lo = bits.Mul64(b^k1^g, k2)
		g = bits.RotateLeft64(g, 23) ^ hi ^ lo
	}
	hi, lo := bits.Mul64(h^k0, k1)
	x = uint32((hi ^ lo) >> 32)
	hi, lo = bits.Mul64(g^k0, k1)
	return x, uint32((hi ^ lo) >> 32), beyond
}
