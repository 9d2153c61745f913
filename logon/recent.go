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

// logon is some logons alike in all texts, which are words of the knowledge at hand.
type logon struct {
	key                  uint64
	count                int64
	span                 span
	domain, user, source uint32
	values               [kinds]uint32
	logonType            int16
	day                  int32
	outcome              outcome
	skip                 bool // none that the hunt is about
}

// spelled are hashes of an event's texts as they are spelled, by column; 0 for none. A
// secret key keeps anybody from making two texts of one hash.
type spelled [eventColumns]uint64

// odd spreads hashes.
const odd = 0x9e3779b97f4a7c15

// read hashes the texts of an event, and returns a hash of all of them, the day, and the
// minute where that counts.
func (h *spelled) read(r *event.Record) (key uint64) {
	key = uint64(dayOf(r.Time))
	for column := range h {
		v := r.Value(column)
		h[column] = 0
		if raw := v.Raw(); len(raw) > 0 {
			h[column] = maphash.Bytes(seed, raw)
			if v.Escaped() {
				h[column]++
			}
		}
		key = (key ^ h[column]) * odd
		key ^= key >> 29
	}
	if !isSuccess(r.Value(colEventID)) {
		key = (key ^ uint64(r.Time/int64(time.Minute))) * odd
		key ^= key >> 29
	}
	return key
}

// recent are logons that are not counted in rows yet, by the hash of their texts: of most
// of a day's the account, computer, source and package were seen together before.
type recent struct {
	all   []logon
	index []slot // by the key's last bits, with a place in all, and 1; as many as a power of 2
}

// leastRecent and mostRecent bound how many logons are remembered.
const (
	leastRecent = 1 << 9
	mostRecent  = 1 << 14
)

// at returns the logon of a key, nil if it is not there.
func (rc *recent) at(key uint64) *logon {
	last := uint64(len(rc.index) - 1)
	for i := key & last; last+1 > 0; i = (i + 1) & last {
		p := rc.index[i]
		if p.ref == 0 {
			break
		}
		if p.tag == uint32(key>>32) && rc.all[p.ref-1].key == key {
			return &rc.all[p.ref-1]
		}
	}
	return nil
}

// full reports whether there is room for no more logons.
func (rc *recent) full() bool { return len(rc.all) >= mostRecent }

// add makes room for the logon of a key, which is not there.
func (rc *recent) add(key uint64) *logon {
	if 2*len(rc.all) >= len(rc.index) {
		rc.index = make([]slot, max(2*leastRecent, 2*len(rc.index)))
		for i := range rc.all {
			rc.put(rc.all[i].key, uint32(i+1))
		}
	}
	rc.all = append(wider(rc.all, 1), logon{key: key, span: never})
	rc.put(key, uint32(len(rc.all)))
	return &rc.all[len(rc.all)-1]
}

func (rc *recent) put(key uint64, ref uint32) {
	last := uint64(len(rc.index) - 1)
	i := key & last
	for rc.index[i].ref != 0 {
		i = (i + 1) & last
	}
	rc.index[i] = slot{uint32(key >> 32), ref}
}

// forget makes it empty.
func (rc *recent) forget() {
	rc.all = rc.all[:0]
	clear(rc.index)
}
