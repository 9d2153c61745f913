package terminal

import (
	"io"
	"slices"
	"strings"
)

// Column is one column of a table.
type Column struct {
	Title string
	// Rank orders columns by what they are worth, the lowest first. In a narrow window
	// those of the highest ranks are left out; of rank 0 or less those that do not fit
	// at their least width.
	Rank int
	// Least is the width to which the column shrinks before another is left out; 0
	// for one that does not shrink. The title always has room.
	Least int
	// Wish is the width that the column gets, if it has so much to show, before less
	// important ones are shown at all.
	Wish int
	Fit  Fit
	// Right aligns numbers.
	Right bool
	// Above has what all cells of the column say alike shown above the table when
	// the column is left out.
	Above bool
}

// Table is rows of cells below titles.
type Table struct {
	Columns []Column
	rows    [][]Cell
}

// Row adds a row. Cells that are missing at its end are empty.
func (t *Table) Row(cells ...Cell) {
	row := make([]Cell, len(t.Columns))
	copy(row, cells)
	t.rows = append(t.rows, row)
}

// gap is the space between columns.
const gap = 2

// aligned is how wide a column becomes where there is no window. A cell that is
// wider pushes the rest of its row, so that one long name does not make every line
// long.
const aligned = 120

// Write writes the table. No line is wider than the screen. What does not fit is
// shortened as its column says, down to the column's least width; then the least
// important columns go.
func (s Screen) Write(w io.Writer, t *Table) error {
	shown, widths := t.layout(s.Width)
	var out strings.Builder
	for i, c := range t.Columns {
		if text, ok := t.alike(i); c.Above && ok && !slices.Contains(shown, i) {
			out.WriteString(render(shorten(text.pieces, s.Width, End), Bold, s.Colours) + "\n")
		}
	}
	if slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Title != "" }) {
		titles := make([]Cell, len(t.Columns))
		for i, c := range t.Columns {
			titles[i] = Text(c.Title).In(Bold)
		}
		s.row(&out, t, titles, shown, widths)
	}
	for _, row := range t.rows {
		s.row(&out, t, row, shown, widths)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// alike is the cell of a column if all of them say the same.
func (t *Table) alike(column int) (Cell, bool) {
	for _, row := range t.rows {
		if render(row[column].pieces, Plain, false) != render(t.rows[0][column].pieces, Plain, false) {
			return Cell{}, false
		}
	}
	if len(t.rows) == 0 {
		return Cell{}, false
	}
	return t.rows[0][column], true
}

// layout says which columns are shown, in which widths.
func (t *Table) layout(window int) (shown, widths []int) {
	var natural, least, wish []int
	for i, c := range t.Columns {
		title := Text(c.Title).Width()
		widest := title
		for _, row := range t.rows {
			widest = max(widest, row[i].Width())
		}
		small := widest
		if c.Least > 0 {
			small = min(widest, max(c.Least, title))
		}
		natural, least, wish = append(natural, widest), append(least, small), append(wish, min(widest, max(c.Wish, small)))
	}
	if window == 0 {
		for i := range t.Columns {
			shown, widths = append(shown, i), append(widths, min(natural[i], aligned))
		}
		return shown, widths
	}
	shown, wished := t.choose(window, least, wish)
	left := window + gap
	for _, i := range shown {
		width := least[i]
		if wished {
			width = wish[i]
		}
		widths = append(widths, min(width, window))
		left -= width + gap
	}
	grow(widths, left, func(at int) int { return natural[shown[at]] })
	return shown, widths
}

// choose takes columns in the order of their ranks as long as they fit the window,
// and at least one. The most important ones may have their least width, others come
// where all have the width they wish.
func (t *Table) choose(window int, least, wish []int) (shown []int, wished bool) {
	order := make([]int, len(t.Columns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return t.Columns[a].Rank - t.Columns[b].Rank })
	small, large := window+gap, window+gap // what is left
	for _, i := range order {
		small -= least[i] + gap
		large -= wish[i] + gap
		if len(shown) > 0 && (small < 0 || t.Columns[i].Rank > 0 && large < 0) {
			small += least[i] + gap
			large += wish[i] + gap
			continue
		}
		shown = append(shown, i)
	}
	slices.Sort(shown)
	return shown, large >= 0
}

// grow gives out columns of the window that are left, each to the narrowest that
// wants more.
func grow(widths []int, left int, wanted func(at int) int) {
	for ; left > 0; left-- {
		narrowest := -1
		for at := range widths {
			if widths[at] < wanted(at) && (narrowest < 0 || widths[at] < widths[narrowest]) {
				narrowest = at
			}
		}
		if narrowest < 0 {
			return
		}
		widths[narrowest]++
	}
}

// row writes one row: a line, or more where a cell goes on below.
func (s Screen) row(out *strings.Builder, t *Table, row []Cell, shown, widths []int) {
	cells := make([][][]piece, len(shown)) // of each column its lines
	height := 1
	for at, i := range shown {
		cells[at] = s.lines(row[i], widths[at], t.Columns[i].Fit)
		height = max(height, len(cells[at]))
	}
	for n := range height {
		filled := 0 // columns of the line that are written
		begin := 0  // of the cell
		for at, i := range shown {
			var line []piece
			if n < len(cells[at]) {
				line = cells[at][n]
			}
			width := widthOf(line)
			indent := 0
			if t.Columns[i].Right {
				indent = max(widths[at]-width, 0)
			}
			if width > 0 {
				out.WriteString(pad(begin+indent-filled) + render(line, row[i].style, s.Colours))
				filled = begin + indent + width
			}
			begin = max(begin+widths[at], filled) + gap
		}
		out.WriteByte('\n')
	}
}

// lines are a cell as its column shows it.
func (s Screen) lines(c Cell, width int, fit Fit) [][]piece {
	switch {
	case s.Width == 0:
		return [][]piece{c.pieces}
	case fit == Wrap:
		return wrap(c.pieces, width)
	}
	return [][]piece{shorten(c.pieces, width, fit)}
}
