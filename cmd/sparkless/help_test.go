package main

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sparkless/masquerade"
)

func testRoot(t testing.TB) *cobra.Command { return newApp(t.Output(), t.Output()).rootCommand() }

// Every command is in one group of the help, and every setting.
func TestHelpLeavesNothingOut(t *testing.T) {
	root := testRoot(t)
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.IsAdditionalHelpTopicCommand() {
			continue
		}
		n := 0
		for _, g := range commandGroups() {
			n += len(slices.DeleteFunc(slices.Clone(g.names), func(name string) bool { return name != c.Name() }))
		}
		if n != 1 {
			t.Errorf("%s is in %d groups of commands", c.Name(), n)
		}
	}
	for _, s := range settings() {
		if placeOf(s.key, "") == 0 {
			t.Errorf("%s is in no group of flags", s.key)
		}
	}
	for _, c := range allCommands(root) {
		help := helpOf(c, 80)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if strings.Contains(help, "--"+f.Name+" ") == f.Hidden && f.Name != "help" && f.Name != "version" {
				t.Errorf("%s: --%s, hidden %v", c.CommandPath(), f.Name, f.Hidden)
			}
		})
		if c.HasParent() && c.Example == "" && !c.IsAdditionalHelpTopicCommand() && !c.HasSubCommands() && c.Name() != "help" {
			t.Errorf("%s has no example", c.CommandPath())
		}
	}
}

// What a command leaves out it still takes, and what matters to it is something.
func TestHelpLeavesOutWhatDoesNotMatter(t *testing.T) {
	root := testRoot(t)
	for name, keys := range concerns() {
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		for _, begin := range keys {
			if !slices.ContainsFunc(settings(), func(s setting) bool { return covers(begin, s.key) }) {
				t.Errorf("%s: no setting is %s", name, begin)
			}
		}
		if err := cmd.ParseFlags([]string{"--similarity=0.7", "--dry-run", "--no-color"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !hidesFlags(cmd) || !strings.Contains(helpOf(cmd, 80), "flags of all other settings") {
			t.Errorf("%s hides nothing, or does not say so", name)
		}
	}
	publish, _, _ := root.Find([]string{"publish"})
	if help := helpOf(publish, 80); strings.Contains(help, "--similarity") || !strings.Contains(help, "--logsingestion-endpoint") {
		t.Error(help)
	}
}

// No line of a help is wider than the window, but for examples and long words.
func TestHelpFitsTheWindow(t *testing.T) {
	for _, c := range allCommands(testRoot(t)) {
		for _, width := range []int{40, 60, 80, 100, 110} {
			for line := range strings.Lines(helpOf(c, width)) {
				line = strings.TrimSuffix(line, "\n")
				if utf8.RuneCountInString(line) <= width || strings.Contains(c.Example, line) || strings.Contains(c.Long, line) || line == "  "+usageOf(c) {
					continue
				}
				if term := regexp.MustCompile(`^ *\S+(  +\S+)?$`).MatchString(line) || regexp.MustCompile(`^  \S.*[^.]$`).MatchString(line) && isTerm(c, line[2:]); !term {
					t.Errorf("%s at %d: %q", c.CommandPath(), width, line)
				}
			}
		}
	}
}

// isTerm reports whether a line is the term of a row, which is never broken.
func isTerm(c *cobra.Command, line string) bool {
	for _, b := range blocks(c.Long) {
		if slices.ContainsFunc(b.rows, func(r row) bool { return r.term == line }) {
			return true
		}
	}
	return slices.ContainsFunc(slices.Concat(flagRows(c)...), func(r row) bool { return r.term == line })
}

// FuzzHelpText: laying out keeps every word in its order, and no line but a long word
// or what stays as it is exceeds the width.
func FuzzHelpText(f *testing.F) {
	for _, seed := range []string{"a b c", "  term  and a text\n  another  text\n\nparagraph", "# heading\ntext", "  verbatim\n    deeper", "\n\n\n", "  a  b\nc\n  d  e", "ünïcode … words", "   three  spaces"} {
		f.Add(seed, 40)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		if width < leastWidth || width > mostWidth {
			return
		}
		l := &layout{width: width}
		l.text(text)
		plain := regexp.MustCompile(`(?m)^# (.+)$`).ReplaceAllString(text, "$1:")
		plain = regexp.MustCompile(`(?m)^# $`).ReplaceAllString(plain, "")
		if got, want := strings.Fields(l.String()), strings.Fields(plain); !slices.Equal(got, want) {
			t.Errorf("%q\n%q", got, want)
		}
		for _, line := range wrap(text, width) {
			if utf8.RuneCountInString(line) > width && len(strings.Fields(line)) > 1 {
				t.Errorf("%q is wider than %d", line, width)
			}
		}
	})
}

// Every exit code of the program has a meaning, once.
func TestExitCodesHaveMeanings(t *testing.T) {
	meanings := map[int]string{}
	for _, m := range exitMeanings() {
		if meanings[m.code] != "" || m.what == "" {
			t.Errorf("%d twice, or without a meaning", m.code)
		}
		meanings[m.code] = m.what
	}
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "exit") || len(spec.Values) != 1 {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			n++
			if code, _ := strconv.Atoi(literal.Value); meanings[code] == "" {
				t.Errorf("%s, which is %d, has no meaning", spec.Names[0].Name, code)
			}
		}
		return true
	})
	if n < 7 {
		t.Errorf("only %d exit codes found", n)
	}
}

// The fields that the help tells of are those of a finding.
func TestHelpHasTheFieldsOfAFinding(t *testing.T) {
	var told []string
	for _, f := range slices.Concat(everyFields(), judgedFields()) {
		told = append(told, f.names...)
	}
	kind := reflect.TypeFor[masquerade.Finding]()
	for i := range kind.NumField() {
		name := kind.Field(i).Name
		if tag, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ","); tag != "" {
			name = tag
		}
		if at := slices.Index(told, name); at >= 0 {
			told = slices.Delete(told, at, at+1)
		} else {
			t.Errorf("the help does not tell of %s", name)
		}
	}
	if len(told) > 0 {
		t.Errorf("no fields of a finding: %q", told)
	}
}

// The work store's files are those that the help tells of.
func TestHelpHasTheFilesOfTheWorkStore(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"sample", "--out", "export", "--day", "2026-11-20", "--events", "3000", "--names", "300", "--hosts", "20"},
		{"run", "--folder", "export", "--day", "2026-11-20", "--out", "a.jsonl"},
	} {
		if code := run(context.Background(), args, t.Output(), t.Output()); code != exitDone {
			t.Fatalf("exit code %d", code)
		}
	}
	seen := map[string]bool{}
	for _, name := range filesBelow(t, defaultWork) {
		matched := false
		for _, f := range workFiles() {
			pattern := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(regexp.QuoteMeta(f.term), `[^/]+`)
			if regexp.MustCompile(`^` + pattern + `(\.sha256)?$`).MatchString(name) {
				matched, seen[f.term] = true, true
			}
		}
		if !matched {
			t.Errorf("the help does not tell of %s", name)
		}
	}
	if len(seen) < 3 {
		t.Errorf("only %v", seen)
	}
}

// filesBelow are the files below a folder, with slashes.
func filesBelow(t *testing.T, folder string) []string {
	var names []string
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(folder, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
