// Package simjoin finds all pairs of similar names, exactly, without comparing
// all pairs.
//
// # What is joined
//
// Similarity scores two names with the Damerau-Levenshtein distance d in code
// points, as (L - d)/L with L the longer length, without the extension when
// both names have the same one. Join(left, right, t) is every pair that scores
// more than t: the pairs, scores and order that two nested loops would give. A
// Joiner may have a budget of edits beside the threshold (Edits): then pairs with
// equal extensions and few enough edits for the shorter stem are joined too.
//
// # How
//
// The threshold becomes integers first: k[L] is the largest distance that still
// passes when the longer name has L code points (budgets). A pair of lengths m and
// n then has the larger of k[max(m, n)] and the edits that a budget allows for
// min(m, n): one number for all pairs of these lengths, which does not fall when
// either length rises. All that follows counts edits.
//
// A join falls apart into tasks that share nothing (plan). Names with equal
// extensions are joined by their stems, one extension at a time; names with
// different extensions are joined whole. Within each, a task holds right names
// of one length n, and the left names whose lengths m give one edit budget tau
// with |m - n| <= tau. Every pair that can pass meets in exactly
// one task, so no pair is found twice, and workers need no lock. A task is cut
// so that what it looks up stays in a processor's cache.
//
// In a task the right names are put into a table under keys, and each left name
// looks up its own keys. Any two names within tau edits share a key. There are
// two kinds:
//
//   - tau <= 1: the name and the name without each one of its characters
//     (deletions; FastSS: Bocek, Hunt, Stiller 2007). Nearly all that meet are
//     true pairs, also among a hundred thousand names like setup_3fa9c1.exe.
//   - tau >= 2: tau + 1 segments of the name, of which tau edits leave one whole
//     (segments; PassJoin: Li, Deng, Feng, PVLDB 5(3), 2011, with its
//     multi-match-aware window). PassJoin is for the Levenshtein distance. A
//     transposition across a border would break two segments with one edit, so
//     here one character between neighbouring segments belongs to neither.
//
// Where keys cannot work (names shorter than 2 tau + 1 have no room for the
// segments) or do not pay (a family of names that share most segments), the left
// name is compared with every right name of the task instead; but not with those
// of its own family, which differ in one short stretch only: they are looked up by
// deletions again, of up to tau characters of that stretch (families).
//
// A pair that met must then pass, in order of cost:
//
//  1. a 64-bit signature of character counts (signature);
//  2. the optimal string alignment distance, bit-parallel (pattern; Hyyrö 2003).
//     It is at least d and at most d + d/2, and equal to d up to 2;
//  3. where that leaves a doubt, the distance itself in a band of 2 tau + 1
//     diagonals (measure; Lowrance and Wagner 1975, in the linear space of Zhao
//     and Sahni 2019).
//
// Names are compared as one byte a character. Input with more than 128
// characters beyond ASCII maps several of them to one byte, which can only make
// names look closer; then the pairs that pass are measured again in code points.
//
// # Cost
//
// Time grows with the number of pairs that share a key, hence with the size of
// families of near-equal names rather than with the square of all names, as long
// as names are long against their budgets: see Quadratic. Memory is about 100
// bytes a name beside the input, a few megabytes a worker, 60 while it joins a
// large family, and 60 bytes a pair.
package simjoin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Pair is one result of Join.
type Pair struct {
	// Left and Right are positions in the two inputs of Join.
	Left, Right int
	// Distance is Distance(left[Left], right[Right]): edits, in code points.
	Distance int
	// Score is Similarity(left[Left], right[Right]), in (threshold, 1]; lower for
	// a pair that only a budget of edits allows. The pair passes the threshold if
	// float64(Score) is above it.
	Score float32
}

// MaxPairs is the largest result of Join, some 600 MB of memory. A family of
// long names that differ in a few digits pairs each with each: 50,000 of them
// would give a thousand million pairs.
const MaxPairs = 10_000_000

// ErrTooManyPairs is wrapped by a join's error when there are more than MaxPairs,
// or than Joiner.MaxPairs.
var ErrTooManyPairs = errors.New("too many similar pairs")

// Join returns every pair (i, j) with float64(Similarity(left[i], right[j])) >
// threshold, ordered by Left, then Right. Names are compared as they are: lower-
// case them first. Either side may hold a name more than once, and both may hold
// the same name, which pairs with score 1 if it has a dot. left should be the
// side with fewer names: it is looked up, while right is indexed.
//
// A threshold of 1 or more gives no pairs. A negative one or NaN is an error,
// since then every pair would pass, or none could. More than MaxPairs pairs are
// an error that wraps ErrTooManyPairs.
//
// The work is shared by the given number of goroutines (below 1: one for each
// processor), none of which outlives the call; the result does not depend on
// their number. When ctx is cancelled, Join returns its error within about a
// tenth of a second.
func Join(ctx context.Context, left, right []string, threshold float64, workers int) ([]Pair, error) {
	return Joiner{Workers: workers, MaxPairs: MaxPairs}.Join(ctx, left, right, threshold)
}

// Joiner joins within bounds of the caller's, and with a budget of edits.
type Joiner struct {
	// Workers is the number of goroutines; below 1: one for each processor.
	Workers int
	// MaxPairs is the largest result, at most MaxPairs.
	MaxPairs int
	// Edits is a budget of edits beside the threshold; nil: there is none.
	Edits Edits
}

// Join is Join with the Joiner's bounds and budget: every pair that scores above
// the threshold, or is within the budget. At a threshold of 1 or more it is the
// pairs within the budget. Steps that Validate refuses are an error.
//
// With one edit from 4 characters and two from 8 or 9 a join of a hundred
// thousand names takes up to a half more time than without, with three from 14 as
// well about twice as much. Families of names that differ in six digits only have
// many pairs within two edits, and take what these take.
func (j Joiner) Join(ctx context.Context, left, right []string, threshold float64) ([]Pair, error) {
	if j.Workers < 1 {
		j.Workers = runtime.GOMAXPROCS(0)
	}
	t := tuning{
		workers:  j.Workers,
		maxPairs: max(0, min(j.MaxPairs, MaxPairs)),
		indexed:  1 << 14,
		probing:  1 << 15,
		few:      24,
		crowd:    256,
		patience: 500,
		dear:     2,
	}
	return t.join(ctx, left, right, rule{threshold, j.Edits})
}

// tuning is what changes the cost of a join but never its pairs.
type tuning struct {
	workers  int
	maxPairs int
	indexed  int // right names of a task, at most 1<<16: their table fits into a second-level cache
	probing  int // left names of a task: one family of names still makes tasks for all workers
	few      int // right names for which a table does not pay
	crowd    int // right names of a family for which a table of their own pays
	patience int // left names that are compared with all before that table pays
	dear     int // signatures that are compared in a row in the time that one table entry takes
}

// control is how a running join is ended early. Asking it is cheap enough to be
// done once a name, even once a row of a distance.
type control struct {
	stopped atomic.Bool
	room    atomic.Int64 // pairs that may still be found
}

// take uses up room for n pairs.
func (c *control) take(n int) {
	if c.room.Add(-int64(n)) < 0 {
		c.stopped.Store(true)
	}
}

func (t tuning) join(ctx context.Context, left, right []string, r rule) ([]Pair, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	switch {
	case max(len(left), len(right)) > math.MaxInt32:
		return nil, fmt.Errorf("join of %d and %d names: at most %d on a side", len(left), len(right), math.MaxInt32)
	case ctx.Err() != nil || !r.scores() && !r.counts() || len(left) == 0 || len(right) == 0:
		return nil, ctx.Err()
	}
	c := new(control)
	c.room.Store(int64(t.maxPairs))
	defer context.AfterFunc(ctx, func() { c.stopped.Store(true) })()

	in := encode(left, right, c)
	tasks := t.plan(in, r, c)
	hits, err := t.run(ctx, in, tasks, c)
	if err != nil {
		return nil, err
	}
	if c.room.Load() < 0 {
		return nil, fmt.Errorf("%w: more than %d %v", ErrTooManyPairs, t.maxPairs, r)
	}
	pairs := collect(in, hits, c)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return pairs, nil
}

// run works through the tasks, in order, and returns the hits of each worker.
func (t tuning) run(ctx context.Context, in *input, tasks []task, c *control) ([][]hit, error) {
	hits := make([][]hit, min(t.workers, len(tasks)))
	var taken atomic.Int64
	var group errgroup.Group
	for w := range hits {
		group.Go(func() error {
			worker := newWorker(in, t, c)
			for !c.stopped.Load() {
				i := int(taken.Add(1)) - 1
				if i >= len(tasks) {
					break
				}
				worker.run(tasks[i])
			}
			hits[w] = worker.hits
			return ctx.Err()
		})
	}
	return hits, group.Wait()
}
