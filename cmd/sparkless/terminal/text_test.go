package terminal

import (
	"strings"
	"testing"
)

func plain(c Cell) string { return render(c.pieces, Plain, false) }

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "svchost.exe": "svchost.exe", " a ": "<U+0020>a<U+0020>", "a\x1b[2Jb\n": "a<U+001B>[2Jb<U+000A>",
		"ctfmon\u202egpj.exe": "ctfmon<U+202E>gpj.exe", "\xff": "\ufffd", "e\u0301x": "e\u0301x",
		"\u0301x":                           "<U+0301>x",                           // nothing to join to
		"a\u200b\u0301":                     "a<U+200B><U+0301>",                   // nor here
		"o" + strings.Repeat("\u0300", 5):   "o\u0300\u0300\u0300<U+0300><U+0300>", // it would cover other lines
		"\U0001F469\u200D\U0001F4BB":        "\U0001F469<U+200D>\U0001F4BB",        // invisible between two that can be seen
		"\U0001F44D\U0001F3FD":              "\U0001F44D<U+1F3FD>",                 // terminals do not agree on the width
		"日本語.exe":                           "日本語.exe",                             //
		"\u1100\u1161\u11a8":                "\u1100\u1161\u11a8",                  // one syllable
		"\uff76\uff9e":                      "\uff76<U+FF9E>",                      // one or two columns
		"\U0001F1E9\U0001F1EA":              "\U0001F1E9\U0001F1EA",                // one flag
		"a[1].exe":                          "a[1].exe",                            //
		"x" + strings.Repeat("\u200d", 2):   "x<U+200D><U+200D>",                   //
		"\u0d4e" + "k":                      "<U+0D4E>k",                           // joins to what follows
		"a\u0301" + strings.Repeat(" ", 3):  "a\u0301  <U+0020>",                   //
		strings.Repeat("\u1161", 40) + ".e": strings.Repeat("\u1161", 40) + ".e",   // an endless grapheme
		"\u0915\u094d\u0937":                "\u0915\u094d\u0937",                  //
		"b\u20dd\u20dd\u20dd\u20dd":         "b\u20dd\u20dd\u20dd<U+20DD>",         //
		"\U000E0041":                        "<U+E0041>",                           //
		"a\u00a0b":                          "a<U+00A0>b",                          //
		"\u2800":                            "<U+2800>",                            //
		"\u05d0\u05d1":                      "\u05d0\u05d1",                        //
		"\uff53\uff56\uff43":                "\uff53\uff56\uff43",                  //
		"\u0435\u0445\u0435 \u0435":         "\u0435\u0445\u0435 \u0435",           //
		"\ufe0f" + "a\ufe0e":                "<U+FE0F>a<U+FE0E>",                   //
		"\u3164":                            "<U+3164>",                            //
		"\u0300\u0300":                      "<U+0300><U+0300>",                    //
		strings.Repeat("\U0001F1E9", 3):     strings.Repeat("\U0001F1E9", 3),       //
	} {
		if got := plain(Text(in)); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	for _, c := range []struct {
		name  string
		marks []int
		want  string
	}{
		{"svch0st.exe", []int{4}, "svch[0]st.exe"},
		{"exlporer.exe", []int{2, 3}, "ex[lp]orer.exe"},
		{"svch0st.exe", nil, "svch0st.exe"},
		{"a0b1", []int{0, 1, 3}, "[a0]b[1]"},
		{"ctfmon\u202egpj", []int{6}, "ctfmon[<U+202E>]gpj"},
		{"e\u0301x", []int{1}, "[e\u0301]x"}, // not within a grapheme
		{"a[1].exe", []int{2}, "a<U+005B>[1]<U+005D>.exe"},
		{"a[1].exe", nil, "a<U+005B>1<U+005D>.exe"}, // no mark looks like one
		{"a[b", []int{1}, "a[<U+005B>]b"},
		{"abc", []int{-1, 3, 99}, "abc"},
		{"", []int{0}, ""},
	} {
		if got := plain(Name(c.name, c.marks)); got != c.want || Name(c.name, c.marks).Width() > len(got) {
			t.Errorf("%q with %v is shown as %q, want %q", c.name, c.marks, got, c.want)
		}
	}
}

func TestColors(t *testing.T) {
	for _, c := range []struct {
		cell Cell
		want string
	}{
		{Text("a"), "a"},
		{Text("a").In(Red), "\x1b[1;31ma\x1b[0m"},
		{Name("abc", []int{1}), "a\x1b[1;31m[b]\x1b[0mc"},
		{Name("abc", []int{1}).In(Bold), "\x1b[1ma\x1b[1;31m[b]\x1b[0m\x1b[1mc\x1b[0m"},
	} {
		if got := render(c.cell.pieces, c.cell.style, true); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestShorten(t *testing.T) {
	long := strings.Repeat("a", 500)
	for _, c := range []struct {
		cell  Cell
		width int
		fit   Fit
		want  string
	}{
		{Text("looks like it"), 13, End, "looks like it"},
		{Text("looks like it"), 12, End, "looks like…"}, // no space before the sign
		{Text("looks"), 1, End, "…"},
		{Text("日本語"), 4, End, "日…"},
		{Text("日本語"), 2, Middle, "…"},
		{Text("a\u202eb"), 8, End, "a…"}, // what is spelled out is shown whole or not
		{Text("a\u202eb"), 10, End, "a<U+202E>b"},
		{Text("explorer.exe"), 9, Middle, "expl….exe"},
		{Text(`C:\Users\Public\Documents\evil.exe`), 20, Path, `C:\Users\P…\evil.exe`},
		{Text(`C:\Users\Public\Documents\evil.exe`), 13, Path, `C:\…\evil.exe`},
		{Text(`C:\Users\Public\Documents\evil.exe`), 11, Path, `C:\…vil.exe`},
		{Text(`C:\Users\` + long + `.exe`), 12, Path, `C:\…aaaa.exe`},
		{Text(long), 9, Path, "aaaa…aaaa"},
		{Name("svch0st.exe", []int{4}), 9, Middle, "…h[0]st.…"},
		{Name(long+"0"+long, []int{500}), 12, Middle, "…aa[0]aaaaa…"},
		{Name(long+"0", []int{500}), 9, Middle, "aaaa…a[0]"},
		{Name("runtimebroker.exe ", []int{17}), 18, Middle, "runtime…[<U+0020>]"},
		{Name("0"+long, []int{0}), 9, Middle, "[0]a…aaaa"},
		{Name(long, []int{499, 498, 497, 496, 495, 494}), 9, Middle, "aaaa…[aa]"},
		{Name("ab", []int{0, 1}), 3, Middle, "…"},
	} {
		got := render(shorten(c.cell.pieces, c.width, c.fit), Plain, false)
		if got != c.want || widthOf(Text(got).pieces) > c.width {
			t.Errorf("%.40q in %d columns is %q, want %q", plain(c.cell), c.width, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 5, ""},
		{"one two", 7, "one two"},
		{"one two", 6, "one|two"},
		{"one two three", 7, "one two|three"},
		{"one  two", 4, "one|two"},
		{"abcdefgh", 3, "abc|def|gh"},
		{`all its paths are C:\Program`, 12, `all its|paths are|C:\Program`},
		{"a bcdefghijkl", 8, "a bcdefg|hijkl"}, // no line of one letter
		{"日本", 1, "…|…"},
		{"x\u202ey", 8, "x|<U+202E>|y"},
	} {
		var lines []string
		for _, line := range wrap(Text(c.text).pieces, c.width) {
			lines = append(lines, render(line, Plain, false))
		}
		if got := strings.Join(lines, "|"); got != c.want {
			t.Errorf("%q in %d columns is %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
