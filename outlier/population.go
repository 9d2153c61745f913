package outlier

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// population is the rows of a table to draw from, in canonical order, each as
// often as its weight says.
type population struct {
	order []int32
	upTo  []int64 // rows up to and including order[i], weights counted; nil where all weights are 1
}

// newPopulation takes order, and weights of the rows as the table has them; nil means one each.
func newPopulation(order []int32, weights []int) (population, error) {
	if weights == nil {
		return population{order: order}, nil
	}
	if len(weights) != len(order) {
		return population{}, fmt.Errorf("%w: %d weights for %d rows", ErrInput, len(weights), len(order))
	}
	p := population{order: order, upTo: make([]int64, len(order))}
	var sum int64
	for i, row := range order {
		w := int64(weights[row])
		if w < 1 || w > math.MaxInt64>>12-sum {
			return population{}, fmt.Errorf("%w: row %d has weight %d", ErrInput, row, w)
		}
		sum += w
		p.upTo[i] = sum
	}
	return p, nil
}

// size is the number of rows, weights counted.
func (p population) size() int {
	if p.upTo == nil {
		return len(p.order)
	}
	return int(p.upTo[len(p.upTo)-1])
}

// row is the row of the table that stands at a position below size.
func (p population) row(position int) int32 {
	if p.upTo == nil {
		return p.order[position]
	}
	i, _ := slices.BinarySearch(p.upTo, int64(position)+1)
	return p.order[i]
}

// generator gives the random numbers of one part of a model, of which every
// tree is one: they depend on the seed and on which part it is.
func generator(seed, part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }

// taken is a set of numbers from 0.
type taken struct {
	bits []uint64
	far  map[int]struct{} // those beyond the bits
}

// newTaken is for numbers below n.
func newTaken(n int) *taken {
	return &taken{bits: make([]uint64, min(n, 1<<22)/64+1), far: map[int]struct{}{}}
}

// add says whether i is new.
func (t *taken) add(i int) bool {
	if i/64 < len(t.bits) {
		is := t.bits[i/64]>>(i%64)&1 == 0
		t.bits[i/64] |= 1 << (i % 64)
		return is
	}
	before := len(t.far)
	t.far[i] = struct{}{}
	return len(t.far) > before
}

func (t *taken) remove(i int) {
	if i/64 < len(t.bits) {
		t.bits[i/64] &^= 1 << (i % 64)
		return
	}
	delete(t.far, i)
}

// distinct draws as many of the numbers below n as fit, each set as likely as
// any other (Floyd's algorithm; Bentley and Floyd, 1987). memory is empty, and stays so.
func distinct(r *rand.Rand, to []int, n int, memory *taken) {
	for i := range to {
		last := n - len(to) + i
		draw := r.IntN(last + 1)
		if !memory.add(draw) {
			draw = last
			memory.add(draw)
		}
		to[i] = draw
	}
	for _, draw := range to {
		memory.remove(draw)
	}
}
