package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparkless/masquerade"
)

var update = flag.Bool("update", false, "rewrite what tests compare with")

// settingsTable is the table of the README.
func settingsTable() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| setting | flag | default | what |\n|---|---|---|---|")
	for _, s := range settings() {
		flag, value := "none", fmt.Sprint(s.value)
		if s.flag != "" {
			flag = "`--" + s.flag + "`"
		}
		switch {
		case value == "" || value == "[]":
			value = ""
		default:
			value = "`" + value + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.key, flag, value, s.help)
	}
	return b.String()
}

// weightTables are the tables of evidence and of modifiers.
func weightTables(t *testing.T) string {
	all := masquerade.WeightList()
	modifiers := slices.IndexFunc(all, func(w masquerade.Weight) bool { return w.Name == "corroborated" })
	if modifiers < 1 {
		t.Fatal("where do the modifiers begin?")
	}
	var b strings.Builder
	fmt.Fprintln(&b, "| evidence | points | speaks for a finding when |\n|---|---:|---|")
	for i, w := range all {
		points := fmt.Sprint(w.Points)
		if i >= modifiers {
			points = fmt.Sprintf("%+d", w.Points)
		}
		if i == modifiers {
			fmt.Fprintln(&b, "\n| modifier | points | is added when |\n|---|---:|---|")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.Name, points, strings.ReplaceAll(w.What, "|", `\|`))
	}
	return b.String()
}

// The README lists every setting and every weight as it is.
func TestDocumentsListSettings(t *testing.T) {
	file := filepath.Join(moduleRoot(t), "README.md")
	for _, part := range []struct{ what, table string }{{"settings", settingsTable()}, {"weights", weightTables(t)}} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := "<!-- "+part.what+": written by `go test ./cmd/sparkless -run TestDocuments -update` -->\n", "<!-- end of "+part.what+" -->"
		before, rest, ok1 := strings.Cut(string(text), begin)
		table, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("the marks around the table of %s are gone", part.what)
		}
		switch {
		case table == part.table:
		case *update:
			if err := os.WriteFile(file, []byte(before+begin+part.table+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("the README's table of %s is not the program's: go test ./cmd/sparkless -run TestDocuments -update", part.what)
		}
	}
}

// config.yaml names every setting, and what it sets is the default.
func TestConfigFileIsComplete(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	section, mentioned := "", map[string]bool{}
	for line := range strings.Lines(string(text)) {
		bare := strings.TrimLeft(line, "# ")
		key, _, ok := strings.Cut(bare, ":")
		if !ok {
			continue
		}
		if line[0] != ' ' && !strings.Contains(line[:2], " ") || strings.HasPrefix(line, "# ") && strings.HasSuffix(strings.TrimSpace(line), ":") {
			section = key
			continue
		}
		mentioned[section+"."+key] = true
	}
	for _, s := range settings() {
		if s.secret && !strings.Contains(string(text), envName(s.key)) {
			t.Errorf("config.yaml does not name %s", envName(s.key))
		}
		if !s.secret && !mentioned[s.key] {
			t.Errorf("config.yaml does not mention %s", s.key)
		}
	}
	t.Chdir(moduleRoot(t))
	a := newApp(t.Output(), t.Output())
	cmd := a.runCommand()
	v, err := loadSettings(cmd.Flags())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		if got, want := fmt.Sprint(v.v.Get(s.key)), fmt.Sprint(s.value); got != want {
			t.Errorf("config.yaml sets %s to %s, the default is %s", s.key, got, want)
		}
	}
}
