package masquerade

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sparkless/storage/event"
)

// Names that no honest program has: none is overlooked for its odd characters, none
// does harm.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("svchost", 145) + "12345.exe"
	if len(long) != longestName {
		t.Fatal(len(long))
	}
	for _, c := range []struct{ process, path, target, weight string }{
		{"tas\u212Ahost.exe", system + "tas\u212Ahost.exe", "taskhost.exe", "skeleton"},
		{"ta\u017Fkhost.exe", system + "ta\u017Fkhost.exe", "taskhost.exe", "skeleton"}, // a long s
		{"cmd.exe", system + "ｃmd.exe", "cmd.exe", "skeleton"},
		{"tas\u212Ahost.exe", `C:\x\tas\u212Ahost.exe`, "taskhost.exe", "folder"},
		{none, system + "tas\u212Ahost.exe", "taskhost.exe", "skeleton"},
		{"svchost\u202Egpj.exe", none, "", "direction"},
		{"\u202Eexe.tsohcvs", none, "", "direction"},
		{"svc\u200Bhost.exe", none, "svchost.exe", "skeleton"},
		{"svc\u200Bhost.exe", none, "svchost.exe", "odd-characters"},
		{"svchost.exe ", none, "svchost.exe", "trailing"},
		{"svchost.exe.", none, "svchost.exe", "trailing"},
		{"svch\u0301ost.exe", none, "svchost.exe", "skeleton"},
		{"ｓｖｃｈｏｓｔ.exe", none, "svchost.exe", "skeleton"},
		{"ѕvсһоѕt.exe", none, "svchost.exe", "skeleton"}, // Cyrillic
		{"svchost", none, "", ""},
		{".exe", none, "", ""},
		{".", none, "", "trailing"},
		{".", none, "", "trailing"},
		{"\u0301\u0302\u0303.exe", none, "", ""},
		{"\u200B\u200C", none, "", "odd-characters"},
		{"\u0301\u0302", none, "", ""},
		{long, none, "", ""},
		{long + "x", none, "", ""}, // stands in the counts by its hash
		{"\x00svchost.exe", none, "", ""},
		{strings.Repeat("\u0301", 500) + "svchost.exe", none, "svchost.exe", "skeleton"},
		{strings.Repeat("\u202E", 300), none, "", "direction"},
	} {
		events := append(onHosts("svchost.exe", system+"svchost.exe", 3, 5), happened{at: 1, process: c.process, path: c.path, host: "h1", parent: none, account: none, commandLine: none})
		day := countsOf(events)
		records := mustFinish(t, paramsOf(t, "hunt"), day, NewCounts())
		var f Finding
		for _, r := range records {
			checkHarmless(t, r.Body)
			if err := json.Unmarshal(r.Body, &f); err != nil {
				t.Fatal(err)
			}
		}
		fired := func(p Point) bool { return p.Name == c.weight }
		if c.weight != "" && (len(records) != 1 || f.NormalProcess != c.target || !slices.ContainsFunc(f.Evidence, fired)) {
			t.Errorf("%.60q, %.60q: %d findings, %q, %+v", c.process, c.path, len(records), f.NormalProcess, f.Evidence)
		}
		if c.weight == "" && len(records) > 0 && !strings.Contains(c.process, "svchost") {
			t.Errorf("%.60q: %+v", c.process, f.Evidence)
		}
		if _, err := New(paramsOf(t, "hunt"), "", 1).Explain(t.Context(), event.Day(november20), day, NewCounts(), c.process); err != nil {
			t.Errorf("%.60q: %v", c.process, err)
		}
	}
}

// Names that are written in one way in lower case, and in another as they are: what
// is told is of the name as it was written.
func TestNameAsItWasWritten(t *testing.T) {
	events := append(onHosts("lsass.exe", system+"lsass.exe", 1, 9), onHosts("Isass.exe", `C:\x\Isass.exe`, 1, 1)...)
	s := storyOf(t, paramsOf(t, Balanced), "isass.exe", events, nil)
	if !s.Reported || s.Target != "lsass.exe" || !slices.ContainsFunc(s.Finding.Reasons, func(r string) bool { return strings.Contains(r, "capital I for l") }) {
		t.Errorf("%+v", s)
	}
}

// checkFindings is what holds of findings of any events.
func checkFindings(t *testing.T, events []happened, p Params) {
	t.Helper()
	var first string
	for i, workers := range []int{1, 3} {
		day := cutUp(rand.New(rand.NewPCG(uint64(workers), 1)), events, workers)
		records, err := New(p, "s", workers).Finish(t.Context(), event.Day(november20), day, historyOf(t, day, [][]happened{events}))
		if err != nil {
			t.Fatal(err)
		}
		ids, last := map[string]bool{}, Finding{Score: 100}
		for _, r := range records {
			var f Finding
			if err := json.Unmarshal(r.Body, &f); err != nil || !utf8.Valid(r.Body) {
				t.Fatalf("%v: %q", err, r.Body)
			}
			if ids[r.ID] || r.ID != f.FindingId || f.Score > last.Score || f.Score == last.Score && f.PotentiallyMaliciousProcess <= last.PotentiallyMaliciousProcess && len(ids) > 0 {
				t.Errorf("the ID, or the order, of %s", r.Body)
			}
			ids[r.ID], last = true, f
			if f.Score < p.MinScore || f.Score < 0 || f.Score > 100 || f.Severity == "" || len(f.Evidence) == 0 || len(f.Reasons) != len(f.Evidence)+1 {
				t.Errorf("%s", r.Body)
			}
			for _, reason := range f.Reasons {
				if reason == "" || !utf8.ValidString(reason) || strings.Contains(reason, "%!") {
					t.Errorf("%q", reason)
				}
			}
		}
		if text := fmt.Sprint(records); i == 0 {
			first = text
		} else if text != first {
			t.Errorf("with %d workers:\n%s\n%s", workers, text, first)
		}
	}
}

// FuzzFinish makes a day of three names in arbitrary spellings, with what imitates
// them, and looks at what holds of any findings.
func FuzzFinish(f *testing.F) {
	for _, seed := range [][3]string{
		{"svch0st.exe", `C:\Users\Public\svch0st.exe`, `C:\Windows\explorer.exe`}, {"svchost.exe", `C:\x\SVCHOST.EXE`, `D:\services.exe`}, {"tas\u212Ahost.exe", system + "tas\u212Ahost.exe", "-"},
		{"a\u202Egpj.exe", "", ""}, {".exe", `\`, `\`}, {"", `C:\x\lsass.exe`, "x"}, {"\x00", "\x00", "\x00"}, {"csrss.exe.com", `\\srv\x\csrss.exe.com`, "smss.exe"},
		{"a)b(: .exe", `C:`, `:`}, {"\xff\xfe.exe", "\xff\\\xff", "\xff"}, {strings.Repeat("x", 1100), strings.Repeat(`\x`, 600), ""}, {"\u0301", "\u0301", "\u0301"},
	} {
		f.Add(seed[0], seed[1], seed[2], uint8(len(seed[1])))
	}
	f.Fuzz(func(t *testing.T, process, path, parent string, n uint8) {
		var events []happened
		add := func(process, path, parent string, times int) {
			for i := range times {
				events = append(events, happened{at: int64(i), process: process, path: path, host: fmt.Sprint("h", i), parent: parent, account: none, commandLine: none})
			}
		}
		add(process, path, parent, 1+int(n%4))
		add(onStem(process, func(s string) string { return s + "1" }), path, parent, 1+int(n%64))
		add(onStem(process, strings.ToUpper), strings.ToUpper(path), none, 1)
		add("", path, parent, 1+int(n%3))
		add(path, process, path, 1)
		add("svchost.exe", system+"svchost.exe", parent, 5)
		add("svchost.exe", path, none, 1)
		p := paramsOf(t, "hunt")
		p.MinScore = int(n) % 50
		checkFindings(t, events, p)
	})
}

// Events without a name's text may be frequent: nobody imitates nothing.
func TestNobodyImitatesTheEmptyName(t *testing.T) {
	events := onHosts(".com", `C:\x\.com`, 1, 1)
	for range 50 {
		events = append(events, happened{at: 1, process: "", path: "", host: "h", parent: none, account: none, commandLine: none})
	}
	for i := range 4 {
		events = append(events, onHosts(fmt.Sprint(strings.Repeat(string(rune('e'+i)), 9), ".exe"), none, 1, 3)...)
	}
	p := paramsOf(t, "hunt")
	p.MinScore = 0
	if records := mustFinish(t, p, countsOf(events), NewCounts()); len(records) > 0 {
		t.Errorf("%s", records[0].Body)
	}
}
