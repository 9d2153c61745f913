package simjoin

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func wordOf(text string) *word {
	w := new(word)
	w.set([]byte(text))
	return w
}

// share reports whether two names have a key in common.
func share(k keying, left, right string) bool {
	probed := k.probed(nil, wordOf(left))
	return slices.ContainsFunc(k.indexed(nil, wordOf(right)), func(key uint64) bool {
		return slices.Contains(probed, key)
	})
}

// keyingFor is the keying that tasks with such right names get when it pays.
func keyingFor(length, budget int) keying {
	t := tunings()["keys"]
	return t.newKeying(task{length: length, budget: budget, right: make([]int32, 100)})
}

// The contract of keying, for every pair of texts over a tiny alphabet.
func TestKeyingExhaustive(t *testing.T) {
	for budget := range 4 {
		for length := 0; length <= 7; length++ {
			k := keyingFor(length, budget)
			if fits := budget <= 1 || length >= 2*budget+1; fits != (k != nil) {
				t.Errorf("length %d, budget %d: %T", length, budget, k)
			}
			if k == nil {
				continue
			}
			for _, left := range texts("ab", max(0, length-budget), min(7, length+budget)) {
				for _, right := range texts("ab", length, length) {
					if distanceOf(left, right) <= budget && !share(k, left, right) {
						t.Fatalf("budget %d: %q and %q share no key", budget, left, right)
					}
				}
			}
		}
	}
}

// And for longer texts, many segments, and edits that span borders.
func TestKeyingRandom(t *testing.T) {
	for _, alphabet := range []string{"ab", "abcdefghijklmnopqrstuvwxyz"} {
		m := newMutator(5, alphabet)
		for range 15000 {
			budget := m.IntN(8)
			right := m.text(max(2*budget+1, 3) + m.IntN(25))
			left := m.edits(right, budget)
			if !share(keyingFor(len(right), budget), string(left), string(right)) {
				t.Fatalf("budget %d: %q and %q share no key", budget, string(left), string(right))
			}
		}
	}
}

// Segments fill the name but for one character between neighbours.
func TestSegmentsLeaveGaps(t *testing.T) {
	for budget := 2; budget <= 8; budget++ {
		for length := 2*budget + 1; length < 60; length++ {
			cuts := newSegments(length, budget).cuts
			if len(cuts) != budget+1 || cuts[0].from != 0 || cuts[budget].to != length {
				t.Fatalf("length %d, budget %d: %v", length, budget, cuts)
			}
			for i, cut := range cuts {
				if cut.to <= cut.from || i > 0 && cut.from != cuts[i-1].to+1 {
					t.Fatalf("length %d, budget %d: %v", length, budget, cuts)
				}
			}
		}
	}
}

// With the textbook's partition into budget + 1 neighbouring segments, one
// transposition over each border breaks them all with only budget edits. The
// test shows that no segment is left anywhere in the other name, so that no
// window could find it, and that Join finds the pair by its segments.
func TestTranspositionAcrossBorders(t *testing.T) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	for budget := 2; budget <= 5; budget++ {
		stem := alphabet[:6*(budget+1)]
		swapped := []byte(stem)
		for i := 6; i < len(stem); i += 6 {
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
		}
		for i := 0; i < len(stem); i += 6 {
			if segment := stem[i : i+6]; strings.Contains(string(swapped), segment) {
				t.Fatalf("segment %q is in %q", segment, swapped)
			}
		}
		all := newAllPairs([]string{string(swapped) + ".exe"}, []string{stem + ".exe"})
		if pairs := all.above(0.85); len(pairs) != 1 || pairs[0].Distance != budget {
			t.Fatalf("%q and %q are %+v", stem, swapped, pairs)
		}
		if _, ok := keyingFor(len(stem), budget).(*segments); !ok {
			t.Fatalf("no segments for length %d, budget %d", len(stem), budget)
		}
		all.check(t, 0.85)
	}
}

func TestTable(t *testing.T) {
	m := newMutator(6, "ab")
	var reused table
	for _, names := range []int{1, 2, 30, 3000, 1 << 16, 50} {
		var keys []uint64
		var ends []int
		for range names {
			for range m.IntN(4) {
				keys = append(keys, mix(m.Uint64N(40), 1), m.Uint64())
			}
			ends = append(ends, len(keys))
		}
		reused.build(keys, ends)
		if len(keys) != len(reused.entries) {
			t.Fatalf("%d names: %d entries, want %d", names, len(reused.entries), len(keys))
		}
		name := 0
		for i, key := range keys[:min(len(keys), 3000)] {
			for i >= ends[name] {
				name++
			}
			if !slices.Contains(reused.bucket(key), tag(key)|uint32(name)) {
				t.Fatalf("%d names: name %d not found", names, name)
			}
		}
	}
}

// Every pair that could pass belongs to exactly one task, with its own budget.
func TestPlanHoldsEveryPairOnce(t *testing.T) {
	left, right := fleet(300, 7)
	left, right = append(left, ".exe", "a.exe", "nodot", ".", "x."), append(right, ".exe", "b.exe", "nodot", "y.")
	for _, edits := range []Edits{nil, {{4, 1}, {8, 2}, {14, 3}}, {{0, 1}, {6, 4}}, {{9, 30}}} {
		for _, threshold := range []float64{0, 0.5, 0.85} {
			for name, tuning := range tunings() {
				checkPlan(t, tuning, left, right, rule{threshold, edits})
				if t.Failed() {
					t.Fatal(name)
				}
			}
		}
	}
}

func checkPlan(t *testing.T, tuning tuning, left, right []string, r rule) {
	c := new(control)
	in := encode(left, right, c)
	k := budgets(in.longest, r.threshold)
	type place struct {
		left, right int32
		whole       bool
		budget      int
	}
	times := map[place]int{}
	for _, task := range tuning.plan(in, r, c) {
		for _, l := range task.left {
			for _, r := range task.right {
				times[place{l, r, task.whole, task.budget}]++
			}
		}
	}
	for i := range left {
		for j := range right {
			a, b, ok := compared(left[i], right[j])
			m, n := len(a), len(b)
			whole := in.left.ext[i] != in.right.ext[j]
			budget := int(k[max(m, n)])
			if !whole {
				budget = max(budget, r.edits.Of(min(m, n)))
			}
			want := 0
			if ok && max(m-n, n-m) <= budget {
				want = 1
			}
			if got := times[place{int32(i), int32(j), whole, budget}]; got != want {
				t.Errorf("%+v: %q and %q are in %d tasks, want %d", r, left[i], right[j], got, want)
				return
			}
		}
	}
}

func TestVeryLongNamesMakeSmallTasks(t *testing.T) {
	long := strings.Repeat("a", indexedText/3) + ".exe"
	c := new(control)
	in := encode([]string{long}, []string{long, long, long, long, long}, c)
	tuning := tunings()["usual"]
	for _, task := range tuning.plan(in, rule{threshold: 0.85}, c) {
		if len(task.right) > 3 {
			t.Errorf("%d names of %d symbols in a task", len(task.right), task.length)
		}
	}
	if k := tuning.newKeying(task{length: 2000, budget: 300, right: make([]int32, 100)}); k != nil {
		t.Errorf("%T for more keys than names", k)
	}
	if math.MaxUint16 < tuning.indexed-1 {
		t.Error("names do not fit into table entries")
	}
}
