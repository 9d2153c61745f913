package windows

import "strings"

// matchFolder tells whether a folder fits a pattern, both in normal form. A star
// stands for any part of one element; two stars as the last element stand for the
// folder before them and all below it.
func matchFolder(pattern, dir string) bool {
	if open, ok := strings.CutSuffix(pattern, `\**`); ok {
		for {
			if matchFolder(open, dir) {
				return true
			}
			i := strings.LastIndexByte(dir, '\\')
			if i <= 0 {
				return open == ""
			}
			dir = dir[:i]
		}
	}
	return glob(pattern, dir, inElement)
}

// inElement tells whether a star of a folder's pattern may stand for s[i].
func inElement(s string, i int) bool { return s[i] != '\\' }

// matchName tells whether a name fits a pattern, in which a question mark stands
// for one plain character, and a star for any number of them and of dots before a
// number. What else a name has, the pattern has to say.
func matchName(pattern, name string) bool {
	return glob(pattern, name, func(s string, i int) bool { return plain(s[i]) || s[i] == '.' && number(s[i+1:]) })
}

// plain tells whether c is a letter, digit, hyphen or underscore of ASCII.
func plain(c byte) bool { return 'a' <= c && c <= 'z' || digit(c) || c == '-' || c == '_' }

func digit(c byte) bool { return '0' <= c && c <= '9' }

// number tells whether s starts with a number that no letter follows: 7z does not.
func number(s string) bool {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	return i > 0 && (i == len(s) || s[i] < 'a' || 'z' < s[i])
}

// glob matches bytes. A star stands for those that free allows it, a question mark
// for a plain one. The patterns of folders have no question mark; one in a name is
// what some collectors write for a character that they cannot.
func glob(pattern, s string, free func(s string, i int) bool) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
			continue
		case p < len(pattern) && (pattern[p] == s[i] && s[i] != '?' || pattern[p] == '?' && plain(s[i])):
			i++
			p++
			continue
		case star >= 0 && free(s, mark):
			mark++
			p, i = star+1, mark
			continue
		}
		return false
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
