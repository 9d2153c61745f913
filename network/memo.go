package network

import (
	"hash/maphash"
	"strings"

	"sparkless/storage/event"
)

// memo remembers what was worked out for spellings that were seen lately.
type memo struct {
	seed    maphash.Seed
	ranges  ranges
	entries map[uint64]*entry
	values  [kinds]map[uint64]value
	at      map[uint64]address
	texts   [kinds]int // bytes of the values
}

// value is a text as it is kept.
type value struct {
	text string
	hash uint64
}

// address is what was made of one.
type address struct {
	value
	public, ipv4 bool
}

const (
	memoEntries = 1 << 13
	memoValues  = 1 << 12
	memoPlace   = 64 // bytes of a place in one of the maps
)

func newMemo() *memo {
	m := &memo{seed: maphash.MakeSeed(), ranges: newRanges(), entries: map[uint64]*entry{}, at: map[uint64]address{}}
	for kind := range m.values {
		m.values[kind] = map[uint64]value{}
	}
	return m
}

// size is about how many bytes the memo takes.
func (m *memo) size() int {
	n := memoPlace * (len(m.entries) + 2*len(m.at))
	for kind, values := range m.values {
		n += memoPlace*len(values) + m.texts[kind]
	}
	return n
}

// keyOf is a hash of a value's spelling; 0 of one that is absent.
func (m *memo) keyOf(v event.Value) uint64 {
	if len(v.Raw()) == 0 {
		return 0
	}
	k := maphash.Bytes(m.seed, v.Raw())
	if v.Escaped() {
		k ^= 1 << 62
	}
	return k
}

func (m *memo) address(v event.Value) address {
	k := m.keyOf(v)
	a, ok := m.at[k]
	if ok {
		return a
	}
	if ip, public := m.ranges.public(decoded(v, longest)); public {
		text := ip.String()
		a = address{value{text, hashOf(text)}, true, ip.Is4()}
	}
	if len(m.at) >= memoValues {
		clear(m.at)
	}
	m.at[k] = a
	return a
}

// value returns a column as it is kept. Second is what stands beside it: the protocol
// of a port, the domain of an account.
func (m *memo) value(v, second event.Value, kind int) value {
	if len(v.Raw()) == 0 {
		return value{}
	}
	k := m.keyOf(v) ^ 3*m.keyOf(second)
	x, ok := m.values[kind][k]
	if ok {
		return x
	}
	x.text = textOf(v, second, kind)
	x.hash = hashOf(x.text)
	if len(m.values[kind]) >= memoValues {
		clear(m.values[kind])
		m.texts[kind] = 0
	}
	m.values[kind][k] = x
	m.texts[kind] += len(x.text)
	return x
}

func textOf(v, second event.Value, kind int) string {
	limit := longest
	if kind == commands {
		limit = longestLine
	}
	text := decoded(v, limit)
	beside := decoded(second, longest/2)
	switch kind {
	case ports:
		if beside != "" {
			text += "/" + strings.ToLower(beside)
		}
	case accounts:
		if beside != "" {
			text = beside + `\` + text
		}
	case commands, paths: // as they were written
	default:
		text = strings.ToLower(text)
	}
	return cut(text, limit)
}

// decoded returns a value's text, up to about limit bytes, one more if it is longer.
func decoded(v event.Value, limit int) string {
	return strings.ToValidUTF8(string(v.AppendPrefix(nil, limit+4)), "\ufffd")
}
