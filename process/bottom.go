package process

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// bottom is a set of hashes of which the smallest are kept, in order. It counts
// distinct things: exactly as long as all are kept, and beyond that by how densely the
// kept ones lie, within 13 percent for 64 of them (k minimum values; Bar-Yossef et al.,
// RANDOM 2002). Sets merge to what the set of both would be.
type bottom []uint64

// How many hashes are kept.
const (
	mostMembers = 64      // of the hosts, and of the users, of a program
	mostHosts   = 1 << 13 // of the hosts of the estate
)

// add puts a hash in, if it is one of the most smallest.
func (b *bottom) add(hash uint64, most int) {
	set := *b
	n := len(set)
	if n == most && hash >= set[n-1] {
		return
	}
	at := set.find(hash)
	if at < n && set[at] == hash {
		return
	}
	if n < most {
		if n == cap(set) {
			set = slices.Grow(set, max(4, n))
		}
		set = set[:n+1]
	}
	copy(set[at+1:], set[at:])
	set[at] = hash
	*b = set
}

// find returns the place of the first hash that is not less. Hashes come in no order, so
// it is found without a branch.
func (b bottom) find(hash uint64) int {
	at := 0
	for n := len(b); n > 0; {
		half := (n + 1) / 2
		if next := at + half; b[next-1] < hash {
			at = next
		}
		n -= half
	}
	return at
}

func (b *bottom) merge(o bottom, most int) {
	for _, hash := range o {
		b.add(hash, most)
	}
}

// count is how many there are, or about how many.
func (b bottom) count(most int) int {
	if len(b) < most {
		return len(b)
	}
	return int(math.Round(float64(most-1) / (float64(b[most-1]) / math.MaxUint64)))
}

// encode appends the hashes in eight bytes each, as base64.
func (b bottom) encode(text []byte) []byte {
	const most = 3 // hashes make whole groups of base64
	var raw [8 * most]byte
	for some := range slices.Chunk(b, most) {
		n := 0
		for _, hash := range some {
			binary.BigEndian.PutUint64(raw[n:], hash)
			n += 8
		}
		text = base64.StdEncoding.AppendEncode(text, raw[:n])
	}
	return text
}

// decodeBottom reads what encode wrote.
func decodeBottom(text []byte, most int) (bottom, error) {
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return nil, fmt.Errorf("a set of hashes: %w", err)
	}
	if len(raw)%8 != 0 || len(raw) > 8*most {
		return nil, fmt.Errorf("a set of %d bytes", len(raw))
	}
	b := make(bottom, 0, len(raw)/8)
	for ; len(raw) > 0; raw = raw[8:] {
		hash := binary.BigEndian.Uint64(raw)
		if len(b) > 0 && hash <= b[len(b)-1] {
			return nil, errors.New("a set out of order")
		}
		b = append(b, hash)
	}
	return b, nil
}
