package main

import (
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
)

// pair is one finding.
type pair struct {
	Normal string  `json:"normal"`
	Rare   string  `json:"rare"`
	Score  float32 `json:"score"`
}

const (
	frequentFrom = 0.8
	rareBelow    = 0.2
	similarAbove = 0.85
)

// hunt ranks names, which come in order of their counts, and compares every
// frequent name with every rare one that can pass.
func hunt(names []*seen, threads int) []pair {
	var frequent, rare []text
	lowest := 0
	for i, s := range names {
		if s.Count != names[lowest].Count {
			lowest = i
		}
		percent := 0.0
		if len(names) > 1 {
			percent = float64(lowest) / float64(len(names)-1)
		}
		if s.Name == nil || !strings.Contains(*s.Name, ".") {
			continue
		}
		if percent >= frequentFrom {
			frequent = append(frequent, newText(*s.Name))
		}
		if percent < rareBelow {
			rare = append(rare, newText(*s.Name))
		}
	}
	return join(frequent, rare, threads)
}

func join(frequent, rare []text, threads int) []pair {
	var next atomic.Int64
	found := make([][]pair, threads)
	var group sync.WaitGroup
	for i := range threads {
		group.Go(func() {
			var m matrix
			for k := int(next.Add(1)) - 1; k < len(frequent); k = int(next.Add(1)) - 1 {
				for j := range rare {
					if score := similarity(&frequent[k], &rare[j], &m); float64(score) > similarAbove {
						found[i] = append(found[i], pair{frequent[k].name, rare[j].name, score})
					}
				}
			}
		})
	}
	group.Wait()
	var all []pair
	for _, f := range found {
		all = append(all, f...)
	}
	return all
}

// text is a name made ready for comparison: whole and without its extension.
type text struct {
	name, extension string
	whole, stem     []rune
	wholeSet        uint64 // of characters, by code point modulo 64
	stemSet         uint64
}

func newText(name string) text {
	dot := strings.LastIndexByte(name, '.')
	t := text{name: name, extension: name[dot+1:], whole: []rune(name), stem: []rune(name[:dot])}
	t.wholeSet, t.stemSet = set(t.whole), set(t.stem)
	return t
}

func set(s []rune) (m uint64) {
	for _, r := range s {
		m |= 1 << (uint(r) % 64)
	}
	return m
}

// similarity is 1 - distance/longer, or 0 for what cannot pass.
func similarity(a, b *text, m *matrix) float32 {
	x, y, left, right := a.whole, b.whole, a.wholeSet, b.wholeSet
	if a.extension == b.extension {
		x, y, left, right = a.stem, b.stem, a.stemSet, b.stemSet
	}
	longer := max(len(x), len(y))
	if longer == 0 {
		return 1
	}
	most := longer * 3 / 20 // 17/20, as a float32, is just above 0.85
	if max(len(x)-len(y), len(y)-len(x), bits.OnesCount64(left&^right), bits.OnesCount64(right&^left)) > most {
		return 0
	}
	return float32(float64(longer-m.distance(x, y)) / float64(longer))
}
