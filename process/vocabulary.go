package process

import (
	"encoding/binary"
	"strings"
)

// wordSet is a set of known words, by their places.
type wordSet [8]uint64

func (s *wordSet) put(at int) { s[at/64] |= 1 << (at % 64) }

// holds reports whether all of o is in s.
func (s *wordSet) holds(o *wordSet) bool {
	for i := range s {
		if o[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// knownWord is a word of the lists or of the rules.
type knownWord struct {
	kinds wordKind
	at    int // its place in a wordSet
}

// vocabulary finds the kinds of a word.
type vocabulary struct {
	words map[string]knownWord
	heads [512]uint64 // a bit for each head of a word, by its hash: most words need no look-up
	rules []deedRule
	// first are the words of which every rule has one: without any of them none applies.
	first wordSet
}

// deedRule is one line of deeds: all of the words.
type deedRule struct {
	deed deed
	all  wordSet
}

var known = newVocabulary()

func newVocabulary() *vocabulary {
	v := &vocabulary{words: map[string]knownWord{}}
	for kind, words := range lists {
		for _, w := range words {
			v.put(w, kind)
		}
	}
	for d, lines := range deedLists {
		for _, line := range lines {
			rule := deedRule{deed: deed(d)}
			for i, w := range strings.Fields(line) {
				at := v.put(w, 0)
				rule.all.put(at)
				if i == 0 {
					v.first.put(at)
				}
			}
			v.rules = append(v.rules, rule)
		}
	}
	return v
}

// put makes a word known, and returns its place.
func (v *vocabulary) put(word string, kind wordKind) int {
	w, has := v.words[word]
	if !has {
		w.at = len(v.words)
	}
	w.kinds |= kind
	v.words[word] = w
	at, bit := headOf([]byte(word), len(word)).place()
	v.heads[at] |= bit
	return w.at
}

// deeds are those that the words of a line speak of.
func (v *vocabulary) deeds(words *wordSet) (found [deeds]bool) {
	some := uint64(0)
	for i := range words {
		some |= words[i] & v.first[i]
	}
	if some == 0 {
		return found
	}
	for i := range v.rules {
		if r := &v.rules[i]; words.holds(&r.all) {
			found[r.deed] = true
		}
	}
	return found
}

// head is the start of a word in either case, and whether there is more of it.
type head uint64

const headBytes = 8

// headOf is the head of the word of that length that is at the start of some bytes.
func headOf(line []byte, length int) head {
	var h uint64
	if len(line) >= headBytes {
		h = binary.LittleEndian.Uint64(line)
	} else {
		var room [headBytes]byte
		copy(room[:], line)
		h = binary.LittleEndian.Uint64(room[:])
	}
	const small = letterCase * 0x0101010101010101
	if h |= small; length < headBytes {
		h &= 1<<(8*length) - 1
	}
	return head(h + uint64(length)<<56)
}

// place is where a vocabulary notes a head.
func (h head) place() (at int, bit uint64) {
	const golden = 0x9e3779b97f4a7c15
	hash := uint64(h) * golden >> (64 - 15)
	return int(hash / 64), 1 << (hash % 64)
}

// may reports whether there may be a word of that head.
func (v *vocabulary) may(h head) bool {
	at, bit := h.place()
	return v.heads[at]&bit != 0
}
