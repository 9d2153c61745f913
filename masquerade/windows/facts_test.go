package windows

import (
	"slices"
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	f := Builtin()
	for _, c := range []struct {
		path string
		want Folder
	}{
		{`C:\Windows\System32\svchost.exe`, Expected},
		{`\Device\HarddiskVolume4\WINDOWS\SysWOW64\svchost.exe`, Expected},
		{`%SystemRoot%\System32\svchost.exe`, Expected},
		{`D:\Windows\System32\svchost.exe`, Expected},
		{`C:\Windows\svchost.exe`, Wrong},
		{`C:\svchost.exe`, Wrong},
		{`C:\Windows\Temp\svchost.exe`, Wrong},
		{`C:\Windows \System32\svchost.exe`, Wrong},
		{`C:\Windows\System32\spool\svchost.exe`, Wrong},
		{`C:\Device\HarddiskVolume1\Windows\System32\svchost.exe`, Wrong},
		{`\Device\CdRom0\Windows\System32\svchost.exe`, Wrong},
		{`\\host\c$\Windows\System32\svchost.exe`, Wrong},
		{`C:\Windows\SysWOW64\lsass.exe`, Wrong},
		{`svchost.exe`, NoFact},
		{`System32\svchost.exe`, NoFact},
		{`C:\Windows\System32\nosuchprogram.exe`, NoFact},
		{`C:\Windows\explorer.exe`, Expected},
		{`C:\Windows\System32\explorer.exe`, Wrong},
		{`C:\Windows\WinSxS\amd64_microsoft-windows-s..l_31bf3856ad364e35_10.0.1_none_0a\cmd.exe`, Expected},
		{`C:\Windows\WinSxS\cmd.exe`, Wrong},
		{`C:\Windows\SysArm32\cmd.exe`, Expected},
		{`C:\Windows\SysArm32\wbem\wmic.exe`, Expected},
		{`C:\ProgramData\Docker\windowsfilter\0a1b\Files\Windows\System32\cmd.exe`, Shared},
		{`C:\ProgramData\Docker\windowsfilter\svchost.exe`, Wrong},
		{`C:\ProgramData\Docker\windowsfilter\0a1b\Files\Windows\cmd.exe`, Wrong},
		{`C:\Windows\System32\WINDOW~1\v1.0\powershell.exe`, Expected},
		{`C:\Windows\System32\powershell.exe`, Wrong},
		{`C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2-0\MsMpEng.exe`, Expected},
		{`C:\ProgramData\Microsoft\MsMpEng.exe`, Wrong},
		{`C:\Windows\WinSxS\amd64_a_b_c_d_e\msmpeng.exe`, Wrong}, // no program of \Windows
		{`C:\Windows\Microsoft.NET\Framework64\v4.0.30319\installutil.exe`, Expected},
		{`C:\Windows\Microsoft.NET\Framework64\installutil.exe`, Wrong},
		{`C:\Program Files\Git\usr\bin\find.exe`, Shared},
		{`C:\Windows\System32\find.exe`, Expected},
		{`C:\Users\bob\AppData\Local\Microsoft\OneDrive\23.1\FileCoAuth.exe`, Expected},
	} {
		checkFolder(t, f, c.path, c.want)
	}
}

func checkFolder(t *testing.T, f *Facts, path string, want Folder) {
	t.Helper()
	p := Normalise(path)
	if got := f.Folder(p.Base, p); got != want {
		t.Errorf("%s: %d, not %d", path, got, want)
	}
}

// Anybody may make the folder of a copy of Windows where there is none, so what lies
// in one is not above suspicion.
func TestCopiesOfWindowsAreShared(t *testing.T) {
	f := Builtin()
	for _, root := range []string{
		`C:\ProgramData\Docker\windowsfilter\0a1b\Files`,
		`C:\ProgramData\containerd\root\io.containerd.snapshotter.v1.windows\snapshots\7\Files`,
		`C:\ProgramData\Microsoft\Windows\Containers\BaseImages\a-b\Files`,
		`C:\ProgramData\Microsoft\Windows\Containers\BaseImages\a-b\BaseLayer\Files`,
		`C:\ProgramData\Microsoft\Windows\Containers\Layers\a-b\Files`,
		`C:\Windows.old`, `C:\WINDOWS.OLD.000`, `C:\$WINDOWS.~BT\NewOS`, `C:\$WINDOWS.~BT\Sources\SafeOS\SafeOS.Mount`,
		`C:\$WinREAgent\Scratch\Mount`, `D:\mount`, `D:\WinPE_amd64\mount`,
	} {
		checkFolder(t, f, root+`\Windows\System32\svchost.exe`, Shared)
		checkFolder(t, f, root+`\Windows\explorer.exe`, Shared)
		checkFolder(t, f, root+`\Windows\svchost.exe`, Wrong)
		checkFolder(t, f, root+`\svchost.exe`, Wrong)
		checkFolder(t, f, root+`\Windows\WinSxS\amd64_a_b_c_d_e\svchost.exe`, Wrong)
		checkFolder(t, f, `\\host\c$`+root[2:]+`\Windows\System32\svchost.exe`, Wrong)
	}
}

// The same holds for the folders at the root of a drive that setup makes.
func TestFoldersOfSetupAreShared(t *testing.T) {
	f := Builtin()
	for path, want := range map[string]Folder{
		`C:\$WINDOWS.~BT\Sources\lsass.exe`:                                            Wrong,
		`C:\$WINDOWS.~BT\Sources\SetupHost.exe`:                                        Shared,
		`C:\$WINDOWS.~BT\Sources\mediasetupuimgr.exe`:                                  Shared,
		`C:\$WINDOWS.~BT\Sources\migsetup.exe`:                                         Shared,
		`C:\$WINDOWS.~BT\Sources\wimserv.exe`:                                          Shared,
		`C:\$Windows.~WS\Sources\Windows\sources\setupprep.exe`:                        Shared,
		`C:\$WINDOWS.~BT\DiagTrackRunner.exe`:                                          Shared,
		`C:\Users\Public\DiagTrackRunner.exe`:                                          Wrong,
		`C:\Windows10Upgrade\Windows10UpgraderApp.exe`:                                 Shared,
		`C:\Program Files (x86)\WindowsInstallationAssistant\Windows10UpgraderApp.exe`: Expected,
		`D:\RemoteInstall\Boot\x64\bootmgr.exe`:                                        Shared,
	} {
		checkFolder(t, f, path, want)
	}
}

// Programs that lie in more than one place, and names that other makers use.
func TestFoldersOfSingleNames(t *testing.T) {
	f := Builtin()
	const health, kits = `C:\Windows\System32\SecurityHealth\`, `C:\Program Files (x86)\Windows Kits\10\`
	const subsystem = `C:\Program Files\WindowsApps\MicrosoftCorporationII.WindowsSubsystemForLinux_2.0.9.0_x64__8wekyb3d8bbwe\`
	for path, want := range map[string]Folder{
		health + `1.0.2402.27001-0\SecurityHealthHost.exe`:                             Expected,
		health + `1.0.2402.27001-0\SecurityHealthSystray.exe`:                          Expected,
		health + `1.0.2402.27001-0\SecurityHealthService.exe`:                          Expected,
		health + `SecurityHealthHost.exe`:                                              Wrong,
		`C:\Program Files\McAfee.com\Agent\mcupdate.exe`:                               Shared,
		`C:\Windows\ehome\mcupdate.exe`:                                                Expected,
		`C:\Windows\System32\AgentService.exe`:                                         Expected,
		`C:\Program Files\Any Agent\AgentService.exe`:                                  Shared,
		`C:\Program Files\DTrace\dtrace.exe`:                                           Expected,
		`D:\tools\dtrace.exe`:                                                          Shared,
		kits + `Assessment and Deployment Kit\Deployment Tools\amd64\DISM\wimserv.exe`: Expected,
		`D:\deploy\wimserv.exe`:                                                        Shared,
		`C:\Program Files\WSL\wslservice.exe`:                                          Expected,
		`C:\Program Files\WSL\wsl.exe`:                                                 Expected,
		`C:\Users\Public\wslservice.exe`:                                               Wrong,
		subsystem + `wslservice.exe`:                                                   Expected,
		subsystem + `wslrelay.exe`:                                                     Expected,
		subsystem + `wslhost.exe`:                                                      Expected,
		subsystem + `wsl.exe`:                                                          Expected,
		`C:\Windows\System32\RemInst\boot\x64\bootmgr.exe`:                             Expected,
		`C:\Windows\Boot\PXE\bootmgr.exe`:                                              Expected,
		`D:\pxe\bootmgr.exe`:                                                           Shared,
		`C:\Program Files\WindowsApps\Microsoft.SecHealthUI_1000.1_x64__8wekyb3d8bbwe\SecHealthUI.exe`:     Expected,
		`C:\Program Files\Any\Microsoft.WebView2.FixedVersionRuntime.120.0.2210.61.x64\msedgewebview2.exe`: Shared,
		`C:\Windows\UUS\amd64\MoNotificationUx.exe`:                                                        Expected,
		`D:\usmt\amd64\mighost.exe`:                                          Shared,
		kits + `Debuggers\x64\ttd\TTDInject.exe`:                             Expected,
		`C:\Windows\Temp\mpsigstub.exe`:                                      Shared,
		`C:\Windows\Temp\2FAAA3DB-0463-415C-A03A-35CDC98DA25F\MpSigStub.exe`: Expected,
	} {
		checkFolder(t, f, path, want)
	}
}

func TestWhere(t *testing.T) {
	f, err := Builtin().With([]byte("names: [{name: a.exe, folders: any}, {name: b.exe, folders: ['D:/B', '\\\\srv\\s', '%windir%', '\\X', '\\Y']}]"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"lsass.exe":   `C:\Windows\System32`,
		"svchost.exe": `C:\Windows\System32 or C:\Windows\SysWOW64`,
		"a.exe":       ``,
		"b.exe":       `D:\B or \\srv\s or %windir% or other known folders`,
	} {
		if n, ok := f.Name(name); !ok || n.Where() != want {
			t.Errorf("%s: %q, not %q", name, n.Where(), want)
		}
	}
}

func TestOddParent(t *testing.T) {
	f := Builtin()
	for _, c := range []struct {
		name, parent string
		odd          bool
	}{
		{"svchost.exe", `C:\Windows\System32\services.exe`, false},
		{"svchost.exe", `C:\Windows\System32\SERVICES.EXE`, false},
		{"svchost.exe", `services.exe`, false},
		{"svchost.exe", `C:\Windows\Temp\services.exe`, true},
		{"svchost.exe", `C:\Windows\explorer.exe`, true},
		{"svchost.exe", `C:\Windows\System32\rpcnet.exe`, false},
		{"svchost.exe", `C:\Windows\SysWOW64\rpcnet.exe`, false},
		{"svchost.exe", `rpcnet.exe`, false},
		{"svchost.exe", `C:\Program Files\Any\rpcnet.exe`, true},
		{"svchost.exe", `C:\Users\Public\rpcnet.exe`, true},
		{"svchost.exe", `C:\Windows\System32\drivers\rpcnet.exe`, true},
		{"svchost.exe", `\\host\c$\Windows\System32\rpcnet.exe`, true},
		{"svchost.exe", `System32\services.exe`, true},
		{"svchost.exe", `Temp\services.exe`, true},
		{"svchost.exe", `C:\Windows.old\Windows\System32\services.exe`, false}, // a copy of Windows may run
		{"svchost.exe", ``, false},
		{"svchost.exe", `-`, false},
		{"svchost.exe", `C:\Windows\`, false},
		{"explorer.exe", `C:\evil.exe`, false},
		{"nosuch.exe", `C:\evil.exe`, false},
		{"smss.exe", `System`, false},
		{"smss.exe", `C:\Users\Public\System`, true},
		{"smss.exe", `C:\Windows\System32\System`, true},
		{"smss.exe", `\System`, true},
		{"smss.exe", `\SystemRoot\System32\smss.exe`, false},
		{"csrss.exe", `System`, true},
		{"lsass.exe", `\Device\HarddiskVolume2\Windows\System32\wininit.exe`, false},
		{"lsass.exe", `\\host\c$\Windows\System32\wininit.exe`, true},
	} {
		if got := f.OddParent(c.name, c.parent); got != c.odd {
			t.Errorf("%s from %q: %v", c.name, c.parent, got)
		}
	}
	if p, ok := f.Parents("lsass.exe"); !ok || !slices.Equal(p, []string{"wininit.exe"}) {
		t.Error(p, ok)
	}
	if p, ok := f.Parents("explorer.exe"); ok {
		t.Error(p)
	}
}

func TestKnownGood(t *testing.T) {
	f, err := Builtin().With([]byte(`
known-good:
  - name: ['SvcHost-??.exe', 'build*.exe', 'büro*.exe', 'w*-x.exe']
    reason: ours
    folders: 'D:\Build\**'
  - name: exact.exe
`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		`E:\build\x\svchost-12.exe`:     "ours",
		`D:\build\svchost-äö.exe`:       "no",
		`D:\build\svchost-??.exe`:       "no",
		`D:\build\svchost-a..exe`:       "no",
		`D:\build\builder.exe`:          "ours",
		`D:\build\build.exe`:            "ours",
		`D:\build\build_1.2-3.exe`:      "ours",
		`D:\build\build-1.20.3.exe`:     "ours",
		`D:\build\büro-1.exe`:           "ours",
		`D:\build\büroä.exe`:            "no",
		`D:\build\build.pdf.exe`:        "no",
		`D:\build\build1.7z.exe`:        "no",
		`D:\build\build1..exe`:          "no",
		`D:\build\build 1.exe`:          "no",
		`D:\build\w1.2-x.exe`:           "ours",
		`D:\build\w.doc-x.exe`:          "no",
		"D:\\build\\build\u202egpj.exe": "no",
		"D:\\build\\build\xff.exe":      "no",
		`D:\builds\builder.exe`:         "no",
		`D:\build\svchost-1.exe`:        "no",
		`D:\svchost-12.exe`:             "no",
		`C:\any\exact.exe`:              "",
		`exact.exe`:                     "",
		`C:\any\exact_exe`:              "no",
		`C:\Windows\SoftwareDistribution\Download\Install\AM_Delta_Patch_1.3.exe`: "updates of Microsoft Defender",
		`C:\Users\bob\AM_Delta_Patch_1.3.exe`:                                     "no",
	} {
		checkGood(t, f, path, want)
	}
}

// checkGood wants a reason, or "no" for none.
func checkGood(t *testing.T, f *Facts, path, want string) {
	t.Helper()
	p := Normalise(path)
	reason, ok := f.KnownGood(p.Base, p)
	if want == "no" && ok || want != "no" && (!ok || reason != want) {
		t.Errorf("%q: %q, %v", path, reason, ok)
	}
}

func TestBuiltinKnownGood(t *testing.T) {
	f := Builtin()
	const defender, download = "updates of Microsoft Defender", `C:\Windows\SoftwareDistribution\Download\Install\`
	for path, want := range map[string]string{
		download + `AM_Base.exe`:                                                     defender,
		download + `UpdatePlatform.exe`:                                              defender,
		download + `UpdatePlatform.amd64fre_0a1b.exe`:                                defender,
		download + `UpdatePlatform.pdf.exe`:                                          "no",
		download + `AM_Base.scr`:                                                     "no",
		download + "am_base\u202egpj.exe":                                            "no",
		download + "am_base\u200b.exe":                                               "no",
		download + `Windows-KB890830-x64-V5.80.exe`:                                  "the Malicious Software Removal Tool",
		download + `Windows-KB890830-x64.doc-V5.exe`:                                 "no",
		download + `NDP48-KB4503548-x86-x64.exe`:                                     "update packages of Windows and .NET Framework",
		download + `Windows10.0-KB4534293-x64.exe`:                                   "update packages of Windows and .NET Framework",
		`C:\Windows\SystemTemp\x\mpam-fe.exe`:                                        defender,
		`C:\Windows\Temp\AM_Delta_Patch_1.3.exe`:                                     "no",
		`C:\Windows\Temp\x\mpam-fe.exe`:                                              "no",
		`C:\Windows\ServiceProfiles\NetworkService\AppData\Local\Temp\mpam-0a1b.exe`: defender,
	} {
		checkGood(t, f, path, want)
	}
}

func TestNamesAreSorted(t *testing.T) {
	names := Builtin().Names()
	if !slices.IsSortedFunc(names, func(a, b Name) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted")
	}
	for _, n := range names {
		if n.Kind >= kinds || n.Kind.String() == "invalid" {
			t.Errorf("%s is %v", n.Name, n.Kind)
		}
	}
	if Kind(kinds).String() != "invalid" {
		t.Error(Kind(kinds))
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s   string
		name, folder bool
	}{
		{`a`, `a`, true, true},
		{`*`, `a\b`, false, false},
		{`\a\*`, `\a\b`, true, true},
		{`\a\*`, `\a`, false, false},
		{`\a\*`, `\a\b\c`, false, false},
		{`\a\**`, `\a`, false, true},
		{`\a\**`, `\a\b\c`, false, true},
		{`\a\**`, `\ab`, false, false},
		{`\**`, `\x\y`, false, true},
		{`\**`, `\`, true, true},
		{`\a*\c`, `\ab\x\c`, false, false},
		{`\a*b*c`, `\axbxbxc`, true, true},
		{`\*\c\*`, `\b\c\d`, true, true},
		{`a?c`, `abc`, true, true},
		{`a?c`, `ac`, false, false},
		{`a?`, `aä`, false, false},
		{`a?`, `a?`, false, false},
		{`a*z`, `a1.2.3z`, false, true},
		{`a*z`, `a1.2.3-z`, true, true},
		{`a*`, `a.1`, true, true},
		{`a*`, `a.`, false, true},
		{`**a`, `a`, true, true},
		{``, ``, true, true},
		{``, `a`, false, false},
	} {
		if got := matchName(c.pattern, c.s); got != c.name {
			t.Errorf("name %s %s: %v", c.pattern, c.s, got)
		}
		if got := matchFolder(c.pattern, c.s); got != c.folder {
			t.Errorf("folder %s %s: %v", c.pattern, c.s, got)
		}
	}
}
