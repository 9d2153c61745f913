package windows

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// allows is what Homes says, told independently of Folder.
func (h Homes) allows(dir string) bool {
	patterns := slices.Concat(h.Folders, h.Stores)
	for _, root := range h.Copies {
		for _, folder := range h.Folders {
			if rest, ok := strings.CutPrefix(folder, `\windows`); ok && !strings.HasPrefix(folder, arm32) {
				patterns = append(patterns, root+rest)
			}
		}
	}
	return h.Anywhere || inAny(patterns, dir)
}

// Homes and Folder are two words on one thing: what is in none of the homes is
// Wrong, and nothing else is.
func TestHomesAreWhatFolderDoesNotCallWrong(t *testing.T) {
	facts, err := Builtin().With([]byte("windows-folders: ['\\WINNT']\nnames:\n  - name: agent.exe\n    folders: ['C:\\Agent\\*', '\\\\files\\apps\\**']\n  - name: anywhere.exe\n    folders: any\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	wrong, right := 0, 0
	for _, n := range append(facts.Names(), Name{Name: "unknown.exe"}) {
		h := facts.Homes(n.Name)
		for range 30 {
			p := Normalise(someFolder(r, h) + `\` + n.Name)
			if !p.Local() && !p.Remote() {
				continue
			}
			got := facts.Folder(n.Name, p) == Wrong
			if got == h.allows(p.Dir) {
				t.Fatalf("%s in %s: wrong is %v, the homes are %+v", n.Name, p.Dir, got, h)
			}
			if got {
				wrong++
			} else {
				right++
			}
		}
	}
	if wrong < 1000 || right < 1000 {
		t.Errorf("%d folders were wrong and %d right: too few to tell", wrong, right)
	}
}

// someFolder is a folder of the homes, or one that is a little off.
func someFolder(r *rand.Rand, h Homes) string {
	all := slices.Concat(h.Folders, h.Stores, []string{`\temp`, `\windows`, `\windows\system32`, `\users\bob`, `\winnt`, `\winnt\system32`, `\$windows.~bt\newos\windows\system32`})
	for _, root := range h.Copies {
		all = append(all, root+`\system32`, root)
	}
	folder := strings.ReplaceAll(all[r.IntN(len(all))], `\**`, []string{``, `\a`, `\a\b`}[r.IntN(3)])
	for strings.Contains(folder[min(4, len(folder)):], "*") {
		at := strings.LastIndex(folder, "*")
		folder = folder[:at] + []string{"x", "a_b", "", "1.2"}[r.IntN(4)] + folder[at+1:]
	}
	switch r.IntN(6) {
	case 0:
		folder += `\more`
	case 1:
		folder = `\less` + folder
	case 2:
		folder = folder[:strings.LastIndexByte(folder, '\\')]
	}
	if strings.HasPrefix(folder, `\\`) {
		return `\\files` + strings.TrimPrefix(folder, `\\*`)
	}
	return "C:" + folder
}

// The same for parents.
func TestParentHomesAreWhatOddParentAccepts(t *testing.T) {
	facts := Builtin()
	r := rand.New(rand.NewPCG(3, 4))
	seen := 0
	for _, n := range facts.Names() {
		parents, fixed := facts.ParentHomes(n.Name)
		if _, want := facts.Parents(n.Name); fixed != want {
			t.Fatalf("%s: fixed is %v", n.Name, fixed)
		}
		for _, p := range parents {
			for range 40 {
				path := Normalise(someFolder(r, p.Homes) + `\` + p.Name)
				if !path.Local() {
					continue
				}
				seen++
				if got := facts.OddParent(n.Name, path.String()); got == p.allows(path.Dir) {
					t.Fatalf("%s by %s: odd is %v, the homes are %+v", n.Name, path, got, p.Homes)
				}
			}
			if facts.OddParent(n.Name, p.Name) {
				t.Errorf("%s by %s without a folder is odd", n.Name, p.Name)
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d parents were looked at", seen)
	}
}
