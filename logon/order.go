package logon

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// place is where a row comes among others: by two texts, of which the first is nearly
// always the same, and the second starts with the sixteen bytes of high and low.
type place struct {
	high, low     uint64
	first, second uint32
	*entry
}

// ordered are all rows in order, accounts before sources, valid until the state changes.
func (s *State) ordered() []*entry {
	all := make([]*entry, 0, s.accounts.n+s.sources.n)
	places := make([]place, 0, max(s.accounts.n, s.sources.n))
	for _, rs := range [...]*rows{&s.accounts, &s.sources} {
		places = places[:0]
		for i := range rs.all {
			if rs.all[i].live {
				places = append(places, s.store.placeOf(&rs.all[i]))
			}
		}
		slices.SortFunc(places, s.store.compare)
		for i := range places {
			all = append(all, places[i].entry)
		}
	}
	return all
}

// placeOf returns the place of a row. An account has no source, and a source no account.
func (st *store) placeOf(e *entry) place {
	p := place{first: e.domain, second: e.user | e.source, entry: e}
	var start [16]byte
	copy(start[:], st.at(p.second))
	p.high, p.low = binary.BigEndian.Uint64(start[:]), binary.BigEndian.Uint64(start[8:])
	return p
}

// compare is key.order, of accounts or of sources.
func (st *store) compare(a, b place) int {
	switch {
	case a.first != b.first:
		return bytes.Compare(st.at(a.first), st.at(b.first))
	case a.high != b.high:
		return cmp.Compare(a.high, b.high)
	case a.low != b.low:
		return cmp.Compare(a.low, b.low)
	case a.second != b.second:
		return bytes.Compare(st.at(a.second), st.at(b.second))
	}
	return cmp.Or(cmp.Compare(a.logonType, b.logonType), cmp.Compare(a.day, b.day))
}
