package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// config.yaml is what `sparkless init` writes.
func TestConfigFileIsInits(t *testing.T) {
	name := filepath.Join(moduleRoot(t), "config.yaml")
	want, err := configFile(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	switch {
	case err != nil:
		t.Fatal(err)
	case string(got) == want:
	case *update:
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("config.yaml is not what `sparkless init` writes: go test ./cmd/sparkless -run TestConfig -update")
	}
}

// settingsOf loads a settings file and nothing else.
func settingsOf(t *testing.T, text string) (*values, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(defaultConfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return loadSettings(newApp(t.Output(), t.Output()).runCommand().Flags())
}

// As written it sets nothing.
func TestConfigFileSetsNothing(t *testing.T) {
	text, err := configFile(nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := settingsOf(t, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		if v.origin[s.key] != "default" {
			t.Errorf("%s comes from %s", s.key, v.origin[s.key])
		}
		if s.secret && (!strings.Contains(text, " "+envName(s.key)+",") || v.text(s.key) != "") {
			t.Errorf("%s: %q, or its variable is not named", s.key, v.text(s.key))
		}
	}
}

// Without the # each setting has its default, or its example, and is of its type.
func TestConfigFileShowsWhatCanBeSet(t *testing.T) {
	text, err := configFile(nil)
	if err != nil {
		t.Fatal(err)
	}
	var set []string
	for line := range strings.Lines(text) {
		if bare := strings.TrimLeft(line, " "); strings.HasPrefix(bare, "#") && !strings.HasPrefix(bare, "# ") && bare != "#\n" {
			line = strings.Replace(line, "#", "", 1)
		}
		set = append(set, line)
	}
	v, err := settingsOf(t, strings.Join(set, ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		if s.secret {
			continue
		}
		want := s.value
		if example, ok := settingExamples()[s.key]; ok {
			want = example
		} else if text := fmt.Sprint(want); text == "" || text == "[]" {
			t.Errorf("%s has neither a default nor an example", s.key)
		}
		if got := v.v.Get(s.key); fmt.Sprint(got) != fmt.Sprint(want) || !strings.HasPrefix(v.origin[s.key], defaultConfig+":") {
			t.Errorf("%s is %v from %s, want %v", s.key, got, v.origin[s.key], want)
		}
	}
	for key := range settingExamples() {
		if !slices.ContainsFunc(settings(), func(s setting) bool { return s.key == key }) {
			t.Errorf("there is an example of %s, which is no setting", key)
		}
	}
	for _, s := range settings() {
		if section, _, _ := strings.Cut(s.key, "."); sectionNotes()[section] == "" {
			t.Errorf("nothing is said above the section %s", section)
		}
	}
}

// What init is given comes back, whatever is in it.
func FuzzConfigFileKeepsValues(f *testing.F) {
	for _, seed := range []string{"x", "", "null", "#no", "a: b", "two\nlines", "  two\n lines\n\n", "  spaces  ", "C:\\x\\y", "'", "\"", "1e3", "~", "\u202e", "{day}.csv", "a  b", "yes", "|", "- a", "\xff", strings.Repeat("long words ", 30)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		given := map[string]any{"storage.folder": text, "output.files": []string{text, "b"}, "job.workers": 3}
		content, err := configFile(given)
		if valid := utf8.ValidString(text); err != nil || !valid {
			if valid || err == nil {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		v, err := settingsOf(t, content)
		if err != nil {
			t.Fatalf("%q: %v\n%s", text, err, content)
		}
		if got := v.text("storage.folder"); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if got := v.list("output.files"); !slices.Equal(got, []string{text, "b"}) {
			t.Errorf("%q came back in %q", text, got)
		}
		if v.whole("job.workers") != 3 {
			t.Error("workers are gone")
		}
	})
}
