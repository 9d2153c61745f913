// Package filename tells which file names are of a kind: those of updaters and installers
// are drawn anew each time, and nothing is known of one of them by itself.
package filename

import "strings"

const hexDigits = "0123456789abcdef"

// Shape is a file name in lower case with what is drawn anew for each file replaced by
// #: GUIDs, runs of digits, and of six or more hexadecimal digits with one of 0 to 9 among
// them.
func Shape(name string) string {
	s, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		s, ext = name[:i], name[i:]
	}
	var out strings.Builder
	out.Grow(len(s))
	for s != "" {
		n := drawn(s)
		if n > 0 {
			out.WriteByte('#')
		} else {
			n = 1
			out.WriteByte(s[0])
		}
		s = s[n:]
	}
	return joined(out.String()) + ext
}

// drawn is how many bytes at the start of s are drawn anew for each file, 0 if none is.
func drawn(s string) int {
	if strings.IndexByte(hexDigits, s[0]) < 0 {
		return 0
	}
	if isGUID(s) {
		return len(guidForm)
	}
	n := len(s) - len(strings.TrimLeft(s, hexDigits))
	if n >= 6 && strings.ContainsAny(s[:n], "0123456789") {
		return n
	}
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

const guidForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

func isGUID(s string) bool {
	if len(s) < len(guidForm) {
		return false
	}
	for i, form := range []byte(guidForm) {
		if form == '-' && s[i] != '-' || form == 'x' && strings.IndexByte(hexDigits, s[i]) < 0 {
			return false
		}
	}
	return true
}

// joined makes one # of those with a hyphen, an underscore or a dot between them, as in a
// version.
func joined(s string) string {
	for _, pair := range []string{"#-#", "#_#", "#.#", "##"} {
		for strings.Contains(s, pair) {
			s = strings.ReplaceAll(s, pair, "#")
		}
	}
	return s
}

// The least that Random asks for.
const (
	fewestLetters    = 6
	fewestConsonants = 5
	fewestChanges    = 4
)

// Random reports whether a name in lower case, without its extension, looks like
// letters and digits drawn at random: it has six or more, nothing else, and five
// consonants in a row, or goes back and forth between letters and digits four times. It
// errs both ways, and is for places where names that nobody chose are usual.
func Random(stem string) bool {
	if len(stem) < fewestLetters {
		return false
	}
	consonants, longest, changes := 0, 0, 0
	for i := range len(stem) {
		c := stem[i]
		switch {
		case strings.IndexByte("aeiouy", c) >= 0, '0' <= c && c <= '9':
			consonants = 0
		case 'a' <= c && c <= 'z':
			consonants++
			longest = max(longest, consonants)
		default:
			return false
		}
		if i > 0 && isDigit(c) != isDigit(stem[i-1]) {
			changes++
		}
	}
	return longest >= fewestConsonants || changes >= fewestChanges
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
