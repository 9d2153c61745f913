package windows

import (
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ path, dir, base string }{
		{``, ``, ``},
		{`svchost.exe`, ``, `svchost.exe`},
		{`C:\Windows\System32\svchost.exe`, `\windows\system32`, `svchost.exe`},
		{`d:/WINDOWS/system32/Svchost.EXE`, `\windows\system32`, `svchost.exe`},
		{`C:\svchost.exe`, `\`, `svchost.exe`},
		{`C:svchost.exe`, ``, `svchost.exe`},
		{`C:\\Windows\\a.exe`, `\windows`, `a.exe`},
		{`C:\\*\Windows\a.exe`, `\*\windows`, `a.exe`}, // a damaged path, but none of a share
		{`C:\Windows\`, `\windows`, ``},
		{`\??\C:\Windows\system32\csrss.exe`, `\windows\system32`, `csrss.exe`},
		{`\\?\C:\Windows\system32\csrss.exe`, `\windows\system32`, `csrss.exe`},
		{`\\.\C:\Windows\system32\csrss.exe`, `\windows\system32`, `csrss.exe`},
		{`//?/C:/Windows/csrss.exe`, `\windows`, `csrss.exe`},
		{`\Device\HarddiskVolume3\Windows\System32\smss.exe`, `\windows\system32`, `smss.exe`},
		{`\Device\HarddiskVolumeShadowCopy12\Windows\a.exe`, `\windows`, `a.exe`},
		{`\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\a.exe`, `\`, `a.exe`},
		{`\Device\Harddisk0\Partition2\Windows\a.exe`, `\windows`, `a.exe`},
		{`\\?\Volume{0f4ab1c5-0000}\Windows\a.exe`, `\windows`, `a.exe`},
		{`\Device\VhdHardDisk{6a}\Windows\a.exe`, `\windows`, `a.exe`},
		{`\Device\vmsmb\VSMB-{dcc0}\os\Windows\a.exe`, `\windows`, `a.exe`},
		{`\Device\vmsmb\VSMB-{dcc0}\oscar\a.exe`, `\oscar`, `a.exe`},
		{`\Device\CdRom0\Windows\System32\a.exe`, `\device\cdrom0\windows\system32`, `a.exe`},
		{`\SystemRoot\System32\smss.exe`, `\windows\system32`, `smss.exe`},
		{`\\Fileserver\Share\Tools\A.exe`, `\\*\share\tools`, `a.exe`},
		{`\\fileserver`, `\\*`, ``},
		{`\\10.0.0.7\C$\Windows\System32\cmd.exe`, `\\*\c$\windows\system32`, `cmd.exe`},
		{`\\?\UNC\host\share\a.exe`, `\\*\share`, `a.exe`},
		{`\??\UNC\host\share\a.exe`, `\\*\share`, `a.exe`},
		{`\Device\Mup\host\share\a.exe`, `\\*\share`, `a.exe`},
		{`\Device\Mup\;LanmanRedirector\;Z:00000001\host\share\a.exe`, `\\*\share`, `a.exe`},
		{`\Device\LanmanRedirector\host\share\a.exe`, `\\*\share`, `a.exe`},
		{`\\host\share\..\..\a.exe`, `\\*`, `a.exe`},
		{`%SystemRoot%\System32\a.exe`, `\windows\system32`, `a.exe`},
		{`%windir%\a.exe`, `\windows`, `a.exe`},
		{`%SystemDrive%\Windows\a.exe`, `\windows`, `a.exe`},
		{`%ProgramFiles(x86)%\a\a.exe`, `\program files (x86)\a`, `a.exe`},
		{`%ProgramW6432%\a\a.exe`, `\program files\a`, `a.exe`},
		{`%ALLUSERSPROFILE%\a.exe`, `\programdata`, `a.exe`},
		{`%TEMP%\a.exe`, `\users\%username%\appdata\local\temp`, `a.exe`},
		{`%nothing%\a.exe`, `%nothing%`, `a.exe`},
		{`C:\PROGRA~1\a.exe`, `\program files`, `a.exe`},
		{`C:\Progra~2\Common~1\a.exe`, `\program files (x86)\common files`, `a.exe`},
		{`C:\DOCUME~1\bob\a.exe`, `\users\bob`, `a.exe`},
		{`C:\Documents and Settings\All Users\a.exe`, `\programdata`, `a.exe`},
		{`C:\Windows\System32\WINDOW~1\v1.0\powershell.exe`, `\windows\system32\windowspowershell\v1.0`, `powershell.exe`},
		{`C:\Windows\MICROS~1.NET\FRAMEW~2\v4.0.30319\csc.exe`, `\windows\microsoft.net\framework64\v4.0.30319`, `csc.exe`},
		{`C:\Windows\\.\Temp\..\System32\\a.exe`, `\windows\system32`, `a.exe`},
		{`C:\..\..\a.exe`, `\`, `a.exe`},
		{`C:\Windows\System32\..`, `\windows`, ``},
		{`System32\a.exe`, `system32`, `a.exe`},
		{`..\a.exe`, ``, `a.exe`},
		{"C:\\Windows\\ta\u212Ahost.exe", `\windows`, "ta\u212Ahost.exe"}, // the Kelvin sign is no k to Windows
		{"C:\\W\u0130ndows\\a.exe", "\\w\u0130ndows", `a.exe`},
		{`C:\Übung\ÄÖ.EXE`, `\übung`, `äö.exe`},
		{"C:\\a\xff\\B.exe", "\\a\xff", `b.exe`},
	} {
		if p := Normalise(c.path); p.Dir != c.dir || p.Base != c.base {
			t.Errorf("%q: %q and %q, not %q and %q", c.path, p.Dir, p.Base, c.dir, c.base)
		}
	}
}

// A folder whose name only looks like that of a system folder, or of a name in the
// object manager, is not taken for it.
func TestNormaliseIsNotFooled(t *testing.T) {
	for _, path := range []string{
		`C:\Windows \System32\computerdefaults.exe`,
		`C:\Windows.\System32\a.exe`,
		`C:\Windows\System32 \a.exe`,
		`C:\Windows\Sysnative\a.exe`,
		`C:\Device\HarddiskVolume1\Windows\System32\a.exe`,
		`\Device\HarddiskVolume1\Device\HarddiskVolume2\Windows\System32\a.exe`,
		`C:\SystemRoot\System32\a.exe`,
		`C:\.\SystemRoot\System32\a.exe`,
		`C:\x\..\SystemRoot\System32\a.exe`,
		`C:\%SystemRoot%\System32\a.exe`,
		`C:\UNC\host\a.exe`,
		`\\host\Windows\System32\a.exe`,
		`\\localhost\C$\Windows\System32\a.exe`,
	} {
		if p := Normalise(path); p.Dir == `\windows\system32` {
			t.Errorf("%q is taken for %q", path, p.Dir)
		}
	}
}

func TestNormaliseAllocatesOnce(t *testing.T) {
	for _, path := range []string{`C:\Windows\System32\svchost.exe`, `\Device\HarddiskVolume3\Program Files\A\B.exe`} {
		if n := testing.AllocsPerRun(100, func() { Normalise(path) }); n > 1 {
			t.Errorf("%q: %v allocations", path, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { PlaceOf(`C:\Windows\System32\svchost.exe`) }); n > 0 {
		t.Errorf("a usual path: %v allocations", n)
	}
}

func FuzzNormalise(f *testing.F) {
	for _, path := range []string{`C:\Windows\a.exe`, `\\?\UNC\h\s\..\a`, `\Device\Mup\;x\;y\h\s\a`, `%TEMP%\..\progra~1\a`,
		`c:\device\mup\..\x\.\`, `\??\\??\c:\\\device\harddisk0\partition1`, `\\*\`, `\x\..\..\device\vmsmb\vsmb-1\os`,
		`c:`, `c:\..\..\d:\..\\`, "\u1e9e\u0130\u212a\xff", `\users\all users`, `c:\.\device\..\..`, `\\.\globalroot\systemroot`,
		`device\harddiskvolume1\windows\a`, `systemroot\a`, `all users`, `all users\a`, `documents and settings\a\b`, `dosdevices\c:\a`, `??\a\b`,
		`services\a`, `x\.cr\a`, `x\..\a`, `x\...\a`, `x\.`, `x\.a`, `%temp%\a`, `progra~1\a`, `windows\system32\`, `global??\a\b`} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p := Normalise(path)
		if again := Normalise(p.String()); again != p {
			t.Errorf("%q: %#v, and again %#v", path, p, again)
		}
		if upper := Normalise(upperASCII(path)); upper != p {
			t.Errorf("%q: %#v, in capitals %#v", path, p, upper)
		}
		if strings.Contains(p.Base, `\`) || strings.ContainsAny(p.Dir+p.Base, "ABCDEFGHIJKLMNOPQRSTUVWXYZ/") {
			t.Errorf("%q: %#v", path, p)
		}
		if strings.HasSuffix(p.Dir, `\`) && p.Dir != `\` {
			t.Errorf("%q: a separator ends %q", path, p.Dir)
		}
		if place := p.Place(); place >= places || (place == Remote) != p.Remote() {
			t.Errorf("%q: %v", path, place)
		}
		for _, spelling := range []string{path, `C:\` + path, `c:\Users\` + path} {
			want := normalise(spelling)
			if got := Normalise(spelling); got != want || Normalise([]byte(spelling)) != want {
				t.Errorf("%q: %#v, at length %#v", spelling, got, want)
			}
			if got := PlaceOf(spelling); got != want.Place() || PlaceOf([]byte(spelling)) != got {
				t.Errorf("%q: %v, at length %v", spelling, got, want.Place())
			}
		}
	})
}

func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func BenchmarkPlaceOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		PlaceOf(`C:\Windows\System32\svchost.exe`)
	}
}
