package simjoin

// families finds, for a left name whose segments too many right names share,
// those of its own family: the right names that agree with it before and behind
// one window. What they have in common costs no edit, so only their windows are
// joined, by deletions: with budget tau, each window gives the texts that remain
// when up to tau of its characters are taken away. Windows within tau edits have
// one of these in common: every simple edit is undone by taking away at most one
// character of each, a transposition of distant characters by as many of each as
// it costs.
//
// A family of a hundred thousand names like vendorapp_setup_3fa9c1d2.exe is
// joined that way in a hundredth of the time that comparing all takes.
type families struct {
	length, budget int
	from, to       int // the window in the right names
	number         map[string]int32
	sizes          []int32 // by number
	of             []int32 // by right name: the number of its family
	table          table
	frame          []byte
	rest           hashes
}

// widest is how many characters a window has at most, mostKeys how many texts it
// may give: they cost memory and time.
const (
	widest   = 12
	mostKeys = 256
)

// windowWidth is the width of the windows for a budget, 0 if there are none:
// windows no wider than the budget would all be alike.
func windowWidth(budget int) int {
	for width := widest; width > budget; width-- {
		keys, choose := 1, 1
		for i := 1; i <= budget; i++ {
			choose = choose * (width - i + 1) / i
			keys += choose
		}
		if keys <= mostKeys {
			return width
		}
	}
	return 0
}

// build takes the right names of the worker's task. It reports whether any
// family has at least crowd members; else comparing all is as good.
func (f *families) build(w *worker, crowd int) bool {
	f.length, f.budget = w.task.length, w.task.budget
	width := min(windowWidth(f.budget), f.length)
	if width <= f.budget || crowd > len(w.task.right) {
		return false
	}
	f.from = f.place(w, width)
	f.to = f.from + width
	f.group(w)
	if w.stopped.Load() {
		return false
	}
	largest := int32(0)
	for _, n := range f.sizes {
		largest = max(largest, n)
	}
	if int(largest) < crowd {
		return false
	}
	f.fill(w, crowd)
	return true
}

// sampled is how many right names tell where the window is best.
const sampled = 256

// place chooses the window: where the fewest families remain.
func (f *families) place(w *worker, width int) int {
	best, fewest := 0, len(w.task.right)+1
	step := max(1, len(w.task.right)/sampled)
	for from := 0; from+width <= f.length && !w.stopped.Load(); from++ {
		f.from, f.to = from, from+width
		different := map[string]bool{}
		for i := 0; i < len(w.task.right); i += step {
			different[string(f.around(w.right(i)))] = true
		}
		if len(different) < fewest {
			best, fewest = from, len(different)
		}
	}
	return best
}

// around is what of a text is outside the window, which is as much longer as the
// text is longer than the right names. The text is no shorter than what is outside.
func (f *families) around(text []byte) []byte {
	f.frame = append(f.frame[:0], text[:f.from]...)
	return append(f.frame, text[len(text)-(f.length-f.to):]...)
}

// group numbers the families of the right names.
func (f *families) group(w *worker) {
	f.number = map[string]int32{}
	f.sizes = f.sizes[:0]
	f.of = sized(f.of, len(w.task.right))
	for i := range f.of {
		around := f.around(w.right(i))
		n, ok := f.number[string(around)]
		if !ok {
			n = int32(len(f.sizes))
			f.number[string(around)] = n
			f.sizes = append(f.sizes, 0)
		}
		f.of[i] = n
		f.sizes[n]++
	}
}

// fill makes the table of the families that are worth it; the others get the
// size 0.
func (f *families) fill(w *worker, crowd int) {
	for n := range f.sizes {
		if int(f.sizes[n]) < crowd {
			f.sizes[n] = 0
		}
	}
	w.keys, w.ends = w.keys[:0], w.ends[:0]
	for i, family := range f.of {
		if f.sizes[family] > 0 && !w.stopped.Load() {
			window := w.right(i)[f.from:f.to]
			for taken := range f.budget + 1 {
				w.keys = f.rest.append(w.keys, window, taken, uint64(family))
			}
		}
		w.ends = append(w.ends, len(w.keys))
	}
	f.table.build(w.keys, w.ends)
}

// family is the number of the left name's family, -1 if it has none.
func (f *families) family(text []byte) int32 {
	if len(text) < f.length-(f.to-f.from) {
		return -1
	}
	n, ok := f.number[string(f.around(text))]
	if !ok || f.sizes[n] == 0 {
		return -1
	}
	return n
}

// probed appends the keys that a left name looks up: as many characters are taken
// away as the budget allows on both sides, for what two windows have in common
// when fewer are taken they have in common when more are.
func (f *families) probed(dst []uint64, text []byte, family int32) []uint64 {
	longer := len(text) - f.length
	window := text[f.from : f.to+longer]
	return f.rest.append(dst, window, f.budget+min(longer, 0), uint64(family))
}

// hashes makes keys of what remains of a text.
type hashes struct {
	text []byte
	salt uint64
	dst  []uint64
}

// append appends a key for each way to take that many characters away.
func (h *hashes) append(dst []uint64, text []byte, taken int, salt uint64) []uint64 {
	if taken > len(text) {
		return dst
	}
	h.text, h.salt, h.dst = text, salt, dst
	h.from(0, taken, uint64(len(text)-taken)+1)
	return h.dst
}

// from goes on at character i with the hash of what remains before it.
func (h *hashes) from(i, taken int, hash uint64) {
	if taken == 0 {
		for _, c := range h.text[i:] {
			hash = hash*hashBase + uint64(c)
		}
		h.dst = append(h.dst, mix(hash, h.salt))
		return
	}
	// Character j is the next to be taken. Of equal neighbours the first will do.
	for j := i; j+taken <= len(h.text); j++ {
		if j == i || h.text[j] != h.text[j-1] {
			h.from(j+1, taken-1, hash)
		}
		hash = hash*hashBase + uint64(h.text[j])
	}
}
