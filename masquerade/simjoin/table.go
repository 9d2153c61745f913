package simjoin

import "math/bits"

// table finds the names that have a key: a hash table whose buckets lie one
// after the other in a single array, which is built by counting and read in
// order. It may also return names that do not have the key.
type table struct {
	shift   int      // of a key, to its bucket
	starts  []uint32 // bucket b is entries[starts[b]:starts[b+1]]
	entries []uint32 // tag of the key, then number of the name
}

// tagMask is the half of an entry that holds the tag; the other half limits the
// names to 1<<16.
const tagMask = 0xffff0000

// build replaces the contents: name i gets keys[ends[i-1]:ends[i]]. There are at
// most 1<<16 names. The memory of earlier contents is used again.
func (t *table) build(keys []uint64, ends []int) {
	width := bits.Len(uint(len(keys)))
	t.shift = 64 - width
	t.starts = zeroed(t.starts, 1<<width+1)
	t.entries = sized(t.entries, len(keys))
	for _, key := range keys {
		t.starts[key>>t.shift]++
	}
	sum := uint32(0)
	for b, count := range t.starts {
		sum += count
		t.starts[b] = sum
	}
	// Filled from the back, each start ends up at its bucket's first entry.
	for i := len(ends) - 1; i >= 0; i-- {
		first := 0
		if i > 0 {
			first = ends[i-1]
		}
		for _, key := range keys[first:ends[i]] {
			b := key >> t.shift
			t.starts[b]--
			t.entries[t.starts[b]] = tag(key) | uint32(i)
		}
	}
}

// bucket returns the entries among which those of key are: the ones with its tag.
func (t *table) bucket(key uint64) []uint32 {
	b := key >> t.shift
	return t.entries[t.starts[b]:t.starts[b+1]]
}

// tag is the lower end of a key, which does not choose the bucket.
func tag(key uint64) uint32 { return uint32(key) << 16 }

// sized returns a slice of the given length, in the memory of s if it is enough.
func sized[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}

// zeroed is sized with every element zero.
func zeroed[T any](s []T, length int) []T {
	s = sized(s, length)
	clear(s)
	return s
}
