package lookalike

import (
	"fmt"
	"slices"
	"strings"
)

// Op is a class of edits.
type Op string

// The classes of edits, seen from the target. An Op is also its text in published
// records.
const (
	Same          Op = "same"          // no edit
	Transposition Op = "transposition" // two neighbours changed places
	Omission      Op = "omission"      // a character left out
	Repetition    Op = "repetition"    // a character written twice
	Insertion     Op = "insertion"     // a character added that is no repetition
	Replacement   Op = "replacement"   // a character for another
	Several       Op = "several"       // more than one edit
)

// Step is one edit. Steps are carried out one after the other on the target, which
// ends up as the name.
type Step struct {
	Op   Op
	At   int    // position in what the earlier steps made of the target, in code points
	Got  string // what the name has: two characters for a transposition, none for an omission
	Want string // what the target has: none for an insertion or a repetition
}

// Edit is what turns a target into a name. Its steps are as many as the
// unrestricted Damerau-Levenshtein distance of the two.
type Edit struct {
	Distance int
	Steps    []Step
	Marks    []int // positions in the name that differ, in code points and in order; an omission has none
	length   int   // of the compared part of the name
}

// longestEdit is how many cells a table of distances may have. Longer pairs are
// given as far apart as the longer of them is long, without steps.
const longestEdit = 1 << 22

// Class returns what turns target into name. As for the score, the extension is
// left out when both have the same one, and compared with the rest otherwise.
// Names are compared as they are given: lower-case them before.
func Class(name, target string) Edit {
	got, want := compared(name, target)
	e := Edit{length: len(got)}
	before := 0
	for before < min(len(got), len(want)) && got[before] == want[before] {
		before++
	}
	after := 0
	for after < min(len(got), len(want))-before && got[len(got)-1-after] == want[len(want)-1-after] {
		after++
	}
	middle, wanted := got[before:len(got)-after], want[before:len(want)-after]
	if (len(middle)+1)*(len(wanted)+1) > longestEdit {
		e.Distance = max(len(middle), len(wanted))
		return e
	}
	t := newTable(middle, wanted)
	e.Distance = t.at(len(wanted), len(middle))
	b := builder{edit: &e, name: got, before: before}
	for _, m := range t.moves() {
		b.add(m, t)
	}
	slices.Sort(e.Marks)
	return e
}

// compared returns the characters that are compared of two names.
func compared(name, target string) (got, want []rune) {
	i, j := strings.LastIndexByte(name, '.'), strings.LastIndexByte(target, '.')
	if i >= 0 && j >= 0 && name[i:] == target[j:] {
		name, target = name[:i], target[:j]
	}
	return []rune(name), []rune(target)
}

// table holds the distances of all beginnings of two texts (Lowrance and Wagner,
// "An extension of the string-to-string correction problem", 1975).
type table struct {
	got, want []rune
	cells     []int32 // of row i, column j at i*(len(got)+1) + j
}

func (t *table) at(i, j int) int { return int(t.cells[i*(len(t.got)+1)+j]) }

func newTable(got, want []rune) *table {
	t := &table{got: got, want: want, cells: make([]int32, (len(got)+1)*(len(want)+1))}
	lastRow := map[rune]int{} // by character: the last row before this one that has it
	width := len(got) + 1
	for j := range width {
		t.cells[j] = int32(j)
	}
	for i := 1; i <= len(want); i++ {
		t.cells[i*width] = int32(i)
		matched := 0 // the last column before this one that has want[i-1]
		for j := 1; j <= len(got); j++ {
			d := min(t.at(i-1, j), t.at(i, j-1)) + 1
			d = min(d, t.at(i-1, j-1)+differ(want[i-1], got[j-1]))
			if k := lastRow[got[j-1]]; k > 0 && matched > 0 {
				d = min(d, t.at(k-1, matched-1)+(i-k)+(j-matched)-1)
			}
			t.cells[i*width+j] = int32(d)
			if want[i-1] == got[j-1] {
				matched = j
			}
		}
		lastRow[want[i-1]] = i
	}
	return t
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}

// move is one step back through the table, from row i and column j to those of the
// next move.
type move struct {
	op           Op
	fromI, fromJ int // characters of target and name before the move
	toI, toJ     int // and after it
}

// moves returns a shortest way through the table, from start to end. Of several
// it takes one with plain transpositions and replacements.
func (t *table) moves() []move {
	var way []move
	for i, j := len(t.want), len(t.got); i > 0 || j > 0; {
		m := t.back(i, j)
		way = append(way, m)
		i, j = m.fromI, m.fromJ
	}
	slices.Reverse(way)
	return way
}

func (t *table) back(i, j int) move {
	d := t.at(i, j)
	both := i > 0 && j > 0
	switch {
	case both && t.want[i-1] == t.got[j-1] && d == t.at(i-1, j-1):
		return move{Same, i - 1, j - 1, i, j}
	case i > 1 && j > 1 && t.want[i-1] == t.got[j-2] && t.want[i-2] == t.got[j-1] && d == t.at(i-2, j-2)+1:
		return move{Transposition, i - 2, j - 2, i, j}
	case both && d == t.at(i-1, j-1)+1:
		return move{Replacement, i - 1, j - 1, i, j}
	case j > 0 && d == t.at(i, j-1)+1:
		return move{Insertion, i, j - 1, i, j}
	case i > 0 && d == t.at(i-1, j)+1:
		return move{Omission, i - 1, j, i, j}
	}
	// What is left is a transposition of characters with others between them.
	k := lastIndex(t.want[:i-1], t.got[j-1])
	l := lastIndex(t.got[:j-1], t.want[i-1])
	return move{Transposition, k, l, i, j}
}

func lastIndex(text []rune, r rune) int {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == r {
			return i
		}
	}
	return -1
}

// builder turns moves into steps.
type builder struct {
	edit   *Edit
	name   []rune
	before int // characters that both texts start with
}

func (b *builder) add(m move, t *table) {
	at := b.before + m.fromJ
	switch m.op {
	case Replacement:
		b.step(Step{Replacement, at, string(t.got[m.fromJ]), string(t.want[m.fromI])}, at)
	case Omission:
		b.step(Step{Omission, at, "", string(t.want[m.fromI])})
	case Insertion:
		b.insert(at)
	case Transposition:
		x, y := t.want[m.fromI], t.want[m.toI-1]
		for _, r := range t.want[m.fromI+1 : m.toI-1] {
			b.step(Step{Omission, at + 1, "", string(r)})
		}
		last := b.before + m.toJ - 1
		b.step(Step{Transposition, at, string([]rune{y, x}), string([]rune{x, y})}, at, last)
		for i := at + 1; i < last; i++ {
			b.insert(i)
		}
	}
}

// insert adds the step that puts the name's character there.
func (b *builder) insert(at int) {
	op := Insertion
	r := b.name[at]
	if at > 0 && b.name[at-1] == r || at+1 < len(b.name) && b.name[at+1] == r {
		op = Repetition
	}
	b.step(Step{op, at, string(r), ""}, at)
}

func (b *builder) step(s Step, marks ...int) {
	b.edit.Steps = append(b.edit.Steps, s)
	b.edit.Marks = append(b.edit.Marks, marks...)
}

// Op is the class of the edit as a whole.
func (e Edit) Op() Op {
	switch {
	case e.Distance == 0:
		return Same
	case len(e.Steps) == 1:
		return e.Steps[0].Op
	}
	return Several
}

// String tells of an edit in printable ASCII: "one transposition (hc for ch)",
// "letter c repeated", "2 edits: 0 for o, letter s added at the end".
func (e Edit) String() string {
	const told = 4
	switch e.Op() {
	case Same:
		return "no edit"
	case Several:
		text := fmt.Sprintf("%d edits", e.Distance)
		parts := make([]string, 0, told)
		for _, s := range e.Steps[:min(len(e.Steps), told)] {
			parts = append(parts, e.told(s))
		}
		if len(parts) > 0 {
			text += ": " + strings.Join(parts, ", ")
		}
		if len(e.Steps) > told {
			text += fmt.Sprintf(" and %d more", len(e.Steps)-told)
		}
		return text
	case Transposition:
		return "one transposition (" + e.told(e.Steps[0]) + ")"
	}
	return e.told(e.Steps[0])
}

func (e Edit) told(s Step) string {
	got, want := Printable(s.Got), Printable(s.Want)
	switch s.Op {
	case Omission:
		return character(s.Want) + " omitted"
	case Repetition:
		return character(s.Got) + " repeated"
	case Insertion:
		switch s.At {
		case 0:
			return character(s.Got) + " added at the start"
		case e.length - 1:
			return character(s.Got) + " added at the end"
		}
		return character(s.Got) + " added"
	}
	return got + " for " + want
}

// character names one character: "letter c", "digit 2", "character _".
func character(text string) string {
	kind := "character"
	switch c := text[0]; {
	case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		kind = "letter"
	case '0' <= c && c <= '9':
		kind = "digit"
	case c == ' ':
		return "a space"
	}
	return kind + " " + Printable(text)
}
