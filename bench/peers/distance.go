package main

// matrix is the table of the distance, kept to be used again.
type matrix struct {
	cells []int
	last  map[rune]int
}

// distance is the Damerau-Levenshtein distance without restriction (Lowrance and
// Wagner 1975): insert, delete, replace, and swap of neighbours, between which
// more may then be inserted.
func (m *matrix) distance(a, b []rune) int {
	width := len(b) + 2
	if n := (len(a) + 2) * width; len(m.cells) < n {
		m.cells = make([]int, n)
	}
	d := m.cells
	if m.last == nil {
		m.last = map[rune]int{}
	}
	clear(m.last) // row in which a character of a was last met
	far := len(a) + len(b)
	d[0] = far
	for i := 0; i <= len(a); i++ {
		d[(i+1)*width], d[(i+1)*width+1] = far, i
	}
	for j := 0; j <= len(b); j++ {
		d[j+1], d[width+j+1] = far, j
	}
	for i := 1; i <= len(a); i++ {
		match := 0 // column of the last match in this row
		for j := 1; j <= len(b); j++ {
			row, column, cost := m.last[b[j-1]], match, 1
			if a[i-1] == b[j-1] {
				match, cost = j, 0
			}
			d[(i+1)*width+j+1] = min(
				d[i*width+j]+cost,
				d[(i+1)*width+j]+1,
				d[i*width+j+1]+1,
				d[row*width+column]+(i-row-1)+1+(j-column-1))
		}
		m.last[a[i-1]] = i
	}
	return d[(len(a)+1)*width+len(b)+1]
}
