package windows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// sheets returns the built-in files, parsed, by name.
func sheets(t *testing.T) map[string]*sheet {
	t.Helper()
	out := map[string]*sheet{}
	paths, err := fs.Glob(data, "data/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := data.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if out[path], err = parse(text); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if !strings.HasPrefix(string(text), "# ") || !strings.Contains(string(text), "# Sources: ") {
			t.Errorf("%s does not begin with what it holds and its sources", path)
		}
		if strings.Contains(string(text), "\t") || strings.Contains(string(text), " \n") {
			t.Errorf("%s has tabs or spaces at the end of a line", path)
		}
	}
	return out
}

func TestEveryNameIsThereOnceAndWhole(t *testing.T) {
	seen := map[string]string{}
	for path, s := range sheets(t) {
		for _, e := range s.names {
			if !slices.IsSorted(e.names) {
				t.Errorf("%s: %s and the names after it are not sorted", path, e.names[0])
			}
			if e.kind == nil || !e.folders.any && len(e.folders.patterns) == 0 {
				t.Errorf("%s: %s has no kind or no folders", path, e.names[0])
			}
			for _, name := range e.names {
				if seen[name] != "" {
					t.Errorf("%s is in %s and in %s", name, seen[name], path)
				}
				seen[name] = path
				checkName(t, name)
			}
		}
	}
	if len(seen) < 900 {
		t.Errorf("only %d names", len(seen))
	}
}

func checkName(t *testing.T, name string) {
	t.Helper()
	ext := name[strings.LastIndexByte(name, '.')+1:]
	if !slices.Contains([]string{"exe", "com", "scr"}, ext) {
		t.Errorf("%s is no program", name)
	}
	for _, c := range name {
		if c != '.' && c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			t.Errorf("%s has the character %q", name, c)
		}
	}
}

func TestNamesOfTheFilesAreLowerCase(t *testing.T) {
	for path := range sheets(t) {
		text, _ := data.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			if names, ok := strings.CutPrefix(strings.TrimLeft(line, " -"), "name:"); ok && names != fold(names) {
				t.Errorf("%s: %s", path, line)
			}
		}
	}
}

// strangers are parents that are no programs of Windows.
var strangers = map[string]string{
	"system":     "the kernel's process, which has no file",
	"rpcnet.exe": "a persistence agent that makers of machines install",
}

func TestEveryParentIsKnown(t *testing.T) {
	f := Builtin()
	for name, parents := range f.parents {
		n, ok := f.Name(name)
		if !ok || n.Kind != Core && name != "autochk.exe" {
			t.Errorf("%s has parents and is no core process", name)
		}
		for _, p := range parents {
			if n, ok := f.Name(p); !ok && strangers[p] == "" || ok && len(n.Folders) == 0 {
				t.Errorf("%s has the parent %s, of which nothing is known", name, p)
			}
		}
	}
}

func TestTheClassicTargetsAreCore(t *testing.T) {
	f := Builtin()
	for _, name := range strings.Fields(`svchost lsass csrss smss wininit winlogon services explorer spoolsv taskhost taskhostw dwm
		conhost dllhost rundll32 ctfmon sihost runtimebroker fontdrvhost searchindexer audiodg lsm userinit wmiprvse`) {
		if n, _ := f.Name(name + ".exe"); n.Kind != Core {
			t.Errorf("%s is %v", name, n.Kind)
		}
	}
	for _, name := range strings.Fields(`cmd powershell certutil mshta regsvr32 wscript cscript bitsadmin net net1 reg sc schtasks
		wmic psr`) {
		if n, _ := f.Name(name + ".exe"); n.Kind != Utility {
			t.Errorf("%s is %v", name, n.Kind)
		}
	}
}

// Where ordinary users can put files, nothing is good because it is there.
func TestKnownGoodLiesWhereUsersCannotWrite(t *testing.T) {
	for _, g := range Builtin().good {
		if len(g.folders) == 0 {
			t.Errorf("%s may lie anywhere", g.pattern)
		}
		for _, folder := range g.folders {
			dir := strings.TrimSuffix(folder, `\**`)
			if _, ok := below(dir, `\windows\serviceprofiles`); ok {
				continue // open to services, closed to users
			}
			if place := (Path{Dir: dir}).Place(); place < System32 || place > Programs {
				t.Errorf("%s: %s is %v", g.pattern, folder, place)
			}
		}
	}
}

// TestVersionFollowsWhatStatesRestOn fails when PlaceOf, the built-in parents or
// the built-in folders change: then Version must be raised and the new digest
// noted here.
func TestVersionFollowsWhatStatesRestOn(t *testing.T) {
	digests := map[int]string{
		1: "4c4add2d7dabf8e7",
	}
	h := sha256.New()
	for _, c := range placed {
		fmt.Fprintln(h, c.path, uint8(PlaceOf(c.path)))
	}
	f := Builtin()
	for _, n := range f.Names() {
		if parents, ok := f.Parents(n.Name); ok {
			fmt.Fprintln(h, n.Name, parents)
		}
		fmt.Fprintln(h, n.Name, n.Folders, n.Common)
	}
	fmt.Fprintln(h, f.roots, f.copies, f.open, f.stores)
	if got := hex.EncodeToString(h.Sum(nil)[:8]); digests[Version] != got {
		t.Errorf("version %d has the digest %s, not %s: raise Version and note the new digest", Version, got, digests[Version])
	}
}
