package suppress

import (
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"a.exe", "A.EXE", true},
		{"a.exe", "aa.exe", false},
		{"a.exe", "a.exe ", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"a*c", "ac", true},
		{"*", "", true},
		{"?", "", false},
		{"?", "é", true},
		{"É*", "éa", true},
		{`C:\Program Files\Acme\*`, `c:\program files\acme\bin\x.exe`, true},
		{`C:\Program Files\Acme\*`, `c:\program files\acme2\x.exe`, false},
		{"[ab].exe", "a.exe", false},
		{"[ab].exe", "[ab].exe", true},
		// What cannot be seen is matched by itself alone.
		{"a*.exe", "a\u202e.exe", false},
		{"a?.exe", "a\u200b.exe", false},
		{"a\u202e*.exe", "a\u202eb.exe", true},
		{"*", "a\ufffd", false},
		{"k.exe", "\u212a.exe", false}, // the sign of the unit kelvin
		{"\u212a.exe", "k.exe", false},
	} {
		if got := pattern(fold(c.pattern)).match(fold(c.value)); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.value, got)
		}
	}
}

// oracle is matching by its definition, for each beginning of both texts.
func oracle(p, v []rune) bool {
	ok := make([][]bool, len(p)+1)
	for i := range ok {
		ok[i] = make([]bool, len(v)+1)
		for j := range ok[i] {
			switch {
			case i == 0:
				ok[i][j] = j == 0
			case p[i-1] == '*':
				ok[i][j] = ok[i-1][j] || j > 0 && seen(v[j-1]) && ok[i][j-1]
			case j == 0:
			case p[i-1] == '?':
				ok[i][j] = seen(v[j-1]) && ok[i-1][j-1]
			default:
				ok[i][j] = p[i-1] == v[j-1] && ok[i-1][j-1]
			}
		}
	}
	return ok[len(p)][len(v)]
}

func FuzzMatch(f *testing.F) {
	f.Add("*a*\u200b?b*", "xa\u200bxb")
	f.Add("**?*a", "aaaa")
	f.Add("?*", "?*")
	f.Fuzz(func(t *testing.T, p, v string) {
		if len(p) > 100 || len(v) > 200 {
			return
		}
		if got, want := pattern(fold(p)).match(fold(v)), oracle(fold(p), fold(v)); got != want {
			t.Errorf("%q matches %q: %v", p, v, got)
		}
	})
}

// FuzzShort draws texts of few letters, where stars compete.
func FuzzShort(f *testing.F) {
	f.Add([]byte{5, 0, 5, 1, 4, 2}, []byte{0, 1, 0, 1, 2})
	letters := []rune{'a', 'b', 0x200b, '\\', '?', '*'}
	text := func(b []byte, n int) (out []rune) {
		for _, c := range b[:min(len(b), 24)] {
			out = append(out, letters[int(c)%n])
		}
		return out
	}
	f.Fuzz(func(t *testing.T, p, v []byte) {
		pat, val := text(p, len(letters)), text(v, 5)
		if got, want := pattern(pat).match(val), oracle(pat, val); got != want {
			t.Errorf("%q matches %q: %v", string(pat), string(val), got)
		}
	})
}

// With many stars a match would take longer than the test may, were each tried
// with each.
func TestManyStarsEnd(t *testing.T) {
	p := pattern(fold(strings.Repeat("*a", 500) + "b"))
	if p.match(fold(strings.Repeat("a", 1000))) {
		t.Error("it matches")
	}
}
