package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/viper"
)

// Whoever adds a setting says whether it changes what a worker does.
func TestEverySettingDecidesOrDoesNot(t *testing.T) {
	lists := [][]string{decisive(), placing(), indifferent()}
	for _, s := range settings() {
		n := 0
		for _, list := range lists {
			n += len(slices.DeleteFunc(slices.Clone(list), func(key string) bool { return key != s.key }))
		}
		if n != 1 {
			t.Errorf("%s is in %d of the lists decisive, placing and indifferent", s.key, n)
		}
		if s.secret && !slices.Contains(indifferent(), s.key) {
			t.Errorf("%s is a secret, and would show in a name", s.key)
		}
	}
	for _, key := range slices.Concat(append(lists, ofFiles(), unordered())...) {
		if !slices.ContainsFunc(settings(), func(s setting) bool { return s.key == key }) {
			t.Errorf("%s is no setting", key)
		}
	}
}

// identified is the identity of settings given by the environment.
func identified(t *testing.T, given map[string]string) string {
	t.Helper()
	given = maps.Clone(given)
	if given == nil {
		given = map[string]string{}
	}
	if given["SPARKLESS_STORAGE_FOLDER"] == "" {
		given["SPARKLESS_STORAGE_FOLDER"] = "export"
	}
	for name, value := range given {
		t.Setenv(name, value)
	}
	defer func() {
		for name := range given {
			_ = os.Unsetenv(name) // Setenv brings back what was before the test
		}
	}()
	v, err := loadSettings(newApp(t.Output(), t.Output()).runCommand().Flags())
	if err != nil {
		t.Fatal(err)
	}
	h := &hunt{}
	h.Scope = v.text("job.scope")
	h.Source, err = resolved(v.text("storage.folder"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity(v, &h.Config, "program")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Another value of a setting makes another identity if, and only if, it is decisive.
func TestIdentityIsOfWhatDecides(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"a": "facts: a", "b": "facts: b", "same": "facts: a"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := identified(t, nil)
	if base != identified(t, nil) || len(base) != identityLength {
		t.Fatalf("identity %q, and another time another", base)
	}
	seen := map[string]string{base: "nothing"}
	for _, s := range settings() {
		if slices.Contains(placing(), s.key) {
			continue
		}
		id := identified(t, map[string]string{envName(s.key): otherValue(s)})
		decides := slices.Contains(decisive(), s.key)
		if decides == (id == base) {
			t.Errorf("%s: decisive %v, and another identity %v", s.key, decides, id != base)
		}
		if before := seen[id]; decides && before != "" {
			t.Errorf("%s makes the identity that %s makes", s.key, before)
		}
		seen[id] = s.key
	}
	for _, given := range []map[string]string{
		{"SPARKLESS_STORAGE_FOLDER": "elsewhere"}, {"SPARKLESS_WORK_FOLDER": "elsewhere"}, {"SPARKLESS_JOB_SCOPE": "estate"}, {"SPARKLESS_MASQUERADE_FACTS": "b"},
	} {
		if id := identified(t, given); seen[id] != "" {
			t.Errorf("%v makes the identity that %s makes", given, seen[id])
		}
	}
}

// otherValue is a value of a setting that is not its default.
func otherValue(s setting) string {
	switch v := s.value.(type) {
	case bool:
		return fmt.Sprint(!v)
	case int:
		return fmt.Sprint(v + 1)
	case float64:
		return fmt.Sprint(v / 2)
	}
	switch {
	case slices.Contains(ofFiles(), s.key):
		return "a"
	case s.key == "key-vault.url":
		return "https://" + vaultHost
	case strings.HasSuffix(s.key, "-size"), s.key == "job.memory":
		return "64MiB"
	}
	return "other"
}

// The same said otherwise is the same: in another order, by another name of the same
// file, in another unit, by another path to the same folder.
func TestIdentityIsOfWhatIsMeant(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a", "same"} {
		if err := os.WriteFile(name, []byte("facts: a"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range [][2]map[string]string{
		{{"SPARKLESS_MASQUERADE_FACTS": "a"}, {"SPARKLESS_MASQUERADE_FACTS": "same"}},
		{{"SPARKLESS_SUPPRESS_FILE": "a"}, {"SPARKLESS_SUPPRESS_FILE": "./same"}},
		{{"SPARKLESS_MASQUERADE_WEIGHTS": "folder=1,parent=2"}, {"SPARKLESS_MASQUERADE_WEIGHTS": "parent=2,folder=1"}},
		{{"SPARKLESS_JOB_BATCH_SIZE": "4GiB"}, {"SPARKLESS_JOB_BATCH_SIZE": "4096MiB"}},
		{{"SPARKLESS_STORAGE_FOLDER": "export"}, {"SPARKLESS_STORAGE_FOLDER": "../" + lastOf(t) + "/export/"}},
		{{"SPARKLESS_WORK_FOLDER": "sparkless-work"}, {}},
		{{"SPARKLESS_MASQUERADE_RARE": "0.20"}, {"SPARKLESS_MASQUERADE_RARE": ".2"}},
	} {
		if a, b := identified(t, pair[0]), identified(t, pair[1]); a != b {
			t.Errorf("%v and %v are not the same", pair[0], pair[1])
		}
	}
	// Of several paths to a field the first goes before the others.
	a, b := map[string]string{"SPARKLESS_FIELDS_MAP": "Process=x,Process=y"}, map[string]string{"SPARKLESS_FIELDS_MAP": "Process=y,Process=x"}
	if identified(t, a) == identified(t, b) {
		t.Error("the order of paths says nothing")
	}
}

func lastOf(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir[strings.LastIndexByte(dir, '/')+1:]
}

// Another program, another layout and more files are another identity.
func TestIdentityIsOfTheProgram(t *testing.T) {
	t.Chdir(t.TempDir())
	v := &values{v: viper.New(), origin: map[string]string{}}
	v.v.Set("storage.folder", ".")
	v.v.Set("job.shard-size", "auto")
	v.v.Set("job.batch-size", "auto")
	seen := map[string]bool{}
	for _, h := range []*hunt{{}, {}, {}} {
		h.Layout = ""
		for _, program := range []string{"a", "b"} {
			id, err := identity(v, &h.Config, program)
			if err != nil {
				t.Fatal(err)
			}
			seen[id] = true
		}
	}
	plain, all := &hunt{}, &hunt{}
	plain.Layout, all.AllFiles = "plain", true
	for _, h := range []*hunt{plain, all} {
		id, err := identity(v, &h.Config, "a")
		if err != nil {
			t.Fatal(err)
		}
		seen[id] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d identities, want 4", len(seen))
	}
	if one, err := thisProgram(); err != nil || len(one) != 64 {
		t.Errorf("this program is %q, error %v", one, err)
	}
	if a, b := processName(), processName(); a == b {
		t.Errorf("two processes of the same number are both %s", a)
	}
}
