package windows

import "strings"

// remoteRoot starts every remote path in normal form.
const remoteRoot = `\\*\`

// strip takes away what names a volume or a host, until nothing does.
func strip(s string) string {
	for {
		rest, ok := stripOnce(s)
		if !ok {
			return s
		}
		s = rest
	}
}

func stripOnce(s string) (string, bool) {
	if driven(s) {
		return volume(s, s[2:])
	}
	if s == "" || s[0] != '\\' {
		return s, false
	}
	for _, p := range [...]string{`\??\`, `\\?\`, `\\.\`, `\dosdevices\`, `\global??\`} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return object(rest), true
		}
	}
	if rest, ok := strings.CutPrefix(s, `\device\`); ok {
		return device(s, rest)
	}
	if rest, ok := strings.CutPrefix(s, `\\`); ok && !strings.HasPrefix(s, remoteRoot) {
		return remote(rest), true
	}
	return s, false
}

// driven tells whether s starts with a drive.
func driven(s string) bool { return len(s) >= 2 && s[1] == ':' && 'a' <= s[0] && s[0] <= 'z' }

// volume returns rest, what follows the volume that s starts with. Where that
// would read as a name in the object manager, the volume stays: somebody has made
// a folder such as `C:\Device\HarddiskVolume1\Windows` to have it taken for another.
func volume(s, rest string) (string, bool) {
	rest = clean(single(rest))
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, `\`), `\`)
	switch first {
	case "device", "systemroot", "dosdevices", "global??", "??":
		return s, false
	}
	return rest, true
}

// single makes one separator of several at the start.
func single(s string) string {
	for strings.HasPrefix(s, `\\`) {
		s = s[1:]
	}
	return s
}

// object reads what follows the prefix of a name in the object manager.
func object(s string) string {
	s = strings.TrimLeft(s, `\`)
	switch first, rest, _ := strings.Cut(s, `\`); {
	case first == "unc":
		return remote(rest)
	case first == "globalroot":
		return `\` + strings.TrimLeft(rest, `\`)
	case strings.HasPrefix(first, "volume{"):
		return `\device\harddisk` + s
	case first == "device", first == "systemroot":
		return `\` + s
	}
	return s
}

// device reads a path below \Device, of which rest is what follows. Volumes of
// disks are taken away, redirectors are remote; any other device stays, so that
// a folder on a compact disc is not taken for one of the system's.
func device(s, rest string) (string, bool) {
	name, _, _ := strings.Cut(rest, `\`)
	rest = after(rest)
	switch {
	case redirector(name):
		for strings.HasPrefix(rest, `\;`) { // \Device\Mup\;LanmanRedirector\;Z:0001\host\share
			rest = after(rest[1:])
		}
		return remote(rest), true
	case strings.HasPrefix(name, "harddiskvolume"), strings.HasPrefix(name, "vhdharddisk{"):
		return volume(s, rest)
	case strings.HasPrefix(name, "harddisk"): // \Device\Harddisk0\Partition1
		return volume(s, skip(rest, `\partition`))
	case name == "vmsmb": // the volume that a Windows container or sandbox starts from
		rest = skip(rest, `\vsmb-`)
		if inside, ok := below(rest, `\os`); ok {
			rest = inside
		}
		return volume(s, rest)
	}
	return s, false
}

// redirector tells whether a device of this name leads to other machines.
func redirector(name string) bool {
	switch name {
	case "mup", "lanmanredirector", "webdavredirector", "rdpdr", "p9rdr":
		return true
	}
	return false
}

// after returns what follows the first element of s, with one separator.
func after(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return `\`
	}
	return single(s[i:])
}

// skip takes the first element away if it starts with prefix.
func skip(s, prefix string) string {
	if !strings.HasPrefix(s, prefix) {
		return s
	}
	return after(s[1:])
}

// remote replaces the host that rest starts with.
func remote(rest string) string {
	rest = strings.TrimLeft(rest, `\`)
	_, share, _ := strings.Cut(rest, `\`)
	return remoteRoot + strings.TrimLeft(share, `\`)
}

// clean resolves `.`, `..` and repeated separators. A separator at the end stays.
func clean(s string) string {
	root := s[:rootOf(s)]
	if !unclean(s[len(root):]) {
		return s
	}
	var kept []string
	parts := strings.Split(s[len(root):], `\`)
	for i, part := range parts {
		if part != "" && part != "." && part != ".." {
			kept = append(kept, part)
			continue
		}
		if part == ".." && len(kept) > 0 {
			kept = kept[:len(kept)-1]
		}
		if i == len(parts)-1 && len(kept) > 0 {
			kept = append(kept, "") // the last element named a folder
		}
	}
	return root + strings.Join(kept, `\`)
}

// rootOf returns how long the start of s is that no `..` climbs over.
func rootOf(s string) int {
	switch {
	case strings.HasPrefix(s, remoteRoot):
		return len(remoteRoot)
	case strings.HasPrefix(s, `\`):
		return 1
	case driven(s) && len(s) > 2 && s[2] == '\\':
		return 3
	}
	return 0
}

// unclean tells whether some element of s is empty, `.` or `..`. An empty last
// one is as it should be.
func unclean(s string) bool {
	for {
		part, rest, more := strings.Cut(s, `\`)
		if part == "." || part == ".." || part == "" && more {
			return true
		}
		if !more {
			return false
		}
		s = rest
	}
}

// expand replaces the names of well-known folders at the start of a path: what
// environment variables hold on an ordinary machine, junctions, and the short
// names (8.3) that are the same on every machine that makes any.
func expand(s string) string {
	if strings.HasPrefix(s, "%") {
		return expandVariable(s)
	}
	for _, a := range [...]struct{ name, folder string }{
		{`\systemroot`, `\windows`},
		{`\documents and settings`, `\users`},
		{`\users\all users`, `\programdata`},
	} {
		if rest, ok := below(s, a.name); ok {
			return a.folder + rest
		}
	}
	if strings.IndexByte(s, '~') >= 0 {
		return expandShort(s)
	}
	return s
}

// below cuts a folder from the start of s.
func below(s, folder string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(s, folder)
	return rest, ok && (rest == "" || rest[0] == '\\')
}

func expandShort(s string) string {
	for _, a := range [...]struct{ name, folder string }{
		{`\progra~1`, `\program files`},
		{`\progra~2`, `\program files (x86)`},
		{`\progra~3`, `\programdata`},
		{`\docume~1`, `\users`},
		{`\program files\common~1`, `\program files\common files`},
		{`\program files (x86)\common~1`, `\program files (x86)\common files`},
		{`\windows\micros~1.net`, `\windows\microsoft.net`},
		{`\windows\microsoft.net\framew~1`, `\windows\microsoft.net\framework`},
		{`\windows\microsoft.net\framew~2`, `\windows\microsoft.net\framework64`},
		{`\windows\system32\window~1`, `\windows\system32\windowspowershell`},
		{`\windows\syswow64\window~1`, `\windows\syswow64\windowspowershell`},
	} {
		if rest, ok := below(s, a.name); ok {
			return a.folder + rest
		}
	}
	return s
}

// expandVariable replaces the environment variable that s starts with. The folder
// of a user has the variable's name for an element: which user's it is, nobody
// knows.
func expandVariable(s string) string {
	name, rest, ok := strings.Cut(s[1:], "%")
	if !ok {
		return s
	}
	folder := ""
	switch name {
	case "systemdrive", "homedrive":
	case "systemroot", "windir":
		folder = `\windows`
	case "programfiles", "programw6432":
		folder = `\program files`
	case "programfiles(x86)":
		folder = `\program files (x86)`
	case "commonprogramfiles", "commonprogramw6432":
		folder = `\program files\common files`
	case "commonprogramfiles(x86)":
		folder = `\program files (x86)\common files`
	case "programdata", "allusersprofile":
		folder = `\programdata`
	case "public":
		folder = `\users\public`
	case "userprofile":
		folder = `\users\%username%`
	case "appdata":
		folder = `\users\%username%\appdata\roaming`
	case "localappdata":
		folder = `\users\%username%\appdata\local`
	case "temp", "tmp":
		folder = `\users\%username%\appdata\local\temp`
	default:
		return s
	}
	return folder + rest
}
