package logon

import "unsafe"

// What the parts of a State take, in bytes. A map takes about two thirds more than its
// entries.
const (
	entrySize  = int(unsafe.Sizeof(entry{}))
	placeSize  = int(unsafe.Sizeof(keyRefs{})+4) * 5 / 3
	itemSize   = int(unsafe.Sizeof(item{}))
	valueSize  = int(unsafe.Sizeof(value{}))
	slotSize   = int(unsafe.Sizeof(slot{}))
	refSize    = 4
	recentSize = int(unsafe.Sizeof([2]logon{}))
	stateSize  = int(unsafe.Sizeof(State{}))
)

// Size returns about how many bytes of memory the state holds. It takes no time worth
// mention.
func (s *State) Size() int {
	size := stateSize + cap(s.spelling) + len(s.recent.slots)*recentSize + s.store.size() + s.accounts.size() + s.sources.size()
	if s.past != nil {
		size += s.past.size()
	}
	return size
}

func (st *store) size() int {
	size := st.texts.size() + cap(st.items)*itemSize + cap(st.spell)
	for _, spare := range st.spare {
		size += cap(spare) * refSize
	}
	return size
}

func (t *texts) size() int {
	return cap(t.all)*valueSize + cap(t.plain) + len(t.index)*slotSize + cap(t.free)*refSize
}

func (rs *rows) size() int {
	return cap(rs.all)*entrySize + len(rs.of)*placeSize + cap(rs.spare)*refSize
}
