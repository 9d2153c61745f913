package suppress

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofrs/flock"
	"go.yaml.in/yaml/v3"

	"sparkless/storage/printable"
)

// header begins a file that Add makes.
const header = `# Findings that are known to be harmless and kept quiet. A rule applies when every
# pattern it has matches: name is the suspect, target what it looks like; all paths,
# parents, hosts, accounts, addresses and kinds of evidence of a finding have to match.
# * and ? are wildcards, and case does not matter. Put patterns in 'single quotes'. A rule
# holds through the UTC day on which it expires.
version: 1
suppressions:
`

// Add appends a rule to a file, which it makes where it is missing, and returns it
// as it stands there. What is in the file stays as it is, byte for byte. The file
// is replaced whole, and two Adds at once wait for each other. A file that cannot
// be read as rules, or has a rule in force with the same patterns, is an error.
func Add(file string, rule Rule, now time.Time) (Rule, error) {
	if err := rule.Validate(); err != nil {
		return Rule{}, fmt.Errorf("the rule cannot be added: %w", flat(err))
	}
	place := file
	if real, err := filepath.EvalSymlinks(file); err == nil {
		place = real
	}
	l, err := lock(place)
	if err != nil {
		return Rule{}, fmt.Errorf("the file of suppressions: %w", err)
	}
	defer l.Close()
	added, err := add(place, file, rule, now)
	if err != nil {
		return Rule{}, fmt.Errorf("the rule is not added: %w", err)
	}
	return added, nil
}

// lock holds the file at a place, which is replaced by whoever holds it: a lock on
// one that was replaced is worth nothing.
func lock(place string) (*flock.Flock, error) {
	if info, err := os.Stat(place); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", printable.Whole(place)) // a pipe could wait for ever
	}
	for {
		l := flock.New(place, flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o644))
		if err := l.Lock(); err != nil {
			return nil, err
		}
		locked, err := l.Stat()
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		there, err := os.Stat(place)
		if err == nil && os.SameFile(locked, there) {
			return l, nil
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// add reads, appends and replaces.
func add(place, name string, rule Rule, now time.Time) (Rule, error) {
	f, err := os.Open(place)
	if err != nil {
		return Rule{}, err
	}
	defer f.Close()
	text, err := read(f)
	if err != nil {
		return Rule{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return Rule{}, err
	}
	text, added, err := Append(name, text, rule, now)
	if err != nil {
		return Rule{}, err
	}
	return added, replace(place, text, info.Mode().Perm())
}

// replace puts a text in the place of a file, all or nothing of it.
func replace(place string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(place), ".sparkless-suppressions-")
	if err != nil {
		return err
	}
	if err = f.Chmod(mode); err == nil {
		_, err = f.Write(text)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), place)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// Append returns the text of a file with a rule at the end of its list, and the rule
// as it stands there. All else stays as it is, byte for byte.
func Append(name string, text []byte, rule Rule, now time.Time) ([]byte, Rule, error) {
	if err := rule.Validate(); err != nil {
		return nil, Rule{}, flat(err)
	}
	rule.Expires, rule.Added = rule.Expires.UTC().Truncate(24*time.Hour), rule.Added.UTC().Truncate(24*time.Hour)
	rule.Reason, rule.By = strings.TrimSpace(rule.Reason), strings.TrimSpace(rule.By)
	before, err := parse(name, text)
	if err != nil {
		return nil, Rule{}, fmt.Errorf("put the file right first: %w", err)
	}
	for _, r := range before.rules {
		if r.sameFindings(rule) && r.InForce(now) {
			return nil, Rule{}, fmt.Errorf("%s:%d: the rule is there already and expires on %s: change it there", before.file, r.Line, r.Expires.Format(time.DateOnly))
		}
	}
	out := before.insert(rule)
	after, err := parse(name, out)
	if err != nil || !before.plus(rule, after) {
		return nil, Rule{}, fmt.Errorf("%s: the file is laid out in a way that cannot be added to (suppressions: [], or tabs?): add it by hand:\n%s",
			before.file, rule.item("  ", "\n"))
	}
	return out, after.rules[len(after.rules)-1], nil
}

// plus reports whether after has the rules of p and one more.
func (p *parser) plus(rule Rule, after *parser) bool {
	want := append(append([]Rule{}, p.rules...), rule)
	if len(after.rules) != len(want) {
		return false
	}
	for i, got := range after.rules {
		got.Line, want[i].Line = 0, 0
		if !reflect.DeepEqual(got, want[i]) {
			return false
		}
	}
	return true
}

// insert puts a rule behind the last one.
func (p *parser) insert(rule Rule) []byte {
	newline := "\n"
	if bytes.Contains(p.text, []byte("\r\n")) {
		newline = "\r\n"
	}
	begin, indent := "", "  "
	switch {
	case len(p.text) == 0:
		begin = header
	case p.root == nil:
		begin = "version: 1" + newline + "suppressions:" + newline
	case p.list == nil:
		begin = "suppressions:" + newline
	case p.list.Kind == yaml.SequenceNode && p.list.Column > 0:
		indent = strings.Repeat(" ", p.list.Column-1)
	}
	head, tail := p.cut()
	if len(head) > 0 && head[len(head)-1] != '\n' {
		begin = newline + begin
	}
	out := append(bytes.Clone(head), begin+rule.item(indent, newline)...)
	return append(out, tail...)
}

// cut parts the text where the list ends: where a key follows it, or at the end.
func (p *parser) cut() (head, tail []byte) {
	next := 0
	if p.list != nil {
		for _, n := range p.root.Content {
			if n.Line > p.list.Line && n != p.list && next == 0 {
				next = n.Line
			}
		}
	}
	if next == 0 {
		return p.text, nil
	}
	at, line := 0, 1
	for l := range bytes.Lines(p.text) {
		if line == next {
			break
		}
		at, line = at+len(l), line+1
	}
	return p.text[:at], p.text[at:]
}

// item is a rule as an item of the list.
func (r Rule) item(indent, newline string) string {
	var b strings.Builder
	lead := indent + "- "
	line := func(key, value string) {
		if value != "" {
			b.WriteString(lead + key + ": " + value + newline)
			lead = indent + "  "
		}
	}
	line("name", quoted(r.Name))
	line("target", quoted(r.Target))
	line("path", quoted(r.Path))
	line("parent", quoted(r.Parent))
	line("host", quoted(r.Host))
	line("account", quoted(r.Account))
	line("address", quoted(r.Address))
	var kinds []string
	for _, k := range r.Kinds {
		kinds = append(kinds, quoted(k))
	}
	if len(kinds) > 0 {
		line("kind", "["+strings.Join(kinds, ", ")+"]")
	}
	line("reason", quoted(r.Reason))
	line("expires", r.Expires.Format(time.DateOnly))
	if !r.Added.IsZero() {
		line("added", r.Added.Format(time.DateOnly))
	}
	line("by", quoted(r.By))
	return b.String()
}

// quoted is a text in single quotes, or with escapes if some of it cannot be seen.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	plain := utf8.ValidString(text)
	for _, r := range text {
		plain = plain && seen(r)
	}
	if plain {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case seen(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return `"` + b.String() + `"`
}
