package simjoin

// hit is a pair found: positions in the inputs, and the distance.
type hit struct{ left, right, distance int32 }

// worker does tasks, one after the other, in memory of its own.
type worker struct {
	tuning
	*control
	in      *input
	buckets *buckets
	hits    []hit

	task       task
	texts      []byte      // of the right names, each task.length long
	signatures []signature // of the right names
	seen       []uint32    // by right name: the last left name that met it
	keying     keying      // nil: compare all
	table      table
	families   families
	crowded    knowledge // whether families holds those of the task
	declined   int       // left names of the task for which the table was no use

	left      int32
	count     uint32 // of left names so far; marks them in seen
	word      word
	signature signature
	ready     bool // pattern is that of word
	pattern   pattern
	measure   measure[byte]
	exact     measure[int32] // for folded input

	keys  []uint64
	ends  []int
	found [][]uint32
}

// knowledge is the answer to a question that is dear to ask.
type knowledge uint8

const (
	unknown knowledge = iota
	no
	yes
)

func newWorker(in *input, t tuning, c *control) *worker {
	return &worker{tuning: t, control: c, in: in, buckets: newBuckets()}
}

// run adds the task's pairs to hits.
func (w *worker) run(t task) {
	w.task = t
	w.load()
	w.index()
	for _, left := range t.left {
		if w.stopped.Load() {
			return
		}
		before := len(w.hits)
		w.probe(left)
		if len(w.hits) > before {
			w.take(len(w.hits) - before)
		}
	}
}

// text is what the task compares of a name.
func (w *worker) text(s *side, id int32) []byte {
	if w.task.whole {
		return s.whole(id)
	}
	return s.stem(id)
}

// load gathers the right names.
func (w *worker) load() {
	w.texts = w.texts[:0]
	w.signatures = w.signatures[:0]
	for _, id := range w.task.right {
		text := w.text(&w.in.right, id)
		w.texts = append(w.texts, text...)
		w.signatures = append(w.signatures, w.buckets.sign(text))
	}
	w.seen = zeroed(w.seen, len(w.task.right))
	w.count = 0
}

// right is the text of the task's right name number i.
func (w *worker) right(i int) []byte {
	n := w.task.length
	return w.texts[i*n : i*n+n]
}

// index chooses the keying and fills the table.
func (w *worker) index() {
	w.crowded, w.declined = unknown, 0
	w.keying = w.newKeying(w.task)
	if w.keying == nil {
		return
	}
	w.keys, w.ends = w.keys[:0], w.ends[:0]
	for i := range w.task.right {
		w.word.set(w.right(i))
		w.keys = w.keying.indexed(w.keys, &w.word)
		w.ends = append(w.ends, len(w.keys))
	}
	w.table.build(w.keys, w.ends)
}

// probe finds the pairs of one left name.
func (w *worker) probe(left int32) {
	w.left = left
	w.count++
	w.word.set(w.text(&w.in.left, left))
	w.signature = w.buckets.sign(w.word.text)
	w.ready = false
	switch {
	case w.keying == nil:
		w.scan()
	case !w.lookup() && !w.lookupFamily():
		w.scan()
	}
}

// lookup tests the left name against the right names that share a key with it.
// It declines if they are so many that scan is cheaper.
func (w *worker) lookup() bool {
	w.keys = w.keying.probed(w.keys[:0], &w.word)
	w.found = w.found[:0]
	entries := 0
	for _, key := range w.keys {
		bucket := w.table.bucket(key)
		w.found = append(w.found, bucket)
		entries += len(bucket)
	}
	if entries*w.dear > len(w.signatures) {
		return false
	}
	for i, bucket := range w.found {
		want := tag(w.keys[i])
		for _, entry := range bucket {
			if entry&tagMask == want {
				w.meet(int(entry &^ tagMask))
			}
		}
	}
	return true
}

// lookupFamily tests the left name against the right names of its family that
// share a key with it, and against all that are not of its family. It declines
// if the name has no family that is large enough, or the task has had too few
// such names for the families to pay.
func (w *worker) lookupFamily() bool {
	if w.declined++; w.declined <= w.patience {
		return false
	}
	if w.crowded == unknown {
		w.crowded = no
		if w.families.build(w, w.crowd) {
			w.crowded = yes
		}
	}
	if w.crowded == no {
		return false
	}
	own := w.families.family(w.word.text)
	if own < 0 {
		return false
	}
	w.keys = w.families.probed(w.keys[:0], w.word.text, own)
	for _, key := range w.keys {
		want := tag(key)
		for _, entry := range w.families.table.bucket(key) {
			if entry&tagMask == want {
				w.meet(int(entry &^ tagMask))
			}
		}
	}
	w.scanOthers(own)
	return true
}

// scanOthers tests the left name against every right name that is not of the
// family.
func (w *worker) scanOthers(family int32) {
	if int(w.families.sizes[family]) == len(w.signatures) {
		return
	}
	signature, budget := w.signature, w.task.budget
	for i, s := range w.signatures {
		if w.families.of[i] != family && plausible(signature, s, budget) {
			w.verify(i)
		}
	}
}

// meet tests a pair that shares a key, once.
func (w *worker) meet(i int) {
	if w.seen[i] == w.count || !plausible(w.signature, w.signatures[i], w.task.budget) {
		return
	}
	w.seen[i] = w.count
	w.verify(i)
}

// scan tests the left name against every right name.
func (w *worker) scan() {
	own, budget := w.signature, w.task.budget
	for i, s := range w.signatures {
		if plausible(own, s, budget) {
			w.verify(i)
		}
	}
}

// verify keeps the pair if it is within the budget.
func (w *worker) verify(i int) {
	id := w.task.right[i]
	if w.task.apart && w.in.left.ext[w.left] == w.in.right.ext[id] {
		return
	}
	d := w.distance(w.right(i))
	if d <= w.task.budget && w.in.folded {
		d = w.codePoints(id)
	}
	if d <= w.task.budget {
		w.hits = append(w.hits, hit{w.left, id, int32(d)})
	}
}

// codePoints is the distance in code points of the left name and a right one, or
// some number above the budget.
func (w *worker) codePoints(right int32) int {
	a, b, _ := compared(w.in.left.names[w.left], w.in.right.names[right])
	symbols := map[rune]int32{}
	return w.exact.distance(numbered(a, symbols), numbered(b, symbols), w.task.budget, &w.stopped)
}

// distance is the distance in symbols to the left name, or some number above the
// budget.
func (w *worker) distance(text []byte) int {
	limit := w.task.budget
	if len(w.word.text) <= patternLimit {
		if !w.ready {
			w.pattern.set(w.word.text)
			w.ready = true
		}
		// d <= osa <= d + d/2, hence equal up to 2.
		osa := w.pattern.distance(text, limit+limit/2)
		if osa <= 2 || osa > limit+limit/2 {
			return osa
		}
		limit = min(limit, osa)
	}
	return w.measure.distance(w.word.text, text, limit, &w.stopped)
}
