package windows

import "testing"

var placed = []struct {
	path  string
	place Place
}{
	{``, Unknown},
	{`-`, Unknown},
	{`svchost.exe`, Unknown},
	{`System32\svchost.exe`, Unknown},
	{`C:\Windows\System32\svchost.exe`, System32},
	{`C:\Windows\System32\wbem\wmiprvse.exe`, System32},
	{`C:\Windows\System32\DriverStore\FileRepository\a\b.exe`, System32},
	{`C:\Windows\System32\spool\drivers\x64\3\a.exe`, System32},
	{`C:\Windows\SysWOW64\cmd.exe`, SysWOW64},
	{`C:\Windows\SysArm32\cmd.exe`, SysWOW64},
	{`C:\Windows\explorer.exe`, Windows},
	{`C:\Windows\System32x\a.exe`, Windows},
	{`C:\Windows\WinSxS\amd64_a_b_c_d_e\tiworker.exe`, Windows},
	{`C:\Windows\SoftwareDistribution\Download\Install\a.exe`, Windows},
	{`C:\Windows\SystemTemp\a.exe`, Windows},
	{`C:\Windows\CCM\a.exe`, Windows},
	{`C:\Windows\ccmsetup\a.exe`, Windows},
	{`C:\Windows\ccmcache\1\a.exe`, Windows},
	{`C:\Windows\UUS\amd64\a.exe`, Windows},
	{`C:\Windows.old\Windows\System32\a.exe`, Elsewhere},
	{`C:\ProgramData\Docker\windowsfilter\1\Files\Windows\System32\a.exe`, UserWritable},
	{`C:\Program Files\A\a.exe`, Programs},
	{`C:\Program Files (x86)\A\a.exe`, Programs},
	{`C:\PROGRA~1\A\a.exe`, Programs},
	{`C:\Program Files\A\Temp\a.exe`, Programs},
	{`C:\ProgramData\Microsoft\Windows Defender\Platform\4.18\MsMpEng.exe`, Programs},
	{`C:\ProgramData\Microsoft\Windows Defenders\a.exe`, UserWritable},
	{`C:\ProgramData\a.exe`, UserWritable},
	{`C:\Users\bob\AppData\Local\a.exe`, UserWritable},
	{`C:\Users\Public\a.exe`, UserWritable},
	{`%TEMP%\a.exe`, UserWritable},
	{`C:\Documents and Settings\bob\a.exe`, UserWritable},
	{`C:\Windows\Temp\a.exe`, UserWritable},
	{`C:\Windows\Tasks\a.exe`, UserWritable},
	{`C:\Windows\Tracing\a.exe`, UserWritable},
	{`C:\Windows\debug\WIA\a.exe`, UserWritable},
	{`C:\Windows\Registration\CRMLog\a.exe`, UserWritable},
	{`C:\Windows\PCHealth\ErrorRep\QSignoff\a.exe`, UserWritable},
	{`C:\Windows\ServiceProfiles\NetworkService\AppData\a.exe`, UserWritable},
	{`C:\Windows\System32\Tasks\a.exe`, UserWritable},
	{`C:\Windows\SysWOW64\Tasks\a.exe`, UserWritable},
	{`C:\Windows\System32\spool\drivers\color\a.exe`, UserWritable},
	{`C:\Windows\System32\config\systemprofile\a.exe`, UserWritable},
	{`C:\$Recycle.Bin\S-1-5\a.exe`, UserWritable},
	{`C:\RECYCLER\a.exe`, UserWritable},
	{`C:\PerfLogs\a.exe`, UserWritable},
	{`C:\Temp\a.exe`, UserWritable},
	{`D:\work\tmp\x\a.exe`, UserWritable},
	{`C:\template\a.exe`, Elsewhere},
	{`\\host\share\a.exe`, Remote},
	{`\\host\c$\Windows\System32\a.exe`, Remote},
	{`C:\a.exe`, Elsewhere},
	{`D:\Games\a.exe`, Elsewhere},
	{`C:\Windows \System32\a.exe`, Elsewhere},
	{`C:\Device\HarddiskVolume1\Windows\System32\a.exe`, Elsewhere},
	{`\Device\CdRom0\a.exe`, Elsewhere},
}

func TestPlaceOf(t *testing.T) {
	for _, c := range placed {
		if got := PlaceOf(c.path); got != c.place {
			t.Errorf("%s: %v, not %v", c.path, got, c.place)
		}
	}
}

func TestPlacesKeepTheirNumbersAndNames(t *testing.T) {
	for i, name := range []string{"unknown", "system32", "syswow64", "windows", "programs", "user-writable", "remote", "elsewhere"} {
		if got := Place(i).String(); got != name {
			t.Errorf("%d is %s, not %s", i, got, name)
		}
	}
	if places != 8 || Place(places).String() != "invalid" {
		t.Errorf("%d places", places)
	}
}
