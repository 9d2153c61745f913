package rules

import (
	"regexp"
	"slices"
	"strings"
)

// windowsRoot is what copies of Windows stand for; 32-bit programs of ARM machines lie
// below the other one, which copies have not.
const windowsRoot, arm32 = `\windows`, `\windows\sysarm32`

// inCopies are the folders of the program below the copies of Windows.
func (h *Homes) inCopies() (folders []string) {
	for _, root := range h.Copies {
		for _, rest := range h.belowWindows() {
			folders = append(folders, root+rest)
		}
	}
	return folders
}

// belowWindows are the folders of the program below \windows, from there on.
func (h *Homes) belowWindows() (rests []string) {
	for _, folder := range h.Folders {
		if rest, ok := below(folder, windowsRoot); ok && !strings.HasPrefix(folder, arm32) {
			rests = append(rests, rest)
		}
	}
	return rests
}

// below cuts a folder from the start of a path.
func below(path, folder string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, folder)
	return rest, ok && (rest == "" || rest[0] == '\\')
}

// volumes is how the paths of events begin before what homes say: a drive, also
// behind a prefix, or a volume without a letter.
const volumes = `(?:(?:\\\\\?\\|\\\?\?\\)?[A-Z]:|\\Device\\HarddiskVolume[0-9]+|\\Device\\VhdHardDisk\{[^\\]+\})`

// folderExpression is a regular expression, as both RE2 and PCRE take it, for the
// folders of a program as events have them. It regards no case and has no anchors.
func (h *Homes) folderExpression() string {
	var local, remote, system []string
	for _, folder := range slices.Concat(h.Folders, h.Stores, h.inCopies()) {
		if rest, ok := strings.CutPrefix(folder, `\\*`); ok {
			remote = append(remote, `\\\\[^\\]+`+elements(rest))
			continue
		}
		local = append(local, elements(folder))
		if rest, ok := below(folder, windowsRoot); ok {
			system = append(system, elements(rest))
		}
	}
	var all []string
	if len(local) > 0 {
		all = append(all, volumes+anyOf(local))
	}
	if len(system) > 0 {
		all = append(all, `\\SystemRoot`+anyOf(system))
	}
	return anyOf(append(all, remote...))
}

// elements is an expression for a pattern of a folder. The root of a volume is what
// has nothing before the separator that follows.
func elements(folder string) string {
	open := strings.HasSuffix(folder, `\**`)
	text := regexp.QuoteMeta(strings.TrimSuffix(strings.TrimSuffix(folder, `\**`), `\`))
	text = strings.ReplaceAll(text, `\*`, `[^\\]*`)
	if open {
		text += `(?:\\.*)?`
	}
	return text
}

// anyOf is an expression for any of several.
func anyOf(expressions []string) string {
	if len(expressions) == 1 {
		return expressions[0]
	}
	return "(?:" + strings.Join(expressions, "|") + ")"
}

// imageExpression is an expression for the whole path of a program in its homes.
func (h *Homes) imageExpression(name string) string {
	return "(?i)^" + h.folderExpression() + `\\` + regexp.QuoteMeta(name) + "$"
}

// parentExpression is an expression for the whole path of any of the parents, or its
// name alone.
func parentExpression(parents []Parent) string {
	var all []string
	for _, p := range parents {
		name := regexp.QuoteMeta(p.Name)
		switch {
		case p.Anywhere:
			all = append(all, `(?:.*[\\/])?`+name)
		case len(p.Folders) == 0:
			all = append(all, name)
		default:
			all = append(all, `(?:`+p.folderExpression()+`\\)?`+name)
		}
	}
	return "(?i)^" + anyOf(all) + "$"
}

// takeIn reports whether the filters of Sigma take a path for one of the homes. They may
// where the homes' patterns do not.
func (h *Homes) takeIn(name, path string) bool {
	for _, f := range h.filters(name) {
		if f.matches(path) {
			return true
		}
	}
	return false
}
