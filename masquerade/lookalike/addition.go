package lookalike

import (
	"strings"
	"unicode/utf8"
)

// AdditionKind says what was added to a name.
type AdditionKind string

// The kinds of additions. A kind is also its text in published records.
const (
	AddedDigits  AdditionKind = "digits"    // digits, separators or both: svchost32, 1svchost, svchost_2, lsass_
	AddedWord    AdditionKind = "word"      // anything behind a separator: my-svchost, svchost.update
	AddedLetters AdditionKind = "letters"   // a few letters or digits: svchostx, igfxtraysx
	noAddition   AdditionKind = "unrelated" // not to be taken for an addition
)

// Limits of what counts as an addition to a stem. Measured with 824 executables of
// C:\Windows, System32 and SysWOW64 as targets on 2,244 names of real executables,
// the names that are hit and are no target themselves:
//
//	digits   4: the 32- and 64-bit builds of two programs, and notepad++
//	word     8, such as cml-explorer and wex.services; 4 more with shorter stems
//	letters  4 behind the stem, such as printf, and 8 in front, such as psshutdown;
//	         14 more with three letters in front or with stems of 4 and 5
//
// 17 more names hold a stem of 6 letters or more somewhere, 75 one of 4 or 5, and some
// 240 one of 2 or 3.
const (
	leastForDigits = 3
	leastForWord   = 5
	leastForAfter  = 5 // stem in front of letters
	leastForBefore = 6 // stem behind letters
	mostAfter      = 3 // letters
	mostBefore     = 2
	shortestStem   = leastForDigits
)

// Added is a name that is a target with something added.
type Added struct {
	Target string // stem of the target
	Kind   AdditionKind
	Before string // what stands before the stem, or ""
	After  string // what stands behind it, or ""
}

// String tells of the addition in printable ASCII: "svchost with 32 added at the
// end".
func (a Added) String() string {
	text := Printable(a.Target) + " with "
	switch {
	case a.Before == "":
		return text + Printable(a.After) + " added at the end"
	case a.After == "":
		return text + Printable(a.Before) + " added at the start"
	}
	return text + Printable(a.Before) + " added at the start and " + Printable(a.After) + " at the end"
}

// Addition reports whether name is target with something added. Both are in lower
// case; their extensions play no part.
func Addition(name, target string) (Added, bool) {
	return NewStems([]string{target}).Addition(name)
}

// Stems is a set of targets that names are searched for. It may be used by several
// goroutines at once.
type Stems struct {
	known  map[string]struct{}
	likely [1 << 14]bool // by sketch: of most texts that are none, it tells
}

// longestStem is the most bytes a target's stem may have; longer ones are left out.
const longestStem = 255

// NewStems returns the set of the targets' stems. Targets are names in lower case,
// with or without extension.
func NewStems(targets []string) *Stems {
	s := &Stems{known: make(map[string]struct{}, len(targets))}
	for _, target := range targets {
		stem := stemOf(target)
		if len(stem) >= shortestStem && len(stem) <= longestStem {
			s.known[stem] = struct{}{}
			s.likely[sketch(stem)] = true
		}
	}
	return s
}

// sketch is a hash of a stem's length and its first and last bytes.
func sketch(stem string) int {
	return (int(stem[0])*251 + int(stem[len(stem)-1])*31 + len(stem)*7919) & (1<<14 - 1)
}

// Has reports whether the stem of name is one of the set.
func (s *Stems) Has(name string) bool {
	_, ok := s.known[stemOf(name)]
	return ok
}

// Addition returns the longest target of the set that name holds with something
// added; of two as long, the one that stands first. A name that is a target
// itself is none with something added.
func (s *Stems) Addition(name string) (Added, bool) {
	stem := stemOf(name)
	if s.Has(name) {
		return Added{}, false
	}
	best, found := Added{Kind: noAddition}, false
	for start := 0; start+shortestStem <= len(stem); start++ {
		if start > mostBefore*utf8.UTFMax && isLetter(stem[start-1]) {
			continue // more letters in front than any kind has
		}
		before := beforeKind(stem[:start])
		if before == noAddition {
			continue
		}
		for end := min(len(stem), start+longestStem); end-start > max(len(best.Target), shortestStem-1); end-- {
			target := stem[start:end]
			if !s.likely[sketch(target)] || !joint(stem, end) {
				continue
			}
			if _, ok := s.known[target]; !ok {
				continue
			}
			if kind := kindOfBoth(before, afterKind(stem[end:])); allowed(kind, target, start) {
				best, found = Added{target, kind, stem[:start], stem[end:]}, true
			}
		}
	}
	return best, found
}

// stemOf cuts the extension off.
func stemOf(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// joint is a quick test whether a stem can end there: before a character that is no
// letter, or a few characters before the end.
func joint(text string, end int) bool {
	rest := text[end:]
	return rest == "" || !isLetter(rest[0]) || len(rest) <= mostAfter*utf8.UTFMax && utf8.RuneCountInString(rest) <= mostAfter
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || c >= utf8.RuneSelf }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// beforeKind is the kind of what stands before a stem, "" for nothing.
func beforeKind(text string) AdditionKind {
	if text == "" {
		return ""
	}
	end := len(text)
	for end > 0 && isDigit(text[end-1]) {
		end--
	}
	return kindOfRest(text, end == 0 || !isLetter(text[end-1]), mostBefore)
}

// afterKind is the kind of what stands behind a stem.
func afterKind(text string) AdditionKind {
	if text == "" {
		return ""
	}
	start := 0
	for start < len(text) && isDigit(text[start]) {
		start++
	}
	return kindOfRest(text, start == len(text) || !isLetter(text[start]), mostAfter)
}

// kindOfRest is the kind of a text that is parted from the stem by a separator
// (perhaps behind digits), or is not.
func kindOfRest(text string, parted bool, most int) AdditionKind {
	letters := strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || 'a' <= r && r <= 'z' })
	switch {
	case !letters:
		return AddedDigits
	case parted:
		return AddedWord
	case utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, separator):
		return AddedLetters
	}
	return noAddition
}

func separator(r rune) bool {
	return r < utf8.RuneSelf && !isLetter(byte(r)) && !isDigit(byte(r))
}

// kindOfBoth is the kind of an addition on both sides: the one that says least.
// Letters on one side are not enough when there is a word on the other.
func kindOfBoth(before, after AdditionKind) AdditionKind {
	if before == AddedWord && after == AddedLetters || before == AddedLetters && after == AddedWord {
		return noAddition
	}
	for _, kind := range []AdditionKind{noAddition, AddedLetters, AddedWord, AddedDigits} {
		if before == kind || after == kind {
			return kind
		}
	}
	return noAddition // nothing is added
}

// allowed reports whether a stem is long enough for what was added. start is how
// many bytes stand before it.
func allowed(kind AdditionKind, target string, start int) bool {
	length := utf8.RuneCountInString(target)
	switch kind {
	case AddedDigits:
		return length >= leastForDigits
	case AddedWord:
		return length >= leastForWord
	case AddedLetters:
		return length >= leastForBefore || start == 0 && length >= leastForAfter
	}
	return false
}
