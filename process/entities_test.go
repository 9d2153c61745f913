package process

import (
	"fmt"
	"testing"

	"sparkless/publish/anomaly"
)

// namedIn is what a finding names of a kind, with its numbers.
func namedIn(f anomaly.Finding, kind string) string {
	text := ""
	for _, e := range f.Entities {
		if e.Kind == kind {
			text += fmt.Sprintf("%s %d;", e.Value, e.Count)
		}
	}
	return text
}

// A finding names the parents, hosts and accounts of all executions that would be findings
// by themselves, with as many as are known to be theirs, and of none of the usual ones.
func TestEntitiesOfAllThatIsOdd(t *testing.T) {
	second, third := attack, attack
	second.parent, second.host, second.account = `C:\Windows\System32\cmd.exe`, "HOST8", `CONTOSO\eve`
	third.host, third.account = "HOST9", `CONTOSO\eve`
	third.at++
	const powershell = `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`
	for what, c := range map[string]struct {
		events                          []start
		total                           int64
		parents, hosts, accounts, files string
	}{
		"one":            {[]start{attack}, 1, "winword.exe 1;", "HOST7 1;", `CONTOSO\bob 1;`, powershell + " 1;"},
		"of two parents": {[]start{attack, second}, 2, "winword.exe 1;cmd.exe 1;", "HOST7 1;HOST8 1;", `CONTOSO\bob 1;CONTOSO\eve 1;`, powershell + " 2;"},
	} {
		f := finish(t, detector(), stateOf(append(office(4000), c.events...)), NewState())
		if len(f) != 1 || f[0].Entities[0].Kind != "process" || f[0].Entities[0].Count != c.total {
			t.Fatalf("%s: %+v", what, f)
		}
		for kind, want := range map[string]string{"parent": c.parents, "host": c.hosts, "account": c.accounts, "file": c.files} {
			if got := namedIn(f[0], kind); got != want {
				t.Errorf("%s, %s: %q, want %q", what, kind, got, want)
			}
		}
	}
	// Of two that are alike one is kept: whose the other is, is not known.
	f := finish(t, detector(), stateOf(append(office(4000), attack, third)), NewState())
	if len(f) != 1 || f[0].Entities[0].Count != 2 || namedIn(f[0], "parent") != "winword.exe 2;" {
		t.Fatalf("%+v", f)
	}
	for _, kind := range []string{"host", "account"} {
		var known int64
		for _, e := range f[0].Entities {
			if e.Kind == kind {
				known += e.Count
			}
		}
		if known != 0 {
			t.Errorf("%s: %q", kind, namedIn(f[0], kind))
		}
	}
	// A program of one host and one account has no others.
	alone := attack
	alone.path = `C:\Temp\tool.exe`
	again := alone
	again.at++
	f = finish(t, detector(), stateOf(append(office(4000), alone, again)), NewState())
	if len(f) != 1 || namedIn(f[0], "host") != "HOST7 2;" || namedIn(f[0], "account") != `CONTOSO\bob 2;` || namedIn(f[0], "file") != `C:\Temp\tool.exe 2;` {
		t.Errorf("%+v", f)
	}
}

// A path that was cut short, and one that stands for several, is not known to be the file.
func TestFilesThatAreNotKnown(t *testing.T) {
	for path, want := range map[string]bool{`c:\x\a.exe`: true, `c:\users\*\a.exe`: false, `c:\x\#\a.exe`: false, `?:\x\a.exe`: false} {
		if isOneFile(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
	long := fmt.Sprintf("%0*d", longestPath, 1)
	if value, _ := sampled(long, longestPath, true); value != long+"…" {
		t.Errorf("%.20s…%s", value, value[len(value)-10:])
	}
}
