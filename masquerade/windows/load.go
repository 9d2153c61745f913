package windows

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// data are the built-in facts: YAML of the form that With describes.
//
//go:embed data/*.yaml
var data embed.FS

// Version counts the changes of what a stored state may rest on: PlaceOf, and what
// Folder and OddParent say by the built-in facts. States of different versions do not mix.
//
//	1: first
const Version = 1

// Builtin returns the facts that come with the program, parsed once.
func Builtin() *Facts { return builtin() }

var builtin = sync.OnceValue(func() *Facts {
	f, err := parseAll(data)
	if err != nil {
		panic(fmt.Sprintf("the built-in facts are damaged: %v", err)) // a test parses the same bytes
	}
	return f
})

func parseAll(files fs.FS) (*Facts, error) {
	f := &Facts{names: map[string]Name{}, parents: map[string][]string{}}
	paths, err := fs.Glob(files, "data/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, err
		}
		sheet, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		f.add(sheet)
	}
	return f, nil
}

// With returns the facts together with those of a user's YAML file:
//
//	names:                        # programs that count as Windows' own
//	  - name: [agent.exe]         # one name or several
//	    kind: core                # core, utility or other; other if absent
//	    folders: ['C:\Agent\*']   # or any; * is a part of one element, \** at the end all below
//	    elsewhere: odd            # odd, or common if other programs have the name
//	parents:                      # processes whose parents are fixed
//	  - name: agent.exe
//	    parents: [services.exe]   # or any
//	known-good:                   # legitimate names that resemble others
//	  - name: svchost-?.exe       # * and ? are wildcards for a-z, 0-9, - and _
//	    reason: our build server  # optional
//	    folders: ['D:\Build']     # optional
//	windows-folders: ['\WINNT']   # what is as good as \Windows
//
// In a known-good name ? is one ASCII letter, digit, hyphen or underscore, and * any
// number of those and of dots before a number, as versions have them. So no wildcard
// covers an extension, so that build*.exe is not build.pdf.exe, or a character that
// cannot be seen; such a name has to be written out. A parent that is no Windows name and does not lie in
// a system folder needs an entry of names that says where it lies.
//
// What it says of a built-in name is added: its folders and parents are joined to
// the built-in ones, `any` takes the built-in ones away, and kind and elsewhere
// are replaced if they are given. Every problem of the file is an error that names
// the line.
func (f *Facts) With(user []byte) (*Facts, error) {
	sheet, err := parse(user)
	if err != nil {
		return nil, err
	}
	out := &Facts{
		names:   maps.Clone(f.names),
		parents: maps.Clone(f.parents),
		good:    slices.Clone(f.good),
		roots:   slices.Clone(f.roots),
		copies:  slices.Clone(f.copies),
		open:    slices.Clone(f.open),
		stores:  slices.Clone(f.stores),
	}
	out.add(sheet)
	return out, nil
}

// add joins the facts of a file to f.
func (f *Facts) add(s *sheet) {
	for _, e := range s.names {
		for _, name := range e.names {
			old, known := f.names[name]
			f.names[name] = e.over(name, old, known)
		}
	}
	for _, e := range s.parents {
		for _, name := range e.names {
			if e.any {
				delete(f.parents, name)
				continue
			}
			f.parents[name] = union(f.parents[name], e.parents)
		}
	}
	for _, e := range s.good {
		for _, name := range e.names {
			f.good = append(f.good, goodRule{pattern: name, folders: e.folders.patterns, reason: e.reason})
		}
	}
	f.roots = union(f.roots, s.roots.patterns)
	f.copies = union(f.copies, s.copies.patterns)
	f.open = union(f.open, s.open.patterns)
	f.stores = union(f.stores, s.stores.patterns)
}

// over returns the facts of a name, with those of the entry over the old ones.
func (e *nameEntry) over(name string, old Name, known bool) Name {
	n := Name{Name: name, Kind: old.Kind, Common: old.Common, Folders: old.Folders, shown: old.shown}
	if e.kind != nil {
		n.Kind = *e.kind
	}
	if e.common != nil {
		n.Common = *e.common
	}
	anywhere := known && len(old.Folders) == 0
	if e.folders.any || anywhere {
		n.Folders, n.shown = nil, nil
		return n
	}
	for i, pattern := range e.folders.patterns {
		if !slices.Contains(n.Folders, pattern) {
			n.Folders = append(slices.Clip(n.Folders), pattern)
			n.shown = append(slices.Clip(n.shown), e.folders.shown[i])
		}
	}
	return n
}

// union returns the values of both, sorted.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// shownFolder returns a folder as people write it: on the drive that Windows is
// usually on.
func shownFolder(written string) string {
	written = strings.TrimRight(strings.ReplaceAll(written, "/", `\`), `\`)
	if strings.HasPrefix(written, `\`) && !strings.HasPrefix(written, `\\`) && !strings.HasPrefix(written, `\?`) {
		return "C:" + written
	}
	return written
}
