package process

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode/utf8"

	"sparkless/storage/filename"
)

// longestPath is how many bytes of a program's path are kept; what is longer ends in a
// digest of all of it.
const longestPath = 300

// programOf names a program by its path: in lower case, without what differs from user
// to user, from version to version, and from one unpacking of a set-up to the next. So C:\Users\alice\x.exe is
// c:\users\*\x.exe, and each volume's device is a drive.
func programOf(path string) string {
	path = strings.ReplaceAll(strings.ToLower(path), "/", `\`)
	path = strings.TrimPrefix(path, `\??\`)
	if rest, ok := strings.CutPrefix(path, `\device\harddiskvolume`); ok {
		if at := strings.IndexByte(rest, '\\'); at >= 0 {
			path = "?:" + rest[at:]
		}
	}
	folders, name := "", path
	if at := strings.LastIndexByte(path, '\\'); at >= 0 {
		folders, name = path[:at], path[at:]
	}
	folders = withoutVersions(withoutUser(folders))
	name = withoutVersions(name)
	path = folders + name
	if placeOf(path) != elsewhere {
		path = folders + alike(name)
	}
	return cutPath(path)
}

// alike is the name of a program that lies where users may write, without what is drawn
// anew for each file. There, installers and updaters come under a new name each time, and
// what is known of one is what is known of all in a folder.
func alike(name string) string {
	name = filename.Shape(name)
	ext := max(strings.LastIndexByte(name, '.'), 0)
	if ext > 0 && filename.Random(strings.TrimPrefix(name[:ext], `\`)) {
		return `\#` + name[ext:]
	}
	return name
}

// users is the folder that has those of users, on any drive.
const users = `:\users\`

// sharedFolder reports whether a folder of users is nobody's own.
func sharedFolder(name string) bool { return name == "public" || name == "default" }

// withoutUser takes the user's own folder out of a path of folders.
func withoutUser(folders string) string {
	at := strings.Index(folders, users)
	if at < 0 {
		return folders
	}
	at += len(users)
	rest := folders[at:]
	end := strings.IndexByte(rest+`\`, '\\')
	if sharedFolder(rest[:end]) {
		return folders
	}
	return folders[:at] + "*" + rest[end:]
}

// withoutVersions puts a '#' for every version and every long hexadecimal number.
func withoutVersions(folders string) string {
	if !strings.ContainsAny(folders, "0123456789") {
		return folders
	}
	var out strings.Builder
	out.Grow(len(folders))
	for i := 0; i < len(folders); {
		n := 0
		if i == 0 || !isAlphanumeric(folders[i-1]) {
			n = changing(folders[i:])
		}
		if n == 0 {
			n = 1
			out.WriteByte(folders[i])
		} else {
			out.WriteByte('#')
		}
		i += n
	}
	return out.String()
}

// changing is the length of a version or a number of at least 8 hexadecimal digits at
// the start of s, also of a GUID; 0 if there is none.
func changing(s string) int {
	n, dots, digits := 0, 0, 0
	for n < len(s) && (isDecimal(s[n]) || s[n] == '.' && n > 0 && s[n-1] != '.') {
		if s[n] == '.' {
			dots++
		}
		n++
	}
	if n > 0 && s[n-1] == '.' {
		n, dots = n-1, dots-1
	}
	if dots > 0 && (n == len(s) || !isAlphanumeric(s[n])) {
		return n
	}
	for n = 0; n < len(s) && (isDecimal(s[n]) || 'a' <= s[n] && s[n] <= 'f' || s[n] == '-' && n >= 8); n++ {
		if isDecimal(s[n]) {
			digits++
		}
	}
	for n > 0 && s[n-1] == '-' {
		n--
	}
	if n >= 8 && digits > 0 && (n == len(s) || !isAlphanumeric(s[n])) {
		return n
	}
	return 0
}

func isDecimal(b byte) bool { return '0' <= b && b <= '9' }

func isAlphanumeric(b byte) bool { return isDecimal(b) || 'a' <= b && b <= 'z' }

// cutPath bounds a path.
func cutPath(path string) string {
	if len(path) <= longestPath {
		return path
	}
	sum := fnv.New128a()
	_, _ = fmt.Fprint(sum, path) // writing to a hash cannot fail
	tail := "…" + hex.EncodeToString(sum.Sum(nil))
	return cutText(path, longestPath-len(tail)) + tail
}

// cutText cuts a text to at most n bytes, never inside a character.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// nameOf is the base name of a path.
func nameOf(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }

// The places that a program is run from.
const (
	elsewhere    = iota
	userWritable // a folder that users may write to
	temporary    // one where nothing stays
)

// placeOf says what place a program's path is in.
func placeOf(program string) int {
	place := elsewhere
	var before string // the folder around
	drive := false    // whether that is one of a drive
	for depth := 0; ; depth++ {
		folder, rest, has := strings.Cut(program, `\`)
		if !has {
			return place
		}
		top := strings.HasSuffix(before, ":")
		switch folder {
		case "temp", "tmp", "downloads", "inetcache", "perflogs", "$recycle.bin":
			if depth > 0 {
				return temporary
			}
		case "tasks", "debug":
			if depth > 1 && before == "windows" {
				return temporary
			}
		case "public":
			if drive && before == "users" {
				return temporary
			}
		case "users", "programdata":
			if top {
				place = userWritable
			}
		case "appdata":
			if depth > 0 {
				place = userWritable
			}
		}
		program, before, drive = rest, folder, top
	}
}

// userPrograms are programs that people run, and that services rarely need: shells,
// script hosts, browsers, office programs.
var userPrograms = map[string]bool{
	"cmd.exe": true, "powershell.exe": true, "pwsh.exe": true, "wscript.exe": true, "cscript.exe": true, "mshta.exe": true, "explorer.exe": true,
	"notepad.exe": true, "calc.exe": true, "mspaint.exe": true, "regedit.exe": true, "taskmgr.exe": true, "mmc.exe": true,
	"chrome.exe": true, "msedge.exe": true, "firefox.exe": true, "iexplore.exe": true, "opera.exe": true,
	"winword.exe": true, "excel.exe": true, "powerpnt.exe": true, "outlook.exe": true, "onenote.exe": true, "teams.exe": true, "acrord32.exe": true,
}

// isUserProgram reports whether a program is one that people run, by its name or its
// place.
func isUserProgram(program string) bool {
	return userPrograms[nameOf(program)] || strings.Contains(program, users)
}

// isSystem reports whether an account is the machine itself: SYSTEM, or the name of a
// computer, which ends in a dollar sign.
func isSystem(account string) bool {
	name := nameOf(account)
	return strings.EqualFold(name, "SYSTEM") || strings.HasSuffix(name, "$")
}

// openers are programs that open what others have sent, or serve others: some
// of them start a shell at times, and some hardly ever.
var openers = map[string]int{
	"winword.exe": oddShell, "excel.exe": oddShell, "powerpnt.exe": oddShell, "outlook.exe": oddShell, "onenote.exe": oddShell, "acrord32.exe": oddShell, "acrobat.exe": oddShell,
	"msaccess.exe": oddShell, "mspub.exe": oddShell, "visio.exe": oddShell, "eqnedt32.exe": oddShell, "hh.exe": oddShell, "w3wp.exe": oddShell, "sqlservr.exe": oddShell,
	"spoolsv.exe": oddShell, "winrar.exe": seldomShell, "7zfm.exe": seldomShell, "winzip64.exe": seldomShell,
	"chrome.exe": seldomShell, "msedge.exe": seldomShell, "firefox.exe": seldomShell, "iexplore.exe": seldomShell, "wmiprvse.exe": seldomShell,
}

// How odd it is that a program started a shell.
const (
	noShell = iota
	seldomShell
	oddShell
)

// shells run what they are told.
var shells = map[string]bool{
	"cmd.exe": true, "powershell.exe": true, "pwsh.exe": true, "wscript.exe": true, "cscript.exe": true, "mshta.exe": true, "rundll32.exe": true,
	"regsvr32.exe": true, "bitsadmin.exe": true, "certutil.exe": true, "msbuild.exe": true, "installutil.exe": true,
}

// opensShell says how odd it is that a parent, where it opens documents or serves others,
// started a shell.
func opensShell(parent, program string) int {
	if !shells[nameOf(program)] {
		return noShell
	}
	return openers[parent]
}
