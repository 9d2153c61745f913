package terminal

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"sparkless/storage/printable"
)

// Style is how a text is shown where there are colours: the parameters of an SGR
// sequence (ECMA-48, 8.3.117).
type Style string

// The styles. What they say is always said in words or brackets, too.
const (
	Plain  Style = ""
	Bold   Style = "1"
	Faint  Style = "2"
	Red    Style = "1;31"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// piece is what is shown whole or not at all: a grapheme, or a character that is
// spelled out.
type piece struct {
	text   string
	width  int // in columns
	marked bool
}

// Cell is the content of one field of a table.
type Cell struct {
	pieces []piece
	style  Style
}

// Text is a cell with a text as printable.Whole shows it.
func Text(s string) Cell { return Cell{pieces: split(s, nil, "")} }

// Name is a cell with a name in which some characters, by their positions in code
// points, are marked: svch[0]st.exe. In such a cell a square bracket is always a
// mark. The name's own are spelled out, as <U+005B> and <U+005D>.
func Name(s string, marks []int) Cell {
	return Cell{pieces: split(s, marks, "[]")}
}

// In is the cell in a style.
func (c Cell) In(style Style) Cell {
	c.style = style
	return c
}

// Indent is the cell behind so many spaces.
func (c Cell) Indent(spaces int) Cell {
	c.pieces = append(slices.Repeat([]piece{{" ", 1, false}}, spaces), c.pieces...)
	return c
}

// Width is how many columns the cell takes when it is shown whole.
func (c Cell) Width() int { return widthOf(c.pieces) }

// Most a piece holds of what joins to one shape. More serves to cover the lines
// above and below.
const (
	mostMarks      = 3
	mostCharacters = 16
)

// split cuts a text into pieces. Characters of own are spelled out.
func split(s string, marks []int, own string) []piece {
	isMarked := make(map[int]bool, len(marks))
	for _, at := range marks {
		isMarked[at] = true
	}
	runes := []rune(s)
	pieces := make([]piece, 0, len(runes))
	joined := joiner{}
	for i, r := range runes {
		atEnd := r == ' ' && (i == 0 || i == len(runes)-1)
		switch {
		case !printable.Rune(r) || atEnd || strings.ContainsRune(own, r) || joined.astray(r):
			text := fmt.Sprintf("<U+%04X>", r)
			pieces = append(pieces, piece{text, len(text), isMarked[i]})
			joined = joiner{}
		case joined.join(r):
			last := &pieces[len(pieces)-1]
			last.text, last.width = string(joined.runes), joined.width
			last.marked = last.marked || isMarked[i]
		default:
			joined.start(r)
			pieces = append(pieces, piece{string(r), joined.width, isMarked[i]})
		}
	}
	return pieces
}

// joiner knows the piece that the next character may belong to.
type joiner struct {
	runes []rune // none after the start and after what is spelled out
	width int
	marks int // combining ones
}

// astray tells characters that join to the one before where nothing is to join to,
// too much has joined, or terminals do not agree on the width, and those that would
// join to whatever comes behind.
func (j *joiner) astray(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case unicode.Is(unicode.M, r):
		return len(j.runes) == 0 || len(j.runes) == mostCharacters || j.marks == mostMarks
	}
	_, after, width, _ := uniseg.FirstGraphemeClusterInString(string(r)+"a", -1)
	return width == 0 || after == ""
}

func (j *joiner) start(r rune) {
	width := 1
	if r > '~' {
		width = uniseg.StringWidth(string(r))
	}
	*j = joiner{[]rune{r}, width, 0}
}

// join takes a character into the piece if both are one grapheme.
func (j *joiner) join(r rune) bool {
	if len(j.runes) == 0 || len(j.runes) == mostCharacters || r <= '~' && j.runes[0] <= '~' {
		return false
	}
	both := string(append(j.runes, r))
	_, rest, width, _ := uniseg.FirstGraphemeClusterInString(both, -1)
	if rest != "" {
		return false
	}
	if unicode.Is(unicode.M, r) {
		j.marks++
	}
	j.runes, j.width = append(j.runes, r), width
	return true
}

// widthOf is the width of pieces, with the brackets of those that are marked.
func widthOf(pieces []piece) int {
	width := 0
	for i, p := range pieces {
		width += p.width + brackets(pieces, i)
	}
	return width
}

// brackets is what the piece at i adds to the width of those before it.
func brackets(pieces []piece, i int) int {
	if pieces[i].marked && (i == 0 || !pieces[i-1].marked) {
		return 2
	}
	return 0
}

// render shows pieces, with brackets around those that are marked.
func render(pieces []piece, style Style, coloured bool) string {
	var out strings.Builder
	paint := func(style Style) {
		if coloured && style != Plain {
			out.WriteString("\x1b[" + string(style) + "m")
		}
	}
	paint(style)
	for i, p := range pieces {
		if p.marked && (i == 0 || !pieces[i-1].marked) {
			paint(Red)
			out.WriteByte('[')
		}
		out.WriteString(p.text)
		if p.marked && (i == len(pieces)-1 || !pieces[i+1].marked) {
			out.WriteByte(']')
			paint(reset)
			paint(style)
		}
	}
	if style != Plain {
		paint(reset)
	}
	return out.String()
}

// reset ends all styles.
const reset Style = "0"
