package process

import (
	"cmp"
	"math"
	"slices"
)

// parts are what a score is made of: it is their sum.
type parts struct{ forest, rarity, signs float64 }

func (p parts) score() float64 { return p.forest + p.rarity + p.signs }

// How a score is made. What speaks of an attack in an execution, its evidence, counts
// for its own part in any case, and in full if nothing about the execution is usual.
// Oddity without evidence is worth no more than a word.
const (
	ownPart   = 0.75 // of evidence, whatever supports it
	plainPart = 0.4  // at most, of an execution that is odd and nothing else
)

// conclude makes a score of what is known of a group.
func (j *judge) conclude(one *judged, history *State) {
	if j.notebook {
		one.parts = parts{forest: j.scaled(one.oddity)}
	} else {
		one.parts = j.weighed(one, pastOf(one, history))
	}
	one.score = j.risk(one.parts.score(), one.probability)
}

// weighed joins evidence and oddity as if each were a chance of its own that the
// execution is no usual one: 1 less the product of what speaks against.
func (j *judge) weighed(one *judged, before usage) parts {
	evidence := j.evidence(&one.facts) * rarely(j.patterns[one.pattern()]) * before.pattern
	odd, rare := j.oddness(one.oddity)*before.pair, before.rarity
	support := (odd + 2*rare) / 3
	if before.fresh {
		support += (1 - support) / 2
	}
	signs := ownPart * evidence
	whole := 1 - (1-evidence*(ownPart+(1-ownPart)*support))*(1-plainPart*odd*rare)
	p := parts{signs: signs}
	if odd+2*rare > 0 {
		p.forest = (whole - signs) * odd / (odd + 2*rare)
	}
	p.rarity = whole - signs - p.forest
	return p
}

// evidence joins what speaks of an attack.
func (j *judge) evidence(x *facts) float64 {
	against := 1.0
	for i := range j.columns {
		against *= 1 - j.columns[i].speaks(x)
	}
	return 1 - against
}

// rarely is how much evidence is left in what was done so many times on the day: all of
// it up to three times, and 0.4 from three hundred on.
func rarely(times int64) float64 {
	return min(1, max(0.4, 1-0.3*math.Log10(float64(max(times, 1))/3)))
}

// usage is how usual something is.
type usage struct {
	pattern float64 // what earlier days leave of evidence
	pair    float64 // and of oddity
	rarity  float64 // of program and parent, on the day and before
	fresh   bool    // nothing of the kind was ever done on the earlier days
}

// What earlier days take away.
const (
	mostDamped = 0.9
	patience   = 3 // so many days more are needed before history says all it can
	fewestDays = 3 // earlier days from which on what none of them had is new
)

// pastOf looks a group up in the earlier days.
func pastOf(one *judged, history *State) usage {
	rare := one.facts.rare
	u := usage{pattern: 1, pair: 1, rarity: (rare.parent + rare.host) / 2}
	days := history.Days()
	if days == 0 {
		return u
	}
	left := func(seen int) float64 { return 1 - mostDamped*float64(seen)/float64(days+patience) }
	known := history.past
	seen := known.patterns[one.pattern()]
	u.pattern = left(seen)
	u.pair = left(known.pairs[pairKey{one.program.path, one.key.parent}].days)
	u.rarity *= u.pair
	if days >= fewestDays {
		u.fresh = seen == 0
		if known.programs[one.program.path].days == 0 {
			u.rarity += (1 - u.rarity) / 4
		}
	}
	return u
}

// pattern tells the group's executions, and all that do the same.
func (one *judged) pattern() storedKey {
	return storedKey{one.program.path, groupKey{one.key.parent, one.key.vector.pattern()}}
}

// A tail has a step for each eighth of a power of ten, down to one execution of a
// million.
const (
	tailSteps   = 8
	tailDecades = 6
)

// tailOf says how odd executions are by their share: in place i the least oddity that
// no more than 10^(-i/8) of the executions reach. It ends where the day has too few.
func tailOf(all []judged) (tail []float64) {
	sorted := make([]*judged, len(all))
	total := int64(0)
	for i := range all {
		sorted[i] = &all[i]
		total += all[i].group.count
	}
	slices.SortFunc(sorted, func(a, b *judged) int { return cmp.Compare(a.oddity, b.oddity) })
	at, above := 0, total
	for i := range tailSteps*tailDecades + 1 {
		most := float64(total) * math.Pow(10, -float64(i)/tailSteps)
		for at < len(sorted) && (float64(above) > most*(1+1e-9) || at > 0 && sorted[at].oddity == sorted[at-1].oddity) {
			above -= sorted[at].group.count
			at++
		}
		if at == len(sorted) {
			break
		}
		tail = append(tail, sorted[at].oddity)
	}
	return tail
}

// oddness is how far out in the tail an oddity lies: 0 for what a tenth of all
// executions reach, and 1 for what no more than one of 10,000 do, however many there
// are.
func (j *judge) oddness(oddity float64) float64 {
	steps := 0
	for steps < len(j.tail) && oddity >= j.tail[steps] {
		steps++
	}
	const first, last = 1, 4 // powers of ten
	return min(1, max(0, (float64(steps-1)/tailSteps-first)/(last-first)))
}
