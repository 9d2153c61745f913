package lookalike

import (
	"slices"
	"unicode"
)

// Controls of the direction of writing (Unicode Standard Annex 9).
const (
	leftToRightEmbedding = '\u202A'
	rightToLeftEmbedding = '\u202B'
	popDirection         = '\u202C'
	leftToRightOverride  = '\u202D'
	rightToLeftOverride  = '\u202E'
)

// turned tells of characters that steer the direction of writing. Marks alone
// (U+200E, U+200F, U+061C) occur in honest Hebrew and Arabic names.
func turned(runes []rune) (Shape, bool) {
	var control rune
	for _, r := range runes {
		if unicode.Is(unicode.Bidi_Control, r) && (control == 0 || mark(control)) {
			control = r
		}
	}
	switch {
	case control == 0:
		return Shape{}, false
	case mark(control):
		return Shape{Bidi, Weak, "the name holds the mark of direction " + codePoint(control)}, true
	case control == rightToLeftOverride || control == leftToRightOverride:
		return Shape{Bidi, Strong, codePoint(control) + " turns the order of reading: the name displays as " + Printable(Displayed(string(runes)))}, true
	}
	return Shape{Bidi, Strong, "the name holds the control of direction " + codePoint(control)}, true
}

func mark(r rune) bool { return r == '\u200E' || r == '\u200F' || r == '\u061C' }

// Displayed returns a name as a screen shows it, from left to right, without the
// controls: "photo_\u202Egpj.exe" displays as "photo_exe.jpg". Overrides (U+202E,
// U+202D) nest as in Unicode Standard Annex 9, and brackets that are turned are
// mirrored. What is not overridden is taken to run from left to right, which Hebrew
// and Arabic letters do not.
func Displayed(name string) string {
	var shown []rune
	var levels []int
	stack := []int{0}
	const deepest = 125 // max_depth of the annex
	for _, r := range name {
		level := stack[len(stack)-1]
		switch r {
		case rightToLeftOverride:
			stack = append(stack, min((level+1)|1, deepest))
		case leftToRightOverride, leftToRightEmbedding, rightToLeftEmbedding:
			stack = append(stack, min((level+2)&^1, deepest-1))
		case popDirection:
			stack = stack[:max(len(stack)-1, 1)]
		default:
			if !unicode.Is(unicode.Bidi_Control, r) {
				shown, levels = append(shown, r), append(levels, level)
			}
		}
	}
	return string(reordered(shown, levels))
}

// reordered turns every run of a level or more round, from the highest level to
// the lowest odd one: rule L2.
func reordered(text []rune, levels []int) []rune {
	for i, r := range text {
		if levels[i]%2 == 1 {
			text[i] = mirrored(r)
		}
	}
	highest := 0
	for _, level := range levels {
		highest = max(highest, level)
	}
	for level := highest; level >= 1; level-- {
		for i := 0; i < len(text); {
			j := i
			for j < len(text) && levels[j] >= level {
				j++
			}
			slices.Reverse(text[i:j])
			slices.Reverse(levels[i:j])
			i = j + 1
		}
	}
	return text
}

func mirrored(r rune) rune {
	const pairs = "()[]{}<>"
	for i, c := range pairs {
		if c == r {
			return rune(pairs[i^1])
		}
	}
	return r
}
