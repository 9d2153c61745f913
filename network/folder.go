package network

import "strings"

// place is the kind of folder that a program runs from.
type place uint8

const (
	elsewhere  place = iota
	system           // of the operating system, where only administrators write
	installed        // of installed programs, likewise
	profile          // of one user
	shared           // where every user may write beside installed data, such as ProgramData
	downloaded       // what somebody fetched, and may have meant to start
	passing          // temporary or public: where nothing is installed
	unknown          // the event does not tell
	places
)

// String is how a place is written in files and findings.
func (p place) String() string {
	return [...]string{"elsewhere", "system", "installed", "profile", "shared", "download", "temporary", "unknown"}[p]
}

func placeNamed(text string) (place, bool) {
	for p := range places {
		if p.String() == text {
			return p, true
		}
	}
	return 0, false
}

// passingFolders are parts of paths in lower case, with slashes, of folders in which
// any user may put a program and no installer leaves one.
func passingFolders() []string {
	return []string{"/temp/", "/tmp/", "/users/public/", "/perflogs/", "/$recycle.bin/", "/dev/shm/", "/inetcache/",
		"/temporary internet files/", "/content.outlook/", "/windows/tasks/", "/windows/tracing/", "/windows/debug/",
		"/system32/spool/drivers/color/"}
}

// downloadFolders are those in which people keep what they fetched.
func downloadFolders() []string { return []string{"/downloads/", "/desktop/"} }

// placeOf tells the kind of folder of a path, which ends in the program's name or in
// the folder, in lower case.
func placeOf(path string) place {
	p := strings.ReplaceAll(path, `\`, "/")
	p = strings.TrimSuffix(p, "/")
	if !strings.Contains(p, "/") {
		return unknown
	}
	p += "/" // where the path is that of the folder
	for _, f := range passingFolders() {
		if strings.Contains(p, f) {
			return passing
		}
	}
	for _, f := range downloadFolders() {
		if strings.Contains(p, f) {
			return downloaded
		}
	}
	if i := strings.Index(p, ":/"); i >= 0 {
		p = p[i+1:] // behind the drive
	} else if rest, ok := strings.CutPrefix(p, "/device/harddiskvolume"); ok {
		p = rest[strings.IndexByte(rest, '/'):]
	}
	for _, known := range [...]struct {
		prefix string
		place  place
	}{
		{"/windows/", system}, {"/program files/", installed}, {"/program files (x86)/", installed},
		{"/programdata/", shared}, {"/users/", profile}, {"/home/", profile}, {"/root/", profile},
		{"/usr/local/", installed}, {"/usr/", system}, {"/bin/", system}, {"/sbin/", system}, {"/lib/", system},
		{"/opt/", installed}, {"/applications/", installed}, {"/system/", system}, {"/library/", installed},
	} {
		if strings.HasPrefix(p, known.prefix) {
			return known.place
		}
	}
	return elsewhere
}

// fleeting reports whether files come and go in such a folder, under names that are drawn
// anew each time. Elsewhere another digit is another program.
func (p place) fleeting() bool { return p == passing || p == downloaded }

// base is the last part of a path, whose separators may be of either kind.
func base(path string) string {
	return path[strings.LastIndexAny(path, `\/`)+1:]
}
