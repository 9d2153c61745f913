package simjoin

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// lowranceWagner is the distance from the full table of the original recurrence:
// for every cell the last row and column that could be the other end of a
// transposition are searched for. It shares nothing with the package.
func lowranceWagner(a, b []rune) int {
	cells := make([]int, (len(a)+1)*(len(b)+1))
	h := make([][]int, len(a)+1)
	for i := range h {
		h[i], cells = cells[:len(b)+1], cells[len(b)+1:]
		h[i][0] = i
	}
	for j := range h[0] {
		h[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := h[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			h[i][j] = min(replace, h[i-1][j]+1, h[i][j-1]+1)
			row, column := i-1, j-1 // of the other end
			for row > 0 && a[row-1] != b[j-1] {
				row--
			}
			for column > 0 && b[column-1] != a[i-1] {
				column--
			}
			if row > 0 && column > 0 {
				h[i][j] = min(h[i][j], h[row-1][column-1]+(i-row-1)+1+(j-column-1))
			}
		}
	}
	return h[len(a)][len(b)]
}

func distanceOf(a, b string) int { return lowranceWagner([]rune(a), []rune(b)) }

// allPairs scores every pair, straight from Similarity.
type allPairs struct {
	left, right []string
	scores      []float32
	distances   map[int]int // of pairs that were asked for
}

func newAllPairs(left, right []string) *allPairs {
	all := &allPairs{left: left, right: right, distances: map[int]int{}}
	for _, a := range left {
		for _, b := range right {
			all.scores = append(all.scores, Similarity(a, b))
		}
	}
	return all
}

func (all *allPairs) above(threshold float64) []Pair {
	return all.passing(rule{threshold: threshold})
}

func (all *allPairs) passing(r rule) []Pair {
	var pairs []Pair
	for n, s := range all.scores {
		if float64(s) > r.threshold || all.within(n, r.edits) {
			pairs = append(pairs, Pair{n / len(all.right), n % len(all.right), all.distance(n), s})
		}
	}
	return pairs
}

// within reports whether both names have the same extension and, for some step,
// both stems its length and no more edits than that between them; or no edits.
func (all *allPairs) within(n int, e Edits) bool {
	a, b := all.left[n/len(all.right)], all.right[n%len(all.right)]
	i, j := strings.LastIndex(a, "."), strings.LastIndex(b, ".")
	if len(e) == 0 || i < 0 || j < 0 || a[i:] != b[j:] {
		return false
	}
	x, y := len([]rune(a[:i])), len([]rune(b[:j]))
	most := 0
	for _, s := range e {
		if x >= s.From && y >= s.From {
			most = max(most, s.Edits)
		}
	}
	return max(x-y, y-x) <= most && all.distance(n) <= most
}

func (all *allPairs) distance(n int) int {
	d, ok := all.distances[n]
	if !ok {
		a, b, _ := compared(all.left[n/len(all.right)], all.right[n%len(all.right)])
		d = distanceOf(a, b)
		all.distances[n] = d
	}
	return d
}

// tunings make small inputs go every way that large ones go.
func tunings() map[string]tuning {
	usual := tuning{workers: 2, maxPairs: math.MaxInt32, indexed: 1 << 14, probing: 1 << 15, few: 24, crowd: 256, patience: 500, dear: 2}
	keys, parts, scan, crowds := usual, usual, usual, usual
	keys.few, keys.dear = 0, 0
	parts.few, parts.dear, parts.indexed, parts.probing = 0, 0, 5, 7
	scan.few = math.MaxInt
	crowds.few, crowds.crowd, crowds.patience, crowds.indexed = 0, 1, 0, 50
	return map[string]tuning{"usual": usual, "keys": keys, "parts": parts, "scan": scan, "crowds": crowds}
}

var thresholds = []float64{0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95}

// check compares joins of every tuning with brute force.
func (all *allPairs) check(t *testing.T, thresholds ...float64) {
	t.Helper()
	for _, threshold := range thresholds {
		all.checkRule(t, rule{threshold: threshold})
	}
}

func (all *allPairs) checkRule(t *testing.T, r rule) {
	t.Helper()
	want := all.passing(r)
	for name, tuning := range tunings() {
		got, err := tuning.join(context.Background(), all.left, all.right, r)
		if err != nil {
			t.Fatalf("%v, %s: %v", r, name, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v, %s: %d pairs, want %d", r, name, len(got), len(want))
			all.explain(t, got, want)
			return
		}
	}
}

// explain shows the first pairs that are missing or too many.
func (all *allPairs) explain(t *testing.T, got, want []Pair) {
	t.Helper()
	shown := 0
	show := func(what string, pairs, in []Pair) {
		for _, p := range pairs {
			if !slices.Contains(in, p) && shown < 6 {
				t.Logf("%s: %+v %q %q", what, p, all.left[p.Left], all.right[p.Right])
				shown++
			}
		}
	}
	show("missing", want, got)
	show("too many", got, want)
}

// texts returns every text over the alphabet with from to to characters.
func texts(alphabet string, from, to int) []string {
	all, last := []string{}, []string{""}
	for n := 0; n <= to; n++ {
		if n >= from {
			all = append(all, last...)
		}
		var next []string
		for _, s := range last {
			for _, c := range alphabet {
				next = append(next, s+string(c))
			}
		}
		last = next
	}
	return all
}

func ending(names []string, ext string) []string {
	ended := make([]string, len(names))
	for i, name := range names {
		ended[i] = name + ext
	}
	return ended
}

// mutator edits texts in every way that the distance counts as one edit or, for
// a transposition of characters that are not neighbours, as two.
type mutator struct {
	*rand.Rand
	alphabet []rune
}

func newMutator(seed uint64, alphabet string) *mutator {
	return &mutator{rand.New(rand.NewPCG(seed, 85)), []rune(alphabet)}
}

func (m *mutator) char() rune { return m.alphabet[m.IntN(len(m.alphabet))] }

func (m *mutator) text(n int) []rune {
	s := make([]rune, n)
	for i := range s {
		s[i] = m.char()
	}
	return s
}

// edits returns text after edits that cost at most budget.
func (m *mutator) edits(text []rune, budget int) []rune {
	text = slices.Clone(text)
	for budget > 0 && len(text) > 2 {
		i := m.IntN(len(text) - 1)
		switch kind := m.IntN(6); {
		case kind == 0:
			text[i] = m.char()
		case kind == 1:
			text = slices.Insert(text, i, m.char())
		case kind == 2:
			text = slices.Delete(text, i, i+1)
		case kind == 3 && budget >= 2: // swap with one deleted between
			if i+2 < len(text) {
				text[i], text[i+2] = text[i+2], text[i]
				text = slices.Delete(text, i+1, i+2)
			}
			budget--
		case kind == 4 && budget >= 2: // swap with one inserted between
			text[i], text[i+1] = text[i+1], text[i]
			text = slices.Insert(text, i+1, m.char())
			budget--
		default:
			text[i], text[i+1] = text[i+1], text[i]
		}
		budget--
	}
	return text
}
