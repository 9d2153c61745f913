package masquerade

import (
	"hash/maphash"

	"sparkless/storage/event"
)

// memo remembers what was worked out for spellings that were seen lately: names,
// hosts, paths, parents and accounts come back all the time.
//
// It knows spellings by their 64-bit hashes alone. Two of one hash would be taken
// for one, but with a secret key nobody can make such two, and chance makes them
// once in 10^19 pairs.
type memo struct {
	pairs  [][2]recall // by the key's last bits, the newer of two first; as many as a power of 2
	looked int         // since the memo last grew, or might have
	filled int
	most   int // pairs that the memo may grow to
}

type recall struct {
	key   uint64
	order uint32 // of the value
	ref   uint32 // to its text; 0 if there is none yet
	entry uint32 // of a path's spelling: its entry, or asksParent
}

const leastMemo = 1 << 11

func newMemo(most int) memo { return memo{pairs: make([][2]recall, leastMemo), most: most} }

// at returns the place of a key. If it holds another one, the key is not known,
// and fill makes room for it.
func (m *memo) at(key uint64) *recall {
	m.looked++
	pair := &m.pairs[key&uint64(len(m.pairs)-1)]
	if pair[1].key == key {
		return &pair[1]
	}
	return &pair[0]
}

// fill remembers r, and forgets the older of two of the same place.
func (m *memo) fill(r recall) *recall {
	m.filled++
	if m.filled > len(m.pairs) {
		m.adapt()
	}
	return m.put(r)
}

// adapt makes a memo larger that missed many of the last keys: it is to be no
// larger than the processor's caches unless that pays.
func (m *memo) adapt() {
	if 8*m.filled > m.looked && len(m.pairs) < m.most {
		old := m.pairs
		m.pairs = make([][2]recall, 4*len(old))
		for _, pair := range old {
			for _, r := range [...]recall{pair[1], pair[0]} {
				if r.key != 0 {
					m.put(r)
				}
			}
		}
	}
	m.looked, m.filled = 0, 0
}

// put makes r the newer of two of the same place.
func (m *memo) put(r recall) *recall {
	pair := &m.pairs[r.key&uint64(len(m.pairs)-1)]
	pair[0], pair[1] = r, pair[0]
	return &pair[0]
}

// keyOf is a hash of a value's spelling, never 0. With escapes and without them
// the same bytes are two spellings.
func keyOf(v event.Value) uint64 {
	key := maphash.Bytes(seed, v.Raw()) | 1<<63
	if v.Escaped() {
		key ^= 1 << 62
	}
	return key
}
