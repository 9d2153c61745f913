package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/suppress"
)

// A finding without an imitated name, or with its own, looks like nothing; one
// without context has empty cells, not fewer.
func TestTableOfFindings(t *testing.T) {
	want := `DAY         SEVERITY  SCORE  SUSPECT        SEEN  LOOKS LIKE      WHY            HOST    PATH
2026-11-20  High         90  svch[0]st.exe     2  svchost.exe     looks like it  a (+1)  C:\x y
2026-11-20  Low           5  csrss.exe         1  -               -              -       -
2026-11-20  Low           0  x<U+001B>         1  -               -              -       -
2026-11-20  Low          40  certutl.exe       1  certut[i]l.exe  -              -       -
`
	day := "2026-11-20T00:00:00.0000000Z"
	got := shown(t, terminal.Screen{}, judgedTable([]masquerade.Finding{
		{DataDay: day, Severity: "High", Score: 90, PotentiallyMaliciousProcess: "svch0st.exe", NormalProcess: "svchost.exe", MaliciousCount: 2, Reasons: []string{"looks like it", "and more"},
			Hosts: []masquerade.Tally{{Value: "a", Count: 2}, {Value: "b", Count: 1}}, Paths: []masquerade.Tally{{Value: `C:\x y`, Count: 3}}},
		{DataDay: day, Severity: "Low", Score: 5, PotentiallyMaliciousProcess: "csrss.exe", NormalProcess: "csrss.exe", MaliciousCount: 1},
		{DataDay: day, Severity: "Low", PotentiallyMaliciousProcess: "x\x1b", MaliciousCount: 1},
		{DataDay: day, Severity: "Low", Score: 40, PotentiallyMaliciousProcess: "certutl.exe", NormalProcess: "certutil.exe", MaliciousCount: 1},
	}))
	if got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// However narrow the window is, a table says which name it is about.
func TestNarrowTableHasTheSuspect(t *testing.T) {
	for width := 20; width < 60; width++ {
		for _, table := range []*terminal.Table{judgedTable(hostileFindings()), pairsTable(hostileFindings()), changesTable([]change{{Change: isNew, after: &hostileFindings()[0]}})} {
			if text := shown(t, terminal.Screen{Width: width}, table); !strings.Contains(text, "SUSPECT") || !strings.Contains(text, "svch[0]st.exe") {
				t.Errorf("%d columns:\n%s", width, text)
			}
		}
	}
}

func shown(t *testing.T, s terminal.Screen, table *terminal.Table) string {
	t.Helper()
	var out strings.Builder
	if err := s.Write(&out, table); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// hostileFindings are findings as they come, and as an attacker would like them.
func hostileFindings() []masquerade.Finding {
	finding := func(suspect, normal, severity string, score int, reason, path string) masquerade.Finding {
		return masquerade.Finding{DataDay: "2026-11-20T00:00:00.0000000Z", Severity: severity, Score: score, PotentiallyMaliciousProcess: suspect, NormalProcess: normal,
			FindingId: "mq-" + suspect, AnomalyScore: 0.857, MaliciousCount: int64(score), NormalCount: 12345, Reasons: []string{reason},
			Hosts: []masquerade.Tally{{Value: "WS-00017.corp.example", Count: 2}, {Value: "ws-2", Count: 1}}, Paths: []masquerade.Tally{{Value: path, Count: 1}}}
	}
	long := strings.Repeat("a", 500)
	return []masquerade.Finding{
		finding("svch0st.exe", "svchost.exe", "High", 90, "looks like svchost.exe: 0 for o", `C:\Users\Public\Documents\Libraries\svch0st.exe`),
		finding("exlporer.exe", "explorer.exe", "Medium", 70, "one transposition from explorer.exe (lp for pl)", `C:\Windows\Temp\exlporer.exe`),
		finding("ctfmon\u202egpj.exe", "", "High", 100, "U+202E turns the order of reading: the name displays as ctfmonexe.jpg", "C:\\Users\\x\\ctfmon\u202egpj.exe"),
		finding("dllhost.exe", "dllhost.exe", "Medium", 65, `dllhost.exe ran 2 times from C:\Windows\Temp\dllhost.exe; it belongs in C:\Windows\System32`, `C:\Windows\Temp\dllhost.exe`),
		finding("sve\u0301\u0301\u0301\u0301\u0301chost.exe", "svchost.exe", "Low", 42, "an invisible or combining character", "\\\\server\\share\\e\u0301.exe"),
		finding("日本語の名前はとても長いです.exe", "日本語の名前はとても長いてす.exe", "Informational", 21, "日本語の理由も同じように長くなることがあります、だから切られる", `D:\日本語のフォルダー\日本語の名前はとても長いです.exe`),
		finding("\U0001F469\u200D\U0001F4BB\U0001F44D\U0001F3FD.exe", "", "Low", 40, "letters of several scripts", `C:\x.exe`),
		finding(long+"0"+long+".exe", long+"o"+long+".exe", "High", 80, "one replacement from "+long, `C:\`+long+`\`+long+`.exe`),
		finding("certutl.exe", "certutil.exe", "Low", 40, "one omission from certutil.exe (letter i omitted)", `-`),
		finding("svchost[1].exe", "svchost.exe", "Low", 40, "holds svchost.exe and an addition", `C:\Users\ann\INetCache\svchost[1].exe`),
		finding("\x1b[2J\r\nforged.exe", "forged.exe", "Low", 41, "x\x1b]0;owned\x07", "\x1b[31m"),
		{},
	}
}

// hostileBefore are some of these findings on the day before, and one that is gone.
func hostileBefore() []masquerade.Finding {
	before := hostileFindings()[:7]
	before[0].Severity, before[0].Score, before[0].MaliciousCount = "Low", 41, 3
	before[4].Hosts = []masquerade.Tally{{Value: "ws-\u202e2", Count: 1}}
	before[6].FindingId = "mq-0"
	return before
}

// tables are all tables of ours with hostile content, by name.
func tables(t *testing.T) map[string]*terminal.Table {
	findings := hostileFindings()
	var suppressed []suppress.Suppressed
	rule := suppress.Rule{Line: 8, Name: "acmeupdate*.exe", Target: "acmeupdater.exe", Path: `C:\Program Files\Acme\*`, Reason: "our own updater, ticket 4711", Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)}
	hostile := suppress.Rule{Line: 14, Name: "a\x1b[2J.exe", Host: strings.Repeat("ws-*", 40), Reason: strings.Repeat("r\u202e ", 30), Expires: time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC)}
	for _, f := range findings {
		suppressed = append(suppressed, suppress.Suppressed{Record: recordOf(t, f), Rule: rule})
	}
	quietOnes, err := suppressedTable(suppressed)
	if err != nil {
		t.Fatal(err)
	}
	story := masquerade.Story{Name: "svch0st.exe", Day: "2026-11-20", Verdict: "reported", Count: 3, Names: 1798, FirstSeen: "2026-11-20T01:00:00Z", LastSeen: "2026-11-20T02:00:00Z",
		Nearest:  []masquerade.Neighbour{{Name: "svchost.exe", Count: 2000, Percent: 0.99, Distance: 1, Score: 0.857, Frequent: true, Windows: true}, {Name: strings.Repeat("日本", 60)}},
		Severity: "High", Score: 90, Rules: []masquerade.Rule{{Name: "skeleton", Fired: true, Points: 60, Why: "looks like svchost.exe: 0 for o"}, {Name: "double-extension", Why: strings.Repeat("no ", 60) + "\x1b[2J"}}}
	return map[string]*terminal.Table{
		"findings": judgedTable(findings), "pairs": pairsTable(findings), "suppressed": quietOnes,
		"rules":   rulesTable([]suppress.Rule{rule, hostile}, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)),
		"diff":    changesTable(compare(side{day: "2026-11-19", findings: hostileBefore(), seen: func(string) int64 { return 0 }}, side{day: "2026-11-20", findings: findings, seen: func(string) int64 { return 7 }})),
		"nearest": nearestTable(story), "facts": storyFacts(story), "story": rulesOf(story),
	}
}

// The tables at three widths are as they are recorded in testdata/tables, and no
// line is wider than the window.
func TestGoldenTables(t *testing.T) {
	for name, table := range tables(t) {
		for _, width := range []int{60, 100, 200} {
			file := filepath.Join("testdata", "tables", fmt.Sprintf("%s-%d.txt", name, width))
			got := shown(t, terminal.Screen{Width: width}, table)
			checkPlain(t, file, []byte(got), "")
			for line := range strings.Lines(got) {
				if w := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); w > width {
					t.Errorf("%s: %d columns: %s", file, w, line)
				}
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || string(want) != got {
				t.Errorf("%s is not what the program shows (%v); look at it after go test ./cmd/sparkless -run %s -update\n%s", file, err, t.Name(), got)
			}
		}
	}
}

func recordOf(t *testing.T, f masquerade.Finding) publish.Record {
	t.Helper()
	body, err := publish.Body(f)
	if err != nil {
		t.Fatal(err)
	}
	return publish.Record{ID: f.FindingId, Day: "2026-11-20", Body: body}
}
