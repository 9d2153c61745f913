package masquerade

import "hash/maphash"

// seed keys the hashes by which texts are found again. It is one for the process,
// so that a hash serves in every Counts, and nobody outside can know it: names
// and values that are made to collide are not slower than others.
var seed = maphash.MakeSeed()

// texts keeps each of many texts once and names it by a number, its reference;
// references start at 1. Beside the bytes of a text it takes about 24 bytes, none
// of them a pointer for the garbage collector to follow.
type texts struct {
	index  []place // by hash, or behind that the next one free
	kept   list[text]
	blocks [][]byte
	bytes  int // of all texts
	// dropped is how many bytes of texts were pushed out of a sample; another may
	// still hold them.
	dropped int
	held    int // bytes of the blocks
	sampled int // bytes of the samples that refer to the texts
}

// place has the hash of a text beside its reference, so that looking at others'
// places on the way costs no look at the texts.
type place struct {
	hash uint32
	ref  uint32 // 0 where there is none
}

type text struct {
	order    uint32 // see sample.go
	block    uint32
	at, size uint16
}

// maxBlock is the size of all but the first blocks. No text is longer.
const maxBlock = 1 << 16

// at returns a text, which nobody may change.
func (t *texts) at(ref uint32) []byte {
	x := t.kept.at(ref)
	return t.blocks[x.block][x.at : int(x.at)+int(x.size)]
}

// wasteful reports that it may pay to keep only what is still in use.
func (t *texts) wasteful() bool { return t.dropped > 1<<20 && t.dropped > t.bytes/2 }

func hashOf(b []byte) uint32 { return uint32(maphash.Bytes(seed, b)) }

// start is where the search for a hash starts in the index. Places are in the
// order of the hashes, so that the index can grow in passing.
func (t *texts) start(hash uint32) int {
	return int(uint64(hash) * uint64(len(t.index)) >> 32)
}

// find returns the reference of a text with its hash, or 0 and where in the index
// it belongs.
func (t *texts) find(b []byte, hash uint32) (ref uint32, slot int) {
	if len(t.index) == 0 {
		return 0, 0
	}
	for slot = t.start(hash); ; slot++ {
		if slot == len(t.index) {
			slot = 0
		}
		p := t.index[slot]
		if p.ref == 0 || p.hash == hash && string(t.at(p.ref)) == string(b) {
			return p.ref, slot
		}
	}
}

// put returns the reference of a text, and keeps a copy if it is new. Order is
// kept with it.
func (t *texts) put(b []byte, order uint32) uint32 {
	hash := hashOf(b)
	ref, slot := t.find(b, hash)
	if ref > 0 {
		return ref
	}
	if t.kept.len() == 0 {
		t.kept.add() // 0 is no reference
	}
	if 5*t.kept.len() >= 4*len(t.index) {
		t.grow()
		_, slot = t.find(b, hash)
	}
	x, ref := t.kept.add()
	x.order, x.size = order, uint16(len(b))
	x.block, x.at = t.store(b)
	t.index[slot] = place{hash, ref}
	return ref
}

func (t *texts) grow() {
	old := t.index
	t.index = make([]place, max(len(old)*3/2, 64))
	for _, p := range old {
		if p.ref == 0 {
			continue
		}
		slot := t.start(p.hash)
		for t.index[slot].ref != 0 {
			if slot++; slot == len(t.index) {
				slot = 0
			}
		}
		t.index[slot] = p
	}
}

// store copies a text into the last block that has room for it.
func (t *texts) store(b []byte) (block uint32, at uint16) {
	last := len(t.blocks) - 1
	if last < 0 || len(t.blocks[last])+len(b) > cap(t.blocks[last]) {
		size := max(min(max(t.bytes, 1024), maxBlock), len(b))
		t.blocks = append(t.blocks, make([]byte, 0, size))
		t.held += size
		last++
	}
	at = uint16(len(t.blocks[last]))
	t.blocks[last] = append(t.blocks[last], b...)
	t.bytes += len(b)
	return uint32(last), at
}

// list grows without moving what it holds.
type list[T any] struct {
	chunks [][]T
	n      int
}

const chunk = 256

func (l *list[T]) len() int { return l.n }

func (l *list[T]) at(i uint32) *T { return &l.chunks[i/chunk][i%chunk] }

// add appends a zero value and returns it and its index.
func (l *list[T]) add() (*T, uint32) {
	if l.n == chunk*len(l.chunks) {
		l.chunks = append(l.chunks, make([]T, chunk))
	}
	i := uint32(l.n)
	l.n++
	return l.at(i), i
}
