package simjoin

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// Edits is a budget of edits by length, beside the threshold of a join: so many
// edits are allowed between two names with equal extensions whose shorter stem
// has so many code points. The steps {4, 1}, {8, 2} and {14, 3} allow one edit when
// both stems have at least 4 characters, two when both have 8 and three when both
// have 14; lsass.exe and isass.exe are within it, and score 0.8.
//
// Names with different extensions have no such budget: one edit for the stem and
// three for .exe and .scr would make most short names alike.
type Edits []Step

// Step is where a budget rises.
type Step struct {
	From  int // the least length of both stems, in code points
	Edits int // the edits allowed from there to the next step, at least those of the step before
}

// Validate reports steps that are not in order, and negative numbers.
func (e Edits) Validate() error {
	from, edits := -1, 0
	for _, s := range e {
		if s.From <= from || s.Edits < edits {
			return fmt.Errorf("%d edits from %d characters: lengths must rise from step to step, from 0 or more, and edits must not fall", s.Edits, s.From)
		}
		from, edits = s.From, s.Edits
	}
	return nil
}

// Of returns the edits that are allowed when the shorter stem has so many code
// points: those of the last step that it reaches, none before the first.
func (e Edits) Of(shorter int) int {
	edits := 0
	for _, s := range e {
		if s.From <= shorter {
			edits = s.Edits
		}
	}
	return edits
}

// Allow reports whether the budget allows so many edits between two names. With
// the Distance of a pair it tells whether the pair is within the budget, as its
// Score tells whether it is above the threshold. A pair may be both.
func (e Edits) Allow(a, b string, distance int) bool {
	x, y, dots := compared(a, b)
	if len(e) == 0 || !dots || len(x) == len(a) {
		return false // an extension that was removed has a dot at least
	}
	return distance <= e.Of(min(utf8.RuneCountInString(x), utf8.RuneCountInString(y)))
}

// rule says which pairs pass: those that score above the threshold and those
// within the budget.
type rule struct {
	threshold float64
	edits     Edits
}

func (r rule) validate() error {
	if math.IsNaN(r.threshold) || r.threshold < 0 {
		return fmt.Errorf("similarity threshold %v: must be 0 or more", r.threshold)
	}
	return r.edits.Validate()
}

// scores and counts report whether pairs can pass by their score, and by their
// edits.
func (r rule) scores() bool { return r.threshold < 1 }
func (r rule) counts() bool { return len(r.edits) > 0 }

func (r rule) String() string {
	switch {
	case !r.counts():
		return fmt.Sprintf("score above %v: raise the threshold", r.threshold)
	case !r.scores():
		return "are within the budget of edits: allow fewer"
	}
	return fmt.Sprintf("score above %v or are within the budget of edits: raise the threshold, or allow fewer edits", r.threshold)
}

// limits are a rule in integers.
type limits struct {
	k     []int32 // by the longer length: the edits that the threshold allows
	edits []int32 // by the shorter length: those of the budget
}

// limits returns those of the rule for lengths up to longest, which is more edits
// than any two names can have between them.
func (r rule) limits(longest int) limits {
	l := limits{k: budgets(longest, r.threshold), edits: make([]int32, longest+1)}
	for length := range l.edits {
		l.edits[length] = int32(min(r.edits.Of(length), longest))
	}
	return l
}

// of is the largest distance with which names of lengths m and n pass. It never
// falls when either length rises.
func (l limits) of(m, n int, whole bool) int {
	k := l.k[max(m, n)]
	if !whole {
		k = max(k, l.edits[min(m, n)])
	}
	return int(k)
}
