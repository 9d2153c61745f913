package lookalike

import (
	"testing"
	"unicode"
)

func TestEveryCharacterHasASkeletonOfItsOwnSkeleton(t *testing.T) {
	for r := rune(0); r <= 0xE0FFF; r++ {
		switch { // ideographs and syllables by the thousand, and planes without characters
		case unicode.In(r, unicode.Han, unicode.Hangul):
			r += 50
		case r == 0x3FFFF:
			r = 0xDFFFF
		}
		name := "c" + string(r) + "n.e"
		s := Skeleton(name)
		if again := Skeleton(s); again != s {
			t.Errorf("U+%04X: %q, and of that %q", r, s, again)
		}
		if invisible(r) && s != "cn.e" {
			t.Errorf("U+%04X: %q", r, s)
		}
	}
}

func FuzzSkeleton(f *testing.F) {
	f.Add("Isass.exe")
	f.Add("\u202Egpj. .r\u200Bn..exe . ")
	f.Fuzz(func(t *testing.T, name string) {
		s := Skeleton(name)
		if again := Skeleton(s); again != s {
			t.Errorf("%q: %q, and of that %q", name, s, again)
		}
		if other := Skeleton(upperASCII(name)); other != s {
			t.Errorf("%q: %q, in upper case %q", name, s, other)
		}
		if got := string(AppendSkeleton([]byte("r"), name)); got != "r"+s {
			t.Errorf("%q: appended %q, alone %q", name, got, s)
		}
	})
}

// upperASCII turns ASCII letters into capitals, byte by byte.
func upperASCII(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
