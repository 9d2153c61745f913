package logon

import "unsafe"

// What the parts of a State take, in bytes.
const (
	entrySize = int(unsafe.Sizeof(entry{}))
	itemSize  = int(unsafe.Sizeof(item{}))
	valueSize = int(unsafe.Sizeof(value{}))
	slotSize  = int(unsafe.Sizeof(slot{}))
	refSize   = 4
	factSize  = int(unsafe.Sizeof(fact{}))
	logonSize = int(unsafe.Sizeof(logon{}))
	memoSize  = int(unsafe.Sizeof(memo{}))
	stateSize = int(unsafe.Sizeof(State{}))
)

// Size returns about how many bytes of memory the state holds. It takes no time worth
// mention.
func (s *State) Size() int {
	size := stateSize + s.store.size() + s.accounts.size() + s.sources.size()
	if s.memo != nil {
		size += s.memo.size()
	}
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
	return cap(rs.all)*entrySize + len(rs.index)*slotSize + cap(rs.spare)*refSize
}
