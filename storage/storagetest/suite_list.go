package storagetest

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/storage"
)

func testEmpty(t *testing.T, h Harness) {
	s := h.New(t)
	for _, prefix := range []string{"", "a", "a/", "a/b/c", "..", "../", "/", "//", "a/../b", "./"} {
		if blobs := list(t, s, prefix); len(blobs) > 0 {
			t.Errorf("List(%q) of an empty store yields %v", prefix, names(blobs))
		}
	}
	if l, ok := s.(storage.FolderLister); ok {
		wantFolders(t, l, "", nil)
		wantFolders(t, l, "a/b", nil)
	}
}

// orderNames are names whose byte order differs from the order in which folders
// are walked. No name is a folder of another: a file system cannot have that.
var orderNames = []string{
	"a-/x", "a-b", "a.b", "a/b-c", "a/b.c", "a/b/c", "a/b/d/e", "a/b0", "a0", "ab", "b/a", "b0", "~",
}

// createAll makes the objects in another order than theirs.
func createAll(t *testing.T, h Harness, s storage.Store, names []string) {
	t.Helper()
	for i := range names {
		name := names[len(names)-1-i]
		h.Create(t, s, name, content(name, 1+len(name)))
	}
}

// sorted returns what List must yield for prefix.
func sorted(all []string, prefix string) []string {
	want := []string{}
	for _, name := range slices.Sorted(slices.Values(all)) {
		if strings.HasPrefix(name, prefix) {
			want = append(want, name)
		}
	}
	return want
}

func testListOrder(t *testing.T, h Harness) {
	s := h.New(t)
	createAll(t, h, s, orderNames)
	blobs := list(t, s, "")
	if got, want := names(blobs), sorted(orderNames, ""); !slices.Equal(got, want) {
		t.Fatalf("List yields %q, want %q", got, want)
	}
	for _, b := range blobs {
		wantContent(t, s, b, content(b.Name, 1+len(b.Name)))
	}
	if again := list(t, s, ""); !slices.Equal(again, blobs) {
		t.Errorf("an unchanged store lists as %v and then as %v", blobs, again)
	}
}

func testListPrefix(t *testing.T, h Harness) {
	s := h.New(t)
	createAll(t, h, s, orderNames)
	prefixes := map[string]bool{"x": true, "a//": true, "/a": true, "..": true, "../": true, "a/../": true, "a/b/c/": true, "a/b/c/d": true, "b/a0": true, "~~": true}
	for _, name := range orderNames {
		for i := range len(name) + 1 {
			prefixes[name[:i]] = true
		}
	}
	for prefix := range prefixes {
		if got, want := names(list(t, s, prefix)), sorted(orderNames, prefix); !slices.Equal(got, want) {
			t.Errorf("List(%q) yields %q, want %q", prefix, got, want)
		}
	}
}

func testListEarlyStop(t *testing.T, h Harness) {
	s := h.New(t)
	createAll(t, h, s, orderNames)
	seq := s.List(t.Context(), "a")
	for range 2 { // a sequence can be walked again
		var got []string
		for b, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, b.Name); len(got) == 3 {
				break
			}
		}
		if want := sorted(orderNames, "a")[:3]; !slices.Equal(got, want) {
			t.Errorf("the first three are %q, want %q", got, want)
		}
	}
}

// testListRandom compares listings and folders of random names with what
// filtering and sorting them gives.
func testListRandom(t *testing.T, h Harness) {
	s := h.New(t)
	random := rand.New(rand.NewPCG(20261121, 7))
	made := map[string]bool{} // true for objects, false for their folders
	for len(made) < 60 {
		name := randomName(random)
		if _, ok := made[name]; ok || !fits(made, name) {
			continue
		}
		made[name] = true
		for i, c := range name {
			if c == '/' {
				made[name[:i]] = false
			}
		}
		h.Create(t, s, name, []byte(name))
	}
	all := slices.DeleteFunc(slices.Collect(maps.Keys(made)), func(name string) bool { return !made[name] })
	for range 60 {
		prefix := randomName(random)
		if random.IntN(2) == 0 {
			name := all[random.IntN(len(all))]
			prefix = name[:random.IntN(len(name)+1)]
		}
		if got, want := names(list(t, s, prefix)), sorted(all, prefix); !slices.Equal(got, want) {
			t.Errorf("List(%q) yields %q, want %q", prefix, got, want)
		}
		if l, ok := s.(storage.FolderLister); ok {
			wantFolders(t, l, prefix, foldersOf(all, prefix))
		}
	}
}

// randomName is made of few letters, so that names share beginnings.
func randomName(random *rand.Rand) string {
	const letters = "ab-.0/"
	for {
		name := make([]byte, 1+random.IntN(8))
		for i := range name {
			name[i] = letters[random.IntN(len(letters))]
		}
		// Azure drops dots at the end of a component.
		if n := string(name); fs.ValidPath(n) && n != "." && !strings.Contains(n+"/", "./") {
			return n
		}
	}
}

// fits reports whether no folder of name is an object of made.
func fits(made map[string]bool, name string) bool {
	for i, c := range name {
		if c == '/' && made[name[:i]] {
			return false
		}
	}
	return true
}

func foldersOf(all []string, prefix string) []string {
	var folders []string
	for _, name := range sorted(all, prefix) {
		if i := strings.IndexByte(name[len(prefix):], '/'); i >= 0 {
			folders = append(folders, name[:len(prefix)+i+1])
		}
	}
	return slices.Compact(folders)
}

func wantFolders(t *testing.T, l storage.FolderLister, prefix string, want []string) {
	t.Helper()
	got, err := l.Folders(t.Context(), prefix)
	if err != nil {
		t.Fatalf("Folders(%q): %v", prefix, err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Folders(%q) = %q, want %q", prefix, got, want)
	}
}

func testFolders(t *testing.T, h Harness) {
	s := h.New(t)
	l, ok := s.(storage.FolderLister)
	if !ok {
		return // optional by contract
	}
	for _, name := range []string{"x/y=1/z", "x/y=1/zz", "x/y=2/m=01/z", "x/y=10/z", "x/file", "x-1/f", "top", "w/y=1/z"} {
		h.Create(t, s, name, []byte(name))
	}
	for prefix, want := range map[string][]string{
		"":          {"w/", "x-1/", "x/"},
		"x":         {"x-1/", "x/"},
		"x/":        {"x/y=1/", "x/y=10/", "x/y=2/"},
		"x/y=1":     {"x/y=1/", "x/y=10/"},
		"x/y=2/":    {"x/y=2/m=01/"},
		"x/y=2/m":   {"x/y=2/m=01/"},
		"x/y=1/":    nil,
		"x/f":       nil,
		"x/file/":   nil,
		"nowhere/":  nil,
		"x/y=1/z/a": nil,
		"../":       nil,
		"/":         nil,
	} {
		wantFolders(t, l, prefix, want)
	}
}

// oddNames must survive the way to the store and back, byte by byte.
func oddNames() []string {
	long := strings.Repeat("long-component_", 13) // 195 bytes
	return []string{
		"with space/in name.json", "plus+plus", "100%", "%41", "a%2Fb", "q?x=1&y=2", "hash#tag", "semi;colon", "quote'\"<>&",
		"WorkspaceResourceId=/subscriptions/0a/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/ws/y=2026/m=11/d=20/h=07/m=05/PT05M.json",
		"ünï/çødé", "日本語/ログ", "emoji 🦊", "[brackets]{braces}", "at@colon:star*", "~tilde^caret`", "!$()", ".hidden/.file", "dots..inside/a..b",
		long + "/" + long + "/" + long + "/" + long + "/" + long, // 979 bytes; Azure ends at 1,024 characters
	}
}

func testOddNames(t *testing.T, h Harness) {
	s := h.New(t)
	all := oddNames()
	for _, name := range all {
		h.Create(t, s, name, []byte(name))
	}
	if got, want := names(list(t, s, "")), sorted(all, ""); !slices.Equal(got, want) {
		t.Errorf("List yields\n%q, want\n%q", got, want)
	}
	for _, name := range all {
		wantContent(t, s, find(t, s, name), []byte(name))
		if err := s.Put(t.Context(), name, []byte("new")); err != nil {
			t.Errorf("Put(%q): %v", name, err)
			continue
		}
		wantContent(t, s, find(t, s, name), []byte("new"))
	}
}
