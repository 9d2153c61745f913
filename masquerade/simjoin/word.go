package simjoin

// word is a text with the hashes of its prefixes, so that the hash of any part
// of it takes one multiplication.
type word struct {
	text   []byte
	prefix []uint64 // prefix[i] is the polynomial hash of text[:i]
	powers []uint64 // hashBase to the i; never shorter than prefix
}

// hashBase is odd, so that no character is lost however far it is shifted.
const hashBase = 0x9e3779b97f4a7c15

// set makes w the word of text, which it keeps.
func (w *word) set(text []byte) {
	w.text = text
	if cap(w.prefix) <= len(text) {
		w.grow(len(text))
	}
	w.prefix = w.prefix[:len(text)+1]
	h := uint64(0)
	for i, c := range text {
		h = h*hashBase + uint64(c)
		w.prefix[i+1] = h
	}
}

func (w *word) grow(length int) {
	w.prefix = make([]uint64, 2*length+16)
	w.powers = make([]uint64, 2*length+16)
	w.powers[0] = 1
	for i := range w.powers[1:] {
		w.powers[i+1] = w.powers[i] * hashBase
	}
}

// part is the hash of text[from:to].
func (w *word) part(from, to int) uint64 {
	return w.prefix[to] - w.prefix[from]*w.powers[to-from]
}

// without is the hash of the text without its character i.
func (w *word) without(i int) uint64 {
	last := len(w.text)
	return w.prefix[i]*w.powers[last-i-1] + w.part(i+1, last)
}

// mix spreads a hash over all bits. salt keeps keys of different kinds apart.
func mix(hash, salt uint64) uint64 {
	hash += salt * 0xd6e8feb86659fd93
	hash = (hash ^ hash>>32) * 0xd6e8feb86659fd93
	return hash ^ hash>>32
}
