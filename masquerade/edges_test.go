package masquerade

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/storage/event"
)

// weightsOf are the names of a story's fired rules and of its modifiers.
func weightsOf(s Story) (all []string) {
	for _, r := range s.Rules {
		if r.Fired {
			all = append(all, r.Name)
		}
	}
	for _, m := range s.Modifiers {
		all = append(all, m.Name)
	}
	return all
}

// onHosts are events of one name, on one host each.
func onHosts(name, path string, hosts, times int) (events []happened) {
	for i := range hosts * times {
		events = append(events, happened{at: november20.UnixNano() + int64(i), process: name, path: path, host: fmt.Sprint("h", i%hosts), parent: none, account: none, commandLine: none})
	}
	return events
}

func storyOf(t *testing.T, p Params, name string, events []happened, days [][]happened) Story {
	t.Helper()
	day := countsOf(events)
	s, err := New(p, "", 1).Explain(t.Context(), event.Day(november20), day, historyOf(t, day, days), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// has checks that a weight counts, or does not.
func (s Story) has(t *testing.T, weight string, want bool, what string, args ...any) {
	t.Helper()
	if slices.Contains(weightsOf(s), weight) != want {
		t.Errorf("%s: %s is %v: %q", fmt.Sprintf(what, args...), weight, !want, weightsOf(s))
	}
}

const (
	system = `C:\Windows\System32\`
	temp   = `C:\Windows\Temp\`
)

func TestHostsAtTheEdges(t *testing.T) {
	p := paramsOf(t, "hunt")
	for _, c := range []struct {
		on, of    int
		few, many bool
	}{
		{1, 9, false, false}, {1, 10, true, false}, {1, 5000, true, false},
		{2, 10, false, false}, {2, 199, false, false}, {2, 200, true, false}, {2, 20, false, false},
		{3, 9, false, false}, {3, 10, false, true}, {3, 30, false, true}, {3, 31, false, false}, {3, 300, true, false}, {3, 299, false, false},
		{8, 80, false, true}, {8, 81, false, false}, {10, 10, false, true},
	} {
		events := slices.Concat(onHosts("svchost.exe", system+"svchost.exe", c.of, 1), onHosts("svch0st.exe", temp+"svch0st.exe", c.on, 1))
		s := storyOf(t, p, "svch0st.exe", events, nil)
		s.has(t, "few-hosts", c.few, "%d of %d", c.on, c.of)
		s.has(t, "many-hosts", c.many, "%d of %d", c.on, c.of)
	}
	nowhere := onHosts("svch0st.exe", temp+"svch0st.exe", 1, 3)
	for i := range nowhere {
		nowhere[i].host = none
	}
	s := storyOf(t, p, "svch0st.exe", append(nowhere, onHosts("svchost.exe", system+"svchost.exe", 20, 1)...), nil)
	s.has(t, "few-hosts", false, "on no host")
}

// An estimate of the hosts of a name never exceeds the estate.
func TestNoMoreHostsThanThereAre(t *testing.T) {
	t.Parallel()
	for n := 9; n < 400; n += 13 {
		events := append(onHosts("svch0st.exe", temp+"svch0st.exe", n, 1), onHosts("svchost.exe", system+"svchost.exe", n, 1)...)
		s := storyOf(t, paramsOf(t, "hunt"), "svch0st.exe", events, nil)
		if s.Finding == nil || s.Finding.HostCount > n || s.Finding.NormalHostCount > n || s.Finding.EstateHosts != n {
			t.Fatalf("%d hosts: %+v", n, s.Finding)
		}
		for _, text := range append(s.Finding.Reasons, s.Hosts) {
			var on, of int
			if _, rest, ok := strings.Cut(text, " on about "); ok {
				text = rest
			}
			if fmt.Sscanf(strings.TrimPrefix(text, "about "), "%d of %d", &on, &of); on > n {
				t.Errorf("%d hosts: %q", n, text)
			}
		}
	}
}

func TestCountsAtTheEdges(t *testing.T) {
	p := paramsOf(t, "hunt")
	others := slices.Concat(onHosts("aaaa.exe", system+"aaaa.exe", 1, 500), onHosts("bbbbbbbb.exe", system+"bbbbbbbb.exe", 1, 1), onHosts("cccccccc.exe", system+"cccccccc.exe", 1, 1), onHosts("dddddddd.exe", system+"dddddddd.exe", 1, 1), onHosts("eeeeeeee.exe", system+"eeeeeeee.exe", 1, 1))
	for _, c := range []struct {
		target         string
		normal, rare   int
		lopsided, even bool
	}{
		{"svchost.exe", 100, 1, true, false}, {"svchost.exe", 99, 1, false, false}, {"svchost.exe", 200, 2, true, false}, {"svchost.exe", 199, 2, false, false},
		{"svchost.exe", 2, 2, false, false}, // a Windows name is imitated however often it is seen
		{"clientservice.exe", 9, 1, false, true}, {"clientservice.exe", 10, 1, false, false}, {"clientservice.exe", 100, 1, true, false}, {"clientservice.exe", 99, 1, false, false},
	} {
		impostor := strings.Replace(c.target, "s", "5", 1)
		events := slices.Concat(others, onHosts(c.target, `C:\Program Files\x\`+c.target, 1, c.normal), onHosts(impostor, temp+impostor, 1, c.rare))
		s := storyOf(t, p, impostor, events, nil)
		if s.Target != c.target {
			t.Errorf("%+v: imitates %q: %q", c, s.Target, s.Verdict)
		}
		s.has(t, "lopsided", c.lopsided, "%+v", c)
		s.has(t, "even", c.even, "%+v", c)
	}
}

// seenOn are earlier days, on the first so many of which there are the events.
func seenOn(seen, days int, events []happened) (all [][]happened) {
	for i := range days {
		if i < seen {
			all = append(all, events)
		} else {
			all = append(all, onHosts("other.exe", `C:\other.exe`, 1, 1))
		}
	}
	return all
}

func TestHistoryAtTheEdges(t *testing.T) {
	t.Parallel()
	p := paramsOf(t, "hunt")
	impostor := onHosts("svch0st.exe", temp+"svch0st.exe", 1, 1)
	for _, c := range []struct {
		seen, days  int
		first, long bool
	}{
		{0, 0, false, false}, {0, 6, false, false}, {0, 7, true, false}, {0, 30, true, false},
		{6, 6, false, false}, {1, 7, false, false}, {3, 7, false, false}, {4, 7, false, true}, {7, 7, false, true},
		{3, 8, false, false}, {4, 8, false, true}, {14, 30, false, false}, {15, 30, false, true},
	} {
		s := storyOf(t, p, "svch0st.exe", impostor, seenOn(c.seen, c.days, impostor))
		s.has(t, "first-seen", c.first, "%+v", c)
		s.has(t, "long-known", c.long, "%+v", c)
		if f := s.Finding; f == nil || f.HistoryDays != c.days || f.DaysSeen != c.seen {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}

// Where a Windows name is odd, only days on which it was odd in that way tell of it,
// and a day of which nobody knows where anything ran tells nothing.
func TestHistoryOfOddOrigins(t *testing.T) {
	p := paramsOf(t, "hunt")
	usual, odd := onHosts("svchost.exe", system+"svchost.exe", 1, 20), onHosts("svchost.exe", `C:\Users\jo\svchost.exe`, 1, 1)
	today := slices.Concat(usual, odd)
	for _, c := range []struct {
		what        string
		days        [][]happened
		first, long bool
	}{
		{"only the usual", seenOn(7, 7, usual), true, false},
		{"never", seenOn(0, 7, usual), true, false},
		{"one day", append(seenOn(6, 6, usual), today), false, false},
		{"most days", append(seenOn(3, 3, usual), seenOn(4, 4, odd)...), false, true},
		{"another folder", seenOn(7, 7, onHosts("svchost.exe", `D:\svchost.exe`, 1, 1)), true, false},
		{"another parent", seenOn(7, 7, []happened{{at: 1, process: "svchost.exe", path: `C:\Users\jo\svchost.exe`, parent: `C:\x.exe`}}), true, false},
	} {
		s := storyOf(t, p, "svchost.exe", today, c.days)
		s.has(t, "folder", true, "%s", c.what)
		s.has(t, "first-seen", c.first, "%s", c.what)
		s.has(t, "long-known", c.long, "%s", c.what)
		if s.Finding != nil && s.Finding.MaliciousCount != 1 {
			t.Errorf("%s: %d events", c.what, s.Finding.MaliciousCount)
		}
	}
}

// Profiles of the first format say nothing of origins: then nothing is known of odd
// ones, and nothing is said.
func TestHistoryOfTheFirstFormat(t *testing.T) {
	odd := onHosts("svchost.exe", `C:\Users\jo\svchost.exe`, 1, 1)
	day := countsOf(odd)
	past := New(NotebookParams(), "", 1).Past(day)
	for range 8 {
		one := New(NotebookParams(), "", 1).Past(day)
		if _, err := one.Decode(encodedFirst(t, day)); err != nil {
			t.Fatal(err)
		}
		past.Merge(one)
	}
	if past.Days() != 8 || past.Before("svchost.exe").Days != 8 {
		t.Fatalf("%d days, %+v", past.Days(), past.Before("svchost.exe"))
	}
	s, err := New(paramsOf(t, "hunt"), "", 1).Explain(t.Context(), event.Day(november20), day, past, "svchost.exe")
	if err != nil {
		t.Fatal(err)
	}
	s.has(t, "folder", true, "first format")
	s.has(t, "first-seen", false, "first format")
	if reasons := fmt.Sprint(s.Finding.Reasons); strings.Contains(reasons, "first seen today") {
		t.Error(reasons)
	}
}

// A finding needs a score of Report, and the severities start where they say.
// Evidence without points is none.
func TestScoresAtTheEdges(t *testing.T) {
	events := onHosts("report.pdf.exe", none, 1, 1)
	for points, severity := range map[int]string{0: "", 1: "Informational", 39: "Informational", 40: "Low", 49: "Low", 50: "Medium", 74: "Medium", 75: "High", 100: "High"} {
		for _, report := range []int{points - 1, points, points + 1} {
			if report < 0 || report > 100 {
				continue
			}
			p := paramsOf(t, "hunt")
			p.MinScore, p.Weights = report, Weights{"double-extension": points}
			records := find(t, New(p, "", 1), november20, countsOf(events))
			if (len(records) == 1) != (points >= report && points > 0) {
				t.Errorf("%d points, report %d: %d findings", points, report, len(records))
			}
			if got := verdicts(t, records); len(got) > 0 && (got[0].Severity != severity || got[0].Score != points) {
				t.Errorf("%d points: %+v", points, got[0])
			}
		}
	}
	for _, c := range []struct{ points, more, want int }{{100, 100, 100}, {95, 5, 100}, {95, 6, 100}, {10, -10, 0}, {10, -11, 0}, {-100, -100, 0}, {60, -20, 40}} {
		p := paramsOf(t, "hunt")
		p.MinScore, p.Weights = 0, Weights{"double-extension": c.points, "user-writable": c.more}
		if s := storyOf(t, p, "report.pdf.exe", onHosts("report.pdf.exe", temp+"report.pdf.exe", 1, 1), nil); s.Score != c.want {
			t.Errorf("%+v: a score of %d", c, s.Score)
		}
	}
}

func TestProfilesOfSettings(t *testing.T) {
	reports := map[string]int{"notebook": 0, "strict": 50, "balanced": 40, "hunt": 20}
	for _, name := range Profiles() {
		p, err := ParamsOf(name)
		want, ok := reports[name]
		if err != nil || !ok || p.MinScore != want || p.Evidence != (name != "notebook") || p.Validate() != nil || p.Frequent != 0.8 || p.Rare != 0.2 || p.Similarity != 0.85 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := ParamsOf("Balanced"); err == nil || len(Profiles()) != 4 {
		t.Errorf("%v, %q", err, Profiles())
	}
	for report, want := range map[int]bool{-1: false, 0: true, 100: true, 101: false} {
		p := NotebookParams()
		if p.MinScore = report; (p.Validate() == nil) != want {
			t.Errorf("report %d: %v", report, p.Validate())
		}
	}
}

func TestParseWeights(t *testing.T) {
	got, err := ParseWeights([]string{"folder=40", " parent = -100 ", "edits=+100"})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(Weights{"folder": 40, "parent": -100, "edits": 100}) {
		t.Errorf("%v, %v", got, err)
	}
	_, err = ParseWeights([]string{"folders=1", "parent=101", "edits=-101", "family", "addition=1.5", "elsewhere=1", "elsewhere=1", ""})
	for _, part := range []string{`"folders"`, "parent=101", "edits=-101", `"family"`, "addition=1.5", "elsewhere is there twice", `""`, "known-good"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not told in: %v", part, err)
		}
	}
	seen := map[string]bool{}
	for _, w := range WeightList() {
		if seen[w.Name] || w.What == "" || w.Points < -100 || w.Points > 100 {
			t.Errorf("%+v", w)
		}
		seen[w.Name] = true
	}
}

// Names that a user's file adds are imitated, in other folders, by other parents,
// and are known to be good, also without an extension.
func TestFactsOfAUser(t *testing.T) {
	facts, err := userFacts(t).With([]byte(`
names:
  - {name: [ourdaemon, .ourhidden], kind: core, folders: ['D:\Ours']}
  - {name: gateway.exe, kind: core, folders: ['D:\Ours']}
`))
	if err != nil {
		t.Fatal(err)
	}
	p := paramsOf(t, "hunt")
	p.Facts = facts
	for _, c := range []struct{ name, path, parent, target, weight string }{
		{"backupagemt.exe", `C:\x\backupagemt.exe`, none, "backupagent.exe", "edits"},
		{"backupagent.exe", `C:\x\backupagent.exe`, none, "backupagent.exe", "folder"},
		{"backupagent.exe", `D:\Tools\backupagent.exe`, none, "", ""},
		{"backupagent.exe", `D:\Tools\backupagent.exe`, `C:\Windows\explorer.exe`, "backupagent.exe", "parent"},
		{"backupagent.exe", `D:\Tools\backupagent.exe`, system + "services.exe", "", ""},
		{"svchost.exe", system + "svchost.exe", `C:\Windows\explorer.exe`, "", ""}, // of which the built-in facts know nothing
		{"calc.exe", `C:\x\calc.exe`, none, "", ""},
		{"ourdaemon32", `C:\x\ourdaemon32`, none, "ourdaemon", "addition"},
		{".ourhidden32", `C:\x\.ourhidden32`, none, ".ourhidden", "addition"},
		{"gateway2.exe", `C:\x\gateway2.exe`, none, "gateway.exe", "addition"},
		{"0urdaemon", `C:\x\0urdaemon`, none, "ourdaemon", "skeleton"},
	} {
		events := []happened{{at: 1, process: c.name, path: c.path, parent: c.parent, host: "h", account: none, commandLine: none}}
		s := storyOf(t, p, c.name, events, nil)
		if s.Target != c.target || c.weight == "" && s.Score > 0 && s.Reported {
			t.Errorf("%+v: imitates %q: %q, %q", c, s.Target, s.Verdict, weightsOf(s))
		}
		if c.weight != "" {
			s.has(t, c.weight, true, "%+v", c)
		}
	}
	s := storyOf(t, p, "chr0me.exe", slices.Concat(onHosts("chrome.exe", `C:\Program Files\x\chrome.exe`, 1, 90), onHosts("chr0me.exe", temp+"chr0me.exe", 1, 1)), nil)
	s.has(t, "known-good", true, "a name that is known here")
	s = storyOf(t, p, "clcok.exe", slices.Concat(onHosts("clock.exe", `C:\Program Files\Vendor\clock.exe`, 1, 90), onHosts("clcok.exe", temp+"clcok.exe", 1, 1)), nil)
	s.has(t, "known-good", false, "elsewhere")
	s = storyOf(t, p, "clcok.exe", slices.Concat(onHosts("clock.exe", `C:\Program Files\Vendor\clock.exe`, 1, 90), onHosts("clcok.exe", `C:\Program Files\Vendor\clcok.exe`, 1, 1)), nil)
	s.has(t, "known-good", true, "there")
	many := onHosts("clock.exe", `C:\Program Files\Vendor\clock.exe`, 1, 90)
	for i := range 9 { // eight are kept: the ninth may have been elsewhere
		many = append(many, onHosts("clcok.exe", fmt.Sprintf(`C:\Program Files\Vendor\%s\..\clcok.exe`, strings.Repeat("x", i+1)), 1, 1)...)
	}
	s = storyOf(t, p, "clcok.exe", many, nil)
	s.has(t, "known-good", false, "of more paths than are kept")
}

// A core process that lies where it belongs gets no points for lying there, odd
// parent or not.
func TestRightFolderSaysNothing(t *testing.T) {
	for _, c := range []struct {
		path, parent string
		want         []string
	}{
		{system + "svchost.exe", `C:\Windows\explorer.exe`, []string{"parent"}},
		{system + "drivers\\svchost.exe", none, []string{"folder", "windows-folder"}},
		{`C:\Windows\System32\svc` + "host\u200b.exe", none, []string{}},
	} {
		s := storyOf(t, paramsOf(t, "hunt"), "svchost.exe", []happened{{at: 1, process: "svchost.exe", path: c.path, parent: c.parent, host: none, account: none, commandLine: none}}, nil)
		if got := weightsOf(s); len(c.want) > 0 && !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// "Only" is not said of folders when there may be others that are not kept.
func TestOnlyOfAllFolders(t *testing.T) {
	for n, only := range map[int]bool{1: true, 2: true, 7: true, 8: false, 9: false, 30: false} {
		events := onHosts("svch0st.exe", temp+"svch0st.exe", 1, 1)
		for i := range n {
			events = append(events, onHosts("svchost.exe", fmt.Sprintf(`D:\%d\svchost.exe`, i), 1, 2)...)
		}
		events = append(events, onHosts("svchost.exe", system+"svchost.exe", 1, 2)...) // of another origin
		s := storyOf(t, paramsOf(t, "hunt"), "svch0st.exe", events, nil)
		text := s.Finding.Reasons[len(s.Finding.Reasons)-1]
		if !strings.Contains(text, "; svchost.exe ") || strings.Contains(text, "svchost.exe only runs from") != only {
			t.Errorf("%d folders and another: %q", n, text)
		}
		if n < 3 && !strings.Contains(text, `C:\Windows\System32`) {
			t.Errorf("%q", text)
		}
	}
}
