package lookalike

import (
	"strings"
	"testing"
)

func TestFamily(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"setup_1.2.3.exe", "setup_1.2.4.exe", "a version"},
		{"setup_1.2.3.exe", "setup_1.2.exe", "a version"},
		{"setup-1.9.exe", "setup-1.10.exe", "a version"},
		{"setup.exe", "setup-1.2.3.exe", "a version"},
		{"setup.exe", "setup-v1.2.exe", "a version"},
		{"python38.exe", "python39.exe", "a version"},
		{"7za.exe", "8za.exe", "a version"},
		{"rundll33.exe", "rundll32.exe", "a version"},
		{"setup_3fa9c1.exe", "setup_77b0de.exe", "a generated part"},
		{"{3f2504e0-4f89-11d3-9a0c-0305e82c3301}.exe", "{3f2504e0-4f89-11d3-9a0c-0305e82c3302}.exe", "a generated part"},
		{"is-0s5qk.tmp", "is-abcde.tmp", "a generated part"},
		{"tool-x86.exe", "tool-arm64.exe", "bitness"},
		{"idea.exe", "idea64.exe", "bitness"},
		{"tool.exe", "tool_x64.exe", "bitness"},
		{"gspawn-win32-helper.exe", "gspawn-win64-helper.exe", "bitness"},
		{"setup-1.2-x86.exe", "setup-1.3-x64.exe", "a version and bitness"},
		{"build132.exe", "build1.exe", "a version"},
		{"chr0me.exe", "chrme.exe", ""},
		{"svch0st.exe", "svchost.exe", ""},
		{"0utlook.exe", "outlook.exe", ""},
		{"svchos7.exe", "svchost.exe", ""},
		{"svchost1.exe", "svchost.exe", ""},
		{"lsass_2.exe", "lsass.exe", ""},
		{"chr0me.exe", "chr1me.exe", ""},
		{"setup.exe", "setup.exe", ""},
		{"setup1.exe", "setup2.scr", ""},
		{"facade.exe", "decade.exe", ""},
		{"is-abcde.exe", "is-fghij.exe", ""},
		{"scvhost.exe", "svchost.exe", ""},
		{"", "1", ""},
	} {
		want := c.want
		if want != "" {
			want = "the names differ only in " + want
		}
		got, ok := Family(c.a, c.b)
		if back, _ := Family(c.b, c.a); got != want || back != got || ok != (want != "") {
			t.Errorf("%q and %q: %q, %v, the other way round %q; want %q", c.a, c.b, got, ok, back, want)
		}
	}
}

func TestGenerated(t *testing.T) {
	for name, want := range map[string]bool{
		"3fa9c177.exe": true, "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}.exe": true, "20240131.exe": true,
		"x7k2p9qz.exe": true, "svchost.exe": false, "1234xy.exe": true, "123xyz.exe": false, "7z.exe": false, "setup_3fa9c1.exe": false,
		"deadbeef.exe": false, "wmic.exe": false, "": false, "rundll32.exe": false, "python38.exe": false, "-.exe": false,
	} {
		if got := Generated(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func FuzzFamily(f *testing.F) {
	f.Add("setup_1.2.3.exe", "setup-x64_3fa9c1.exe")
	f.Fuzz(func(t *testing.T, a, b string) {
		one, ok := Family(a, b)
		other, back := Family(b, a)
		if one != other || ok != back || ok != (one != "") {
			t.Errorf("%q and %q: %q, the other way round %q", a, b, one, other)
		}
		if ok && !strings.ContainsAny(a+b, "0123456789") && !strings.Contains(a+b, "arm") && extensionOf(a) != ".tmp" {
			t.Errorf("%q and %q differ in letters: %q", a, b, one)
		}
		Generated(a)
	})
}
