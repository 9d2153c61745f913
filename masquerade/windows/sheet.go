package windows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// sheet is what one file of facts says.
type sheet struct {
	names   []*nameEntry
	parents []*parentEntry
	good    []*goodEntry
	roots   folders
	copies  folders
	open    folders
	stores  folders
}

type nameEntry struct {
	names   []string
	kind    *Kind
	folders folders
	common  *bool
}

type parentEntry struct {
	names, parents []string
	any            bool
}

type goodEntry struct {
	names   []string
	folders folders
	reason  string
}

// folders are patterns in normal form, and the same as they are shown.
type folders struct {
	any             bool
	patterns, shown []string
}

// field is a key that a mapping may have, and what reads its value.
type field struct {
	key      string
	required bool
	read     func(*yaml.Node) error
}

// parse reads a file of facts. Its errors name the line.
func parse(text []byte) (*sheet, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	s := &sheet{}
	if len(doc.Content) == 0 {
		return s, nil // nothing but comments
	}
	return s, readMapping(doc.Content[0], "facts", []field{
		{key: "names", read: func(n *yaml.Node) error { return readList(n, "names", s.readName) }},
		{key: "parents", read: func(n *yaml.Node) error { return readList(n, "parents", s.readParents) }},
		{key: "known-good", read: func(n *yaml.Node) error { return readList(n, "known-good", s.readGood) }},
		{key: "windows-folders", read: s.roots.readRoots},
		{key: "windows-copies", read: s.copies.readRoots},
		{key: "open-folders", read: s.open.read},
		{key: "component-folders", read: s.stores.readRoots},
		{key: "folder-sets", read: func(*yaml.Node) error { return nil }}, // holds anchors
	})
}

func (s *sheet) readName(n *yaml.Node) error {
	e := &nameEntry{}
	s.names = append(s.names, e)
	return readMapping(n, "an entry of names", []field{
		{key: "name", required: true, read: readNames(&e.names, "")},
		{key: "kind", read: e.readKind},
		{key: "folders", required: true, read: e.folders.read},
		{key: "elsewhere", read: e.readElsewhere},
	})
}

func (s *sheet) readParents(n *yaml.Node) error {
	e := &parentEntry{}
	s.parents = append(s.parents, e)
	return readMapping(n, "an entry of parents", []field{
		{key: "name", required: true, read: readNames(&e.names, "")},
		{key: "parents", required: true, read: func(n *yaml.Node) error {
			if e.any = target(n).Value == "any"; e.any {
				return nil
			}
			return readNames(&e.parents, "")(n)
		}},
	})
}

func (s *sheet) readGood(n *yaml.Node) error {
	e := &goodEntry{}
	s.good = append(s.good, e)
	return readMapping(n, "an entry of known-good", []field{
		{key: "name", required: true, read: e.readPatterns},
		{key: "reason", read: func(n *yaml.Node) (err error) { e.reason, err = readText(n); return err }},
		{key: "folders", read: e.folders.read},
	})
}

// readPatterns reads patterns of names. One that ends with a star would match no
// name that has an extension.
func (e *goodEntry) readPatterns(n *yaml.Node) error {
	if err := readNames(&e.names, "*?")(n); err != nil {
		return err
	}
	for _, name := range e.names {
		if strings.HasSuffix(name, "*") {
			return atLine(n, "%q: * stands for no extension: write it, as in %s.exe", name, name)
		}
	}
	return nil
}

func (e *nameEntry) readKind(n *yaml.Node) error {
	text, err := readText(n)
	for k := range Kind(kinds) {
		if err == nil && k.String() == text {
			e.kind = &k
			return nil
		}
	}
	return atLine(n, "kind is core, utility or other, not %q", text)
}

func (e *nameEntry) readElsewhere(n *yaml.Node) error {
	text, err := readText(n)
	if err != nil || text != "odd" && text != "common" {
		return atLine(n, "elsewhere is odd or common, not %q", text)
	}
	common := text == "common"
	e.common = &common
	return nil
}

// readRoots reads folders of which none may be `any`.
func (f *folders) readRoots(n *yaml.Node) error {
	if err := f.read(n); err != nil {
		return err
	}
	if f.any || slices.ContainsFunc(f.patterns, func(p string) bool { return strings.HasSuffix(p, `\**`) }) {
		return atLine(n, `this must be a list of folders without \**`)
	}
	return nil
}

func (f *folders) read(n *yaml.Node) error {
	if target(n).Value == "any" {
		f.any = true
		return nil
	}
	written, err := readTexts(n)
	if err != nil {
		return err
	}
	for _, w := range written {
		p := Normalise(w + `\`)
		if !p.Local() && !p.Remote() || p.Base != "" {
			return atLine(n, "%q is no folder from the root of a drive or share", w)
		}
		if strings.Contains(strings.TrimSuffix(p.Dir, `\**`), "**") || strings.Contains(p.Dir, "?") {
			return atLine(n, `%q: a folder has the wildcard * in its elements, or ** as its last one`, w)
		}
		f.patterns = append(f.patterns, p.Dir)
		f.shown = append(f.shown, shownFolder(w))
	}
	return nil
}

// readNames reads lower-cased base names into out, which may have the wildcards.
func readNames(out *[]string, wildcards string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		written, err := readTexts(n)
		if err != nil {
			return err
		}
		for _, w := range written {
			name := fold(w)
			if strings.ContainsAny(strings.Map(without(wildcards), name), `\*?`) || name != strings.TrimSpace(name) {
				return atLine(n, "%q is no name of a file", w)
			}
			*out = append(*out, name)
		}
		return nil
	}
}

func without(chars string) func(rune) rune {
	return func(r rune) rune {
		if strings.ContainsRune(chars, r) {
			return -1
		}
		return r
	}
}

// readMapping hands the values of a mapping to their fields.
func readMapping(n *yaml.Node, what string, fields []field) error {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		return atLine(n, "%s must be a mapping with the keys %s", what, keys(fields))
	}
	seen := map[string]bool{}
	var errs []error
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		switch {
		case at < 0:
			errs = append(errs, atLine(key, "%s has no key %q; it may have %s", what, key.Value, keys(fields)))
		case seen[key.Value]:
			errs = append(errs, atLine(key, "%s has the key %q twice", what, key.Value))
		default:
			errs = append(errs, fields[at].read(n.Content[i+1]))
		}
		seen[key.Value] = true
	}
	for _, f := range fields {
		if f.required && !seen[f.key] {
			errs = append(errs, atLine(n, "%s needs the key %q", what, f.key))
		}
	}
	return errors.Join(errs...)
}

func keys(fields []field) string {
	var names []string
	for _, f := range fields {
		switch f.key {
		case "folder-sets", "component-folders", "windows-copies", "open-folders": // the built-in files' own
		default:
			names = append(names, f.key)
		}
	}
	return strings.Join(names, ", ")
}

// readList hands each entry of a list to read.
func readList(n *yaml.Node, what string, read func(*yaml.Node) error) error {
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		return atLine(n, "%s must be a list", what)
	}
	var errs []error
	for _, entry := range n.Content {
		errs = append(errs, read(entry))
	}
	return errors.Join(errs...)
}

// readTexts reads a text or a list of them, at least one.
func readTexts(n *yaml.Node) ([]string, error) {
	n = target(n)
	if n.Kind == yaml.ScalarNode {
		text, err := readText(n)
		return []string{text}, err
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, atLine(n, "this must be a text or a list of texts")
	}
	var texts []string
	for _, entry := range n.Content {
		text, err := readText(entry)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func readText(n *yaml.Node) (string, error) {
	n = target(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		return "", atLine(n, "this must be a text")
	}
	return n.Value, nil
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func atLine(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...))
}
