package lookalike

import (
	"strings"
	"unicode/utf8"
)

// Family reports whether two names in lower case differ only as versions or builds
// of one program do, and by what, in words. Their extensions must be equal. These
// parts of the names may differ:
//
//   - version: numbers, also with dots between them, at the start or the end of a
//     word: setup_1.2.3 and setup_1.2.4, python38 and python39; and a version of two
//     numbers or more behind a separator, or none: setup and setup-1.2.3
//   - bitness: 32, 64, x86, x64, amd64, arm64 and their like at the end of a word, or
//     none of them: idea and idea64, tool-x86 and tool-arm64
//   - generated part: a GUID, or two words of as many hexadecimal digits, six at
//     least, or of as many letters mixed with digits: setup_3fa9c1 and setup_77b0de;
//     for .tmp, which installers unpack to, any two words of five
//
// A digit between letters is a letter in disguise and no number: svch0st and svchost
// are no family, nor are 0utlook and outlook. But rundll33 and rundll32 are, and
// svchost1 and svchost2: a name that Windows alone has is no family with anything,
// which is for the caller to know. Equal names are no family.
func Family(a, b string) (reason string, ok bool) {
	if a == b || extensionOf(a) != extensionOf(b) {
		return "", false
	}
	a, b, temporary := stemOf(a), stemOf(b), extensionOf(a) == ".tmp"
	x, y := words(a), words(b)
	if reason, ok := sameWords(x, y, temporary); ok {
		return reason, true
	}
	if withoutVersion(x) == withoutVersion(y) {
		return "the names differ only in a version", true
	}
	if withoutBitness(x) == withoutBitness(y) {
		return "the names differ only in bitness", true
	}
	return "", false
}

// extensionOf is what stemOf cuts off.
func extensionOf(name string) string { return name[len(stemOf(name)):] }

// words cuts a stem into runs of letters and digits, and the separators between
// them. GUIDs stay whole.
func words(stem string) []string {
	var cut []string
	for len(stem) > 0 {
		n := guid(stem)
		for n == 0 || n < len(stem) && n != guidLength && isWord(stem[n]) == isWord(stem[0]) {
			n++
		}
		cut, stem = append(cut, stem[:n]), stem[n:]
	}
	return cut
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || 'A' <= c && c <= 'Z' }

// guidLength is the length of 8-4-4-4-12 hexadecimal digits.
const guidLength = 36

// guid returns guidLength if text starts with a GUID, else 0.
func guid(text string) int {
	if len(text) < guidLength {
		return 0
	}
	for i := range guidLength {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (text[i] == '-') || !hyphen && !isHex(text[i]) {
			return 0
		}
	}
	return guidLength
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// sameWords compares names of as many words, one by one.
func sameWords(x, y []string, temporary bool) (string, bool) {
	if len(x) != len(y) {
		return "", false
	}
	kinds := map[string]bool{}
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		kind := difference(x[i], y[i], temporary)
		if kind == "" {
			return "", false
		}
		kinds[kind] = true
	}
	var parts []string
	for _, kind := range []string{"a version", "bitness", "a generated part"} {
		if kinds[kind] {
			parts = append(parts, kind)
		}
	}
	return "the names differ only in " + strings.Join(parts, " and "), true
}

// difference says how two words differ, or "" if they are no family.
func difference(x, y string, temporary bool) string {
	const shortestTemporary = 5
	switch {
	case trimBitness(x) == trimBitness(y):
		return "bitness"
	case generatedAlike(x, y):
		return "a generated part"
	case numbersCut(x) == numbersCut(y):
		return "a version"
	case temporary && len(x) == len(y) && len(x) >= shortestTemporary && isWord(x[0]) && isWord(y[0]):
		return "a generated part"
	}
	return ""
}

// generatedAlike reports whether two words look made up by the same program.
func generatedAlike(x, y string) bool {
	if len(x) != len(y) || len(x) < shortestHex {
		return false
	}
	if allHex(x) && allHex(y) {
		return digits(x)+digits(y) > 0
	}
	return random(x) && random(y)
}

// shortestHex is the least length of a word that is taken for a hexadecimal number.
const shortestHex = 6

func allHex(word string) bool {
	return guid(word) == len(word) || !strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf || !isHex(byte(r)) })
}

func digits(word string) int {
	n := 0
	for i := range len(word) {
		if isDigit(word[i]) {
			n++
		}
	}
	return n
}

// random reports whether letters and digits take turns as they do not in words:
// three times at least.
func random(word string) bool {
	turns := 0
	for i := 1; i < len(word); i++ {
		if isDigit(word[i]) != isDigit(word[i-1]) {
			turns++
		}
	}
	const least = 3
	return len(word) >= shortestHex && turns >= least
}

// numbersCut replaces numbers at either end of a word by #.
func numbersCut(word string) string {
	if digits(word) == 0 {
		return word
	}
	middle := strings.TrimLeft(word, "0123456789")
	text := ""
	if len(middle) < len(word) {
		text = "#"
	}
	core := strings.TrimRight(middle, "0123456789")
	text += core
	if len(core) < len(middle) {
		text += "#"
	}
	return text
}

// withoutVersion puts a name together without a version of two numbers or more
// that is parted from the rest, and without that separator.
func withoutVersion(parts []string) string {
	var b strings.Builder
	for i := 0; i < len(parts); i++ {
		n := 0 // numbers of a version that starts at the next word
		if i > 0 && !isWord(parts[i][0]) {
			for j := i + 1; j < len(parts) && number(parts[j], j == i+1); j += 2 {
				n++
				if j+1 < len(parts) && parts[j+1] != "." {
					break
				}
			}
		}
		if n > 1 {
			i += 2*n - 1
			continue
		}
		b.WriteString(parts[i])
	}
	return b.String()
}

// number reports whether a word is a number; the first of a version may have a v.
func number(word string, first bool) bool {
	if first {
		word = strings.TrimPrefix(word, "v")
	}
	return word != "" && digits(word) == len(word)
}

// withoutBitness puts a name together without bitness, and without the separator
// before it.
func withoutBitness(parts []string) string {
	var b strings.Builder
	for i, part := range parts {
		if i+1 < len(parts) && !isWord(part[0]) && trimBitness(parts[i+1]) == "" {
			continue
		}
		b.WriteString(trimBitness(part))
	}
	return b.String()
}

// trimBitness takes a name of a processor or of its bits from the end of a word.
func trimBitness(word string) string {
	for _, bits := range []string{"x86", "x64", "amd64", "arm64", "aarch64", "ia64", "i386", "i686", "win32", "win64", "32bit", "64bit", "32", "64"} {
		rest, ok := strings.CutSuffix(word, bits)
		if ok && (rest == "" || !isDigit(rest[len(rest)-1])) {
			return rest
		}
	}
	if word == "arm" {
		return ""
	}
	return word
}

// Generated reports whether a name in lower case was most likely made up by a
// program: six of ten letters and digits belong to a GUID, to numbers of four digits
// or more, to words of six hexadecimal digits or more with at least two decimal ones,
// or to words in which letters and digits take turns three times.
func Generated(name string) bool {
	all, made := 0, 0
	for _, word := range words(stemOf(name)) {
		if guid(word) == 0 && !isWord(word[0]) {
			continue
		}
		all += len(word)
		made += madeUp(word)
	}
	return all >= shortestHex && made*10 >= all*6
}

// madeUp is how many characters of a word look made up.
func madeUp(word string) int {
	const shortestNumber = 4
	if guid(word) > 0 || len(word) >= shortestHex && allHex(word) && digits(word) >= 2 || random(word) {
		return len(word)
	}
	n, run := 0, 0
	for i := range len(word) + 1 {
		if i < len(word) && isDigit(word[i]) {
			run++
			continue
		}
		if run >= shortestNumber {
			n += run
		}
		run = 0
	}
	return n
}
