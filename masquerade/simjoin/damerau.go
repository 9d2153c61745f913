package simjoin

import "sync/atomic"

// measure computes unrestricted Damerau-Levenshtein distances (Lowrance and
// Wagner, "An extension of the string-to-string correction problem", 1975). The
// zero value is ready; it keeps its memory from call to call.
//
// The recurrence looks back at the last row that has the column's symbol, and at
// the last column that has the row's. A transposition with characters both
// deleted and inserted between its ends is never better than replacements, so
// that only two cases are left, and one value a column and one a row are enough
// to remember (Zhao and Sahni, "String correction using the Damerau-Levenshtein
// distance", 2019). Memory is linear in the lengths.
type measure[S byte | int32] struct {
	row, previous []int32 // column j is at [j+1]; column -1 is out of reach
	crossed       []int32 // by column: what a swap with its last matching row starts from
	lastRow       []int32 // by symbol: the last row that has it, 0 for none
}

// distance returns the distance of a and b, or some number above limit if it is
// above limit. Only cells at most limit off the diagonal are visited: any other
// is above limit. Once stop is set, it may say that too.
func (t *measure[S]) distance(a, b []S, limit int, stop *atomic.Bool) int {
	limit = min(limit, max(len(a), len(b)))
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1
	}
	t.start(a, b, limit)
	for i := 1; i <= len(a); i++ {
		lowest := t.next(a, b, i, limit)
		t.lastRow[a[i-1]] = int32(i)
		// The lowest value of a row never falls from row to row.
		if int(lowest) > limit || stop.Load() {
			return limit + 1
		}
	}
	return int(t.row[len(b)+1])
}

// start makes row the row 0, and everything else out of reach.
func (t *measure[S]) start(a, b []S, limit int) {
	symbols := S(0)
	for _, s := range a {
		symbols = max(symbols, s)
	}
	for _, s := range b {
		symbols = max(symbols, s)
	}
	far := int32(limit + 1)
	t.row = sized(t.row, len(b)+2)
	t.previous = sized(t.previous, len(b)+2)
	t.crossed = sized(t.crossed, len(b)+2)
	t.lastRow = zeroed(t.lastRow, int(symbols)+1)
	for j := range t.row {
		t.row[j] = min(int32(j-1), far)
		t.previous[j] = far
		t.crossed[j] = far
	}
	t.row[0] = far
}

// next turns row i-1 into row i, with values above limit as limit + 1, and
// returns the lowest.
func (t *measure[S]) next(a, b []S, i, limit int) int32 {
	// The row before the previous one is overwritten as we go.
	t.row, t.previous = t.previous, t.row
	row, previous := t.row, t.previous
	far := int32(limit + 1)
	from, to := max(1, i-limit), min(len(b), i+limit)
	twoUp := row[from] // row i-2 in the column before this one
	row[from] = far
	if from == 1 {
		row[from] = min(int32(i), far)
	}
	lowest := row[from]
	matched, swap := 0, far // last column with a[i-1], and what a swap with it starts from
	for j := from; j <= to; j++ {
		d := min(row[j], previous[j+1]) + 1
		if a[i-1] == b[j-1] {
			d = min(d, previous[j])
			matched, swap = j, twoUp
			t.crossed[j] = previous[j-1]
		} else {
			d = min(d, previous[j]+1)
			k := int(t.lastRow[b[j-1]])
			switch {
			case matched == 0 || k == 0:
			case matched == j-1:
				d = min(d, t.crossed[j]+int32(i-k))
			case k == i-1:
				d = min(d, swap+int32(j-matched))
			}
		}
		twoUp = row[j+1]
		row[j+1] = min(d, far)
		lowest = min(lowest, row[j+1])
	}
	return lowest
}

// damerau is the distance of two names in code points.
func damerau(a, b string) int {
	symbols := map[rune]int32{}
	x, y := numbered(a, symbols), numbered(b, symbols)
	var t measure[int32]
	return t.distance(x, y, max(len(x), len(y)), new(atomic.Bool))
}

// numbered turns code points into numbers, in the order of first appearance.
func numbered(text string, symbols map[rune]int32) []int32 {
	numbers := make([]int32, 0, len(text))
	for _, r := range text {
		n, ok := symbols[r]
		if !ok {
			n = int32(len(symbols))
			symbols[r] = n
		}
		numbers = append(numbers, n)
	}
	return numbers
}
