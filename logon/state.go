package logon

import (
	"sparkless/storage/event"
)

// State is what the detector remembers of some logons: numbers and samples of values for
// each account, logon type and UTC day, and for each source of failed logons and day.
// Merging is associative and commutative. A State is not safe for concurrent use.
type State struct {
	store    store
	accounts rows
	sources  rows
	recent   recent
	spelling []byte           // of the event at hand
	people   map[who]struct{} // the accounts, once a Past has asked for them
	past     *past            // instead of all that, of a Past
}

func newState() *State {
	return &State{accounts: newRows(mostRows), sources: newRows(mostRows)}
}

// Add counts one logon. Of nearly every event nothing is decoded: one whose texts were
// all seen lately is counted there, and added to the rows later.
func (s *State) Add(r *event.Record) {
	if user := r.Value(colUser); len(user.Raw()) == 0 || user.Raw()[len(user.Raw())-1] == '$' {
		return
	}
	if s.recent.slots == nil {
		s.recent.open()
		s.people = nil
	}
	key := s.recent.keyOf(r)
	slot := s.recent.at(key)
	if slot == nil {
		slot = s.remember(r, key)
	}
	if slot.skip {
		return
	}
	slot.count++
	slot.span = slot.span.of(span{r.Time, r.Time})
}

// remember puts the event's texts in place of those that were seen longest ago.
func (s *State) remember(r *event.Record, key uint64) *logon {
	slot := s.recent.room(key)
	s.count(slot)
	s.decode(r, slot)
	slot.key = key
	return slot
}

// settle adds what the recent events know to the rows, so that these are all there is.
// It changes nothing the second time, so that several goroutines may read afterwards.
func (s *State) settle() {
	if s.recent.slots == nil {
		return
	}
	for i := range s.recent.slots {
		for j := range s.recent.slots[i] {
			slot := &s.recent.slots[i][j]
			s.count(slot)
		}
	}
	s.recent.slots = nil
	s.accounts.trim(&s.store)
	s.sources.trim(&s.store)
}

// count adds some logons alike to their rows, and gives back their values.
func (s *State) count(l *logon) {
	if l.count == 0 {
		return
	}
	ofAccount, ofSource := entry{okSpan: never, failSpan: never}, [...]int{users, computers, minutes}
	ok, failed := l.count, int64(0)
	if e := &ofAccount; l.outcome == succeeded {
		e.ok, e.okSpan = l.count, l.span
	} else {
		ok, failed = 0, l.count
		e.failed, e.failSpan = l.count, l.span
	}
	if l.outcome >= guessed {
		ofAccount.guesses = l.count
	}
	if l.outcome == unknownUser {
		ofAccount.unknown = l.count
	}
	if e := l.account.in(&s.accounts); e != nil {
		e.sum(&ofAccount)
		for kind, ref := range l.values {
			if ref != 0 && kind != users {
				s.store.add(&e.samples[kind], ref, ok, failed)
			}
		}
	}
	if e := l.source.in(&s.sources); e != nil {
		e.sum(&ofAccount)
		for _, kind := range ofSource {
			if ref := l.values[kind]; ref != 0 {
				s.store.add(&e.samples[kind], ref, ok, failed)
			}
		}
	}
	for _, ref := range l.values {
		s.store.release(ref)
	}
	l.count = 0
}

// Merge adds what o knows, and leaves it as it is but for what it has yet to add up.
func (s *State) Merge(o *State) {
	if s.past != nil {
		s.past.merge(o.past)
		return
	}
	s.settle()
	o.settle()
	s.people = nil
	from := s.store.adopt(&o.store)
	s.accounts.merge(&o.accounts, &s.store, from)
	s.sources.merge(&o.sources, &s.store, from)
	from.release()
	s.accounts.trim(&s.store)
	s.sources.trim(&s.store)
}
