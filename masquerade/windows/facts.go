package windows

import (
	"maps"
	"slices"
	"strings"
)

// Kind says what a Windows program is to somebody who hides behind its name.
type Kind uint8

// The kinds.
const (
	// Other is any program that ships with Windows.
	Other Kind = iota
	// Core is a process that every machine shows, or the classic name to hide behind.
	Core
	// Utility is a tool that an intruder may copy, rename or imitate.
	Utility
	kinds = iota
)

// String returns the kind as the data files write it: other, core or utility.
func (k Kind) String() string {
	names := [kinds]string{"other", "core", "utility"}
	if int(k) >= len(names) {
		return "invalid"
	}
	return names[k]
}

// Name is what is known of a program that ships with Windows.
type Name struct {
	// Name is lower-cased and has its extension.
	Name string
	Kind Kind
	// Folders are the patterns of the folders in which the program lies, in normal
	// form; see Path. Empty means that it may lie anywhere. They are not to be changed.
	Folders []string
	// Common is set if programs of other makers have the same name, so that another
	// folder is weak evidence or none.
	Common bool

	shown []string // Folders as people write them
}

// Where returns the first folders of the program for a sentence, as in
// `C:\Windows\System32 or C:\Windows\SysWOW64`. It is empty if any folder will do.
func (n Name) Where() string {
	shown := n.shown
	if len(shown) > 3 {
		shown = append(slices.Clone(shown[:3]), "other known folders")
	}
	return strings.Join(shown, " or ")
}

// Folder says how the folder of a file agrees with the facts of its name.
type Folder uint8

// What Facts.Folder returns.
const (
	// NoFact means that the name is no Windows name, that it may lie anywhere, or
	// that the folder is not known.
	NoFact Folder = iota
	// Expected means that the file lies where Windows has it.
	Expected
	// Shared means that it lies elsewhere, under a name that others use as well, or
	// where Windows has it at times and any user may put it.
	Shared
	// Wrong means that it lies where Windows never has it.
	Wrong
)

// Facts are what is known of Windows programs. They are immutable and safe for
// concurrent use.
type Facts struct {
	names   map[string]Name
	parents map[string][]string
	good    []goodRule
	// roots are patterns of folders that are to be taken for \Windows.
	roots []string
	// copies are the same of folders that any user may make while there are none.
	copies []string
	// open are patterns of folders of programs that any user may make as well.
	open []string
	// stores are patterns of folders that hold any program of Windows.
	stores []string
}

// goodRule is an entry of known-good.
type goodRule struct {
	pattern string
	folders []string // none for any
	reason  string
}

// Name returns the facts of a program by its lower-cased name.
func (f *Facts) Name(name string) (Name, bool) {
	n, ok := f.names[name]
	return n, ok
}

// Tells reports whether anything is known of a lower-cased name: its folders, or
// its parents.
func (f *Facts) Tells(name string) bool {
	_, named := f.names[name]
	_, fixed := f.parents[name]
	return named || fixed
}

// Names returns all names, in order.
func (f *Facts) Names() []Name {
	out := make([]Name, 0, len(f.names))
	for _, k := range slices.Sorted(maps.Keys(f.names)) {
		out = append(out, f.names[k])
	}
	return out
}

// Folder tells whether a program of this lower-cased name may lie in the folder of
// p. Every program of \Windows may also lie in WinSxS. In a copy of \Windows, such
// as a container's, it is Shared: on most machines there is none, and whoever likes
// makes such a folder. A remote folder is none of Windows'.
func (f *Facts) Folder(name string, p Path) Folder {
	n, ok := f.names[name]
	if !ok || len(n.Folders) == 0 || p.Dir == "" || !p.Local() && !p.Remote() && !driven(p.Dir) {
		return NoFact
	}
	dir := p.Dir
	if rest, ok := below(dir, arm32); ok {
		dir = wow64 + rest
	}
	listed := inAny(n.Folders, dir)
	switch {
	case listed && !inAny(f.open, dir), p.Local() && f.inStore(n, dir), p.Local() && n.inCopy(f.roots, dir):
		return Expected
	case listed, n.Common, p.Local() && n.inCopy(f.copies, dir):
		return Shared
	}
	return Wrong
}

func inAny(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matchFolder(pattern, dir) })
}

// The folder of Windows in normal form, and below it those of 32-bit programs: on
// machines with ARM processors SysArm32 holds what SysWOW64 holds.
const (
	windowsRoot = `\windows`
	system32    = `\windows\system32`
	wow64       = `\windows\syswow64`
	arm32       = `\windows\sysarm32`
)

// inStore tells whether dir is a store of components, and the program one of
// \Windows.
func (f *Facts) inStore(n Name, dir string) bool {
	return inAny(f.stores, dir) && slices.ContainsFunc(n.Folders, inWindows)
}

// inCopy tells whether the program lies in one of the Windows folders as it does
// in \Windows.
func (n Name) inCopy(roots []string, dir string) bool {
	for _, root := range roots {
		if rest, ok := cutFolder(root, dir); ok && inAny(n.Folders, windowsRoot+rest) {
			return true
		}
	}
	return false
}

func inWindows(folder string) bool {
	_, ok := below(folder, windowsRoot)
	return ok
}

// cutFolder cuts a folder that fits the pattern, which has no `**`, from the start
// of dir.
func cutFolder(pattern, dir string) (rest string, ok bool) {
	i := 0
	for n := strings.Count(pattern, `\`); n > 0; n-- {
		j := strings.IndexByte(dir[i:], '\\')
		if j < 0 {
			return "", false
		}
		i += j + 1
	}
	if j := strings.IndexByte(dir[i:], '\\'); j >= 0 {
		i += j
	} else {
		i = len(dir)
	}
	return dir[i:], glob(pattern, dir[:i], inElement)
}

// Parents returns the lower-cased names of the parents that a core process can
// have, in order, and whether they are fixed. The slice is not to be changed.
func (f *Facts) Parents(name string) ([]string, bool) {
	p, ok := f.parents[name]
	return p, ok
}

// OddParent tells whether a process of this lower-cased name was created by one
// that never creates it: one of another name, or of a name that would be right in
// a folder that is wrong. A parent that is no Windows name is right in the system
// folders alone, and "system" nowhere. It is false for a process whose parents
// vary, for a parent that is not known (empty, or "-"), and for the bare name of
// one that is right.
func (f *Facts) OddParent(name, parentPath string) bool {
	parents, ok := f.parents[name]
	if !ok || parentPath == "" || parentPath == "-" {
		return false
	}
	p := Normalise(parentPath)
	if p.Base == "" {
		return false
	}
	if !slices.Contains(parents, p.Base) {
		return true
	}
	return p.Dir != "" && !f.parentLiesRight(p)
}

// kernel is how events name the kernel's own process, which has no file.
const kernel = "system"

func (f *Facts) parentLiesRight(p Path) bool {
	n, known := f.names[p.Base]
	switch {
	case !known:
		return p.Base != kernel && (p.Dir == system32 || p.Dir == wow64)
	case len(n.Folders) == 0:
		return true
	}
	where := f.Folder(p.Base, p)
	return where == Expected || where == Shared
}

// KnownGood tells whether a lower-cased name in a folder is a known legitimate
// look-alike, and why, in a few words that may be empty. A rule with folders holds
// in none other.
func (f *Facts) KnownGood(name string, p Path) (reason string, ok bool) {
	for _, g := range f.good {
		if matchName(g.pattern, name) && (len(g.folders) == 0 || inAny(g.folders, p.Dir)) {
			return g.reason, true
		}
	}
	return "", false
}
