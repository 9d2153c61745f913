package outlier

import (
	"math/bits"
	"math/rand/v2"
)

// draw is what one tree is grown of.
type draw struct {
	random *rand.Rand // as it goes on behind the draw
	rows   []int32    // of the table, or then of the sample
}

// draws draws the rows of each tree, and returns p filled for them. Where all weights
// are 1, only the rows that were drawn are put in order.
func (b *buckets) draws(weights []int, p ForestParams) ([]draw, ForestParams, error) {
	var rows population
	var err error
	size := b.m.Rows
	if weights != nil {
		if rows, err = newPopulation(b.order(nil), weights); err != nil {
			return nil, p, err
		}
		size = rows.size()
	}
	if p, err = p.filled(size, b.m.Cols); err != nil {
		return nil, p, err
	}
	draws, position, taken := make([]draw, p.Trees), make([]int, p.Samples), newTaken(size)
	for i := range draws {
		d := draw{generator(p.Seed, uint64(i)), make([]int32, p.Samples)}
		distinct(d.random, position, size, taken)
		for j, at := range position {
			if weights == nil {
				d.rows[j] = int32(at) // which row that is will be known when all are drawn
			} else {
				d.rows[j] = rows.row(at)
			}
		}
		draws[i] = d
	}
	if weights == nil {
		b.place(draws)
	}
	return draws, p, nil
}

// place makes draws of positions in the canonical order draws of rows.
func (b *buckets) place(draws []draw) {
	wanted := newRanked(draws, b.m.Rows)
	order := b.order(wanted)
	for _, d := range draws {
		for j, at := range d.rows {
			d.rows[j] = order[wanted.rank(at)]
		}
	}
}

// sample is the rows of a table that trees are grown of, in its order and as keys.
type sample struct {
	cols    int
	keys    []int32
	touched float64 // a sum that nobody asks for, so that what goes into it is read
}

// newSample takes the rows of all draws, and makes them refer to the sample.
func newSample(x Matrix, draws []draw) *sample {
	drawn := newRanked(draws, x.Rows)
	s := &sample{cols: x.Cols, keys: make([]int32, drawn.size*x.Cols)}
	batch, n := make([]int32, 0, touchRows+64), 0
	for i, word := range drawn.bits {
		for ; word != 0; word &= word - 1 {
			batch = append(batch, int32(i*64+bits.TrailingZeros64(word)))
		}
		if len(batch) >= touchRows || i == len(drawn.bits)-1 {
			s.take(x, batch, n)
			batch, n = batch[:0], n+len(batch)
		}
	}
	for _, d := range draws {
		for i, row := range d.rows {
			d.rows[i] = drawn.rank(row)
		}
	}
	return s
}

// touchRows is how many rows are asked for before the first of them is used.
const touchRows = 64

// take puts rows of x behind the first n of the sample. They lie apart, so each is a wait
// for memory: a number of every eight is read first, for these waits go on at one time.
func (s *sample) take(x Matrix, rows []int32, n int) {
	var sum float64
	for _, row := range rows {
		numbers := x.Row(int(row))
		for j := 0; j < len(numbers); j += 8 {
			sum += numbers[j]
		}
		sum += numbers[len(numbers)-1]
	}
	s.touched += sum
	to := s.keys[n*x.Cols:]
	for _, row := range rows {
		numbers := x.Row(int(row))
		keys := to[:len(numbers)]
		to = to[len(numbers):]
		for j, v := range numbers {
			keys[j] = key(float32(v))
		}
	}
}
