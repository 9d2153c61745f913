package logon

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// value is a text of events, kept once for all rows.
type value struct {
	hash uint64
	at   int // in texts.plain
	len  uint32
	refs uint32 // by rows and recent events
}

// texts are the texts that rows hold, by references: numbers above 0, which is "". They lie
// one behind the other, without a pointer, so that the garbage collector has nothing to
// do with them.
type texts struct {
	all   []value // by reference
	plain []byte
	index []slot   // by the tag; as many as a power of 2. Without any the texts are yet to be put there
	free  []uint32 // references of none
	dead  int      // values that nobody holds: they are forgotten many at a time
	waste int      // their bytes
}

// slot is where the index has a text; without a reference it is empty.
type slot struct{ tag, ref uint32 }

// seed makes tags that nobody can make texts of one for.
var seed = maphash.MakeSeed()

func tagOf(text []byte) uint32 { return uint32(maphash.Bytes(seed, text)) }

// at returns a text, valid until another one is held.
func (t *texts) at(ref uint32) []byte {
	if ref == 0 {
		return nil
	}
	v := &t.all[ref]
	return t.plain[v.at : v.at+int(v.len)]
}

// find returns the reference of a text, if it is there.
func (t *texts) find(text []byte) (ref uint32, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	t.reindex()
	if len(t.index) == 0 {
		return 0, false
	}
	ref = t.index[t.slotOf(tagOf(text), text)].ref
	return ref, ref != 0
}

// slotOf is where a text is, or would be.
func (t *texts) slotOf(tag uint32, text []byte) int {
	last := len(t.index) - 1
	for i := int(tag) & last; ; i = (i + 1) & last {
		p := t.index[i]
		if p.ref == 0 || p.tag == tag && string(t.at(p.ref)) == string(text) {
			return i
		}
	}
}

// hold returns the reference of text, which is to be released once.
func (t *texts) hold(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	return t.holdHashed(text, xxhash.Sum64(text))
}

// holdHashed is hold for a text, not "", whose hash is known.
func (t *texts) holdHashed(text []byte, hash uint64) uint32 {
	tag := tagOf(text)
	t.reindex()
	if len(t.index) > 0 {
		if ref := t.index[t.slotOf(tag, text)].ref; ref != 0 {
			t.again(ref)
			return ref
		}
	}
	t.makeRoom()
	ref := t.append(text, hash)
	t.index[t.slotOf(tag, text)] = slot{tag, ref}
	return ref
}

// append holds a text that is not there, and leaves it out of the index.
func (t *texts) append(text []byte, hash uint64) uint32 {
	ref := t.unused()
	t.all[ref] = value{hash: hash, at: len(t.plain), len: uint32(len(text)), refs: 1}
	t.plain = append(wider(t.plain, len(text)), text...)
	return ref
}

// forget makes the texts none.
func (t *texts) forget() {
	t.all, t.plain, t.free = t.all[:min(1, len(t.all))], t.plain[:0], t.free[:0]
	clear(t.index)
	t.dead, t.waste = 0, 0
}

// unused is a reference of no text.
func (t *texts) unused() uint32 {
	if n := len(t.free); n > 0 {
		ref := t.free[n-1]
		t.free = t.free[:n-1]
		return ref
	}
	if len(t.all) == 0 {
		t.all = append(wider(t.all, leastSlots/2), value{})
	}
	t.all = append(wider(t.all, 1), value{})
	return uint32(len(t.all) - 1)
}

// leastSlots is how many slots the first text makes.
const leastSlots = 64

// makeRoom makes sure that one text more fits into the index, where all others are.
func (t *texts) makeRoom() {
	if t.dead > 1<<8 && (2*t.dead > len(t.all) || 2*t.waste > len(t.plain)) {
		t.sweep()
	}
	if 4*len(t.all) < 3*len(t.index) {
		return
	}
	old := t.index
	t.index = make([]slot, max(leastSlots, 2*len(old)))
	last := len(t.index) - 1
	for _, p := range old {
		if p.ref == 0 {
			continue
		}
		i := int(p.tag) & last
		for t.index[i].ref != 0 {
			i = (i + 1) & last
		}
		t.index[i] = p
	}
}

// reindex makes the index of texts that have none.
func (t *texts) reindex() {
	if len(t.index) > 0 || len(t.all) == 0 {
		return
	}
	t.index = make([]slot, max(leastSlots, 1<<bits.Len(uint(len(t.all)*4/3))))
	for ref := 1; ref < len(t.all); ref++ {
		if text := t.at(uint32(ref)); len(text) > 0 {
			tag := tagOf(text)
			t.index[t.slotOf(tag, text)] = slot{tag, uint32(ref)}
		}
	}
}

// sweep forgets what nobody holds.
func (t *texts) sweep() {
	old := t.plain
	t.plain = make([]byte, 0, (len(old)-t.waste)*5/4)
	clear(t.index)
	for ref := 1; ref < len(t.all); ref++ {
		v := &t.all[ref]
		text := old[v.at : v.at+int(v.len)]
		switch {
		case v.refs > 0:
			v.at = len(t.plain)
			t.plain = append(t.plain, text...)
			tag := tagOf(text)
			t.index[t.slotOf(tag, text)] = slot{tag, uint32(ref)}
		case v.len > 0:
			*v = value{}
			t.free = append(t.free, uint32(ref))
		}
	}
	t.dead, t.waste = 0, 0
}

// again holds a text once more.
func (t *texts) again(ref uint32) {
	if ref == 0 {
		return
	}
	v := &t.all[ref]
	if v.refs == 0 {
		t.dead--
		t.waste -= int(v.len)
	}
	v.refs++
}

// release gives a text back, which is forgotten once nobody holds it.
func (t *texts) release(ref uint32) {
	if ref == 0 {
		return
	}
	v := &t.all[ref]
	if v.refs--; v.refs == 0 {
		t.dead++
		t.waste += int(v.len)
	}
}

// order compares two texts by their hashes, and by themselves where these are equal.
func (t *texts) order(a uint32, o *texts, b uint32) int {
	return cmp.Or(cmp.Compare(t.all[a].hash, o.all[b].hash), bytes.Compare(t.at(a), o.at(b)))
}
