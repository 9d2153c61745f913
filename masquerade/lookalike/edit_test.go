package lookalike

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hbollon/go-edlib"
)

func TestClass(t *testing.T) {
	for _, c := range []struct {
		name, target string
		op           Op
		text         string
		marks        []int
	}{
		{"svchost.exe", "svchost.exe", Same, "no edit", nil},
		{"scvhost.exe", "svchost.exe", Transposition, "one transposition (cv for vc)", []int{1, 2}},
		{"svch0st.exe", "svchost.exe", Replacement, "0 for o", []int{4}},
		{"rundll33.exe", "rundll32.exe", Replacement, "3 for 2", []int{7}},
		{"svcchost.exe", "svchost.exe", Repetition, "letter c repeated", []int{3}},
		{"svchosts.exe", "svchost.exe", Insertion, "letter s added at the end", []int{7}},
		{"xsvchost.exe", "svchost.exe", Insertion, "letter x added at the start", []int{0}},
		{"svc_host.exe", "svchost.exe", Insertion, "character _ added", []int{3}},
		{"svc host.exe", "svchost.exe", Insertion, "a space added", []int{3}},
		{"svhost.exe", "svchost.exe", Omission, "letter c omitted", nil},
		{"msinfo3.exe", "msinfo32.exe", Omission, "digit 2 omitted", nil},
		{"svch0sts.exe", "svchost.exe", Several, "2 edits: 0 for o, letter s added at the end", []int{4, 7}},
		{"svchost.scr", "svchost.exe", Several, "3 edits: s for e, c for x, r for e", []int{8, 9, 10}},
		{"svch\u043Est.exe", "svchost.exe", Replacement, "<U+043E> for o", []int{4}},
		{"ca", "abc", Several, "2 edits: letter b omitted, ca for ac", []int{0, 1}},
		{"", "abcdef", Several, "6 edits: letter a omitted, letter b omitted, letter c omitted, letter d omitted and 2 more", nil},
		{"svchost", "svchost.exe", Several, "4 edits: character . omitted, letter e omitted, letter x omitted, letter e omitted", nil},
	} {
		e := Class(c.name, c.target)
		if e.Op() != c.op || e.String() != c.text || !slices.Equal(e.Marks, c.marks) {
			t.Errorf("%q for %q: %s, %q, marks %v; want %s, %q, %v", c.name, c.target, e.Op(), e, e.Marks, c.op, c.text, c.marks)
		}
	}
}

// carriedOut does the steps on target. It fails where a step is not true of what
// it is done on.
func carriedOut(t *testing.T, e Edit, target []rune) string {
	t.Helper()
	text := slices.Clone(target)
	for _, s := range e.Steps {
		got, want := []rune(s.Got), []rune(s.Want)
		if string(text[s.At:s.At+len(want)]) != s.Want {
			t.Errorf("step %+v on %q", s, string(text))
		}
		lengths := map[Op][2]int{Transposition: {2, 2}, Replacement: {1, 1}, Omission: {0, 1}, Insertion: {1, 0}, Repetition: {1, 0}}
		if lengths[s.Op] != [2]int{len(got), len(want)} || s.Op == Transposition && (got[0] != want[1] || got[1] != want[0]) {
			t.Errorf("step %+v is no %s", s, s.Op)
		}
		text = slices.Concat(text[:s.At], got, text[s.At+len(want):])
	}
	return string(text)
}

func checkEdit(t *testing.T, name, target string) {
	t.Helper()
	e := Class(name, target)
	got, want := compared(name, target)
	if d := edlib.DamerauLevenshteinDistance(string(got), string(want)); e.Distance != d || len(e.Steps) != d {
		t.Errorf("%q for %q: distance %d with %d steps, want %d", name, target, e.Distance, len(e.Steps), d)
	}
	if text := carriedOut(t, e, want); text != string(got) {
		t.Errorf("%q for %q: the steps %+v lead to %q", name, target, e.Steps, text)
	}
	if !slices.IsSorted(e.Marks) || len(slices.Compact(slices.Clone(e.Marks))) != len(e.Marks) {
		t.Errorf("%q for %q: marks %v", name, target, e.Marks)
	}
	rest := unmarked(got, e.Marks)
	if !subsequence(rest, want) {
		t.Errorf("%q for %q: without the marks %v stays %q", name, target, e.Marks, string(rest))
	}
	if text := e.String(); Printable(text) != text {
		t.Errorf("%q for %q: %+q", name, target, text)
	}
}

func unmarked(text []rune, marks []int) []rune {
	var rest []rune
	for i, r := range text {
		if !slices.Contains(marks, i) {
			rest = append(rest, r)
		}
	}
	return rest
}

func subsequence(part, whole []rune) bool {
	for _, r := range whole {
		if len(part) > 0 && part[0] == r {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func TestEditsTurnTheTargetIntoTheName(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		var b strings.Builder
		letters := []rune("abcde.\u043E")[:1+r.IntN(7)]
		for range r.IntN(9) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 12_000 {
		checkEdit(t, word(), word())
	}
}

func FuzzClass(f *testing.F) {
	f.Add("ca.exe", "abc.exe")
	f.Fuzz(func(t *testing.T, name, target string) {
		if len(name) < 100 && len(target) < 100 {
			checkEdit(t, name, target)
		}
	})
}

func TestClassOfVeryLongNames(t *testing.T) {
	a, b := strings.Repeat("a", 3000), strings.Repeat("b", 2000)
	if e := Class(a, b); e.Distance != 3000 || e.Op() != Several || e.String() != "3000 edits" {
		t.Errorf("%d, %s, %q", e.Distance, e.Op(), e)
	}
}
