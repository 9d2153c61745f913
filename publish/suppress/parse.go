package suppress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"sparkless/storage/printable"
)

// MaxFile is how many bytes a file of rules may have: some thousand rules.
const MaxFile = 1 << 20

// mostProblems is how many problems of one file are told.
const mostProblems = 20

// Rules are what a file says, in its order.
type Rules struct {
	File string // its name
	All  []Rule
}

// Load reads a file of rules. Its errors are those of Parse.
func Load(file string) (*Rules, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("the file of suppressions: %w", err)
	}
	defer f.Close()
	text, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("the file of suppressions: %w", err)
	}
	return Parse(file, text)
}

// read reads a little more than a file may have, at most.
func read(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", printable.Text(f.Name()))
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, MaxFile+1))
}

// Parse reads the text of a file of rules; name is the file's. The error names
// all that is wrong with it, each with file and line. An empty text has no rules.
func Parse(name string, text []byte) (*Rules, error) {
	p, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	return &Rules{File: name, All: p.rules}, nil
}

// parser reads one file.
type parser struct {
	file     string // harmless to show
	text     []byte
	root     *yaml.Node // nil for a file without content
	list     *yaml.Node // what suppressions: has, if it is there
	rules    []Rule
	problems []error // the first ones
	found    int     // how many there are
}

func parse(name string, text []byte) (*parser, error) {
	p := &parser{file: printable.Whole(name), text: text}
	if len(text) > MaxFile {
		return nil, fmt.Errorf("%s: more than %d bytes: take expired rules out", p.file, MaxFile)
	}
	var document yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	switch err := dec.Decode(&document); {
	case errors.Is(err, io.EOF):
		return p, nil
	case err != nil:
		return nil, p.syntax(err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is something behind the end of the first YAML document (--- or ...): rules stand in one", p.file)
	}
	p.document(&document)
	if p.found > mostProblems {
		p.problems = append(p.problems, fmt.Errorf("%s: and %d more problems", p.file, p.found-mostProblems))
	}
	return p, errors.Join(p.problems...)
}

// syntax says where a text is no YAML, and why that mostly is.
func (p *parser) syntax(err error) error {
	unquoted := regexp.MustCompile(`^[-\s]*[a-z]+:\s+[*&@%` + "`" + `]`)
	number := 0
	for line := range bytes.Lines(p.text) {
		if number++; unquoted.Match(line) {
			return fmt.Errorf("%s:%d: what begins with *, &, @, %% or a backquote has to be in quotes: '*.exe'", p.file, number)
		}
	}
	return fmt.Errorf("%s: this is no YAML: %s", p.file, printable.Text(strings.TrimPrefix(err.Error(), "yaml: ")))
}

func (p *parser) problem(n *yaml.Node, format string, args ...any) {
	if p.found++; p.found > mostProblems {
		return
	}
	p.problems = append(p.problems, fmt.Errorf("%s:%d: %w", p.file, n.Line, fmt.Errorf(format, args...)))
}

func (p *parser) document(d *yaml.Node) {
	root := d.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" && root.Value == "" {
		return // nothing but comments, or an empty document
	}
	p.root = root
	version := false
	p.members(root, "the file", map[string]func(*yaml.Node){
		"version": func(n *yaml.Node) {
			if version = true; n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || n.Value != "1" {
				p.problem(n, "version: this release knows version 1 alone: write version: 1, or use a later release")
			}
		},
		"suppressions": func(n *yaml.Node) {
			p.list = n
			if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
				return
			}
			if n.Kind != yaml.SequenceNode || n.Anchor != "" {
				p.problem(n, "suppressions: has to be a list of rules, each beginning with - ")
				return
			}
			for _, item := range n.Content {
				p.rule(item)
			}
		},
	})
	if root.Kind == yaml.MappingNode && !version {
		p.problem(root, "version is missing: begin the file with version: 1")
	}
}

// members hands each value of a mapping to its reader.
func (p *parser) members(n *yaml.Node, what string, readers map[string]func(*yaml.Node)) bool {
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		p.problem(n, "%s has to be keys with values, such as reason: our own updater; anchors and aliases are not known here", what)
		return false
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		read := readers[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.Anchor != "" || read == nil:
			var known []string
			for k := range readers {
				known = append(known, k)
			}
			slices.Sort(known)
			p.problem(key, "there is no key %s; known are %s", shown(key), strings.Join(known, ", "))
		case seen[key.Value]:
			p.problem(key, "%s is there twice: leave one out", key.Value)
		default:
			read(n.Content[i+1])
		}
		seen[key.Value] = true
	}
	return true
}

// shown is a node in an error.
func shown(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return "of several parts"
	}
	return `"` + printable.Text(n.Value) + `"`
}

// rule reads one item of the list.
func (p *parser) rule(n *yaml.Node) {
	r := Rule{Line: n.Line}
	before := p.found
	text := func(key string, to *string) func(*yaml.Node) {
		return func(n *yaml.Node) { *to = p.scalar(key, n) }
	}
	date := func(key string, to *time.Time) func(*yaml.Node) {
		return func(n *yaml.Node) { *to = p.date(key, n) }
	}
	ok := p.members(n, "a rule", map[string]func(*yaml.Node){
		"name": text("name", &r.Name), "target": text("target", &r.Target), "path": text("path", &r.Path),
		"parent": text("parent", &r.Parent), "host": text("host", &r.Host), "account": text("account", &r.Account), "address": text("address", &r.Address),
		"kind":   func(n *yaml.Node) { r.Kinds = p.kinds(n) },
		"reason": text("reason", &r.Reason), "by": text("by", &r.By),
		"expires": date("expires", &r.Expires), "added": date("added", &r.Added),
	})
	if !ok || p.found > before {
		return // what a rule lacks is told when the rest can be read
	}
	r.Reason, r.By = strings.TrimSpace(r.Reason), strings.TrimSpace(r.By) // a block of lines ends with one
	if err := r.Validate(); err != nil {
		p.problem(n, "%w", flat(err))
		return
	}
	p.rules = append(p.rules, r)
}

// flat puts joined errors onto one line.
func flat(err error) error { return errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")) }

// scalar reads a text.
func (p *parser) scalar(key string, n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		p.problem(n, "%s: anchors and aliases are not known here: write the text itself, in quotes if it begins with * or &", key)
	case n.Kind != yaml.ScalarNode:
		p.problem(n, "%s has to be one text", key)
	case n.ShortTag() == "!!null" || n.ShortTag() == "!!str" && strings.TrimSpace(n.Value) == "":
		p.problem(n, "%s is empty: write something or leave it out", key)
	case n.ShortTag() != "!!str":
		p.problem(n, "%s: %s is no text to YAML: put it in quotes", key, shown(n))
	default:
		return n.Value
	}
	return ""
}

// kinds reads a text or a list of texts.
func (p *parser) kinds(n *yaml.Node) []string {
	if n.Kind != yaml.SequenceNode || n.Anchor != "" {
		return []string{p.scalar("kind", n)}
	}
	var all []string
	for _, one := range n.Content {
		all = append(all, p.scalar("kind", one))
	}
	if len(all) == 0 {
		p.problem(n, "kind is empty: write something or leave it out")
	}
	return all
}

// date reads a UTC day.
func (p *parser) date(key string, n *yaml.Node) time.Time {
	day, err := time.Parse(time.DateOnly, n.Value)
	if tag := n.ShortTag(); n.Kind != yaml.ScalarNode || n.Anchor != "" || tag != "!!str" && tag != "!!timestamp" || err != nil || day.IsZero() {
		p.problem(n, "%s: %s is no date: write a UTC day like 2027-03-31", key, shown(n))
		return time.Time{}
	}
	return day
}
