package suppress

import (
	"unicode"
	"unicode/utf8"

	"sparkless/storage/printable"
)

// pattern is a folded text in which * and ? stand for others. An empty one is none.
type pattern []rune

// fold puts a text into one case. What is not ASCII never becomes ASCII: the sign
// of the unit kelvin looks like a K and is another character, to Windows as well.
func fold(text string) []rune {
	runes := []rune(text)
	for i, r := range runes {
		if lower := unicode.ToLower(r); (lower < utf8.RuneSelf) == (r < utf8.RuneSelf) {
			runes[i] = lower
		}
	}
	return runes
}

// match reports whether the pattern is that of a whole folded value. It goes back
// to the last * alone, which is enough: an earlier one that took more would leave
// less to those behind it. So it takes no more steps than the product of both
// lengths, however many * there are.
func (p pattern) match(value []rune) bool {
	at, star, resume := 0, -1, 0
	for i := 0; i < len(value); {
		switch {
		case at < len(p) && p[at] == '*':
			star, resume = at, i
			at++
		case at < len(p) && (p[at] == '?' && seen(value[i]) || p[at] == value[i] && p[at] != '?'):
			at++
			i++
		case star >= 0 && seen(value[resume]):
			resume++
			at, i = star+1, resume
		default:
			return false
		}
	}
	for at < len(p) && p[at] == '*' {
		at++
	}
	return at == len(p)
}

// seen reports whether a wildcard may stand for a character. One that cannot be
// seen, or that stands for broken bytes, is what an impostor has: a rule that was
// written without it in mind must not cover it.
func seen(r rune) bool { return printable.Rune(r) && r != utf8.RuneError }
