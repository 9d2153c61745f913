package simjoin

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// Steps as a caller would choose them, and such as no caller should.
var (
	gradual = Edits{{4, 1}, {8, 2}, {14, 3}}
	late    = Edits{{4, 1}, {9, 2}}
	bold    = Edits{{2, 1}, {4, 2}, {6, 3}, {9, 5}} // too short for segments
	jump    = Edits{{6, 4}}
	zero    = Edits{{0, 0}}
	anyhow  = Edits{{0, math.MaxInt}}
	far     = Edits{{3, 1}, {math.MaxInt, math.MaxInt}}
)

func (all *allPairs) checkEdits(t *testing.T, thresholds []float64, budgets ...Edits) {
	t.Helper()
	for _, threshold := range thresholds {
		for _, e := range budgets {
			all.checkRule(t, rule{threshold, e})
		}
	}
}

func TestEditsTinyAlphabet(t *testing.T) {
	names := texts("ab.", 0, 5)
	newAllPairs(names, names).checkEdits(t, []float64{0.85, math.Inf(1)}, bold, zero, anyhow, far, Edits{{1, 1}, {3, 2}})
}

func TestEditsTinyStems(t *testing.T) {
	names := ending(texts("ab", 0, 6), ".x")
	newAllPairs(names, names).checkEdits(t, []float64{0.7, 1}, bold, Edits{{5, 2}}, Edits{{0, 1}, {6, 3}})
}

func TestEditsNearDuplicates(t *testing.T) {
	for _, alphabet := range []string{"ab", "abcde", "abcdefghijklmnopqrstuvwxyz0123456789_-."} {
		m := newMutator(28, alphabet)
		var left, right []string
		for range 60 {
			name := m.text(2 + m.IntN(20))
			ext := []string{".exe", ".exe", ".ex", ".com", ""}[m.IntN(5)]
			right = append(right, string(name)+ext)
			left = append(left, string(m.edits(name, m.IntN(6)))+[]string{ext, ext, ".exe"}[m.IntN(3)])
		}
		newAllPairs(left, right).checkEdits(t, []float64{0.5, 0.65, 0.8, 0.95, 1}, gradual, late, bold, jump)
	}
}

// Budgets that rise where the threshold's rise too, below and above them: every
// length, with random steps.
func TestEditsRandomSteps(t *testing.T) {
	t.Parallel()
	m := newMutator(29, "abcd")
	var left, right []string
	for length := range 40 {
		name := m.text(length)
		for range 2 {
			right = append(right, string(m.edits(name, m.IntN(4)))+".exe")
			left = append(left, string(m.edits(name, m.IntN(4)))+".exe")
		}
	}
	pairs := newAllPairs(left, right)
	for range 24 {
		var e Edits
		from, edits := m.IntN(6), 0
		for range 1 + m.IntN(5) {
			edits += m.IntN(3)
			e = append(e, Step{from, edits})
			from += 1 + m.IntN(8)
		}
		pairs.checkRule(t, rule{0.5 + m.Float64()/2, e})
	}
}

// All that two edits make of names as short as the budget allows, among other
// names, so that keys are what finds them.
func TestEditsOfTwoExhaustive(t *testing.T) {
	const distinct = "abcdefghijklmnop"
	m := newMutator(30, distinct)
	for length := 8; length <= 14; length++ {
		right := []string{distinct[:length] + ".exe"}
		for range 30 {
			right = append(right, string(m.text(length-1+m.IntN(3)))+".exe")
		}
		once := neighbours([]string{distinct[:length]}, "az")
		left := ending(neighbours(once, "z"), ".exe")
		for name, tuning := range tunings() {
			got, err := tuning.join(context.Background(), left, right, rule{1, Edits{{length - 2, 2}}})
			if err != nil {
				t.Fatal(err)
			}
			found := map[int]bool{}
			for _, p := range got {
				if p.Right == 0 && p.Distance <= 2 {
					found[p.Left] = true
				}
			}
			if len(found) != len(left) {
				t.Errorf("%s, %d characters: %d of %d", name, length, len(found), len(left))
			}
		}
	}
}

// neighbours returns all texts that one edit makes, each once, with insertions
// and replacements from the alphabet.
func neighbours(texts []string, alphabet string) []string {
	seen := map[string]bool{}
	for _, s := range texts {
		for i := range len(s) + 1 {
			for _, c := range alphabet {
				seen[s[:i]+string(c)+s[i:]] = true
				if i < len(s) {
					seen[s[:i]+string(c)+s[i+1:]] = true
				}
			}
			if i < len(s) {
				seen[s[:i]+s[i+1:]] = true
			}
			if i+1 < len(s) {
				seen[s[:i]+s[i+1:i+2]+s[i:i+1]+s[i+2:]] = true
			}
		}
	}
	var found []string
	for s := range seen {
		found = append(found, s)
	}
	slices.Sort(found)
	return found
}

// One transposition over each border that a partition without gaps would have, in
// names that are as short as they can be for their budget.
func TestEditsTranspositionsAcrossBorders(t *testing.T) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	for budget := 2; budget <= 6; budget++ {
		var left, right []string
		for length := 2*budget + 1; length <= min(4*budget+4, len(alphabet)); length++ {
			stem := alphabet[:length]
			swapped := []byte(stem)
			for i := 1; i <= budget; i++ {
				border := i * length / (budget + 1)
				swapped[border-1], swapped[border] = swapped[border], swapped[border-1]
			}
			left, right = append(left, string(swapped)+".exe"), append(right, stem+".exe")
		}
		pairs := newAllPairs(left, right)
		e := Edits{{2*budget + 1, budget}}
		for i := range left {
			if n := i*len(right) + i; pairs.distance(n) > budget {
				t.Fatalf("%q and %q: %d edits", left[i], right[i], pairs.distance(n))
			}
		}
		pairs.checkEdits(t, []float64{0.5, 0.95, 1}, e)
	}
}

func TestEditsFamilies(t *testing.T) {
	for i, prefix := range []string{"", "is-", "setup_", "vendorapp_setup_"} {
		left, right := family(160, 3+i, prefix, uint64(i))
		newAllPairs(left, right).checkEdits(t, []float64{0.85}, gradual, bold, jump)
	}
	left, right := fleet(300, 31)
	newAllPairs(left, right).checkEdits(t, []float64{0.75, 0.95}, gradual)
}

// Lengths are those in code points, whatever the bytes and the symbols.
func TestEditsBeyondASCII(t *testing.T) {
	var wide strings.Builder // more characters than there are symbols for
	for r := rune(0x4e00); r < 0x4e00+400; r++ {
		wide.WriteRune(r)
	}
	for i, alphabet := range []string{"абвгдежз", "аaоoеeсcрp", "𝒂𝒃𝒄𝒅😀", "a\ufffdb", wide.String()} {
		m := newMutator(uint64(32+i), alphabet)
		var left, right []string
		for range 70 {
			name := m.text(2 + m.IntN(16))
			ext := []string{".exe", ".exe", ".ехе"}[m.IntN(3)]
			right = append(right, string(name)+ext)
			left = append(left, string(m.edits(name, m.IntN(4)))+ext)
		}
		left = append(left, "\xff\xfe\xff\xfe.exe", "a.\xff", "abcd.\xff")
		right = append(right, "\xfe\xff\xfea.exe", "a.\xfe", "abcd.\xfe", "abcx.\xff")
		newAllPairs(left, right).checkEdits(t, []float64{0.5, 0.85, 1}, gradual, bold)
	}
}

// Characters that share a symbol count as the edits they are.
func TestEditsFoldedSymbolsDiffer(t *testing.T) {
	var wide strings.Builder
	for r := rune(0x4e00); r < 0x4e00+300; r++ {
		wide.WriteRune(r)
	}
	left := []string{wide.String() + ".exe", "abc\u4e00.exe", "abc\u4e00\u4e01.exe"}
	right := []string{"abc\u4e80.exe", "abc\u4e80\u4e81.exe", "abc\u4e80\u4e01.exe"} // 128 apart
	newAllPairs(left, right).checkEdits(t, []float64{0.85, 1}, gradual, bold)
}

func TestEditsOfRealImpostors(t *testing.T) {
	targets := strings.Fields("svchost.exe lsass.exe csrss.exe smss.exe explorer.exe taskhostw.exe cmd.exe systemsettings.exe")
	tests := []struct {
		name  string
		edits int  // 0: not found
		above bool // the threshold
	}{
		{"svchost.exe", 0, true},
		{"scvhost.exe", 1, true},
		{"isass.exe", 1, false},
		{"cssrs.exe", 1, false},
		{"csrzz.exe", 0, false}, // two edits of five characters
		{"csrs.exe", 1, false},  // as short as the budget goes
		{"smsss.exe", 1, false},
		{"cmb.exe", 0, false}, // too short for it
		{"lsass.scr", 0, false},
		{"expolrer.exe", 1, true},
		{"iexplorer.exe", 1, true},
		{"expl0rar.exe", 2, false},
		{"taskhost.exe", 1, true},
		{"systemmsetings.exe", 2, true},
		{"sistemmsetings.exe", 3, false},
	}
	for _, tt := range tests {
		pairs, err := Joiner{MaxPairs: 10, Edits: gradual}.Join(context.Background(), targets, []string{tt.name}, 0.85)
		if err != nil || len(pairs) > 1 || len(pairs) == 0 && (tt.edits > 0 || tt.above) {
			t.Errorf("%s: %+v, %v", tt.name, pairs, err)
			continue
		}
		for _, p := range pairs {
			above := float64(p.Score) > 0.85
			if p.Distance != tt.edits || above != tt.above || p.Score != Similarity(targets[p.Left], tt.name) || !gradual.Allow(targets[p.Left], tt.name, p.Distance) {
				t.Errorf("%s: %+v", tt.name, p)
			}
		}
	}
}

func TestEditsOf(t *testing.T) {
	for length, want := range []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3} {
		if got := gradual.Of(length); got != want {
			t.Errorf("%d characters: %d edits, want %d", length, got, want)
		}
	}
	if got := Edits(nil).Of(100); got != 0 {
		t.Error(got)
	}
}

func TestEditsAllow(t *testing.T) {
	tests := []struct {
		a, b     string
		distance int
		want     bool
	}{
		{"lsass.exe", "isass.exe", 1, true},
		{"lsass.exe", "isazs.exe", 2, false},
		{"abcd.exe", "abc.exe", 1, false}, // the shorter stem counts
		{"abc.exe", "abc.exe", 0, true},
		{"abcdefgh.exe", "abcdefxy.exe", 2, true},
		{"abcdefgh.exe", "abcdefghxy.exe", 3, false},
		{"abcdefgh.exe", "abcdefgh.ex", 1, false}, // different extensions
		{"abcdefgh", "abcdefg", 1, false},         // none
		{"жжжж.exe", "жжжз.exe", 1, true},
		{"жжж.exe", "жжз.exe", 1, false}, // six bytes are three characters
		{".exe", ".exe", 0, true},
		{".", ".", 0, true},
	}
	for _, tt := range tests {
		if got := gradual.Allow(tt.a, tt.b, tt.distance); got != tt.want || gradual.Allow(tt.b, tt.a, tt.distance) != got {
			t.Errorf("%q, %q, %d edits: %v", tt.a, tt.b, tt.distance, got)
		}
		if Edits(nil).Allow(tt.a, tt.b, 0) {
			t.Errorf("%q, %q: allowed by no budget", tt.a, tt.b)
		}
	}
}

func TestEditsValidate(t *testing.T) {
	for _, e := range []Edits{nil, {}, zero, gradual, bold, anyhow, far, {{1, 2}, {3, 2}}} {
		if err := e.Validate(); err != nil {
			t.Errorf("%v: %v", e, err)
		}
	}
	for _, e := range []Edits{{{-1, 1}}, {{4, -1}}, {{4, 1}, {4, 2}}, {{8, 1}, {4, 2}}, {{4, 2}, {8, 1}}} {
		if err := e.Validate(); err == nil {
			t.Errorf("%v: no error", e)
		}
		if pairs, err := (Joiner{Edits: e}).Join(context.Background(), nil, nil, 0.85); err == nil || pairs != nil {
			t.Errorf("join with %v: %v", e, pairs)
		}
	}
}

// The bound is on all pairs, and the error tells what may be changed.
func TestEditsTooManyPairs(t *testing.T) {
	left, right := family(100, 6, "", 14)
	j := Joiner{MaxPairs: MaxPairs, Edits: Edits{{4, 6}}}
	pairs, err := j.Join(context.Background(), left, right, 0.85)
	if err != nil || len(pairs) != len(left)*len(right) {
		t.Fatal(len(pairs), err)
	}
	j.MaxPairs = len(pairs) - 1
	for threshold, hint := range map[float64]string{0.85: "or allow fewer edits", 1: "edits: allow fewer"} {
		if _, err := j.Join(context.Background(), left, right, threshold); !errors.Is(err, ErrTooManyPairs) || !strings.Contains(err.Error(), hint) {
			t.Error(err)
		}
	}
	j.Edits = nil
	if _, err := j.Join(context.Background(), right, right, 0); !errors.Is(err, ErrTooManyPairs) || strings.Contains(err.Error(), "edits") {
		t.Error(err)
	}
}

func TestQuadraticEdits(t *testing.T) {
	tests := []struct {
		edits     Edits
		threshold float64
		want      bool
	}{
		{nil, 0.85, false},
		{nil, 0.6, true},
		{gradual, 0.85, false},
		{gradual, 0.6, true},
		{gradual, 1, false},
		{Edits{{0, 1}}, 0.85, false},
		{Edits{{4, 1}, {5, 2}}, 0.85, true},
		{Edits{{6, 2}}, 0.85, false},
		{Edits{{17, 8}}, 1, true},
		{Edits{{24, 8}}, 0.85, false},
		{anyhow, 0.85, true},
	}
	for _, tt := range tests {
		if got := (Joiner{Edits: tt.edits}).Quadratic(tt.threshold); got != tt.want {
			t.Errorf("%v at %v: %v", tt.edits, tt.threshold, got)
		}
	}
}

func FuzzJoinEdits(f *testing.F) {
	f.Add("svchost.exe\nlsass.exe", "scvhost.exe\nisass.exe\nlsass.scr", 0.85, uint64(0x0e03080204010000))
	f.Add("abcdefgh.exe\nabc.exe", "badcefgh.exe\nab.exe\n.exe", 1.0, uint64(0x0000090404030101))
	f.Add("жжжж.exe\n𝒂𝒃𝒄𝒅.exe", "жжж.exe\n𝒃𝒂𝒄𝒅.exe\n\xff\xff\xff\xff.exe", 0.5, uint64(0x0104))
	f.Fuzz(func(t *testing.T, left, right string, threshold float64, steps uint64) {
		var e Edits
		for ; steps > 0; steps >>= 16 {
			e = append(e, Step{int(steps >> 8 & 0xff), int(int8(steps))})
		}
		sorted := slices.IsSortedFunc(e, func(a, b Step) int { return 2*(a.From-b.From) - 1 }) &&
			slices.IsSortedFunc(e, func(a, b Step) int { return a.Edits - b.Edits })
		if valid := len(e) == 0 || sorted && e[0].Edits >= 0; valid != (e.Validate() == nil) {
			t.Fatalf("%v: %v", e, e.Validate())
		}
		if e.Validate() != nil || len(left) > 300 || len(right) > 300 || !(threshold >= 0) {
			return
		}
		newAllPairs(strings.Split(left, "\n"), strings.Split(right, "\n")).checkRule(t, rule{threshold, e})
	})
}
