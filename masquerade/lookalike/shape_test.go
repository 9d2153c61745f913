package lookalike

import (
	"strings"
	"testing"
)

func TestShapes(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"svchost.exe", ""},
		{"setup.1.2.exe", ""},
		{"foo.vshost.exe", ""},
		{"7z.exe", ""},
		{"unrar.exe", ""},
		{"is-0S5QK.tmp", ""},
		{"setup.tmp", ""},
		{"System", ""},
		{"Registry", ""},
		{"Secure System", ""},
		{"python3.11", ""},
		{"", ""},
		{".", "loose-end strong"},
		{"invoice.pdf.exe", "double-extension strong"},
		{"Photo.JPG.scr", "double-extension strong"},
		{"report.docx          .exe", "double-extension strong, space-run strong"},
		{"invoice.pdf.exe.exe", "double-extension strong"},
		{"invoice.\u0440df.exe", "mixed-scripts strong, double-extension strong"},
		{"invoice\uFF0Epdf\u3002exe", "double-extension strong"},
		{".pdf.exe", ""},
		{" .pdf.exe", "loose-end weak"},
		{"svchost .exe", "space-before-dot weak"},
		{"svchost.exe ", "loose-end strong"},
		{"svchost.exe.", "loose-end strong"},
		{"svchost..exe", "double-dot weak"},
		{" svchost.exe", "loose-end weak"},
		{"holiday.jpg", "wrong-extension strong"},
		{"7z", ""},
		{"a.7z", "wrong-extension strong"},
		{"evil.dll", "wrong-extension weak"},
		{"evil.dat", "wrong-extension weak"},
		{"svc\u200Bhost.exe", "hidden strong"},
		{"svchost\u00AD.exe", "hidden strong"},
		{"\u0645\u06CC\u200C\u062E.exe", "hidden weak"},
		{"photo_\u202Egpj.exe", "bidi strong"},
		{"a\u200E.exe", "bidi weak"},
		{"a\u2067b.exe", "bidi strong"},
		{"\u0440\u0443\u0441\u0441\u043A\u0438\u0439 setup.exe", ""},
		{"\u043F\u0440\u0438\u0432\u0435\u0442.exe", ""},
		{"sv\u0441host.exe", "mixed-scripts strong"},
		{"caf\u00E9.exe", ""},
		{"\u00B5Torrent.exe", ""},
		{"\u5FAE\u4FE1WeChat.exe", ""},
		{"\uFF53vchost.exe", ""},
	} {
		var got []string
		for _, s := range Shapes(c.name) {
			got = append(got, string(s.Kind)+" "+string(s.Strength))
			if Printable(s.Sentence) != s.Sentence {
				t.Errorf("%+q: %+q may disturb what is around it", c.name, s.Sentence)
			}
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%+q: %q, want %q", c.name, s, c.want)
		}
	}
}

func TestDisplayed(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"photo_\u202Egpj.exe", "photo_exe.jpg"},
		{"a\u202Ebcd\u202Cef", "adcbef"},
		{"a\u202Eb\u202Dcd\u202Ce", "aecdb"},
		{"a\u202Eb\u202Ecd", "adcb"},
		{"a\u202Dbc", "abc"},
		{"\u202Ea\u202Bbc\u202Cd", "dbca"},
		{"\u202Ea(b]", "[b)a"},
		{"plain.exe", "plain.exe"},
		{"\u202C\u202C", ""},
		{"a\u200Eb", "ab"},
	} {
		if got := Displayed(c.name); got != c.want {
			t.Errorf("%+q: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzShapes(f *testing.F) {
	f.Add("photo_\u202Egpj. exe.")
	f.Fuzz(func(t *testing.T, name string) {
		for _, s := range Shapes(name) {
			if Printable(s.Sentence) != s.Sentence || s.Sentence == "" {
				t.Errorf("%q: %q", name, s.Sentence)
			}
		}
		Displayed(name)
	})
}
