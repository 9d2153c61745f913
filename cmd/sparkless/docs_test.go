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

// settingsTable is the table of all settings.
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

// exitTable is the table of exit codes.
func exitTable() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| exit code | meaning |\n|---|---|")
	for _, m := range exitMeanings() {
		fmt.Fprintf(&b, "| %d | %s |\n", m.code, m.what)
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

// fieldTable is a table of a finding's fields.
func fieldTable(fields []field) string {
	var b strings.Builder
	fmt.Fprintln(&b, "| name | what |\n|---|---|")
	for _, f := range fields {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(f.names, "`, `"), f.what)
	}
	return b.String()
}

// workTable is the list of the work store's files.
func workTable() string {
	widest := 0
	for _, f := range workFiles() {
		widest = max(widest, len(f.term))
	}
	b := strings.Builder{}
	b.WriteString("\n") // without it Markdown takes the list for a part of the mark
	for _, f := range workFiles() {
		fmt.Fprintf(&b, "    %-*s  %s\n", widest, f.term, f.text)
	}
	b.WriteString("\n")
	return b.String()
}

// The pages have every setting, weight, exit code, field and file as it is.
func TestDocumentsListSettings(t *testing.T) {
	for _, part := range []struct{ what, page, table string }{
		{"settings", "cmd/sparkless/README.md", settingsTable()}, {"exit codes", "README.md", exitTable()}, {"work store", "README.md", workTable()}, {"presets", "README.md", presetTable()},
		{"weights", "masquerade/README.md", weightTables(t)},
		{"fields", "publish/README.md", fieldTable(everyFields())}, {"judged fields", "publish/README.md", fieldTable(judgedFields())}, {"run fields", "publish/README.md", fieldTable(runFields())},
	} {
		file := filepath.Join(moduleRoot(t), part.page)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := "<!-- "+part.what+": written by `go test ./cmd/sparkless -run TestDocuments -update` -->\n", "<!-- end of "+part.what+" -->"
		before, rest, ok1 := strings.Cut(string(text), begin)
		table, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("%s: the marks around the table of %s are gone", part.page, part.what)
		}
		switch {
		case table == part.table:
		case *update:
			if err := os.WriteFile(file, []byte(before+begin+part.table+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s: the table of %s is not the program's: go test ./cmd/sparkless -run TestDocuments -update", part.page, part.what)
		}
	}
}
