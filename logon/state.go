package logon

import "sparkless/storage/event"

// State is what the detector remembers of some logons: numbers and samples of values for
// each account, logon type and UTC day, and for each source of failed logons and day.
// Merging is associative and commutative. A State is not safe for concurrent use.
type State struct {
	store    store
	accounts rows
	sources  rows
	memo     *memo            // while events are added
	memos    *memos           // where it comes from, and goes to
	people   map[who]struct{} // the accounts, once a Past has asked for them
	past     *past            // instead of all that, of a Past
}

func newState() *State {
	return &State{accounts: newRows(mostRows), sources: newRows(mostRows)}
}

// Add counts one logon. Of nearly every event nothing is decoded: where all its texts were
// seen together lately it is counted there, and added to the rows later; else each of the
// texts was seen before, in this state or in another.
func (s *State) Add(r *event.Record) {
	if user := r.Value(colUser).Raw(); len(user) == 0 || user[len(user)-1] == '$' {
		return
	}
	if s.memo == nil {
		s.memo = s.memos.take()
		s.people = nil
	}
	var h spelled
	key := h.read(r)
	l := s.memo.recent.at(key)
	if l == nil {
		l = s.remember(r, &h, key)
	}
	l.count++
	l.span = l.span.of(span{r.Time, r.Time})
}

// remember makes out what an event is about whose texts were not seen together lately.
func (s *State) remember(r *event.Record, h *spelled, key uint64) *logon {
	m := s.memo
	if forget := m.known.full(); forget || m.recent.full() {
		s.flush()
		if forget {
			m.known.forget()
		}
	}
	l := m.recent.add(key)
	m.known.tell(r, h, l)
	return l
}

// Rest adds to the rows what the memo has of the state's events, and leaves it to other
// states of the detector.
func (s *State) Rest() {
	if s.memo == nil {
		return
	}
	s.flush()
	s.memos.leave(s.memo)
	s.memo = nil
	s.accounts.trim(&s.store)
	s.sources.trim(&s.store)
}

// settle is Rest for a state that is read next. It changes nothing the second time, so that
// several goroutines may read afterwards.
func (s *State) settle() {
	s.Rest()
	s.store.reindex()
}

// flush adds the recent logons to the rows.
func (s *State) flush() {
	s.memo.begin(s)
	for i := range s.memo.recent.all {
		if l := &s.memo.recent.all[i]; !l.skip {
			s.count(l)
		}
	}
	s.memo.end(s)
}

// count adds some logons alike to their rows.
func (s *State) count(l *logon) {
	m, st := s.memo, &s.store
	p := keyRefs{domain: m.ref(st, l.domain), user: m.ref(st, l.user), day: l.day, logonType: int32(l.logonType)}
	if e := s.accounts.row(p, st); e != nil {
		ok, failed := e.count(l)
		for kind, word := range l.values {
			if word != 0 && kind != users {
				st.add(&e.samples[kind], m.ref(st, word), ok, failed)
			}
		}
	}
	p = keyRefs{source: m.ref(st, l.source), day: l.day}
	if e := s.sources.row(p, st); e != nil {
		ok, failed := e.count(l)
		for _, kind := range [...]int{users, computers, minutes} {
			if word := l.values[kind]; word != 0 {
				st.add(&e.samples[kind], m.ref(st, word), ok, failed)
			}
		}
	}
}

// Merge adds what o knows, and leaves it as it is but for what it has yet to add up.
func (s *State) Merge(o *State) {
	if s.past != nil {
		s.past.merge(o.past)
		return
	}
	s.Rest()
	o.Rest()
	s.people = nil
	from := s.store.adopt(&o.store)
	s.accounts.merge(&o.accounts, &s.store, from)
	s.sources.merge(&o.sources, &s.store, from)
	from.release()
	s.accounts.trim(&s.store)
	s.sources.trim(&s.store)
}
