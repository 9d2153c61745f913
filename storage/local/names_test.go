package local

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/storage"
)

// FuzzNamesStayInside: no name makes the store write, read or lock anything
// outside its folder, not through the links in it either, nor show or replace
// its own files.
func FuzzNamesStayInside(f *testing.F) {
	own := tempPrefix + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, name := range []string{
		"x", "a/b/c", "", ".", "..", "/", "../secret", "../outside/secret", "a/../../outside/secret", "/etc/passwd", "//x", "a//b", "a/./b", "./x", "a/",
		"out/secret", "out/new", "out/sub/new", "out", "up/outside/secret", "up/outside/new", "secretlink", "secretlink/x", "inside", "indir/x", "indir/../x",
		"a\\b", "..\\outside\\secret", "C:\\x", "C:x", "nul\x00x", "out\x00/secret", "bad\xff", "%2e%2e/secret", "..%2fsecret", "\u2025/secret", "．．/secret",
		own, "a/" + own, tempPrefix, "a/" + tempPrefix + "x", lockPrefix + "x", "a/" + lockPrefix, own + "/x", "loop/x", "dangling", "dangling/x",
		strings.Repeat("n", 255), strings.Repeat("n", 256), strings.Repeat("n/", 3000) + "n", strings.Repeat("n/", 253) + "n", strings.Repeat("n/", 254) + "n", strings.Repeat("ü", 1025), strings.Repeat("../", 99) + "tmp/x", "a\nb", " ", "...", "..x", "CON", "x:stream",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		base := t.TempDir()
		write(t, base, "outside/secret", "secret")
		dir := filepath.Join(base, "store")
		write(t, dir, "indir/x", "inside")
		write(t, dir, own, "in the making")
		write(t, dir, "a/"+own, "in the making")
		for from, to := range map[string]string{
			"out": filepath.Join(base, "outside"), "up": "..", "secretlink": "../outside/secret", "inside": "indir/x",
			"loop": "loop", "dangling": "../outside/made",
		} {
			link(t, dir, to, from)
		}
		s, err := New(Config{Folder: dir, Create: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		useName(t, s, name)
		outside := map[string]string{}
		filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
			if path == dir {
				return fs.SkipDir
			}
			if err == nil && !d.IsDir() {
				data, _ := os.ReadFile(path)
				outside[path] = string(data)
			}
			return err
		})
		if len(outside) != 1 || outside[filepath.Join(base, "outside", "secret")] != "secret" {
			t.Errorf("%q: outside there is %q", name, outside)
		}
		for _, file := range []string{own, "a/" + own} {
			if data, _ := os.ReadFile(filepath.Join(dir, file)); string(data) != "in the making" {
				t.Errorf("%q: %s holds %q", name, file, data)
			}
		}
	})
}

// useName does everything that a name can be used for.
func useName(t *testing.T, s *Store, name string) {
	t.Helper()
	for _, size := range []int64{6, 13} { // of the secret, and of a file in the making
		for _, etag := range []string{"", "x", versionOf(s, name)} {
			if data, err := storage.ReadBlob(t.Context(), s, storage.Blob{Name: name, Size: size, ETag: etag}); err == nil && string(data) != "inside" {
				t.Errorf("%q reads as %q", name, data)
			}
		}
	}
	if b, err := s.Find(t.Context(), name); err == nil && b.Size != int64(len("inside")) {
		t.Errorf("%q is found: %+v", name, b)
	}
	if _, unlock, err := s.Lock(t.Context(), name); err == nil {
		unlock()
	} else if checkObject(name) == nil && !errors.Is(err, storage.ErrInvalid) && !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("Lock(%q): %v", name, err)
	}
	data := []byte("put")
	err := s.Put(t.Context(), name, data)
	if err != nil {
		if !errors.Is(err, storage.ErrInvalid) && !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("Put(%q): %v", name, err)
		}
		return
	}
	if checkObject(name) != nil {
		t.Errorf("Put(%q) succeeds", name)
	}
	if got, err := storage.ReadAll(t.Context(), s, name); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%q was put and reads as %q, %v", name, got, err)
	}
}

// versionOf is the ETag that the file behind a name would have.
func versionOf(s *Store, name string) string {
	info, err := os.Stat(filepath.Join(s.dir, name))
	if err != nil {
		return ""
	}
	return version(info)
}
