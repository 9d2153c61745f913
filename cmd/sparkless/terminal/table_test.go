package terminal

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"sparkless/storage/printable"
)

func columns() []Column {
	return []Column{
		{Title: "DAY", Rank: 3, Above: true},
		{Title: "SCORE", Right: true},
		{Title: "SUSPECT", Least: 10, Fit: Middle},
		{Title: "WHY", Rank: 1, Least: 12},
		{Title: "PATH", Rank: 2, Least: 12, Fit: Path},
	}
}

func written(t testing.TB, s Screen, table *Table) string {
	t.Helper()
	var out strings.Builder
	if err := s.Write(&out, table); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTable(t *testing.T) {
	table := &Table{Columns: columns()}
	table.Row(Text("2026-11-20"), Text("90").In(Red), Name("svch0st.exe", []int{4}), Text("looks like svchost.exe: 0 for o"), Text(`C:\Users\Public\svch0st.exe`))
	table.Row(Text("2026-11-20"), Text("5"), Name("日本.exe", nil), Text("-"))
	for width, want := range map[int]string{
		0: `DAY         SCORE  SUSPECT        WHY                              PATH
2026-11-20     90  svch[0]st.exe  looks like svchost.exe: 0 for o  C:\Users\Public\svch0st.exe
2026-11-20      5  日本.exe       -
`,
		70: `DAY         SCORE  SUSPECT        WHY                PATH
2026-11-20     90  svch[0]st.exe  looks like svcho…  C:\U…\svch0st.exe
2026-11-20      5  日本.exe       -
`,
		50: `2026-11-20
SCORE  SUSPECT        WHY            PATH
   90  svch[0]st.exe  looks like s…  C:\…ch0st.exe
    5  日本.exe       -
`,
		17: `2026-11-20
SCORE  SUSPECT
   90  …h[0]st.e…
    5  日本.exe
`,
		4: "202…\nSCO…\n  90\n   5\n",
	} {
		if got := written(t, Screen{Width: width}, table); got != want {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, got, want)
		}
	}
	if got := written(t, Screen{Width: 17, Colours: true}, table); got != "\x1b[1m2026-11-20\x1b[0m\n\x1b[1mSCORE\x1b[0m  \x1b[1mSUSPECT\x1b[0m\n   \x1b[1;31m90\x1b[0m  …h\x1b[1;31m[0]\x1b[0mst.e…\n    5  日本.exe\n" {
		t.Errorf("with colours: %q", got)
	}
}

// A cell that goes on below stays in its column; one that is too wide where there
// is no window pushes its own row alone.
func TestTallAndWideRows(t *testing.T) {
	tall := &Table{Columns: []Column{{Title: "A"}, {Title: "B", Least: 5, Fit: Wrap}, {Title: "C"}}}
	tall.Row(Text("1"), Text("one two three"), Text("x"))
	tall.Row(Text("2"), Text(""), Text("y"))
	if got, want := written(t, Screen{Width: 11}, tall), "A  B      C\n1  one    x\n   two\n   three\n2         y\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	wide := &Table{Columns: []Column{{Title: "A"}, {Title: "B"}}}
	wide.Row(Text(strings.Repeat("x", aligned+7)), Text("1"))
	wide.Row(Text("y"), Text("2"))
	got := strings.Split(written(t, Screen{}, wide), "\n")
	if len(got[0]) != aligned+3 || got[1] != strings.Repeat("x", aligned+7)+"  1" || len(got[2]) != aligned+3 {
		t.Errorf("%q", got)
	}
}

// Without titles there is no line of titles; without rows there are titles alone.
func TestEmptyTables(t *testing.T) {
	bare := &Table{Columns: make([]Column, 2)}
	bare.Row(Text("a"), Text("b"))
	if got := written(t, Screen{Width: 80}, bare); got != "a  b\n" {
		t.Errorf("%q", got)
	}
	if got := written(t, Screen{Width: 14}, &Table{Columns: columns()}); got != "SCORE  SUSPECT\n" {
		t.Errorf("%q", got)
	}
}

// FuzzTable wants of every table in every window: no line is wider, nothing in it
// moves a cursor, no grapheme is cut, brackets come in pairs.
func FuzzTable(f *testing.F) {
	for i, s := range []string{"", "svch0st.exe", "a\u202eb\x1b[2J\r\n", "e\u0301\u0301\u0301\u0301\u0301", "日本語の名前.exe", "\U0001F469\u200D\U0001F4BB\U0001F44D\U0001F3FD",
		strings.Repeat("x", 1000), "[a][", "\u1100\u1161\u11a8\u1161", "\U0001F1E9\U0001F1EA\U0001F1EB", "\xff\xfe", "\uff76\uff9e\uff9e", strings.Repeat("\u0d4e", 50), `C:\Users\x y\z.exe`, "\u0903\u0904"} {
		f.Add(s, s, uint64(i)*0x1234567, uint16(i*9))
		f.Add("x", s, ^uint64(0), uint16(60))
	}
	f.Fuzz(func(t *testing.T, a, b string, marked uint64, window uint16) {
		width := int(window % 256)
		var marks []int
		for i := range 64 {
			if marked>>i&1 == 1 {
				marks = append(marks, i)
			}
		}
		table := &Table{Columns: []Column{{Title: "ONE", Rank: 1, Least: int(marked % 20), Fit: Fit(marked % 4), Above: true}, {Title: "TWO", Fit: Path}, {Fit: Middle, Least: 3}, {Title: "E", Rank: 2, Fit: Wrap, Right: marked%2 == 0}}}
		table.Row(Text(a), Text(b), Name(a, marks), Text(b))
		table.Row(Text(b), Text(a), Name(b, marks), Text(a))
		whole := map[string]bool{" ": true, "…": true}
		for _, s := range []string{a, b, "ONETWO[]"} {
			for _, c := range []Cell{Text(s), Name(s, marks)} {
				for g := uniseg.NewGraphemes(plain(c)); g.Next(); {
					whole[g.Str()] = true
				}
			}
		}
		text := written(t, Screen{Width: width}, table)
		if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
			t.Fatalf("%q", text)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if w := uniseg.StringWidth(line); width > 0 && w > width {
				t.Errorf("%d columns in a window of %d: %q", w, width, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return !printable.Rune(r) }) {
				t.Errorf("%q", line)
			}
			for g := uniseg.NewGraphemes(line); g.Next(); {
				if !whole[g.Str()] && len(g.Runes()) < mostCharacters {
					t.Errorf("%q is cut, in %q", g.Str(), line)
				}
			}
		}
		checkMarks(t, a, marks)
	})
}

// checkMarks wants a name whose brackets all are marks: without them it is the name
// as it is spelled out.
func checkMarks(t *testing.T, name string, marks []int) {
	shown := plain(Name(name, marks))
	if strings.Count(shown, "[") != strings.Count(shown, "]") {
		t.Errorf("%q has half a mark", shown)
	}
	bare := strings.NewReplacer("[", "", "]", "").Replace(shown)
	if want := strings.NewReplacer("[", "<U+005B>", "]", "<U+005D>").Replace(plain(Text(name))); bare != want && !slices.ContainsFunc([]rune(name), func(r rune) bool { return r > 0x7e }) {
		t.Errorf("%q without marks is %q, want %q", shown, bare, want)
	}
}
