package masquerade

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"sparkless/masquerade/lookalike"
)

// look is what a name looks like, as a hash of its skeleton.
type look struct {
	hash   uint64
	name   *ranked
	wanted bool // is it an impostor?
}

// sameLooks finds those of the names that look the same as another: as a Windows
// name, or as any name of the day. Real names hardly ever do, so that one need not
// be frequent to be taken for the one that is imitated.
func (l *lineup) sameLooks(names []*ranked, of func(*ranked) *suspect) {
	all := l.looks(names)
	slices.SortFunc(all, func(a, b look) int { return cmp.Compare(a.hash, b.hash) })
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].hash == all[0].hash {
			n++
		}
		if n > 1 {
			l.unmask(all[:n], of)
		}
		all = all[n:]
	}
}

// looks returns what the names and all others look like, but for most of those of
// which there is only one.
func (l *lineup) looks(names []*ranked) []look {
	var buffer []byte
	all := make([]look, 0, len(l.names)+l.known)
	seen := newRepeats(cap(all))
	add := func(n *ranked, wanted bool) {
		if buffer = lookalike.AppendSkeleton(buffer[:0], n.name); len(buffer) > 0 {
			all = append(all, look{maphash.Bytes(seed, buffer), n, wanted})
			seen.add(all[len(all)-1].hash)
		}
	}
	for i := range l.targets[:l.known] {
		add(&l.targets[i].ranked, false)
	}
	for i := range l.names {
		n := &l.names[i]
		if len(names) > 0 && names[0] == n {
			add(n, true)
			names = names[1:]
		} else if _, known := l.facts.Name(n.name); !known && !n.absent && !forgedName(n.name) {
			add(n, false)
		}
	}
	for _, n := range names { // not seen on the day
		add(n, true)
	}
	return slices.DeleteFunc(all, func(x look) bool { return !seen.twice(x.hash) })
}

// repeats tells which of many hashes may have come twice.
type repeats struct{ once, again []uint64 }

func newRepeats(hashes int) repeats {
	words := 1 << bits.Len(uint(hashes/8)) // 8 bits a hash or more
	return repeats{make([]uint64, words), make([]uint64, words)}
}

func (r repeats) add(hash uint64) {
	word, bit := r.place(hash)
	r.again[word] |= r.once[word] & bit
	r.once[word] |= bit
}

func (r repeats) twice(hash uint64) bool {
	word, bit := r.place(hash)
	return r.again[word]&bit != 0
}

func (r repeats) place(hash uint64) (word, bit uint64) {
	return hash >> 6 & uint64(len(r.once)-1), 1 << (hash & 63)
}

// unmask finds out which of names that look the same the others imitate.
func (l *lineup) unmask(same []look, of func(*ranked) *suspect) {
	original := slices.MinFunc(same, func(a, b look) int { return l.compareLooks(a.name, b.name) }).name
	for _, x := range same {
		if x.name != original && x.wanted && l.deceives(x.name, original) {
			of(x.name).to(l.target(*original)).skeleton = true
		}
	}
}

// compareLooks orders names that look the same: first the one that others
// imitate, which is Windows' own, or plainer, or seen on more hosts, or more often.
// How often an impostor runs is up to it.
func (l *lineup) compareLooks(a, b *ranked) int {
	_, ownA := l.facts.Name(a.name)
	_, ownB := l.facts.Name(b.name)
	if ownA != ownB {
		if ownA {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(plainness(b.name), plainness(a.name)), cmp.Compare(l.hostsWith(b), l.hostsWith(a)),
		cmp.Compare(b.count, a.count), strings.Compare(a.name, b.name))
}

// deceives reports whether a may imitate b, which looks the same and comes first.
func (l *lineup) deceives(a, b *ranked) bool {
	_, own := l.facts.Name(b.name)
	return own || plainness(a.name) < plainness(b.name) || l.hostsWith(a) < l.hostsWith(b) || a.count < b.count
}

// hostsWith is on how many hosts a name was seen.
func (l *lineup) hostsWith(n *ranked) int { return l.day.view(n.name, nil).hostCount().N }

// plainness is higher for names of nothing but ASCII letters.
func plainness(name string) int {
	plain := 0
	for _, r := range name {
		switch {
		case r >= utf8.RuneSelf:
			plain -= 100
		case 'a' > r || r > 'z':
			plain--
		}
	}
	return plain
}

// target returns the target with a name, which becomes one if it is none.
func (l *lineup) target(n ranked) *target {
	if l.targetNamed(n.name) == nil {
		l.byName[n.name] = &target{ranked: n}
	}
	return l.byName[n.name]
}

// targetNamed returns the target with a name, nil if there is none.
func (l *lineup) targetNamed(name string) *target {
	if l.byName == nil {
		l.byName = make(map[string]*target, len(l.targets))
		for i := range l.targets {
			l.byName[l.targets[i].name] = &l.targets[i]
		}
	}
	return l.byName[name]
}
