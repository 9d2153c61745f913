package outlier

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"
)

// canonicalOrder returns the rows of m in an order that depends on what they
// hold and not on where they stand: rows with the same numbers come together,
// the rest is mixed. What a model does with positions in this order is the same
// for every order of the table.
//
// Rows are sorted by a hash of their numbers: first spread into buckets of about
// three rows, then sorted in each. Rows of equal hashes are told apart by their numbers.
func canonicalOrder(m Matrix) []int32 {
	b, _ := newBuckets(m, 1)
	return b.order(nil)
}

// buckets are the rows of a table by the high bits of their hashes.
type buckets struct {
	m      Matrix
	hashes []uint32
	shift  uint    // of a hash, to its bucket; below 32
	starts []int32 // of each bucket, in order, and where the last one ends
	large  []int32 // buckets of more than largeBucket rows
}

// hashRows is how many rows are hashed in one go.
const hashRows = 4096

// newBuckets also says whether all numbers are finite as float32, in the same pass
// over the table. It works on workers goroutines.
func newBuckets(m Matrix, workers int) (b *buckets, single bool) {
	width := uint(min(max(bits.Len(uint(m.Rows))-2, 1), 20))
	b = &buckets{m: m, hashes: make([]uint32, m.Rows), shift: 32 - width, starts: make([]int32, 1<<width+1)}
	var beyond atomic.Uint64
	parallel((m.Rows+hashRows-1)/hashRows, workers, func() struct{} { return struct{}{} }, func(_ struct{}, i int) {
		from, to := i*hashRows, min((i+1)*hashRows, m.Rows)
		beyond.Or(hash(m.Data[from*m.Cols:to*m.Cols], b.hashes[from:to]))
	})
	ends := b.starts[1:]
	for _, h := range b.hashes { // a loop of its own, for hashing leaves no room to remember
		ends[h>>(b.shift%32)]++
	}
	upTo := int32(0)
	for i, n := range b.starts {
		if n > largeBucket {
			b.large = append(b.large, int32(i-1))
		}
		upTo += n
		b.starts[i] = upTo
	}
	return b, beyond.Load()>>63 == 0
}

// largeBucket is how many rows of a bucket are sorted one by one.
const largeBucket = 24

// order is the rows at the wanted positions of the canonical order; where wanted is nil,
// at all.
func (b *buckets) order(wanted *ranked) []int32 {
	if wanted == nil {
		wanted = allRanked(len(b.hashes))
	}
	asked, next := b.asked(wanted)
	keys := b.keys(asked, next)
	for _, bucket := range b.large {
		if asked[bucket/64]>>(bucket%64)&1 == 1 {
			end := next[bucket] // which it has become
			slices.Sort(keys[end-(b.starts[bucket+1]-b.starts[bucket]) : end])
		}
	}
	sortNear(keys)
	b.sortAlike(keys)
	order, n := make([]int32, wanted.size+1), 0
	for i, key := range keys {
		bucket := key >> 32 >> (b.shift % 32)
		order[n] = int32(uint32(key)) // is written over if not wanted
		n += wanted.has(int32(i) + b.starts[bucket+1] - next[bucket])
	}
	return order[:n]
}

// asked has a bit for each bucket with a row at a wanted position. The rows of these
// buckets shall stand one after the other: next is where those of each begin, and at
// its end how many they are.
func (b *buckets) asked(wanted *ranked) (asked []uint64, next []int32) {
	n := len(b.starts) - 1
	asked, next = make([]uint64, (n+63)/64), make([]int32, n+1)
	from, upTo, before := int32(0), int32(0), int32(0)
	for i, to := range b.starts[1:] {
		next[i] = upTo
		var is int32 // a number, so that no branch has to be guessed
		rank := wanted.rank(to)
		if rank != before {
			is = 1
		}
		asked[i/64] |= uint64(is) << (i % 64)
		upTo += (to - from) & -is
		from, before = to, rank
	}
	next[n] = upTo
	return asked, next
}

// keys are the rows of the asked buckets, bucket after bucket, each behind its hash.
func (b *buckets) keys(asked []uint64, next []int32) []uint64 {
	keys, shift := make([]uint64, next[len(next)-1]), b.shift
	var some [256]uint64
	for first := 0; first < len(b.hashes); first += len(some) {
		var n uint
		for i, h := range b.hashes[first:min(first+len(some), len(b.hashes))] {
			some[n%256] = uint64(h)<<32 | uint64(first+i) // is written over if not asked for, so that no branch has to be guessed
			bucket := h >> (shift % 32)
			n += uint(asked[bucket/64] >> (bucket % 64) & 1)
		}
		for _, key := range some[:n] {
			at := &next[key>>32>>(shift%32)]
			keys[*at] = key
			*at++
		}
	}
	return keys
}

// sortNear sorts keys that are few places away from where they belong.
func sortNear(keys []uint64) {
	for round := range 4 { // most are in order after these, which have no branches to guess
		for i := round % 2; i+1 < len(keys); i += 2 {
			a, b := keys[i], keys[i+1]
			keys[i], keys[i+1] = min(a, b), max(a, b)
		}
	}
	for i := 1; i < len(keys); i++ {
		key, j := keys[i], i
		for ; j > 0 && key < keys[j-1]; j-- {
			keys[j] = keys[j-1]
		}
		keys[j] = key
	}
}

// sortAlike sorts those of equal hashes, which stand side by side, by the numbers of
// their rows. Mostly these are equal as well.
func (b *buckets) sortAlike(keys []uint64) {
	compare := func(x, y uint64) int {
		return compareRows(b.m.Row(int(uint32(x))), b.m.Row(int(uint32(y))))
	}
	for i := 1; i < len(keys); i++ {
		if keys[i]>>32 != keys[i-1]>>32 {
			continue
		}
		from := i - 1
		for i < len(keys) && keys[i]>>32 == keys[from]>>32 {
			i++
		}
		if alike := keys[from:i]; !slices.IsSortedFunc(alike, compare) {
			slices.SortStableFunc(alike, compare)
		}
	}
}

// compareRows is an order of rows by the bits of their numbers; 0 only where
// all are equal.
func compareRows(a, b []float64) int {
	for j := range a {
		if c := cmp.Compare(math.Float64bits(a[j]), math.Float64bits(b[j])); c != 0 {
			return c
		}
	}
	return 0
}

// inOrder is a copy of m with its rows in canonical order, and that order.
func (m Matrix) inOrder() (Matrix, []int32) {
	order := canonicalOrder(m)
	out := Zeros(m.Rows, m.Cols)
	for i, row := range order {
		copy(out.Row(i), m.Row(int(row)))
	}
	return out, order
}
