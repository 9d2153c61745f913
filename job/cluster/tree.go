package cluster

import (
	"fmt"

	"sparkless/job"
)

// tree tells what to merge as pieces come, in any order: pieces that follow each other,
// job.MaxPieces at a time, level by level, until one is left. What is merged with what
// hangs on the number of batches alone.
type tree struct {
	levels [][]*job.Piece // the first is of batches, the last of one piece; nil is not there yet
}

// group is what to merge into one piece of the tree.
type group struct {
	level, index int // of that piece
	pieces       []job.Piece
}

// newTree is one over n batches, at least one.
func newTree(n int) *tree {
	t := &tree{}
	for {
		t.levels = append(t.levels, make([]*job.Piece, n))
		if n == 1 {
			return t
		}
		n = (n + job.MaxPieces - 1) / job.MaxPieces
	}
}

// merges is how many groups there are to merge: one that is alone passes as it is.
func (t *tree) merges() int {
	n := 0
	for _, level := range t.levels[:len(t.levels)-1] {
		n += len(level) / job.MaxPieces
		if len(level)%job.MaxPieces > 1 {
			n++
		}
	}
	return n
}

// put takes in a piece, and returns the group that it was the last of, if it was.
func (t *tree) put(level, index int, p job.Piece) (*group, error) {
	if first, last := t.span(level, index); p.First != first || p.Last != last {
		return nil, fmt.Errorf("a step returned a piece of the batches %d to %d, where those from %d to %d were asked for", p.First, p.Last-1, first, last-1)
	}
	t.levels[level][index] = &p
	if level == len(t.levels)-1 {
		return nil, nil
	}
	at := index / job.MaxPieces
	siblings := t.levels[level][at*job.MaxPieces : min((at+1)*job.MaxPieces, len(t.levels[level]))]
	g := &group{level: level + 1, index: at}
	for _, s := range siblings {
		if s == nil {
			return nil, nil
		}
		g.pieces = append(g.pieces, *s)
	}
	if len(g.pieces) == 1 {
		return t.put(g.level, g.index, p)
	}
	return g, nil
}

// span is which batches, first to last-1, a piece is of.
func (t *tree) span(level, index int) (first, last int) {
	width := 1
	for range level {
		width *= job.MaxPieces
	}
	return index * width, min((index+1)*width, len(t.levels[0]))
}

// whole is the piece of all batches, or nil as long as it is not there.
func (t *tree) whole() *job.Piece { return t.levels[len(t.levels)-1][0] }
