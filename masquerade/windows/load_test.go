package windows

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWithAddsAndLeavesTheBuiltinAlone(t *testing.T) {
	before, _ := Builtin().Name("svchost.exe")
	folders := slices.Clone(before.Folders)
	f, err := Builtin().With([]byte(`
names:
  - name: [Agent.exe, helper.exe]
    kind: core
    folders: &here ['C:\Agent\*', '%ProgramFiles%\Agent']
  - name: svchost.exe
    folders: *here
    elsewhere: common
  - name: lsass.exe
    folders: any
  - name: [lsass.exe, notepad.exe]
    folders: ['D:\Late']
parents:
  - name: agent.exe
    parents: [Services.exe, agent.exe]
  - name: lsass.exe
    parents: [other.exe, agent.exe]
  - name: svchost.exe
    parents: any
windows-folders: ['\WINNT']
`))
	if err != nil {
		t.Fatal(err)
	}
	check := func(path string, want Folder) {
		t.Helper()
		p := Normalise(path)
		if got := f.Folder(p.Base, p); got != want {
			t.Errorf("%s: %d, not %d", path, got, want)
		}
	}
	check(`C:\Agent\1\agent.exe`, Expected)
	check(`C:\Program Files\Agent\helper.exe`, Expected)
	check(`C:\agent.exe`, Wrong)
	check(`C:\Windows\System32\svchost.exe`, Expected)
	check(`C:\Agent\1\svchost.exe`, Expected)
	check(`C:\svchost.exe`, Shared)
	check(`C:\lsass.exe`, NoFact)
	check(`D:\Late\notepad.exe`, Expected)
	check(`C:\winnt\system32\csrss.exe`, Expected)
	check(`C:\winnt\csrss.exe`, Wrong)
	if n, _ := f.Name("svchost.exe"); n.Kind != Core {
		t.Error(n.Kind)
	}
	if f.OddParent("svchost.exe", `C:\x.exe`) || f.OddParent("lsass.exe", `C:\Windows\System32\other.exe`) || f.OddParent("lsass.exe", `C:\Agent\1\agent.exe`) ||
		!f.OddParent("lsass.exe", `C:\other.exe`) || !f.OddParent("lsass.exe", `C:\agent.exe`) || !f.OddParent("lsass.exe", `C:\x.exe`) ||
		!f.OddParent("agent.exe", `C:\x.exe`) || f.OddParent("agent.exe", `C:\Windows\System32\services.exe`) {
		t.Error("parents")
	}
	after, _ := Builtin().Name("svchost.exe")
	if !slices.Equal(after.Folders, folders) || after.Common || !Builtin().OddParent("svchost.exe", `C:\x.exe`) {
		t.Error("the built-in facts have changed")
	}
}

// Two extensions of the same facts do not see each other.
func TestWithTwice(t *testing.T) {
	with := func(f *Facts, folder string) *Facts {
		t.Helper()
		out, err := f.With([]byte("names: [{name: svchost.exe, folders: '" + folder + "'}]"))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	base := with(Builtin(), `\base`)
	a, b := with(base, `\a`), with(base, `\b`)
	for i, f := range []*Facts{base, a, b} {
		for j, dir := range []string{`\base`, `\a`, `\b`} {
			want := Wrong
			if j == 0 || i == j {
				want = Expected
			}
			if got := f.Folder("svchost.exe", Path{Dir: dir, Base: "svchost.exe"}); got != want {
				t.Errorf("facts %d, %s: %d", i, dir, got)
			}
		}
	}
}

func TestWithNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "{}", "names: []"} {
		if f, err := Builtin().With([]byte(text)); err != nil || len(f.Names()) != len(Builtin().Names()) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWithNamesEveryProblem(t *testing.T) {
	for text, want := range map[string][]string{
		"name: x":                              {"line 1", `no key "name"`, "names, parents, known-good, windows-folders"},
		"names: x":                             {"line 1: names must be a list"},
		"names: [x]":                           {"line 1: an entry of names must be a mapping"},
		"[]":                                   {"facts must be a mapping"},
		"names:\n- name: a.exe":                {"line 2", `needs the key "folders"`},
		"names:\n- folders: any":               {`needs the key "name"`},
		"names:\n- name: a.exe\n  folder: any": {`line 3`, `no key "folder"; it may have name, kind, folders, elsewhere`, `needs the key "folders"`},
		"names:\n- {name: a.exe, folders: any}\n- {name: b, name: c, folders: any}": {"line 3", "twice"},
		"names: [{name: a, folders: any, kind: evil}]":                              {"core, utility or other", `"evil"`},
		"names: [{name: a, folders: any, elsewhere: no}]":                           {"odd or common"},
		"names: [{name: a, folders: 'relative\\x'}]":                                {`no folder from the root`},
		"names: [{name: a, folders: '%nothing%\\x'}]":                               {`no folder from the root`},
		"names: [{name: a, folders: '\\**\\x'}]":                                    {"wildcard"},
		"names: [{name: a, folders: '\\x?'}]":                                       {"wildcard"},
		"names: [{name: a, folders: []}]":                                           {"text or a list"},
		"names: [{name: a, folders: {}}]":                                           {"text or a list"},
		"names: [{name: 'a*', folders: any}]":                                       {"no name of a file"},
		"names: [{name: 'x\\a', folders: any}]":                                     {"no name of a file"},
		"names: [{name: ' a', folders: any}]":                                       {"no name of a file"},
		"names: [{name: , folders: any}]":                                           {"must be a text"},
		"names: [{name: [[a]], folders: any}]":                                      {"must be a text"},
		"parents: [{name: a.exe}]":                                                  {`needs the key "parents"`},
		"parents: [{name: a.exe, parents: 'b*'}]":                                   {"no name of a file"},
		"known-good: [{name: 'a\\b'}]":                                              {"no name of a file"},
		"known-good: [{name: 'build*'}]":                                            {"line 1", "build*.exe"},
		"known-good: [{reason: x}]":                                                 {`needs the key "name"`},
		"known-good: [{name: a, reason: [x]}]":                                      {"must be a text"},
		"windows-folders: any":                                                      {"list of folders"},
		"windows-folders: ['\\x\\**']":                                              {"list of folders"},
		"a: [":                                                                      {"yaml"},
		"bad: 1\nworse: 2":                                                          {"line 1", "line 2"},
		"<<: {names: []}":                                                           {"no key"},
	} {
		_, err := Builtin().With([]byte(text))
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %q is not in: %v", text, w, err)
			}
		}
	}
}

func TestParseAllNamesTheFile(t *testing.T) {
	_, err := parseAll(fstest.MapFS{"data/a.yaml": {Data: []byte("x: 1")}})
	if err == nil || !strings.Contains(err.Error(), "data/a.yaml") {
		t.Error(err)
	}
}

func FuzzWith(f *testing.F) {
	f.Add("names: [{name: a.exe, kind: core, folders: ['\\x\\**', any], elsewhere: odd}]\nknown-good: [{name: '*?'}]")
	f.Add("a: &a [*a]")
	f.Add("names: &n [{name: a, folders: &f any}]\nparents: *n\nwindows-folders: *f")
	f.Fuzz(func(t *testing.T, text string) {
		with, err := Builtin().With([]byte(text))
		if err != nil {
			return
		}
		for _, n := range with.Names() {
			p := Path{Dir: `\windows\system32`, Base: n.Name}
			with.Folder(n.Name, p)
			with.KnownGood(n.Name, p)
			with.OddParent(n.Name, `C:\x\y.exe`)
			if len(n.Folders) != len(n.shown) {
				t.Errorf("%+v", n)
			}
		}
	})
}
