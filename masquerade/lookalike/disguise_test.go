package lookalike

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	for _, c := range []struct{ name, target, want string }{
		{"Isass.exe", "lsass.exe", "capital I for l"},
		{"isass.exe", "lsass.exe", "i for l"},
		{"svch0st.exe", "svchost.exe", "0 for o"},
		{"rnsinfo32.exe", "msinfo32.exe", "rn for m"},
		{"vvininit.exe", "wininit.exe", "vv for w"},
		{"clwm.exe", "dwm.exe", "cl for d"},
		{"\u0455v\u0441h\u043Est.exe", "svchost.exe", "Cyrillic U+0455 for s, Cyrillic U+0441 for c, Cyrillic U+043E for o"},
		{"\uFF53vchost.exe", "svchost.exe", "full-width U+FF53 for s"},
		{"svc\u200Bhost.exe", "svchost.exe", "invisible U+200B"},
		{"\u202Esvchost.exe", "svchost.exe", "invisible U+202E"},
		{"svcho\u0301st.exe", "svchost.exe", "combining mark U+0301"},
		{"svch\u00F3st.exe", "svchost.exe", "Latin U+00F3 for o"},
		{"svchost .exe", "svchost.exe", "a space that hardly shows"},
		{"svchost\u00A0.exe", "svchost.exe", "a space (U+00A0) that hardly shows"},
		{"svchost.exe. ", "svchost.exe", "a dot that hardly shows, a space that hardly shows"},
		{" svchost.exe", "svchost.exe", "a space that hardly shows"},
		{"svchost\u3002exe", "svchost.exe", "U+3002 for ."},
		{"tas\u212Amgr.exe", "taskmgr.exe", "Latin U+212A for k"},
		{"\u017Fvchost.exe", "svchost.exe", "Latin U+017F for s"},
		{"\U0001D42Cvchost.exe", "svchost.exe", "U+1D42C for s"},
		{"5vch0$t.exe", "svchost.exe", "5 for s, 0 for o, $ for s"},
		{"svchost.exe", "SVCHOST.EXE", ""},
		{"svchost.exe", "lsass.exe", ""},
		{"msinfoez", "msinfo32", "e for 3, z for 2"},
		{"r\u200Bnsinfo32.exe", "msinfo32.exe", "rn for m, invisible U+200B"},
		{"\uFB01nd.exe", "find.exe", "Latin U+FB01 for fi"},
		{"svchost..exe", "svchost.exe", "a dot that hardly shows"},
		{"svchost.exe", "svch0st.exe", "o for 0"},
		{"a\u0307", "a\u0307", ""},
	} {
		if got := Describe(Explain(c.name, c.target)); got != c.want {
			t.Errorf("%+q for %q: %q, want %q (%q)", c.name, c.target, got, c.want, Skeleton(c.name))
		}
	}
}

func TestEveryDisguiseIsExplained(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var invisibles, letters []rune
	for _, c := range glyphs[""] {
		invisibles = append(invisibles, c)
	}
	for _, target := range []string{"svchost.exe", "MSInfo32.exe", "wininit.exe", "dwm.exe", "my tool_1.exe"} {
		for range 500 {
			var name strings.Builder
			for _, c := range target {
				letters = append(letters[:0], c)
				letters = append(letters, []rune(glyphs[strings.ToLower(string(c))])...)
				name.WriteRune(letters[r.IntN(len(letters))*r.IntN(2)])
				if r.IntN(8) == 0 {
					name.WriteRune(invisibles[r.IntN(len(invisibles))])
				}
			}
			checkExplained(t, name.String(), target)
		}
	}
}

func checkExplained(t *testing.T, name, target string) {
	t.Helper()
	if Skeleton(name) != Skeleton(target) {
		t.Errorf("%+q: %q, want that of %q", name, Skeleton(name), target)
		return
	}
	found := Explain(name, target)
	if same := lowerASCII(name) == lowerASCII(target); same != (len(found) == 0) {
		t.Errorf("%+q for %q: %v", name, target, found)
	}
	runes := []rune(name)
	for i, d := range found {
		if Printable(d.Sentence) != d.Sentence || d.At < 0 || d.At >= len(runes) {
			t.Errorf("%+q for %q: %+v", name, target, d)
		}
		if i > 0 && d.At == found[i-1].At {
			t.Errorf("%+q for %q: twice at the same place: %v", name, target, found)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add("r\u200Bnsinf0 .exe", "msinfo.exe")
	f.Fuzz(func(t *testing.T, name, target string) {
		name, target = strings.ToValidUTF8(name, "?"), strings.ToValidUTF8(target, "?")
		one, other := Explain(name, target), Explain(target, name)
		alike := Skeleton(name) == Skeleton(target) && Skeleton(name) != "" && lowerASCII(name) != lowerASCII(target)
		if alike != (len(one)+len(other) > 0) {
			t.Errorf("%q and %q: %v, %v", name, target, one, other)
		}
	})
}
