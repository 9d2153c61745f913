package windows

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Path is where a file lies, in a form in which two spellings of one place are
// equal. It says nothing of the volume: `C:\Windows`, `D:\Windows` and
// `\Device\HarddiskVolume3\Windows` are all `\windows`, since Windows may be
// installed on any of them and an event does not tell which.
type Path struct {
	// Dir is the folder, lower-cased, from the root of its volume and without a
	// separator at the end: `\windows\system32`, or `\` for the root itself. A
	// remote folder is `\\*\share\folder`, where the star stands for the host.
	// It is empty if there was only a name, and starts with no separator if the
	// path was relative to some folder.
	Dir string
	// Base is the lower-cased name of the file. Dots and spaces at its end stay.
	Base string
}

// Remote tells whether the file lies on another machine, or on a drive that a
// remote desktop client shares. A path below an administrative share, such as
// `\\host\c$\windows`, is remote like any other: the file is not the one of the
// machine that runs it, even if the share is its own.
func (p Path) Remote() bool { return strings.HasPrefix(p.Dir, `\\`) }

// Local tells whether the folder is known from the root of a volume.
func (p Path) Local() bool { return strings.HasPrefix(p.Dir, `\`) && !p.Remote() }

// String returns the path in normal form: what Normalise gives for it is p.
func (p Path) String() string {
	switch p.Dir {
	case "":
		return p.Base
	case `\`:
		return `\` + p.Base
	}
	return p.Dir + `\` + p.Base
}

// Normalise brings a path of an event or of a settings file into normal form. It
// lower-cases; takes both separators; takes away the prefixes `\??\`, `\\?\`,
// `\\.\`, drives and volume devices; replaces the host of a UNC path; expands the
// roots that Windows has names for (%SystemRoot%, `\SystemRoot`) and the short
// names (8.3) and junctions of well-known folders; and resolves `.`, `..` and
// repeated separators.
//
// Dots and spaces at the end of a folder's name stay, though Windows takes some
// away from a path that a program gives it. The paths of events are the file
// system's own, in which `\windows \system32` is a folder beside `\windows`, a
// known trick to pass for it.
//
// It allocates at most once for a path of ASCII letters that needs none of the
// rarer replacements.
func Normalise[T string | []byte](path T) Path {
	var room [mostUsual]byte
	if n, dir := usual(&room, path); n > 0 {
		s := string(room[:n])
		return Path{Dir: s[:dir], Base: s[dir+1:]}
	}
	return normalise(string(path))
}

// normalise is Normalise for any path.
func normalise(path string) Path {
	s := fold(path)
	for {
		next := clean(expand(strip(s)))
		if next == s {
			return cut(s)
		}
		s = next
	}
}

// cut takes a path in normal form apart.
func cut(s string) Path {
	i := strings.LastIndexByte(s, '\\')
	switch i {
	case -1:
		return Path{Base: s}
	case 0:
		return Path{Dir: `\`, Base: s[1:]}
	}
	return Path{Dir: s[:i], Base: s[i+1:]}
}

// fold lower-cases and turns slashes. A letter whose lower case is an ASCII
// letter without being one, such as the Kelvin sign, stays: to Windows it is
// another letter, and only a look-alike.
func fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c == '/' || 'A' <= c && c <= 'Z' {
			return foldFrom(s, i)
		}
	}
	return s
}

func foldFrom(s string, i int) string {
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '/':
			b.WriteByte('\\')
		case 'A' <= r && r <= 'Z':
			b.WriteByte(byte(r) + 'a' - 'A')
		case r < utf8.RuneSelf || r == utf8.RuneError && size == 1:
			b.WriteByte(s[i])
		default:
			b.WriteRune(lowerRune(r))
		}
		i += size
	}
	return b.String()
}

// lowerRune repeats until nothing changes, for the few letters whose lower case
// has one of its own.
func lowerRune(r rune) rune {
	for {
		l := unicode.ToLower(r)
		if l == r || l < utf8.RuneSelf {
			return r
		}
		r = l
	}
}
