package process

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/publish/anomaly"
)

func readLabels(t testing.TB, text string) Labels {
	t.Helper()
	l, err := ReadLabels(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestReadLabels(t *testing.T) {
	for _, text := range []string{
		"\ufeffFindingId,Program,CommandLine,Label\nan-1,,,1\n,cmd.exe,*whoami?,0\n",
		"label,findingid,program,commandline\n1,an-1,,\n0,,CMD.EXE,*WHOAMI?\n",
		"\n  {\"FindingId\":\"an-1\",\"Label\":1}\n{\"Program\":\"cmd.exe\",\"CommandLine\":\"*whoami?\",\"Label\":0}\n",
	} {
		l, err := ReadLabels(strings.NewReader(strings.ReplaceAll(text, "an-1", anomaly.ID(Name, "all", "x"))))
		if err != nil || l.Len() != 2 {
			t.Fatalf("%q: %d, %v", text, l.Len(), err)
		}
		of := newLabeller(l, "all", 0.4)
		for _, c := range []struct {
			program, command string
			score            float64
			malicious, has   bool
		}{
			{"x", "y", 0.4, true, true},
			{"x", "y", 0.39, false, false},
			{`c:\windows\cmd.exe`, "cmd /c WhoAmI ", 0, false, true},
			{`c:\windows\cmd.exe`, "cmd /c whoami", 1, false, false},
			{`c:\windows\acmd.exe`, "whoami ", 1, false, false},
		} {
			one := &judged{row: row{program: &program{path: c.program}, group: &group{sample: sample{command: c.command}}}, score: c.score}
			if malicious, has := of.of(one); malicious != c.malicious || has != c.has {
				t.Errorf("%+v: %v, %v", c, malicious, has)
			}
		}
	}
	for _, text := range []string{"", "  \n", "FindingId,Program,CommandLine,Label\n", "\ufeff\n Program,Label", "Program,Label\nx,2\n", "Program,Label\nx,yes\n", "Program\nx\n", "Label\n1\n", "Progam,Label\nx,1\n", `{"Program":"x"}`, `{"Program":"x","Label":1,"a":1}`, `{"Label":1}`, `{"Program":"x","Label":-1}`, "Program,Label\n\"x"} {
		if _, err := ReadLabels(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{{"", "", true}, {"*", "", true}, {"a*b*c", "axxbyyc", true}, {"a*b*c", "axxbyy", false}, {"?", "", false}, {"a?", "ab", true}, {"*a", "bca", true}, {"a", "ab", false}, {"**", "x", true}} {
		if like(c.pattern, c.text) != c.want {
			t.Errorf("%q on %q", c.pattern, c.text)
		}
	}
}

// Errors and labels without executions are told by their lines of the file.
func TestLabelsAreToldByTheirLines(t *testing.T) {
	for _, c := range []struct{ text, line string }{
		{" \n\nProgram,Label\nx,1\n\n\"y\nz\",1\na,b\n", "line 8"},
		{"\n\n{\"Program\":\"x\",\"Label\":1}\n\n\n{\"Program\":\"x\"}\n", "line 6"},
		{"{\"Program\":\"x\",\n\"Label\":1}\n{\"Program\":\"y\",\n\"Label\":3}", "line 3"},
	} {
		if _, err := ReadLabels(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.line) {
			t.Errorf("%q: %v, want %s", c.text, err, c.line)
		}
	}
	for _, text := range []string{"\n\nProgram,Label\nnone.exe,1\n\n*,0\ncmd.exe,1\n\nnone2.exe,1\n", "\n\n\n{\"Program\":\"none.exe\",\"Label\":1}\n\n{\"Program\":\"*\",\"Label\":0}\n{\"Program\":\"cmd.exe\",\"Label\":1}\n\n{\"Program\":\"none2.exe\",\"Label\":1}"} {
		_, unmatched, err := detector().Train(t.Context(), stateOf(office(100)), readLabels(t, text), nil)
		if err == nil || len(unmatched) != 2 || unmatched[0].Line != 4 || unmatched[1].Line != 9 || unmatched[1].Text != "Program none2.exe" || unmatched[0].Why == "" {
			t.Errorf("%+v, %v", unmatched, err)
		}
	}
}

// A label of a finding is of the executions that make it one, and not of all that its
// program did.
func TestALabelOfAFindingIsOfWhatItTells(t *testing.T) {
	events, _ := labelled()
	found := finish(t, detector(), stateOf(events), NewState())[0]
	if !strings.HasSuffix(found.Entity, "powershell.exe") {
		t.Fatal(found.Entity)
	}
	labels := "FindingId,Program,Label\n" + found.FindingId + ",,1\n,*,0\n"
	m := trained(t, DefaultParams(), labels, events)
	v, err := detector().view(t.Context(), stateOf(events), NewState())
	if err != nil {
		t.Fatal(err)
	}
	odd, malicious := newLabeller(readLabels(t, labels), "all", low), 0
	for i := range v.all {
		one := &v.all[i]
		is, has := odd.of(one)
		if want := strings.HasSuffix(one.program.path, "powershell.exe") && one.score >= low; is != want || !has {
			t.Errorf("%s at %.2f: %v, %v", one.group.sample.command, one.score, is, has)
		}
		malicious += int(truth(is))
	}
	if _, n := m.Labelled(); n == 0 || n > malicious {
		t.Errorf("%d of %d", n, malicious)
	}
	for _, e := range events {
		s, err := m.Score(e.execution())
		if err != nil {
			t.Fatal(err)
		}
		if hostile := strings.Contains(e.command, "-enc"); *s.Probability > 0.5 != hostile {
			t.Fatalf("%v: %s", *s.Probability, e.command)
		}
	}
	calm := "FindingId,Program,Label\n" + anomaly.ID(Name, "all", `c:\windows\system32\svchost.exe`) + ",,1\n,powershell.exe,1\n,*,0\n"
	if _, unmatched, err := detector().Train(t.Context(), stateOf(events), readLabels(t, calm), nil); err != nil || len(unmatched) != 1 || !strings.Contains(unmatched[0].Why, "score of 0.4") {
		t.Errorf("%+v, %v", unmatched, err)
	}
}

// Of executions with the same features one is kept. A whole command line of a program
// stands for all of them, whichever is kept; a pattern that the kept one is unlike is
// told.
func TestLabelsOfExecutionsThatAreNotKept(t *testing.T) {
	twin := func(command string) start {
		return start{at: friday + hour, path: `C:\Windows\System32\cmd.exe`, parent: `C:\x.exe`, host: "h3", account: "u", command: command}
	}
	lines := []string{`cmd.exe /c dirab c:\temp\a `, `cmd.exe /c dirba c:\temp\a `}
	events := append(office(300), twin(lines[0]), twin(lines[1]))
	of := func(label string) (malicious int, unmatched []Unmatched) {
		m, unmatched, err := detector().Train(t.Context(), stateOf(events), readLabels(t, "Program,CommandLine,Label\n"+label+",1\n*,,0\n"), nil)
		if err != nil && len(unmatched) == 0 {
			t.Error(label, err)
		}
		if m != nil {
			_, malicious = m.Labelled()
		}
		return malicious, unmatched
	}
	told := []string{}
	for _, line := range lines {
		for _, whole := range []string{line, strings.TrimSpace(line)} {
			if n, unmatched := of("cmd.exe," + whole); n != 1 || len(unmatched) > 0 {
				t.Errorf("%q: %d, %+v", whole, n, unmatched)
			}
		}
		for _, pattern := range []string{"cmd.exe,*" + line[11:16] + "*", "," + line} {
			if n, unmatched := of(pattern); n+len(unmatched) != 1 {
				t.Errorf("%q: %d, %+v", pattern, n, unmatched)
			} else if n == 0 {
				told = append(told, fmt.Sprint(unmatched[0].Line, strings.Contains(unmatched[0].Why, "its Program")))
			}
		}
	}
	if !slices.Equal(told, []string{"2 true", "2 true"}) {
		t.Errorf("%v", told)
	}
	for _, other := range []string{`powershell.exe,` + lines[0], `cmd.exe,cmd.exe /c whoami /all`} {
		if n, unmatched := of(other); n != 0 || len(unmatched) != 1 {
			t.Errorf("%q: %d, %+v", other, n, unmatched)
		}
	}
}
