package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSecretFromFile(t *testing.T) {
	t.Chdir(t.TempDir())
	const long = maxSecret
	for name, test := range map[string]struct{ content, want, problem string }{
		"plain":          {"AccountKey=x y", "AccountKey=x y", ""},
		"line-end":       {"\thush\r\n\n", "hush", ""},
		"byte-order":     {"\uFEFFhush\r\n", "hush", ""},
		"just-fits":      {strings.Repeat("x", long), strings.Repeat("x", long), ""},
		"too-large":      {strings.Repeat("x", long) + "\n", "", "too-large is larger than"},
		"empty":          {"", "", "empty is empty"},
		"blank":          {"\uFEFF \r\n", "", "blank is empty"},
		"two-lines":      {"hush\nhush", "", "one line"},
		"utf-16":         {"\xff\xfeh\x00u\x00s\x00h\x00", "", "UTF-8"},
		"zeros":          {"hush\x00", "", "one line"},
		"a name of four": {"hush", "hush", ""},
	} {
		if err := os.WriteFile(name, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := secretFromFile(name)
		if got.Reveal() != test.want || (err == nil) != (test.problem == "") {
			t.Errorf("%s: read as %q, error %v", name, got.Reveal(), err)
		}
		if err != nil && (!strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%s: error %q, want it to say %q", name, err, test.problem)
		}
	}
	if err := os.Symlink("plain", "link"); err != nil {
		t.Fatal(err)
	}
	if got, err := secretFromFile("link"); err != nil || got.Empty() {
		t.Errorf("a link to a file: error %v", err)
	}
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", ".", "/dev/null"} {
		if _, err := secretFromFile(name); err == nil || !strings.Contains(err.Error(), name+" is not a regular file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := secretFromFile(filepath.Join("plain", "below")); err == nil || strings.Contains(err.Error(), "plain") || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("below a file: error %v", err)
	}
}

// Nothing that is made of settings for other eyes holds a secret, though they
// hand it out to those who need it.
func TestValuesKeepSecrets(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.yaml", []byte("storage:\n  sas: hush-yaml\n  connection-string: hush-below\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("key", []byte("hush-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", " hush-env\n")
	t.Setenv("SPARKLESS_STORAGE_ACCOUNT_KEY_FILE", "key")
	cmd := newApp(t.Output(), t.Output()).runCommand()
	v, err := loadSettings(cmd.Flags())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"storage.connection-string": "hush-env", "storage.account-key": "hush-file", "storage.sas": "hush-yaml", "datacollector.shared-key": "",
	} {
		if got := v.secret(key).Reveal(); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
		if (v.text(key) == "") != (want == "") || strings.Contains(v.text(key), "hush") {
			t.Errorf("%s as a text is %q", key, v.text(key))
		}
	}
	if dump := spell(v.v.AllSettings(), v.origin, v.secrets); strings.Contains(dump, "hush") {
		t.Errorf("a secret shows in %s", dump)
	}
}

func spell(all ...any) string {
	return fmt.Sprintf("%v %+v %#v %q", all, all, all, all)
}
