package rules

import (
	"fmt"
	"unicode/utf16"
)

// odd reports whether a character is to be written by its code: all but the visible
// ones of ASCII and the space. A letter of another script that looks like one of ours
// is what a rule is about, and whoever reads it is to see that.
func odd(c rune) bool { return c < ' ' || c > '~' }

// appendCode appends a character by its code, as JSON and KQL have it: of the higher
// ones as two.
func appendCode(out []byte, c rune) []byte {
	if c > 0xffff {
		high, low := utf16.EncodeRune(c)
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(out, `\u%04x`, c)
}
