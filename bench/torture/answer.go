package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// answer is what is to be found in some blobs, worked out the plain way and with
// no code of the program: every event is decoded, every pair of names compared.
type answer struct {
	names map[string]*name
	pairs map[pair]match
}

// pair is a frequent name and a rare one.
type pair struct{ normal, suspect string }

// match is how similar a pair is.
type match struct {
	score    float32
	distance int
}

// name is what is known of a process name.
type name struct {
	count       int
	first, last string
	percent     float64
	context     [5]map[string]int // how often it was seen with each path, host, parent, account and command line
}

// Settings of the hunt. Rare names may be seen a few times, so that a late event
// changes what is known of a suspect that stays one.
const (
	frequentRank = 0.8
	rareRank     = 0.75
	similarity   = 0.85
)

// solve works the answer out. Compared keeps what pairs were compared, for the
// next answer.
func solve(blobs []blob, compared map[pair]match) (*answer, error) {
	a := &answer{map[string]*name{}, map[pair]match{}}
	for _, b := range blobs {
		for line := range bytes.Lines(b.data) {
			var e creation
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, fmt.Errorf("%s: %w", b.name, err)
			}
			if e.EventID == 4688 {
				a.count(e)
			}
		}
	}
	a.rank()
	for normal, n := range a.names {
		for suspect, s := range a.names {
			if n.percent < frequentRank || s.percent >= rareRank {
				continue
			}
			p := pair{normal, suspect}
			m, known := compared[p]
			if !known {
				m = compare(normal, suspect)
				compared[p] = m
			}
			if float64(m.score) > similarity {
				a.pairs[p] = m
			}
		}
	}
	return a, nil
}

func (a *answer) count(e creation) {
	key := strings.ToLower(e.Process)
	n := a.names[key]
	if n == nil {
		n = &name{first: e.TimeGenerated, last: e.TimeGenerated}
		for i := range n.context {
			n.context[i] = map[string]int{}
		}
		a.names[key] = n
	}
	n.count++
	n.first, n.last = min(n.first, e.TimeGenerated), max(n.last, e.TimeGenerated)
	for i, value := range []string{e.NewProcessName, e.Computer, e.ParentProcessName, e.Account, e.CommandLine} {
		if value != "" {
			n.context[i][value]++
		}
	}
}

// rank gives each name the share of the others that are seen less often.
func (a *answer) rank() {
	var counts []int
	for _, n := range a.names {
		counts = append(counts, n.count)
	}
	slices.Sort(counts)
	for _, n := range a.names {
		below, _ := slices.BinarySearch(counts, n.count)
		n.percent = float64(below) / float64(len(counts)-1)
	}
}

// compare scores two names; a score of 0 stands for all that is too low.
func compare(l, r string) match {
	i, j := strings.LastIndex(l, "."), strings.LastIndex(r, ".")
	if i < 0 || j < 0 {
		return match{}
	}
	if l[i:] == r[j:] {
		l, r = l[:i], r[:j]
	}
	x, y := []rune(l), []rune(r)
	shorter, longer := min(len(x), len(y)), max(len(x), len(y))
	if longer == 0 || float64(shorter) < 0.8*float64(longer) {
		return match{} // the lengths alone are too far apart
	}
	d := distance(x, y)
	return match{float32(float64(longer-d) / float64(longer)), d}
}

// distance is that of Damerau and Levenshtein, in which what stands between two
// swapped letters may change as well (Lowrance and Wagner, 1975).
func distance(a, b []rune) int {
	far := len(a) + len(b)
	d := make([][]int, len(a)+2) // by length of both prefixes, plus one
	for i := range d {
		d[i] = make([]int, len(b)+2)
		d[i][0] = far
		if i > 0 {
			d[i][1] = i - 1
		}
	}
	for j := range len(b) + 1 {
		d[0][j+1], d[1][j+1] = far, j
	}
	lastIn := map[rune]int{} // of a, in the rows done
	for i, x := range a {
		lastMatch := 0 // of b, in this row
		for j, y := range b {
			k, l := lastIn[y], lastMatch
			cost := 1
			if x == y {
				cost, lastMatch = 0, j+1
			}
			d[i+2][j+2] = min(d[i+1][j+1]+cost, d[i+2][j+1]+1, d[i+1][j+2]+1, d[k][l]+(i-k)+1+(j-l))
		}
		lastIn[x] = i + 1
	}
	return d[len(a)+1][len(b)+1]
}
