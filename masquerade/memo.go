package masquerade

import (
	"github.com/cespare/xxhash/v2"

	"sparkless/storage/event"
)

// memo remembers, for spellings that were seen lately, the value as it is kept
// and its hash: hosts, paths, parents and accounts come back all the time.
type memo [1024]struct {
	raw, value []byte
	hash       uint64
}

// longestRaw is how many bytes a spelling may have to be remembered.
const longestRaw = 2048

// look returns the value as it is kept and its hash, valid until the next call.
func (m *memo) look(v event.Value) ([]byte, uint64) {
	raw := v.Raw()
	s := &m[xxhash.Sum64(raw)%uint64(len(m))]
	if s.hash == 0 || string(s.raw) != string(raw) {
		s.raw = append(s.raw[:0], raw...)
		s.value = shorten(v.AppendText(s.value[:0]))
		s.hash = xxhash.Sum64(s.value)
	}
	return s.value, s.hash
}
