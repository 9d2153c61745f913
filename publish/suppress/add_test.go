package suppress

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var fresh = Rule{Name: "O'Neil*.exe", Path: `C:\x\*`, Parent: `C:\p\*`, Kinds: []string{"*"}, Reason: "it's: #1 \"ours\"", Expires: date("2027-06-30"), Added: date("2026-11-21"), By: "ann"}

// In whatever way a file is laid out, what is in it stays.
func TestAppend(t *testing.T) {
	item := fresh.item("", "\n")
	for name, c := range map[string]struct{ head, tail string }{
		"empty":        {"", ""},
		"comments":     {"# mine\n", ""},
		"no list":      {"version: 1\n", ""},
		"null":         {"version: 1\nsuppressions:   # none yet\n", ""},
		"good":         {good, ""},
		"not indented": {"version: 1\nsuppressions:\n- {name: a, reason: b, expires: 2027-01-01}\n# last words\n\n", ""},
		"indented":     {"version: 1\nsuppressions:\n      - name: a\n        expires: 2027-01-01\n        reason: |+\n          x\n\n\n", ""},
		"no newline":   {"version: 1\nsuppressions:\n  - name: a\n    expires: 2027-01-01\n    reason: |\n      x", ""},
		"windows":      {"version: 1\r\nsuppressions:\r\n  - name: a\r\n    expires: 2027-01-01\r\n    reason: x\r\n", ""},
		"list first":   {"suppressions:\n  - name: a\n    expires: 2027-01-01\n    reason: x\n# then\n", "version: 1\n"},
		"null first":   {"suppressions:\n", "version: 1\n"},
	} {
		out, added, err := Append("f", []byte(c.head+c.tail), fresh, now)
		text := string(out)
		if err != nil || !strings.HasPrefix(text, c.head) || !strings.HasSuffix(text, c.tail) {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		if got := strings.ReplaceAll(strings.Split(text, "\n")[added.Line-1], "\r", ""); strings.TrimSpace(got) != strings.Split(item, "\n")[0] {
			t.Errorf("%s: line %d is %q\n%s", name, added.Line, got, text)
		}
		if bare := strings.Count(text, "\n") - strings.Count(text, "\r\n"); name == "windows" && bare > 0 {
			t.Errorf("%d lines end otherwise\n%q", bare, text)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	other, elsewhere := fresh, fresh
	other.Parent, elsewhere.Path = "", fresh.Path+"y"
	again := fresh
	again.Name = strings.ToUpper(again.Name)
	text, _, err := Append("f", []byte(good), fresh, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Append("f", text, again, now); err == nil || !matches("f:19: the rule is there already and expires on 2027-06-30", err.Error()) {
		t.Error(err)
	}
	if _, _, err := Append("f", text, again, date("2027-07-01")); err != nil {
		t.Errorf("what has expired may be said again: %v", err)
	}
	for _, r := range []Rule{other, elsewhere} {
		if _, _, err := Append("f", text, r, now); err != nil {
			t.Errorf("%+v is another rule: %v", r, err)
		}
	}
	for text, want := range map[string]string{
		"version: 1\nsuppressions: []\n": "by hand:\n  - name",
		"{version: 1}\n":                 "by hand",
		"version: 1\n...\n":              "by hand",
		"version: 2\n":                   "put the file right first: f:1",
		"\xff\xfe" + utf16("version: 1\nsuppressions:\n"): "by hand",
	} {
		if _, _, err := Append("f", []byte(text), fresh, now); err == nil || !matches(want, err.Error()) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for want, r := range map[string]Rule{
		"reason is missing: .*; expires is missing": {Name: "a"},
		"UTF-8":             {Name: "a\xff", Reason: "r", Expires: now},
		"kind is empty":     {Name: "a", Kinds: []string{""}, Reason: "r", Expires: now},
		"nearly everything": {Name: "*?.exe", Reason: "r", Expires: now},
	} {
		if _, err := Add(filepath.Join(t.TempDir(), "f"), r, now); err == nil || !matches(want, err.Error()) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func utf16(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

// FuzzAppend: whatever a rule and a file hold, the rule is read back as it was
// given and all that was in the file stays in its order, or nothing is added.
func FuzzAppend(f *testing.F) {
	f.Add([]byte(good), "a", "b")
	f.Add([]byte("suppressions:\n- {name: x, reason: y, expires: 2027-01-01}\nversion: 1"), "'\"\\\x00\n\u2028 :#", "\x1b\U0001f600")
	f.Fuzz(func(t *testing.T, text []byte, name, reason string) {
		r := Rule{Name: "x" + name, Reason: "x" + reason + "x", Expires: date("2027-06-30")}
		out, added, err := Append("f", text, r, now)
		if err != nil {
			return
		}
		r.Line = added.Line
		if added.Name != r.Name || added.Reason != r.Reason {
			t.Errorf("%+v became %+v", r, added)
		}
		rest := string(out)
		for line := range strings.Lines(string(text)) {
			_, after, ok := strings.Cut(rest, line)
			if !ok {
				t.Fatalf("%q is gone from\n%s", line, out)
			}
			rest = after
		}
	})
}

// Two that add at once wait for each other.
func TestAddsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	const n = 40
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if _, err := Add(file, Rule{Name: fmt.Sprint("n", i), Reason: "r", Expires: now}, now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	rules, err := Load(file)
	if err != nil || len(rules.All) != n {
		t.Errorf("%+v, %v", rules, err)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(rest) > 0 {
		t.Errorf("%q are left", rest)
	}
}

// Add keeps who may read the file, and what a link leads to.
func TestAddKeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.yaml"), filepath.Join(dir, "link.yaml")
	os.WriteFile(real, []byte(good), 0o640)
	if err := os.Symlink("real.yaml", link); err != nil {
		t.Fatal(err)
	}
	if _, err := Add(link, fresh, now); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(real)
	if err != nil || info.Mode() != 0o640 {
		t.Error(info.Mode(), err)
	}
	if rules, err := Load(real); err != nil || len(rules.All) != 3 {
		t.Errorf("%+v, %v", rules, err)
	}
	if _, err := Add(dir, fresh, now); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Error(err)
	}
	os.WriteFile(real, []byte("version: 2\n"), 0o640)
	if _, err := Add(real, fresh, now); err == nil {
		t.Error("added")
	}
	if text, _ := os.ReadFile(real); string(text) != "version: 2\n" {
		t.Errorf("%q", text)
	}
}
