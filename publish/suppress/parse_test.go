package suppress

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func date(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

const good = `# ours
version: 1
suppressions:
  - name: acmeupdate*.exe        # the updater
    target: acmeupdater.exe
    path: 'C:\Program Files\Acme\*'
    host: ws-*.corp.example
    reason: our own updater, ticket 4711
    expires: 2027-03-31
  - name: b.exe
    parent: '*\b.exe'
    kind: [skeleton, 'edit*']
    reason: |
      two
      lines
    expires: '2027-04-01'
    added: 2026-11-20
    by: ann
`

func TestParse(t *testing.T) {
	got, err := Parse("rules.yaml", []byte(good))
	want := []Rule{
		{Name: "acmeupdate*.exe", Target: "acmeupdater.exe", Path: `C:\Program Files\Acme\*`, Host: "ws-*.corp.example", Reason: "our own updater, ticket 4711", Expires: date("2027-03-31"), Line: 4},
		{Name: "b.exe", Parent: `*\b.exe`, Kinds: []string{"skeleton", "edit*"}, Reason: "two\nlines", Expires: date("2027-04-01"), Added: date("2026-11-20"), By: "ann", Line: 10},
	}
	if err != nil || !reflect.DeepEqual(got.All, want) {
		t.Fatalf("%v\n%+v\n%+v", err, got, want)
	}
}

func TestNoRules(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "\ufeff", "version: 1\n", "version: 1\nsuppressions:\n", "version: 1\nsuppressions: []\n", "---\n"} {
		if got, err := Parse("x", []byte(text)); err != nil || len(got.All) > 0 {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// Each mistake is told with file, line and what to do.
func TestMistakes(t *testing.T) {
	rule := func(lines string) string { return "version: 1\nsuppressions:\n  - " + lines + "\n" }
	const rest = "\n    reason: r\n    expires: 2027-01-01"
	for text, want := range map[string]string{
		rule("name: *.exe" + rest):                                     `f:3: what begins with * .*quotes`,
		rule("name: *exe" + rest):                                      `f:3: what begins with`,
		rule("nam: a" + rest):                                          `f:3: there is no key "nam"; known are account, added, address, by, expires`,
		rule("name: 5" + rest):                                         `f:3: name: "5" is no text to YAML: put it in quotes`,
		rule("name: [a]" + rest):                                       "f:3: name has to be one text",
		rule("name:" + rest):                                           "f:3: name is empty",
		rule("name: '  '" + rest):                                      "f:3: name is empty",
		rule("name: a\n    name: b" + rest):                            "f:4: name is there twice",
		rule("reason: r\n    expires: 2027-01-01"):                     "f:3: it says nothing of which findings",
		rule("kind: a" + rest):                                         "f:3: it says nothing of which findings",
		rule("name: a\n    kind: []" + rest):                           "f:4: kind is empty",
		rule("parent: '*.exe'" + rest):                                 "f:3: its patterns match nearly everything",
		rule("parent: [a]" + rest):                                     "f:3: parent has to be one text",
		rule("name: '*'" + rest):                                       "f:3: its patterns match nearly everything",
		rule("name: '*.EXE'\n    path: '*\\*'\n    host: '?*'" + rest): "f:3: its patterns match nearly everything",
		rule("name: a\n    expires: 2027-01-01"):                       "f:3: reason is missing",
		rule("name: a\n    reason: r"):                                 "f:3: expires is missing",
		rule("name: a\n    reason: r\n    expires: never"):             `f:5: expires: "never" is no date: write a UTC day like 2027-03-31`,
		rule("name: a\n    reason: r\n    expires: 2027-02-30"):        "f:5: expires: .*no date",
		rule("name: a\n    reason: r\n    expires: 0001-01-01"):        "f:5: expires: .*no date",
		rule("name: a\n    reason: r\n    expires: 2027-01-01T00:00Z"): "f:5: expires: .*no date",
		rule("name: " + strings.Repeat("a", 1025) + rest):              "f:3: name has 1025 bytes",
		rule("a"):                                 "f:3: a rule has to be keys with values",
		"version: 2\n":                            "f:1: version: .*write version: 1",
		"version: '1'\n":                          "f:1: version",
		"suppressions: []\n":                      "f:1: version is missing",
		"- name: a\n":                             "f:1: the file has to be keys with values",
		"version: 1\nrules: []\n":                 `f:2: there is no key "rules"`,
		"version: 1\nsuppressions: {a: b}\n":      "f:2: suppressions: has to be a list",
		"version: 1\n---\nversion: 1\n":           "f: there is something behind the end",
		"version: [\n":                            "f: this is no YAML",
		"version: 1\n\x1b[2J: 1\n":                "f: this is no YAML: control",
		"version: 1\n\"\\e[2J\": 1\n":             `f:2: there is no key "<U\+001B>`,
		"? [a]\n: b\n":                            "there is no key of several parts",
		rule("name: &a a" + rest):                 "f:3: name: anchors and aliases are not known",
		rule("&a\n    name: a" + rest):            "a rule has to be keys with values.*anchors",
		rule("<<: {name: a}" + rest):              `there is no key "<<"`,
		rule("name: !!binary YQ==" + rest):        "put it in quotes",
		rule("&b name: a\n    target: *b" + rest): "anchor|begins with",
	} {
		_, err := Parse("f", []byte(text))
		if err == nil || !matches(want, err.Error()) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Parse("f", []byte("suppressions:\n- name: 1\n- reason: r\n  expires: x\n- {}\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Error(err)
	}
	_, err = Parse("f", []byte("version: 1\nsuppressions:\n"+strings.Repeat("- name: 1\n", 1000)))
	if err == nil || strings.Count(err.Error(), "\n") != mostProblems || !strings.HasSuffix(err.Error(), "980 more problems") {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.yaml") {
		t.Error(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Error(err)
	}
	large := filepath.Join(dir, "large.yaml")
	os.WriteFile(large, []byte(strings.Repeat("#", MaxFile+1)), 0o644)
	if _, err := Load(large); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
	os.WriteFile(large, []byte(strings.Repeat("#", MaxFile)), 0o644)
	if _, err := Load(large); err != nil {
		t.Error(err)
	}
}

// FuzzParse: no text is a panic, an error is harmless to show, and what is accepted
// has a reason, an end and a pattern that says something.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("a: &a [*a, *a]\nb: &b [*a,*a]\n<<: *b"))
	f.Add([]byte("version: 1\nsuppressions: [{name: a, reason: b, expires: 2027-01-01}]"))
	f.Add([]byte(strings.Repeat("[", 5000)))
	f.Add([]byte("\xff\xfev\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := Parse("f", text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x1b\u202e\u200b\x00") {
				t.Errorf("%q", err)
			}
			return
		}
		for _, r := range rules.All {
			if err := r.Validate(); err != nil || r.Line < 1 {
				t.Errorf("%+v: %v", r, err)
			}
			if _, _, err := Append("f", nil, r, r.Expires); err != nil {
				t.Errorf("%+v cannot be written: %v", r, err)
			}
		}
	})
}
