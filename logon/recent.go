package logon

import (
	"hash/maphash"
	"time"

	"sparkless/storage/event"
)

// outcome is how a logon went.
type outcome uint8

const (
	succeeded   outcome = iota
	refused             // of an account that may not, is locked, or is asked for in a way that cannot be
	guessed             // a wrong password, or one that the event does not tell from no such user
	unknownUser         // no such user
)

// logon is some logons alike in all texts.
type logon struct {
	key             uint64
	count           int64
	span            span
	account, source target
	values          [kinds]uint32 // of texts that it holds
	skip            bool          // none that the hunt is about
	outcome         outcome
}

// target is a row that logons count for.
type target struct {
	rank uint64 // of the row
	at   uint32
	kept bool // when it was looked for
}

// in returns the row, nil if it is left out.
func (t target) in(rs *rows) *entry {
	if !t.kept || t.rank > rs.limit {
		return nil
	}
	return &rs.all[t.at]
}

// target finds the row of a key, and makes it.
func (rs *rows) target(p keyRefs, st *store) target {
	at, kept := rs.at(p, st)
	if !kept {
		return target{}
	}
	return target{rs.all[at].rank, at, true}
}

// recent are logons that were seen lately, by the hash of their texts: of most of a
// day's the account, computer, source and package were seen together before. A secret
// key keeps anybody from making two of one hash.
type recent struct {
	slots  [][2]logon // by the key's last bits, the newer of two first
	missed int        // since the slots last grew
	looked int
}

// leastRecent and mostRecent bound how many pairs of logons are remembered.
const (
	leastRecent = 1 << 8
	mostRecent  = 1 << 14
)

// open makes room for the first logons.
func (rc *recent) open() {
	rc.slots = make([][2]logon, leastRecent)
}

// keyOf is a hash of all texts of an event and its minute, where that counts. It is
// never 0.
func (rc *recent) keyOf(r *event.Record) uint64 {
	const odd = 0x9e3779b97f4a7c15
	sum := uint64(r.Time / int64(24*time.Hour))
	for column := range eventColumns {
		v := r.Value(column)
		if raw := v.Raw(); len(raw) > 0 {
			h := maphash.Bytes(seed, raw)
			if v.Escaped() {
				h++
			}
			sum ^= h
		}
		sum = (sum<<23 | sum>>41) * odd
	}
	if raw := r.Value(colEventID).Raw(); len(raw) > 0 && raw[len(raw)-1] == '5' {
		sum = (sum ^ uint64(r.Time/int64(time.Minute))) * odd // a failure counts in its minute
		sum ^= sum >> 29
	}
	return sum | 1
}

// at returns the slot of a key, nil if it is not there.
func (rc *recent) at(key uint64) *logon {
	rc.looked++
	pair := &rc.slots[(key>>16)&uint64(len(rc.slots)-1)]
	if pair[0].key == key {
		return &pair[0]
	}
	if pair[1].key == key {
		return &pair[1]
	}
	return nil
}

// room makes room for a key: its slot still holds the older of the two before.
func (rc *recent) room(key uint64) *logon {
	rc.missed++
	if rc.missed > 2*len(rc.slots) {
		if 8*rc.missed > rc.looked && len(rc.slots) < mostRecent {
			rc.grow()
		}
		rc.missed, rc.looked = 0, 0
	}
	pair := &rc.slots[(key>>16)&uint64(len(rc.slots)-1)]
	pair[0], pair[1] = pair[1], pair[0]
	return &pair[0]
}

// grow makes the slots four times as many. A pair never spreads so that it does not fit.
func (rc *recent) grow() {
	old := rc.slots
	rc.slots = make([][2]logon, 4*len(old))
	for _, pair := range old {
		for _, l := range [...]logon{pair[1], pair[0]} {
			to := &rc.slots[(l.key>>16)&uint64(len(rc.slots)-1)]
			if l.key != 0 {
				to[0], to[1] = l, to[0]
			}
		}
	}
}
