package process

import (
	"strings"
	"testing"
)

func TestDeeds(t *testing.T) {
	none := deeds
	for line, want := range map[string]deed{
		`vssadmin.exe Delete Shadows /all /quiet`: destroys,
		`vssadmin list shadows`:                   none,
		`wevtutil cl Security`:                    destroys,
		`cmd /c reg save HKLM\SAM C:\a`:           secrets,
		`reg query HKLM\SAM`:                      none,
		`rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 624 C:\x.dmp full`: secrets,
		`wmic /node:SRV01 process call create "cmd.exe"`:                           remote,
		`wmic process list brief`:                                                  none,
		`schtasks /Create /TN a /TR b`:                                             persists,
		`net user evil pass /add`:                                                  persists,
		`net use H: \\srv\home`:                                                    none,
		`powershell Set-MpPreference -DisableRealtimeMonitoring $true`:             disarms,
		`regsvr32 /s /u /i:http://a/b.sct scrobj.dll`:                              proxies,
		`rundll32.exe C:\ProgramData\cache\ledger.dat,Start`:                       proxies,
		`"C:\Windows\System32\rundll32.exe" "C:\a b\x.dat",#1`:                     proxies,
		`rundll32.exe C:\Windows\System32\shell32.dll,Control_RunDLL`:              none,
		`rundll32.exe shell32,Control_RunDLL`:                                      none,
		`rundll32.exe "C:\Program Files\a\b.DLL",Start`:                            none,
		`copy ledger.dat,Start`:                                                    none,
		`net group "Domain Admins" /domain`:                                        enumerates,
		`net localgroup Administrators`:                                            none,
		``:                                                                         none,
	} {
		var c command
		c.scan([]byte(line))
		for d := range deeds {
			if c.deeds[d] != (d == want) {
				t.Errorf("%s: deed %d is %v", line, d, c.deeds[d])
			}
		}
	}
}

// Every rule can be met, by its own words alone, and by them in capitals far apart.
func TestEveryRuleCanBeMet(t *testing.T) {
	if n := len(known.words); n > 64*len(wordSet{}) {
		t.Fatalf("%d words for %d places", n, 64*len(wordSet{}))
	}
	for d, lines := range deedLists {
		for _, line := range lines {
			var c command
			c.scan([]byte(strings.ToUpper(strings.Join(strings.Fields(line), strings.Repeat(" ~ ", 30)))))
			if !c.deeds[d] {
				t.Errorf("%s does not speak of deed %d", line, d)
			}
		}
	}
}

func TestSystemInFoldersOfUsers(t *testing.T) {
	for _, c := range []struct {
		path, parent, account string
		want                  int
	}{
		{`C:\Users\a\AppData\Local\Temp\x.exe`, "services.exe", "SYSTEM", ownFolder},
		{`C:\Users\a\AppData\Local\Temp\x.exe`, "services.exe", "a", 0},
		{`C:\Users\a\AppData\Local\Temp\x.exe`, "svchost.exe", "SYSTEM", forOthers},
		{`C:\Users\a\AppData\Local\x.exe`, "svchost.exe", "SYSTEM", 0},
		{`C:\Users\a\AppData\Local\x.exe`, "msiexec.exe", "HOST$", forOthers},
		{`C:\Windows\x.exe`, "services.exe", "SYSTEM", 0},
	} {
		s := stateOf([]start{{at: friday, path: c.path, parent: `C:\Windows\` + c.parent, account: c.account, host: "h"}})
		for _, p := range s.programs {
			if got := p.groups[0].key.vector.get(fieldOwn); got != c.want {
				t.Errorf("%+v: %d", c, got)
			}
		}
	}
}

// Of two lines that differ in length, characters and weak words alone, the pattern is
// the same; of two that do other things it is another.
func TestPatterns(t *testing.T) {
	of := func(line string) vector {
		var c command
		c.scan([]byte(line))
		return vectorOf(&c).pattern()
	}
	if of(`a.exe /x`) != of(`a.exe /x 123456 COPY "LOG FILE" `+strings.Repeat("%", 90)) {
		t.Error("one pattern is two")
	}
	if of(`powershell x`) == of(`powershell -w hidden x`) || of(`vssadmin list`) == of(`vssadmin delete shadows`) {
		t.Error("two patterns are one")
	}
}
