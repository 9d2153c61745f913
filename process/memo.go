package process

import (
	"hash/maphash"

	"sparkless/storage/event"
)

// seed keys the hashes of spellings, so that nobody outside can make two alike.
var seed = maphash.MakeSeed()

// keyOf is a hash of a value's spelling, never 0. With escapes and without them the
// same bytes are two spellings.
func keyOf(v event.Value) uint64 {
	key := maphash.Bytes(seed, v.Raw()) | 1
	if v.Escaped() {
		key ^= 1 << 63
	}
	return key
}

// both is a key of two keys in their order, never 0.
func both(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 ^ b
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return x ^ x>>32 | 1
}

// memo remembers what was worked out for keys that were seen lately. It knows keys by
// their hashes alone: chance makes two of one hash once in 10^19 pairs.
type memo[T any] struct {
	slots        []slot[T] // as many as a power of 2
	filled, most int
}

type slot[T any] struct {
	key   uint64 // 0 for none
	value T
}

const leastMemo = 1 << 9

func newMemo[T any](most int) memo[T] { return memo[T]{slots: make([]slot[T], leastMemo), most: most} }

// at returns what is known of a key, or nil.
func (m *memo[T]) at(key uint64) *T {
	if s := &m.slots[key>>1&uint64(len(m.slots)-1)]; s.key == key {
		return &s.value
	}
	return nil
}

// put remembers a value, in place of what was there. A memo that is asked for many
// keys grows: no larger than the processor's caches unless that pays.
func (m *memo[T]) put(key uint64, value T) *T {
	if m.filled++; m.filled > len(m.slots) && len(m.slots) < m.most {
		old := m.slots
		m.slots, m.filled = make([]slot[T], 4*len(old)), 0
		for _, s := range old {
			if s.key != 0 {
				m.slots[s.key>>1&uint64(len(m.slots)-1)] = s
			}
		}
	}
	s := &m.slots[key>>1&uint64(len(m.slots)-1)]
	s.key, s.value = key, value
	return &s.value
}
