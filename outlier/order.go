package outlier

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// canonicalOrder returns the rows of m in an order that depends on what they
// hold and not on where they stand: rows with the same numbers come together,
// the rest is mixed. What a model does with positions in this order is the same
// for every order of the table.
//
// Rows are sorted by a hash of their numbers: first spread into buckets of about
// three rows, then sorted in each. Rows of equal hashes are told
// apart by their numbers.
func canonicalOrder(m Matrix) []int32 {
	b, _ := newBuckets(m)
	return b.order(nil)
}

// buckets are the rows of a table by the high bits of their hashes.
type buckets struct {
	m      Matrix
	hashes []uint32
	shift  int     // of a hash, to its bucket
	starts []int32 // of each bucket, in order, and where the last one ends
}

// newBuckets also returns the bits of the largest number without its sign, in the
// same pass over the table; what is no number is larger than any.
func newBuckets(m Matrix) (b *buckets, largest uint64) {
	width := min(max(bits.Len(uint(m.Rows))-2, 0), 20)
	b = &buckets{m: m, hashes: make([]uint32, m.Rows), shift: 32 - width, starts: make([]int32, 1<<width+1)}
	for i := range b.hashes {
		var h uint32
		h, largest = hashRow(m.Row(i), largest)
		b.hashes[i] = h
		b.starts[h>>b.shift+1]++
	}
	for i := 1; i < len(b.starts); i++ {
		b.starts[i] += b.starts[i-1]
	}
	return b, largest
}

// order is the canonical order, whole where wanted is nil. Else wanted has a bit for
// each position, and only the rows at positions whose bit is set are put there.
func (b *buckets) order(wanted []uint64) []int32 {
	asked := make([]bool, len(b.starts)-1) // buckets
	for i := range asked {
		asked[i] = wanted == nil
		for at := b.starts[i]; at < b.starts[i+1] && !asked[i]; at++ {
			asked[i] = wanted[at/64]>>(at%64)&1 == 1
		}
	}
	order := make([]int32, len(b.hashes))
	next := slices.Clone(b.starts)
	for i, h := range b.hashes {
		if to := h >> b.shift; asked[to] {
			order[next[to]] = int32(i)
			next[to]++
		}
	}
	for i, is := range asked {
		if is {
			b.sort(order[b.starts[i]:b.starts[i+1]])
		}
	}
	return order
}

// hashRow is a hash of the bits of row, two numbers at a time: the folded
// product of 128 bits. It also keeps the largest of the numbers seen.
func hashRow(row []float64, largest uint64) (hash uint32, _ uint64) {
	const k0, k1, k2 = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0x8cb92ba72f3d8dd7
	h := uint64(k0)
	for ; len(row) >= 2; row = row[2:] {
		a, b := math.Float64bits(row[0]), math.Float64bits(row[1])
		largest = max(largest, a<<1>>1, b<<1>>1)
		hi, lo := bits.Mul64(a^k1^h, b^k2)
		h = bits.RotateLeft64(h, 23) ^ hi ^ lo
	}
	if len(row) == 1 {
		a := math.Float64bits(row[0])
		largest = max(largest, a<<1>>1)
		hi, lo := bits.Mul64(a^k1^h, k2)
		h = bits.RotateLeft64(h, 23) ^ hi ^ lo
	}
	hi, lo := bits.Mul64(h^k0, k1)
	return uint32((hi ^ lo) >> 32), largest
}

// compare orders rows by hash, and those of equal hashes by their numbers.
func (b *buckets) compare(x, y int32) int {
	if b.hashes[x] != b.hashes[y] {
		return cmp.Compare(b.hashes[x], b.hashes[y])
	}
	return compareRows(b.m.Row(int(x)), b.m.Row(int(y)))
}

// sort sorts a bucket. Most hold a few rows.
func (b *buckets) sort(rows []int32) {
	if len(rows) > 8 {
		slices.SortFunc(rows, b.compare)
		return
	}
	for i := 1; i < len(rows); i++ {
		row, j := rows[i], i
		for ; j > 0 && b.compare(row, rows[j-1]) < 0; j-- {
			rows[j] = rows[j-1]
		}
		rows[j] = row
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
