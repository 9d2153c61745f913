package logon

import (
	"slices"
	"sync"
)

// memo is what spares a state work while events are added. What it knows of texts is of
// use to any state, one after the other; nothing else of a state is left in it, but how
// large the last one was.
type memo struct {
	known  knowledge
	recent recent   // of the state at hand
	refs   []uint32 // of the state's texts, by word, while the recent logons are counted
	alone  bool     // the state has no texts but those
	usual  sizes
}

// sizes are how many there are of what a state holds.
type sizes struct{ accounts, sources, items, texts, plain int }

// memos are those that no state has.
type memos struct {
	small chan *memo
	large sync.Pool // the garbage collector frees them
}

// The garbage collector runs so often where states are small that it would leave none of
// their memos. So this many, of at most this size, are kept from it.
const (
	mostKept    = 4
	largestKept = 2 << 20
)

func newMemos() *memos { return &memos{small: make(chan *memo, mostKept)} }

// take returns a memo that no state has. There may be no memos.
func (ms *memos) take() *memo {
	if ms == nil {
		return new(memo)
	}
	select {
	case m := <-ms.small:
		return m
	default:
	}
	if m, ok := ms.large.Get().(*memo); ok {
		return m
	}
	return new(memo)
}

// leave takes a memo that no state needs any more.
func (ms *memos) leave(m *memo) {
	if ms == nil {
		return
	}
	if m.size() <= largestKept {
		select {
		case ms.small <- m:
			return
		default:
		}
	}
	ms.large.Put(m)
}

// begin makes the memo ready to count the recent logons in rows.
func (m *memo) begin(s *State) {
	m.refs = append(m.refs[:0], make([]uint32, len(m.known.words.all))...)
	st := &s.store
	if m.alone = len(st.all) == 0; m.alone {
		n := len(m.recent.all)
		s.accounts.makeRoom(min(n, m.usual.accounts))
		s.sources.makeRoom(min(n, m.usual.sources))
		st.items = slices.Grow(st.items, min(2*kinds*n, m.usual.items))
		st.all = slices.Grow(st.all, min(len(m.refs), m.usual.texts))
		st.plain = slices.Grow(st.plain, min(len(m.known.words.plain), m.usual.plain))
	}
}

// ref is the reference of a word in the state at hand, which holds it from then on.
func (m *memo) ref(st *store, word uint32) uint32 {
	if word == 0 {
		return 0
	}
	ref := &m.refs[word]
	if *ref == 0 {
		text, hash := m.known.words.at(word), m.known.words.all[word].hash
		if m.alone {
			*ref = st.append(text, hash)
		} else {
			*ref = st.holdHashed(text, hash)
		}
	}
	return *ref
}

// end forgets the recent logons, and has the state hold no text for their sake.
func (m *memo) end(s *State) {
	for _, ref := range m.refs {
		s.store.release(ref)
	}
	m.recent.forget()
	some := func(n int) int { return n + n/8 }
	m.usual = sizes{some(len(s.accounts.all)), some(len(s.sources.all)), some(len(s.store.items)), some(len(s.store.all)), some(len(s.store.plain))}
}

// size is about how many bytes it takes.
func (m *memo) size() int {
	return memoSize + m.known.size() + cap(m.recent.all)*logonSize + len(m.recent.index)*slotSize + cap(m.refs)*refSize
}
