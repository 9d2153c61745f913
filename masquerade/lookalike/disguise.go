package lookalike

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DisguiseKind is a way to make one name look like another.
type DisguiseKind string

// The kinds of disguises. A kind is also its text in published records.
const (
	Homoglyph DisguiseKind = "homoglyph"  // a character that is drawn like another
	FullWidth DisguiseKind = "full-width" // an ASCII character in its East Asian form
	Styled    DisguiseKind = "styled"     // another compatibility form: mathematical, superscript, ligature
	Invisible DisguiseKind = "invisible"  // a character that takes no room
	Mark      DisguiseKind = "mark"       // a combining mark on a letter
	Leet      DisguiseKind = "leet"       // a digit or sign for a letter, or the other way round
	Twin      DisguiseKind = "twin"       // i, I, l, | for one another
	Pair      DisguiseKind = "pair"       // two letters for one: rn for m
	Spacing   DisguiseKind = "spacing"    // spaces and dots that hardly show
)

// Disguise is one place where a name differs from the name that it looks like.
type Disguise struct {
	Kind     DisguiseKind
	At       int    // position in the name, in code points
	Sentence string // a short phrase in ASCII: "Cyrillic U+0430 for a"
}

// Explain returns how name gets to look like target, from left to right. Both are
// better given as written than in lower case. It is nil for names whose skeletons
// differ or are empty, for names that are the same but for the case of ASCII
// letters, and where target alone is in disguise.
func Explain(name, target string) []Disguise {
	a, b := traced(name), traced(target)
	if string(a.skeleton) != string(b.skeleton) || lowerASCII(name) == lowerASCII(target) {
		return nil
	}
	var found []Disguise
	start := 0
	for i := 1; i <= len(a.skeleton); i++ {
		if i < len(a.skeleton) && (a.from[i] == a.from[i-1] || b.from[i] == b.from[i-1]) {
			continue // one character on either side stands for both letters
		}
		p := place{at: a.begin(start), got: a.text(start, i), want: b.text(start, i)}
		found = p.disguises(found)
		start = i
	}
	return found
}

// Describe puts disguises into one phrase: "Cyrillic U+0455 for s, 0 for o". Of
// many it tells the first four.
func Describe(disguises []Disguise) string {
	const told = 4
	var b strings.Builder
	for i, d := range disguises {
		if i == told {
			fmt.Fprintf(&b, " and %d more", len(disguises)-told)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.Sentence)
	}
	return b.String()
}

// trace is a skeleton that remembers where its letters come from.
type trace struct {
	runes    []rune
	skeleton []byte
	from     []int // by letter of the skeleton: the first of the runes that it stands for
}

func traced(name string) trace {
	t := trace{runes: []rune(name)}
	f := folder{deceive: true}
	for i, r := range t.runes {
		f.character(string(r))
		t.from = t.from[:min(len(t.from), len(f.dst))]
		for len(t.from) < len(f.dst) {
			t.from = append(t.from, i)
		}
	}
	f.finish()
	t.skeleton, t.from = f.dst, t.from[:len(f.dst)]
	return t
}

// begin is the position in the name of what stands for letter i and all that
// follow. What comes before the first letter belongs to it.
func (t trace) begin(i int) int {
	switch {
	case i == 0:
		return 0
	case i == len(t.from):
		return len(t.runes)
	}
	return t.from[i]
}

func (t trace) text(i, j int) []rune { return t.runes[t.begin(i):t.begin(j)] }

// place is what two names have for the same letters of their skeleton.
type place struct {
	at        int
	got, want []rune
}

func (p place) disguises(found []Disguise) []Disguise {
	if lowerASCII(string(p.got)) == lowerASCII(string(p.want)) {
		return found
	}
	before := len(found)
	got, at := visible(p.got)
	want, _ := visible(p.want)
	if lowerASCII(string(got)) != lowerASCII(string(want)) {
		found = append(found, disguised(got, string(want), p.at+max(at, 0)))
	}
	for i, r := range p.got {
		if blank(r) && (len(got) == 0 || !blank(got[0]) || i != at) || unseen(r) {
			found = p.hidden(found, i)
		}
	}
	if len(found) == before {
		found = p.moved(found)
	}
	return found
}

// moved tells what is at another place in the target, which has as many of them.
func (p place) moved(found []Disguise) []Disguise {
	for i, r := range p.got {
		if (blank(r) || unseen(r)) && (i >= len(p.want) || p.want[i] != r) {
			return append(found, p.hiding(i))
		}
	}
	return found
}

// lowerASCII lower-cases ASCII and nothing else: to strings.ToLower the Kelvin
// sign is a k like any other.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, text)
}

// visible returns the characters that stand for letters of the skeleton, and the
// position of the first. Blanks are left out beside others; of blanks alone one
// stays, a dot if there is one.
func visible(text []rune) (kept []rune, at int) {
	at = -1
	for i, r := range text {
		if unseen(r) {
			continue
		}
		onlyBlanks := len(kept) == 0 || blank(kept[0])
		switch {
		case !blank(r) && onlyBlanks:
			kept, at = []rune{r}, i
		case !blank(r):
			kept = append(kept, r)
		case len(kept) == 0 || onlyBlanks && dotted(r) && !dotted(kept[0]):
			kept, at = []rune{r}, i
		}
	}
	return kept, at
}

func unseen(r rune) bool {
	return invisible(r) || unicode.In(r, unicode.Mn, unicode.Me)
}

// blank reports whether r is a space or a dot of any kind.
func blank(r rune) bool {
	text := appendPlain(nil, string(r))
	return len(text) > 0 && strings.Trim(string(text), " .") == ""
}

// dotted reports whether a blank is a dot.
func dotted(r rune) bool {
	return strings.Contains(string(appendPlain(nil, string(r))), ".")
}

// hidden tells what is at p.got[i], unless the target has as many there.
func (p place) hidden(found []Disguise, i int) []Disguise {
	if r := p.got[i]; count(p.got[:i+1], r) <= count(p.want, r) {
		return found
	}
	return append(found, p.hiding(i))
}

// hiding says what it is that hardly shows, or not at all.
func (p place) hiding(i int) Disguise {
	r := p.got[i]
	d := Disguise{Kind: Spacing, At: p.at + i}
	switch {
	case invisible(r):
		d.Kind, d.Sentence = Invisible, "invisible "+codePoint(r)
	case unseen(r):
		d.Kind, d.Sentence = Mark, "combining mark "+codePoint(r)
	default:
		d.Sentence = "a space"
		if dotted(r) {
			d.Sentence = "a dot"
		}
		if r >= utf8.RuneSelf {
			d.Sentence += " (" + codePoint(r) + ")"
		}
		d.Sentence += " that hardly shows"
	}
	return d
}

func count(text []rune, r rune) int {
	n := 0
	for _, c := range text {
		if c == r {
			n++
		}
	}
	return n
}

// disguised tells of characters that stand for others.
func disguised(got []rune, want string, at int) Disguise {
	d := Disguise{Kind: Leet, At: at, Sentence: Printable(string(got)) + " for " + Printable(want)}
	for _, r := range got {
		if r >= utf8.RuneSelf {
			d.Kind = kindOf(r)
			d.Sentence = described(got) + " for " + Printable(want)
			return d
		}
	}
	one := len(got) == 1 && utf8.RuneCountInString(want) == 1
	switch {
	case !one:
		d.Kind = Pair
	case strings.ContainsAny(string(got), "iIlL|!1") && strings.ContainsAny(want, "iIlL|!1"):
		d.Kind = Twin
		if string(got) == "I" {
			d.Sentence = "capital I for " + Printable(want)
		}
	}
	return d
}

// kindOf is the kind of a character outside ASCII.
func kindOf(r rune) DisguiseKind {
	switch {
	case 0xFF01 <= r && r <= 0xFFEE || r == 0x3000:
		return FullWidth
	case compatible(r):
		return Styled
	}
	return Homoglyph
}

// described names every character outside ASCII by script and code point.
func described(text []rune) string {
	parts := make([]string, 0, len(text))
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			parts = append(parts, string(r))
		case kindOf(r) == FullWidth:
			parts = append(parts, "full-width "+codePoint(r))
		case script(r) == "Common":
			parts = append(parts, codePoint(r))
		default:
			parts = append(parts, script(r)+" "+codePoint(r))
		}
	}
	return strings.Join(parts, " ")
}

// script is the script that r belongs to: "Cyrillic".
func script(r rune) string {
	for _, name := range []string{"Common", "Latin", "Cyrillic", "Greek"} {
		if unicode.Is(unicode.Scripts[name], r) {
			return name
		}
	}
	for name, table := range unicode.Scripts { // a character has one script, so the order does not show
		if unicode.Is(table, r) {
			return strings.ReplaceAll(name, "_", " ")
		}
	}
	return "Common"
}

func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }

// Printable returns text with everything but printable ASCII as code points in
// angle brackets, so that it cannot disturb what is around it: "<U+202E>gpj.exe".
// Bytes that are not UTF-8 are <U+FFFD>.
func Printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if ' ' <= r && r <= '~' {
			b.WriteRune(r)
		} else {
			b.WriteString("<" + codePoint(r) + ">")
		}
	}
	return b.String()
}
