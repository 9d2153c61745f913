package process

import (
	"hash/maphash"
	"unsafe"

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

// keyOfText is that of a text that was worked out.
func keyOfText(text string) uint64 { return maphash.String(seed, text) | 1 }

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
	shelves      []shelf[T] // as many as a power of 2
	filled, most int
}

// shelf has the places that a key may be in. What is asked for again moves up, and what is
// new takes the last place: many that are seen once do not push out what is seen often.
type shelf[T any] [4]slot[T]

type slot[T any] struct {
	key   uint64 // 0 for none
	value T
}

const leastMemo = 1 << 6 // shelves

// newMemo returns a memo of no more than so many shelves, a power of 2.
func newMemo[T any](most int) memo[T] {
	return memo[T]{shelves: make([]shelf[T], leastMemo), most: most}
}

func (m *memo[T]) shelf(key uint64) *shelf[T] { return &m.shelves[key>>1&uint64(len(m.shelves)-1)] }

// at returns what is known of a key, or nil. It is valid until the next call.
func (m *memo[T]) at(key uint64) *T {
	s := m.shelf(key)
	if s[0].key == key {
		return &s[0].value
	}
	for i := 1; i < len(s); i++ {
		if s[i].key == key {
			s[i-1], s[i] = s[i], s[i-1]
			return &s[i-1].value
		}
	}
	return nil
}

// put remembers a value of a key of which nothing is known, in place of another where
// there is no room. A memo that is asked for many keys grows, so that half of its places
// are free: no larger than the processor's caches unless that pays.
func (m *memo[T]) put(key uint64, value T) *T {
	if m.filled++; m.filled > 2*len(m.shelves) && len(m.shelves) < m.most {
		old := m.shelves
		m.shelves = make([]shelf[T], 2*len(old))
		for i := range old {
			for _, s := range &old[i] {
				if s.key != 0 {
					m.shelf(s.key).put(s.key, s.value)
				}
			}
		}
	}
	return m.shelf(key).put(key, value)
}

func (s *shelf[T]) put(key uint64, value T) *T {
	at := 0
	for at < len(s)-1 && s[at].key != 0 {
		at++
	}
	s[at] = slot[T]{key, value}
	return &s[at].value
}

// clear forgets all.
func (m *memo[T]) clear() {
	clear(m.shelves)
	m.filled = 0
}

// size is how many bytes the memo takes.
func (m *memo[T]) size() int { return len(m.shelves) * int(unsafe.Sizeof(shelf[T]{})) }
