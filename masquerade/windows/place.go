package windows

import "strings"

// Place is where on a machine a file lies, coarsely. The values are stored: none
// may ever be renumbered, and there are never more than eight.
type Place uint8

// The places.
const (
	// Unknown is the place of a name without a path, or with a relative one.
	Unknown Place = iota
	// System32 is \Windows\System32 and what lies below it, but for the spots that
	// are UserWritable.
	System32
	// SysWOW64 holds the system folders for programs of another architecture:
	// SysWOW64, SysArm32 and SyChpe32 below \Windows.
	SysWOW64
	// Windows is the rest of \Windows, with WinSxS.
	Windows
	// Programs is \Program Files, \Program Files (x86), and the folders of
	// Microsoft Defender below \ProgramData, which it keeps from users.
	Programs
	// UserWritable is where users or services may put files: profiles, ProgramData,
	// temporary folders, recycle bins, and the spots below \Windows that are open.
	UserWritable
	// Remote is a share of any host.
	Remote
	// Elsewhere is any other folder.
	Elsewhere
	places = iota
)

// String returns the name of the place, such as "system32".
func (p Place) String() string {
	names := [places]string{"unknown", "system32", "syswow64", "windows", "programs", "user-writable", "remote", "elsewhere"}
	if int(p) >= len(names) {
		return "invalid"
	}
	return names[p]
}

// PlaceOf returns the place of a file by its path as an event spells it: what
// Normalise(path).Place() is, sooner.
func PlaceOf[T string | []byte](path T) Place {
	var room [mostUsual]byte
	if _, dir := usual(&room, path); dir > 0 {
		return Path{Dir: string(room[:dir])}.Place()
	}
	return Normalise(path).Place()
}

// Place returns the place of the file.
func (p Path) Place() Place {
	switch {
	case p.Remote():
		return Remote
	case p.Local():
	case driven(p.Dir):
		return Elsewhere
	default:
		return Unknown
	}
	first, rest, _ := strings.Cut(p.Dir[1:], `\`)
	switch first {
	case "windows":
		return windowsPlace(rest)
	case "program files", "program files (x86)", "program files (arm)":
		return Programs
	case "programdata":
		if _, ok := below(rest, `microsoft\windows defender`); ok {
			return Programs
		}
		return UserWritable
	case "users", "perflogs", "$recycle.bin", "recycler", "recycled", "system volume information":
		return UserWritable
	}
	if temporary(p.Dir) {
		return UserWritable
	}
	return Elsewhere
}

// temporary tells whether a folder of the path has the name of a temporary one.
func temporary(dir string) bool {
	for _, name := range [...]string{`\temp`, `\tmp`} {
		if strings.HasSuffix(dir, name) || strings.Contains(dir, name+`\`) {
			return true
		}
	}
	return false
}

// windowsPlace returns the place of a folder below \Windows.
func windowsPlace(dir string) Place {
	first, rest, _ := strings.Cut(dir, `\`)
	switch first {
	case "temp", "tasks", "tracing", "debug", "serviceprofiles":
		return UserWritable
	case "registration":
		return placeOr(Windows, rest, "crmlog")
	case "pchealth":
		return placeOr(Windows, rest, "errorrep")
	case "system32":
		return placeOr(System32, rest, openSystem[:]...)
	case "syswow64", "sysarm32", "sychpe32":
		return placeOr(SysWOW64, rest, openSystem[:]...)
	}
	return Windows
}

// openSystem are the spots below a system folder in which users or services may
// make files and start them.
var openSystem = [...]string{`com\dmp`, `config\systemprofile`, `fxstmp`, `microsoft\crypto\rsa\machinekeys`,
	`spool\drivers\color`, `spool\printers`, `spool\servers`, `tasks`}

// placeOr returns UserWritable if dir is one of the spots or below it.
func placeOr(place Place, dir string, spots ...string) Place {
	for _, spot := range spots {
		if _, ok := below(dir, spot); ok {
			return UserWritable
		}
	}
	return place
}
