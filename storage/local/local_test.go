package local

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := New(Config{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	storagetest.TestStore(t, storagetest.Harness{
		New: func(t *testing.T) storage.Store { return open(t, t.TempDir()) },
		Remove: func(t *testing.T, s storage.Store, name string) {
			if err := s.(*Store).root.Remove(name); err != nil {
				t.Fatal(err)
			}
		},
		Again: func(t *testing.T, s storage.Store) storage.Store { return open(t, s.(*Store).dir) },
	})
}

// write makes a file behind the store's back.
func write(t *testing.T, dir, name, data string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, dir, target, name string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// list returns the names below prefix and the error at the end.
func list(t *testing.T, s *Store, prefix string) (names []string, last error) {
	for b, err := range s.List(t.Context(), prefix) {
		if err != nil {
			return names, err
		}
		names = append(names, b.Name)
	}
	return names, nil
}

func find(t *testing.T, s *Store, name string) storage.Blob {
	t.Helper()
	b, err := storage.Find(t.Context(), s, name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", "")
	for _, test := range []struct {
		config Config
		want   error
	}{
		{Config{}, storage.ErrInvalid},
		{Config{Create: true}, storage.ErrInvalid},
		{Config{Folder: "a\x00b"}, storage.ErrInvalid},
		{Config{Folder: filepath.Join(dir, "missing")}, storage.ErrNotExist},
		{Config{Folder: filepath.Join(dir, "file")}, storage.ErrInvalid},
		{Config{Folder: filepath.Join(dir, "file"), Create: true}, storage.ErrInvalid},
		{Config{Folder: filepath.Join(dir, "made/below"), Create: true}, nil},
		{Config{Folder: dir}, nil},
	} {
		s, err := New(test.config)
		if !errors.Is(err, test.want) {
			t.Errorf("New(%+v): error %v, want %v", test.config, err, test.want)
		}
		if err != nil && test.config.Folder != "" && !strings.Contains(err.Error(), strings.Trim(strconv.Quote(test.config.Folder), `"`)) {
			t.Errorf("New(%+v): error %q does not name the folder", test.config, err)
		}
		if err == nil {
			s.Close()
		}
	}
}

// Links inside the folder are files; every other link is an error that names it,
// whether it is met while walking or stands in the prefix.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret", "secret")
	for name, target := range map[string]string{
		"nowhere":  "missing",
		"dir":      "sub",
		"self":     "self",
		"escape":   filepath.Join(outside, "secret"),
		"upwards":  "../../" + filepath.Base(outside) + "/secret",
		"folder":   outside,
		"absolute": "", // the target is set below
	} {
		dir := t.TempDir()
		write(t, dir, "a", "a")
		write(t, dir, "sub/b", "b")
		if name == "absolute" { // inside, but os.Root follows no absolute link
			target = filepath.Join(dir, "a")
		}
		link(t, dir, target, "m-"+name)
		s := open(t, dir)
		names, err := list(t, s, "")
		if !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), "m-"+name) || !slices.Equal(names, []string{"a"}) {
			t.Errorf("%s: listed %q, error %v", name, names, err)
		}
		if names, err := list(t, s, "sub/"); err != nil || len(names) != 1 {
			t.Errorf("%s: beside the link: %q, error %v", name, names, err)
		}
		if names, err := list(t, s, "m-"+name+"/"); !errors.Is(err, storage.ErrInvalid) || len(names) > 0 {
			t.Errorf("%s: below the link: %q, error %v", name, names, err)
		}
		if data, err := storage.ReadBlob(t.Context(), s, storage.Blob{Name: "m-" + name, Size: 6}); err == nil {
			t.Errorf("%s: the link reads as %q", name, data)
		}
		if data, err := storage.ReadBlob(t.Context(), s, storage.Blob{Name: "m-" + name + "/secret", Size: 6}); err == nil {
			t.Errorf("%s: below the link there is %q", name, data)
		}
	}
}

func TestLinkInside(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "sub/target", "content")
	write(t, dir, "z", "z")
	link(t, dir, "../sub/target", "sub/link")
	link(t, dir, "sub/target", "link")
	s := open(t, dir)
	names, err := list(t, s, "")
	if err != nil || !slices.Equal(names, []string{"link", "sub/link", "sub/target", "z"}) {
		t.Fatalf("listed %q, error %v", names, err)
	}
	for _, name := range []string{"link", "sub/link"} {
		data, err := storage.ReadAll(t.Context(), s, name)
		if err != nil || string(data) != "content" {
			t.Errorf("%s reads as %q, error %v", name, data, err)
		}
	}
	if names, err := list(t, s, "link/x"); err != nil || len(names) > 0 {
		t.Errorf("below a link to a file: %q, error %v", names, err)
	}
	// Replacing the link leaves what it led to.
	if err := s.Put(t.Context(), "link", []byte("own")); err != nil {
		t.Fatal(err)
	}
	if data, err := storage.ReadAll(t.Context(), s, "sub/target"); err != nil || string(data) != "content" {
		t.Errorf("the target reads as %q, error %v", data, err)
	}
}

// What stands outside the prefix is not looked at.
func TestListWalksOnlyWhatIsNeeded(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"a", "a/x", "b"} {
		write(t, dir, folder+"/file", "")
		link(t, dir, "missing", folder+"/trap")
	}
	write(t, dir, "a/xyz/file", "")
	s := open(t, dir)
	for prefix, want := range map[string]string{"a/xy": "a/xyz/file", "a/xyz/": "a/xyz/file", "a/f": "a/file", "b/file": "b/file"} {
		if names, err := list(t, s, prefix); err != nil || !slices.Equal(names, []string{want}) {
			t.Errorf("List(%q): %q, error %v", prefix, names, err)
		}
	}
	if _, err := list(t, s, "a/x"); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("a trap below the prefix: error %v", err)
	}
}

// Names that no other store can hold are an error, not a silent gap.
func TestListUnspeakableNames(t *testing.T) {
	for _, name := range []string{"back\\slash", "bad\xffutf8"} {
		dir := t.TempDir()
		write(t, dir, name, "")
		if names, err := list(t, open(t, dir), ""); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%q: listed %q, error %v", name, names, err)
		}
	}
}

func TestEmptyFoldersAreNoFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "full/deep/er/file", "")
	write(t, dir, "temp/"+tempPrefix+"x", "")
	if err := os.MkdirAll(filepath.Join(dir, "hollow/below"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir).Folders(t.Context(), "")
	if err != nil || !slices.Equal(got, []string{"full/"}) {
		t.Errorf("Folders = %q, error %v", got, err)
	}
}

// What a crash leaves behind is not listed, and its name cannot be put.
func TestUnfinishedFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/"+tempPrefix+"LEFT", "half")
	write(t, dir, "a/b", "whole")
	s := open(t, dir)
	if names, err := list(t, s, ""); err != nil || !slices.Equal(names, []string{"a/b"}) {
		t.Errorf("listed %q, error %v", names, err)
	}
	if err := s.Put(t.Context(), "a/"+tempPrefix+"x", nil); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("Put of such a name: %v", err)
	}
}

// A Put that cannot succeed leaves no file behind.
func TestFailedPut(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", "file")
	write(t, dir, "folder/sub/x", "x")
	s := open(t, dir)
	for _, name := range []string{"folder/sub", "folder", "file/below", "file/below/deeper", strings.Repeat("n", 300)} {
		if err := s.Put(t.Context(), name, []byte("new")); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("Put(%q): error %v, want ErrInvalid", name, err)
		}
	}
	var files []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if len(files) != 2 {
		t.Errorf("left behind: %q", files)
	}
}

// Growing, shrinking and rewriting a file between opening it and its last byte
// is noticed, also by a caller that asks for no byte more than there are.
func TestChangedWhileRead(t *testing.T) {
	for name, change := range map[string]func(f *os.File) error{
		"grown":   func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 1000); return err },
		"shrunk":  func(f *os.File) error { return f.Truncate(999) },
		"emptied": func(f *os.File) error { return f.Truncate(0) },
		"rewritten": func(f *os.File) error {
			_, err := f.WriteAt([]byte("x"), 10)
			later := time.Now().Add(time.Second) // than the clock tick it was made in
			return errors.Join(err, os.Chtimes(f.Name(), later, later))
		},
	} {
		dir := t.TempDir()
		write(t, dir, "file", strings.Repeat("a", 1000))
		s := open(t, dir)
		b := find(t, s, "file")
		body, err := s.Open(t.Context(), b, 0, b.Size)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		if _, err := io.ReadFull(body, make([]byte, 500)); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(dir, "file"), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(change(f), f.Close()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if n, err := io.ReadFull(body, make([]byte, 500)); !errors.Is(err, storage.ErrChanged) {
				t.Errorf("%s: %d bytes, error %v, want ErrChanged", name, n, err)
			}
		}
		if _, err := s.Open(t.Context(), b, 0, 1); !errors.Is(err, storage.ErrChanged) {
			t.Errorf("%s: opened again: error %v, want ErrChanged", name, err)
		}
	}
}

// A Put makes a version later than the one it replaces, even where the clock
// runs backwards, and so never one that was there before.
func TestPutGivesLaterTimes(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	file := filepath.Join(dir, "x")
	var last time.Time
	for i := range 100 {
		if err := s.Put(t.Context(), "x", []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().After(last) {
			t.Fatalf("Put %d is of %v, the one before of %v", i, info.ModTime(), last)
		}
		if last = info.ModTime(); i == 50 {
			last = time.Now().Add(time.Hour)
			if err := os.Chtimes(file, last, last); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The error that a system error stands for; as root no file is unreadable, so
// the system's own errors are made here.
func TestExplain(t *testing.T) {
	for _, test := range []struct {
		err, want error
	}{
		{fs.ErrNotExist, storage.ErrNotExist},
		{syscall.ENOENT, storage.ErrNotExist},
		{syscall.ENOTDIR, storage.ErrNotExist},
		{syscall.EACCES, storage.ErrDenied},
		{syscall.EPERM, storage.ErrDenied},
		{syscall.ENAMETOOLONG, storage.ErrInvalid},
		{syscall.ELOOP, storage.ErrInvalid},
		{errors.New("path escapes from parent"), storage.ErrInvalid},
	} {
		err := explain(&fs.PathError{Op: "openat", Path: "x", Err: test.err})
		if !errors.Is(err, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%v becomes %v, want %v", test.err, err, test.want)
		}
	}
	for _, passing := range []error{syscall.EIO, syscall.ENOSPC, syscall.EMFILE, syscall.ESTALE} {
		if err := explain(&fs.PathError{Op: "read", Path: "x", Err: passing}); storage.Permanent(err) {
			t.Errorf("%v becomes the permanent %v", passing, err)
		}
	}
}

// Nothing of the folder is read, written or shown when it is gone.
func TestFolderRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := New(Config{Folder: dir, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "x", nil); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("Put: error %v, want ErrNotExist", err)
	}
}

func TestClosedStore(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "x", "content")
	s := open(t, dir)
	b := find(t, s, "x")
	body, err := s.Open(t.Context(), b, 0, b.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	s.Close()
	if data, err := io.ReadAll(body); err != nil || !bytes.Equal(data, []byte("content")) {
		t.Errorf("an open body reads as %q, error %v", data, err)
	}
	if _, err := list(t, s, ""); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("List of a closed store: error %v", err)
	}
}

// What a killed Put left behind is removed a day later, when the folder is
// opened to keep objects; and nothing else is.
func TestSweep(t *testing.T) {
	name := func(rest string) string { return tempPrefix + rest }
	left := name("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	for _, create := range []bool{false, true} {
		dir := t.TempDir()
		old, young := time.Now().Add(-25*time.Hour), time.Now().Add(-23*time.Hour)
		for file, at := range map[string]time.Time{
			"a/b/" + left: old, left: old, "a/" + left: young, "object": old, name("mine"): old, "a/" + left + "2": old,
			lockPrefix + "ABCDEFGHIJKLMNOPQRSTUVWXYZ": old, "c/x" + left: old, left + "d/object": old,
		} {
			write(t, dir, file, "x")
			if err := os.Chtimes(filepath.Join(dir, file), at, at); err != nil {
				t.Fatal(err)
			}
		}
		folder := filepath.Join(dir, "c", left)
		if err := errors.Join(os.Mkdir(folder, 0o755), os.Chtimes(folder, old, old)); err != nil {
			t.Fatal(err)
		}
		link(t, dir, "../object", "a/b/"+name("ZZZZZZZZZZZZZZZZZZZZZZZZZZ"))
		s, err := New(Config{Folder: dir, Create: create})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		files := 0
		filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if !d.IsDir() {
				files++
			}
			return err
		})
		if want := map[bool]int{false: 10, true: 8}[create]; files != want {
			t.Errorf("create %v: %d files are left, want %d", create, files, want)
		}
		if _, err := os.Stat(folder); err != nil {
			t.Error(err)
		}
		for _, gone := range []string{left, "a/b/" + left} {
			if _, err := os.Stat(filepath.Join(dir, gone)); errors.Is(err, fs.ErrNotExist) != create {
				t.Errorf("create %v: %s: %v", create, gone, err)
			}
		}
	}
}
