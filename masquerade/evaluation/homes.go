package evaluation

import (
	"strings"
)

// Where impostors run from unless the list says, and who starts them. The system's
// own folders are among them, so that the folder alone decides nothing.
// <user> is somebody of the host.
var (
	impostorFolders = []string{
		`C:\Windows\System32\`, `C:\Windows\`, `C:\Users\<user>\AppData\Local\Temp\`, `C:\Users\<user>\AppData\Roaming\`,
		`C:\ProgramData\`, `C:\Users\Public\`, `C:\Intel\`,
	}
	impostorParents = []string{explorer, `C:\Windows\System32\cmd.exe`, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
		`C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE`, services}
	usualParents = []string{explorer, services}
)

const (
	explorer = `C:\Windows\explorer.exe`
	services = `C:\Windows\System32\services.exe`
	programs = `C:\Program Files\`
)

// ImpostorFolders returns the folders from which one is drawn for an impostor
// whose list names none.
func ImpostorFolders() []string { return append([]string(nil), impostorFolders...) }

// wellKnown says of names of Windows itself where they are and who starts them, so
// that planting them makes no evidence of its own. It shares nothing with the
// facts of the hunt, which it helps to judge. (Microsoft Learn, and what any
// Windows 10 shows.) A parent that is left out is one of usualParents.
const wellKnown = `
svchost.exe System32 services.exe
lsass.exe System32 wininit.exe
lsaiso.exe System32 wininit.exe
lsm.exe System32 wininit.exe
services.exe System32 wininit.exe
csrss.exe System32 smss.exe
wininit.exe System32 smss.exe
winlogon.exe System32 smss.exe
smss.exe System32 smss.exe
userinit.exe System32 winlogon.exe
logonui.exe System32 winlogon.exe
dwm.exe System32 winlogon.exe
fontdrvhost.exe System32 winlogon.exe
explorer.exe . userinit.exe
spoolsv.exe System32 services.exe
searchindexer.exe System32 services.exe
msdtc.exe System32 services.exe
alg.exe System32 services.exe
dllhost.exe System32 svchost.exe
taskhost.exe System32 svchost.exe
taskhostw.exe System32 svchost.exe
taskhostex.exe System32 svchost.exe
taskeng.exe System32 svchost.exe
sihost.exe System32 svchost.exe
ctfmon.exe System32 svchost.exe
audiodg.exe System32 svchost.exe
runtimebroker.exe System32 svchost.exe
backgroundtaskhost.exe System32 svchost.exe
smartscreen.exe System32 svchost.exe
wuauclt.exe System32 svchost.exe
usoclient.exe System32 svchost.exe
searchprotocolhost.exe System32 searchindexer.exe
searchfilterhost.exe System32 searchindexer.exe
wmiprvse.exe System32\wbem svchost.exe
wmiapsrv.exe System32\wbem services.exe
wmic.exe System32\wbem
powershell.exe System32\WindowsPowerShell\v1.0 explorer.exe
conhost.exe System32 cmd.exe
cmd.exe System32 explorer.exe
rundll32.exe System32 explorer.exe
regsvr32.exe System32 explorer.exe
werfault.exe System32 svchost.exe
notepad.exe System32 explorer.exe
calc.exe System32 explorer.exe
mspaint.exe System32 explorer.exe
taskmgr.exe System32 explorer.exe
mmc.exe System32 explorer.exe
mstsc.exe System32 explorer.exe
mshta.exe System32 explorer.exe
wscript.exe System32 explorer.exe
cscript.exe System32 explorer.exe
control.exe System32 explorer.exe
msiexec.exe System32 services.exe
regedit.exe . explorer.exe
hh.exe . explorer.exe
winhlp32.exe . explorer.exe
splwow64.exe . explorer.exe
systeminfo.exe System32
tasklist.exe System32
taskkill.exe System32
schtasks.exe System32 cmd.exe
sc.exe System32
net.exe System32
net1.exe System32 net.exe
netstat.exe System32
nbtstat.exe System32
netsh.exe System32
ipconfig.exe System32
nslookup.exe System32
ping.exe System32
tracert.exe System32
tracerpt.exe System32
reg.exe System32
find.exe System32
findstr.exe System32
certutil.exe System32
bitsadmin.exe System32
autochk.exe System32 smss.exe
iexplore.exe C:\Program_Files\Internet_Explorer explorer.exe
chrome.exe C:\Program_Files\Google\Chrome\Application explorer.exe
firefox.exe C:\Program_Files\Mozilla_Firefox explorer.exe
msedge.exe C:\Program_Files_(x86)\Microsoft\Edge\Application explorer.exe
winword.exe C:\Program_Files\Microsoft_Office\root\Office16 explorer.exe
excel.exe C:\Program_Files\Microsoft_Office\root\Office16 explorer.exe
outlook.exe C:\Program_Files\Microsoft_Office\root\Office16 explorer.exe
`

// home is where a name belongs, and who starts it.
type home struct{ path, parent string }

// homes are those of legitimate names: of wellKnown ones, and of the lists.
type homes struct {
	known map[string]home   // by folded name
	lists map[string]string // paths
}

func newHomes(l Lists) homes {
	h := homes{map[string]home{}, map[string]string{}}
	for line := range strings.Lines(wellKnown) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		one := home{path: windowsFolder(f[1]) + f[0]}
		if len(f) > 2 {
			one.parent = f[2]
		}
		h.known[f[0]] = one
	}
	for name, one := range h.known {
		if p, ok := h.known[one.parent]; ok {
			one.parent = p.path
			h.known[name] = one
		}
	}
	for _, n := range l.Names {
		h.note(n.Name, n.Path)
	}
	for _, p := range l.Pairs {
		h.note(p.A, p.PathA)
		h.note(p.B, p.PathB)
	}
	return h
}

// windowsFolder spells out a folder of wellKnown.
func windowsFolder(short string) string {
	switch {
	case short == ".":
		return `C:\Windows\`
	case strings.Contains(short, ":"):
		return strings.ReplaceAll(short, "_", " ") + `\`
	}
	return `C:\Windows\` + short + `\`
}

// note remembers the path of a list, the one of Windows' own folders if there are
// several, else the first.
func (h homes) note(name, path string) {
	if path == "" {
		return
	}
	key := fold(name)
	if old, ok := h.lists[key]; !ok || nearness(path) < nearness(old) {
		h.lists[key] = located(path, name)
	}
}

// nearness orders paths: what lies in Windows' own folders is the program itself
// rather than a copy of it.
func nearness(path string) int {
	folder := strings.ToLower(path[:strings.LastIndexAny(path, `\/`)+1])
	switch {
	case folder == `c:\windows\system32\`:
		return 0
	case folder == `c:\windows\`:
		return 1
	case strings.HasPrefix(folder, `c:\program files`):
		return 2
	case strings.HasPrefix(folder, `c:\windows\winsxs\`):
		return 4
	}
	return 3
}

// located is the path of a name in the folder of another path.
func located(path, name string) string {
	return path[:strings.LastIndexAny(path, `\/`)+1] + name
}

// parent is who starts a legitimate name.
func (h homes) parent(name string) string {
	if p := h.known[fold(name)].parent; p != "" {
		return p
	}
	return usualParents[draw(len(usualParents), "parent", name)]
}
