package rules

import (
	"fmt"
	"time"
)

// day is the day of the findings here.
func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

// found is a finding of a name that looks like another.
func found(name, imitates string, paths ...string) Finding {
	f := Finding{ID: fmt.Sprintf("mq-%x", name+"|"+imitates), From: day(20), To: day(21), Name: name, Imitates: imitates, Severity: "High", Score: 80,
		Evidence: []string{"skeleton"}, Reasons: []string{"looks like " + imitates, "seen 2 times"}, Techniques: []string{"T1036.005"}, Count: 2,
		First: day(20).Add(time.Hour), Last: day(20).Add(2 * time.Hour)}
	for _, p := range paths {
		f.Paths = append(f.Paths, Path{Value: p})
	}
	return f
}

// svchost is what is known of a core process of Windows.
func svchost() *Program {
	homes := Homes{Folders: []string{`\windows\system32`, `\windows\syswow64`, `\windows\sysarm32`}, Stores: []string{`\windows\winsxs\*_*_*_*_*_*`},
		Copies: []string{`\programdata\docker\windowsfilter\*\files\windows`, `\*\mount\windows`, `\winnt`}}
	return &Program{Homes: homes, Fixed: true, Parents: []Parent{{"services.exe", Homes{Folders: []string{`\windows\system32`}}}, {"system", Homes{}}, {"agent.exe", Homes{Anywhere: true}}}}
}

// outside is a finding of a Windows program's name in a wrong folder.
func outside(name, path string) Finding {
	f := found(name, name, path)
	f.Evidence, f.Paths[0].Wrong, f.Program = []string{"folder"}, true, svchost()
	f.Reasons, f.Severity, f.Score = []string{name + " ran 2 times from " + path}, "Medium", 60
	return f
}

// fostered is one under a wrong parent.
func fostered(name string) Finding {
	f := found(name, name, `C:\Windows\System32\`+name)
	f.Evidence, f.Program, f.Severity, f.Score = []string{"parent"}, svchost(), "Medium", 55
	f.Reasons = []string{name + ` was started once by C:\Users\Public\run.exe; only services.exe starts it`}
	return f
}

// corpus is findings of all signs, with names that mean harm.
func corpus() []Finding {
	both := outside("lsass.exe", `C:\Windows\Temp\lsass.exe`)
	both.Evidence = append(both.Evidence, "parent")
	shared := outside("find.exe", `D:\tools\find.exe`)
	shared.Evidence, shared.Paths[0].Wrong, shared.Paths[0].Shared, shared.Program = []string{"common-folder"}, false, true, &Program{Homes: Homes{Anywhere: true}}
	kelvin := found("taskhost.exe", "taskhost.exe", "C:\\Windows\\Temp\\tas\u212Ahost.exe")
	kelvin.Severity, kelvin.Score = "Low", 45
	long := found("\u017Fvchost.exe", "svchost.exe", "C:\\Intel\\\u017Fvchost.exe")
	notebook := found("chrorne.exe", "chrome.exe", `C:\Users\bob\AppData\chrorne.exe`)
	notebook.Severity, notebook.Score, notebook.Evidence = "", 0, nil
	store := outside("csrss.exe", `C:\Windows\WinSxS\a_b_c_d_e_f\deep\csrss.exe`) // within the wildcards
	again := found("svch0st.exe", "svchost.exe", `C:\Users\Public\svch0st.exe`)
	again.From, again.To, again.Score = day(22), day(23), 90
	again.First, again.Last = day(22).Add(time.Hour), day(22).Add(time.Hour)
	all := []Finding{both, shared, kelvin, long, notebook, store, again,
		found("svch0st.exe", "svchost.exe", `C:\Intel\svch0st.exe`), outside("svchost.exe", `\\files\public\svchost.exe`), fostered("wininit.exe"),
		found("ctfmon\u202Egpj.exe", "", "C:\\Users\\Public\\ctfmon\u202Egpj.exe"), found("runtimebroker.exe ", "runtimebroker.exe", `C:\ProgramData\RuntimeBroker.exe `),
		found("winlogon.exe", "winlogin.exe", `C:\x\winlogon.exe`),
	}
	for i, name := range hostileNames() {
		f := found(name, "explorer.exe", `C:\x\`+name)
		f.Score = 30 + i
		all = append(all, f)
	}
	return all
}

// hostileNames are written to break formats.
func hostileNames() []string {
	return []string{`a*b?c.exe`, `a\*b\\?c\.exe`, `\\\`, `'; drop "x" --.exe`, `=cmd|'/c calc'!a0.exe`, "-a;=b,c.exe", "tab\tnew\nline\r.exe", "nul\x00.exe", "\u200b\ufeff\u2028.exe",
		"\U000e0041\U0001F600.exe", "<script>&amp;.exe", "%name%.exe", "{{x}} ${y} `z`.exe", "null", "123", "~", "- x: y #z", "é\u0301.exe", "\u0085\u007f\u009b.exe", "[a]|^$(b)+{2}.exe", "\ufffd.exe"}
}
