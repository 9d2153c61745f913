package windows

import (
	"bytes"
	"unicode/utf8"
)

// mostUsual is how long a usual path is at most.
const mostUsual = 128

// folded is what a byte of a usual path becomes, 0 for those that it does not have.
var folded = func() (to [256]byte) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		switch to[c] = c; {
		case 'A' <= c && c <= 'Z':
			to[c] = c - 'A' + 'a'
		case c == '/', c == '~':
			to[c] = 0
		}
	}
	return to
}()

// usual puts a path into normal form of which nothing is to be done but to take a
// drive away and to lower-case ASCII letters, and returns how long it is and how
// long its Dir. Of any other path, and of some of those, it returns 0.
func usual[T string | []byte](to *[mostUsual]byte, path T) (length, dir int) {
	if len(path) < 4 || len(path) > mostUsual || path[1] != ':' || path[2] != '\\' || path[0]|0x20 < 'a' || 'z' < path[0]|0x20 {
		return 0, 0
	}
	for i := 2; i < len(path); i++ {
		c := folded[path[i]]
		switch c {
		case 0:
			return 0, 0
		case '\\':
			if dir = i - 2; i+1 < len(path) && !named(path[i+1:]) {
				return 0, 0
			}
		}
		to[i-2] = c
	}
	if dir == 0 || aliased(to[:len(path)-2]) {
		return 0, 0
	}
	return len(path) - 2, dir
}

// named reports whether what follows a separator is a name: not another separator,
// nor one or more dots.
func named[T string | []byte](rest T) bool {
	return rest[0] != '\\' && (rest[0] != '.' || len(rest) > 1 && rest[1] != '.' && rest[1] != '\\')
}

// aliased reports whether a path starts with a name of the object manager or of
// another folder.
func aliased(path []byte) bool {
	first, rest, _ := bytes.Cut(path[1:], []byte(`\`))
	switch string(first) {
	case "??", "device", "documents and settings", "dosdevices", "global??", "systemroot":
		return true
	case "users":
		return bytes.HasPrefix(rest, []byte("all users"))
	}
	return false
}
