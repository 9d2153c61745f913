package masquerade

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Number is how many distinct things there are, or about how many.
type Number struct {
	N     int
	About bool // within a few percent
}

// String is such as "412" or "about 20,400".
func (n Number) String() string {
	if !n.About {
		return grouped(int64(n.N))
	}
	unit := math.Pow10(max(0, len(fmt.Sprint(n.N))-3))
	return "about " + grouped(int64(math.Round(float64(n.N)/unit)*unit))
}

// hostSet counts the distinct hosts of an estate: exactly up to mostHosts, beyond
// that from the smallest hashes, within about a percent (k minimum values;
// Bar-Yossef et al., RANDOM 2002).
type hostSet struct {
	hashes map[uint64]struct{}
	above  uint64 // hashes from here on are left out; 0 for none
}

// mostHosts is how many hosts are counted one by one.
const mostHosts = 1 << 13

func (h *hostSet) add(hash uint64) {
	if h.above > 0 && hash >= h.above {
		return
	}
	if h.hashes == nil {
		h.hashes = map[uint64]struct{}{}
	}
	h.hashes[hash] = struct{}{}
	if len(h.hashes) > 2*mostHosts {
		h.prune()
	}
}

// prune keeps one hash more than are counted one by one: it says that there are
// more.
func (h *hostSet) prune() {
	all := h.sorted()
	for _, hash := range all[mostHosts+1:] {
		delete(h.hashes, hash)
	}
	h.above = all[mostHosts] + 1
}

func (h *hostSet) merge(o *hostSet) {
	for hash := range o.hashes {
		h.add(hash)
	}
}

// sorted returns the hashes that are to be kept, in order; not more than one above
// mostHosts when pruned.
func (h *hostSet) sorted() []uint64 {
	all := make([]uint64, 0, len(h.hashes))
	for hash := range h.hashes {
		all = append(all, hash)
	}
	slices.Sort(all)
	return all
}

// smallest returns what is written of the set: equal sets have equal ones.
func (h *hostSet) smallest() []uint64 {
	all := h.sorted()
	return all[:min(len(all), mostHosts+1)]
}

func (h *hostSet) count() Number {
	all := h.smallest()
	if len(all) <= mostHosts {
		return Number{N: len(all)}
	}
	last := float64(all[mostHosts]) / math.MaxUint64
	return Number{N: int(math.Round(mostHosts / last)), About: true}
}

// size is what the set takes in bytes, roughly.
func (h *hostSet) size() int { return 40 * len(h.hashes) }

// sketch counts the distinct hosts of a name with more than keep of them, within
// about 6 percent: a HyperLogLog (Flajolet et al., AofA 2007) of 256 registers
// over the upper 32 bits of the hosts' hashes.
type sketch [256]uint8

// sketchBits are those of a hash that a register looks at.
const sketchBits = 24

func (s *sketch) add(order uint32) {
	rank := uint8(min(bits.LeadingZeros32(order<<8), sketchBits) + 1)
	if r := &s[order>>sketchBits]; rank > *r {
		*r = rank
	}
}

func (s *sketch) merge(o *sketch) {
	for i, rank := range o {
		s[i] = max(s[i], rank)
	}
}

// count is Ertl's estimate, which needs no correction for small or large numbers
// (New cardinality estimation algorithms for HyperLogLog sketches, 2017,
// algorithm 6).
func (s *sketch) count() int {
	var with [sketchBits + 2]float64 // registers by value
	for _, rank := range s {
		with[rank]++
	}
	const m = float64(len(s))
	z := m * tau(1-with[sketchBits+1]/m)
	for k := sketchBits; k >= 1; k-- {
		z = (z + with[k]) / 2
	}
	z += m * sigma(with[0]/m)
	return int(math.Round(m * m / (2 * math.Ln2 * z)))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	z := x
	for y := 1.0; ; y *= 2 {
		x *= x
		before := z
		z += x * y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	z := 1 - x
	for y := 0.5; ; y /= 2 {
		x = math.Sqrt(x)
		before := z
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}

// crowd returns the sketch of the hosts of a name that has more than keep of them.
// Equal sets of hosts give equal sketches, in whatever order they come.
func (s *samples) crowd(t *texts) *sketch {
	if s.crowded == nil {
		s.crowded = new(sketch)
		t.sampled += len(s.crowded)
		for _, k := range s.of(hosts) {
			s.crowded.add(k.order)
		}
	}
	return s.crowded
}
