package simjoin

import (
	"cmp"
	"slices"
)

// indexedText is how many symbols the right names of a task have together. It
// bounds the memory of a worker where names are very long.
const indexedText = 1 << 20

// task is a part of the join: all pairs of left and right within budget edits.
type task struct {
	left   []int32 // ordered by length; each within budget of length
	right  []int32 // all of one length
	length int     // of the right names, in symbols
	budget int     // the edits allowed, the same for every pair
	whole  bool    // compare whole names, else stems
	apart  bool    // leave out pairs with equal extensions
}

func (t *task) size() int { return len(t.left) * len(t.right) }

// planner cuts the join into tasks.
type planner struct {
	tuning
	*control
	in     *input
	limits limits
	tasks  []task
}

// plan returns the tasks that together hold every pair that can pass exactly
// once, largest first so that workers end at about the same time.
func (t tuning) plan(in *input, r rule, c *control) []task {
	p := planner{tuning: t, control: c, in: in, limits: r.limits(in.longest)}
	p.equalExtensions()
	if r.scores() {
		p.differentExtensions()
	}
	slices.SortStableFunc(p.tasks, func(a, b task) int { return cmp.Compare(b.size(), a.size()) })
	return p.tasks
}

// equalExtensions joins the stems, for one extension after the other.
func (p *planner) equalExtensions() {
	left := p.byExtension(&p.in.left)
	right := p.byExtension(&p.in.right)
	for ext := range left {
		if len(left[ext]) > 0 && len(right[ext]) > 0 && !p.stopped.Load() {
			p.meet(left[ext], right[ext], task{})
		}
	}
}

// byExtension returns the names of each extension, ordered by length of stem.
func (p *planner) byExtension(s *side) [][]int32 {
	ids := byLength(s, p.in.longest, false)
	sizes := make([]int, p.in.extensions)
	for _, id := range ids {
		sizes[s.ext[id]]++
	}
	groups := make([][]int32, p.in.extensions)
	rest := make([]int32, len(ids))
	for ext, size := range sizes {
		groups[ext], rest = rest[:0:size], rest[size:]
	}
	for _, id := range ids {
		groups[s.ext[id]] = append(groups[s.ext[id]], id)
	}
	return groups
}

// differentExtensions joins whole names. Nearly all names end in .exe, and most
// pairs of them that are alike are no business of this join: the names with the
// commonest extension meet the others only.
func (p *planner) differentExtensions() {
	left, right := &p.in.left, &p.in.right
	common := commonest(right.ext, p.in.extensions)
	leftCommon, leftRest := split(left, byLength(left, p.in.longest, true), common)
	rightCommon, rightRest := split(right, byLength(right, p.in.longest, true), common)
	p.meet(leftCommon, rightRest, task{whole: true})
	p.meet(leftRest, rightCommon, task{whole: true})
	p.meet(leftRest, rightRest, task{whole: true, apart: true})
}

// meet adds the tasks for two groups of names, each ordered by length.
//
// It relies on this: if a length m of the left names is so far below n that no
// pair can pass, then that holds for greater n too, for n - k[n] never falls and
// the budget by the shorter length, m, stays. From there on left names can meet n
// up to some length, for m - k[m] never falls, and with greater lengths the edits
// allowed never become fewer.
func (p *planner) meet(left, right []int32, kind task) {
	lefts, rights := runs(&p.in.left, left, kind.whole), runs(&p.in.right, right, kind.whole)
	first := 0
	for _, r := range rights {
		kind.length = r.length
		for first < len(lefts) && r.length-lefts[first].length > p.limits.of(lefts[first].length, r.length, kind.whole) {
			first++
		}
		for i := first; i < len(lefts); {
			kind.budget = p.limits.of(lefts[i].length, r.length, kind.whole)
			end := i
			for end < len(lefts) && p.belongs(lefts[end].length, kind) {
				end++
			}
			if end == i {
				break
			}
			p.add(left[lefts[i].start:lefts[end-1].end], right[r.start:r.end], kind)
			i = end
		}
	}
}

// belongs reports whether left names of length m belong into a task of this kind.
func (p *planner) belongs(m int, kind task) bool {
	return p.limits.of(m, kind.length, kind.whole) == kind.budget && m-kind.length <= kind.budget
}

// add cuts one task into parts of the size that suits the cache.
func (p *planner) add(left, right []int32, kind task) {
	indexed := max(1, min(p.indexed, indexedText/(kind.length+1)))
	for l := range slices.Chunk(left, p.probing) {
		for r := range slices.Chunk(right, indexed) {
			kind.left, kind.right = l, r
			p.tasks = append(p.tasks, kind)
		}
	}
}

// lengthRun is a stretch of names with equal lengths.
type lengthRun struct{ length, start, end int }

func runs(s *side, ids []int32, whole bool) []lengthRun {
	var all []lengthRun
	for i, id := range ids {
		n := s.length(id, whole)
		if len(all) == 0 || all[len(all)-1].length != n {
			all = append(all, lengthRun{length: n, start: i})
		}
		all[len(all)-1].end = i + 1
	}
	return all
}

// byLength returns the names that have a dot, by length and then by position.
func byLength(s *side, longest int, whole bool) []int32 {
	place := make([]int, longest+2)
	for i, ext := range s.ext {
		if ext >= 0 {
			place[s.length(int32(i), whole)+1]++
		}
	}
	for n := range longest + 1 {
		place[n+1] += place[n]
	}
	ids := make([]int32, place[longest+1])
	for i, ext := range s.ext {
		if ext >= 0 {
			n := s.length(int32(i), whole)
			ids[place[n]] = int32(i)
			place[n]++
		}
	}
	return ids
}

// commonest returns the extension that most names have, or -1 if none has one.
func commonest(ext []int32, extensions int) int32 {
	counts := make([]int, extensions)
	best := int32(-1)
	for _, e := range ext {
		if e < 0 {
			continue
		}
		counts[e]++
		if best < 0 || counts[e] > counts[best] {
			best = e
		}
	}
	return best
}

// split divides names into those with the extension ext and the others.
func split(s *side, ids []int32, ext int32) (with, without []int32) {
	for _, id := range ids {
		if s.ext[id] == ext {
			with = append(with, id)
		} else {
			without = append(without, id)
		}
	}
	return with, without
}
