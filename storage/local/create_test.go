package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// noLinks stands for the hard link of a file system that has none.
func noLinks(temp, name string) error {
	return &os.LinkError{Op: "link", Old: temp, New: name, Err: syscall.EPERM}
}

// Without hard links a Store is one all the same.
func TestStoreWithoutLinks(t *testing.T) {
	without := func(s *Store) *Store {
		s.ways[0] = noLinks
		return s
	}
	storagetest.TestStore(t, storagetest.Harness{
		New: func(t *testing.T) storage.Store { return without(open(t, t.TempDir())) },
		Remove: func(t *testing.T, s storage.Store, name string) {
			if err := s.(*Store).root.Remove(name); err != nil {
				t.Fatal(err)
			}
		},
		Again: func(t *testing.T, s storage.Store) storage.Store { return without(open(t, s.(*Store).dir)) },
	})
}

// A file system that has no way says so, keeps nothing, and goes on as a place for
// what may be replaced. Errors that say something else are returned as they are.
func TestCreateWithoutAWay(t *testing.T) {
	for _, test := range []struct {
		errs [2]error
		want error
	}{
		{[2]error{syscall.EPERM, syscall.EINVAL}, errors.ErrUnsupported},
		{[2]error{syscall.ENOTSUP, syscall.ENOSYS}, errors.ErrUnsupported},
		{[2]error{errors.ErrUnsupported, errors.ErrUnsupported}, errors.ErrUnsupported},
		{[2]error{syscall.EIO, nil}, syscall.EIO},
		{[2]error{syscall.EPERM, syscall.ENOSPC}, syscall.ENOSPC},
		{[2]error{syscall.EACCES, nil}, storage.ErrDenied},
		{[2]error{syscall.EPERM, syscall.EEXIST}, storage.ErrExist},
	} {
		dir := t.TempDir()
		s := open(t, dir)
		for i, err := range test.errs {
			s.ways[i] = func(string, string) error { return err }
		}
		err := s.Create(t.Context(), "a/x", []byte("x"))
		if !errors.Is(err, test.want) || errors.Is(err, errors.ErrUnsupported) && !(storage.Permanent(err) && strings.Contains(err.Error(), dir)) {
			t.Errorf("%v: %v", test.errs, err)
		}
		if left := files(t, dir); len(left) > 0 {
			t.Errorf("%v: left are %q", test.errs, left)
		}
		if err := s.Put(t.Context(), "a/x", nil); err != nil {
			t.Errorf("%v: %v", test.errs, err)
		}
	}
}

// files are all files below dir, those that List ignores too.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// What has the name and is no object is named as that, and stays.
func TestCreateOverWhatIsNoObject(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret", "secret")
	dir := t.TempDir()
	write(t, dir, "folder/x", "x")
	write(t, dir, "file", "file")
	link(t, dir, "nowhere", "dangling")
	link(t, dir, filepath.Join(outside, "secret"), "escape")
	link(t, dir, outside, "out")
	link(t, dir, "file", "inside")
	s := open(t, dir)
	for _, way := range []func(string, string) error{s.link, noLinks} {
		s.ways[0] = way
		for name, want := range map[string]error{"folder": storage.ErrInvalid, "dangling": storage.ErrInvalid, "escape": storage.ErrInvalid,
			"out/new": storage.ErrInvalid, "file/below": storage.ErrInvalid, "inside": storage.ErrExist} {
			if err := s.Create(t.Context(), name, []byte("new")); !errors.Is(err, want) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if got, out := files(t, dir), files(t, outside); len(got) != 6 || len(out) != 1 {
		t.Errorf("there are %q, and outside %q", got, out)
	}
}

// createAll creates objects that hold many times the word who, and says which of
// them it could create.
func createAll(folder, who string) {
	s, err := New(Config{Folder: folder, Create: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	if who == "without-links" {
		s.ways[0] = noLinks
	}
	for i := range creations {
		switch err := s.Create(context.Background(), fmt.Sprintf("a/b/%d", i), bytes.Repeat([]byte(who), 10_000)); {
		case err == nil:
			fmt.Println(i)
		case !errors.Is(err, storage.ErrExist):
			fmt.Println(err)
		}
	}
}

const creations = 40

// Of several processes that create the same objects one makes each, whatever way
// each of them knows.
func TestCreateBetweenProcesses(t *testing.T) {
	dir := t.TempDir()
	said := map[string]*bytes.Buffer{"first": {}, "second": {}, "without-links": {}}
	var wait []func() error
	for who, out := range said {
		cmd := child(t, "create", dir, who)
		cmd.Stdout = out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait = append(wait, cmd.Wait)
	}
	for _, w := range wait {
		if err := w(); err != nil {
			t.Fatal(err)
		}
	}
	makers := map[string]string{}
	for who, out := range said {
		for _, i := range strings.Fields(out.String()) {
			if makers[i] != "" {
				t.Errorf("%s was made by %s and by %s", i, makers[i], who)
			}
			makers[i] = who
		}
	}
	if len(makers) != creations {
		t.Errorf("%d objects were made: %v", len(makers), makers)
	}
	s := open(t, dir)
	for i, who := range makers {
		if data, err := storage.ReadAll(t.Context(), s, "a/b/"+i); err != nil || string(data) != strings.Repeat(who, 10_000) {
			t.Errorf("%s of %s reads %.20q, %v", i, who, data, err)
		}
	}
	if left := files(t, dir); len(left) != creations {
		t.Errorf("left are %q", left)
	}
}

// A process that is killed while it creates leaves whole objects, and all those that
// it had said to be there.
func TestCreateKilled(t *testing.T) {
	for _, who := range []string{"with", "without-links"} {
		dir := t.TempDir()
		cmd := child(t, "create", dir, who)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 7 && lines.Scan(); n++ {
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		said := 7
		for lines.Scan() {
			said++
		}
		if err := cmd.Wait(); err == nil && said < creations {
			t.Errorf("%s: it ended well after %d objects", who, said)
		}
		s := open(t, dir)
		names, err := list(t, s, "")
		if err != nil || len(names) < said {
			t.Errorf("%s: %d were said to be there, there are %q, %v", who, said, names, err)
		}
		for _, name := range names {
			if data, err := storage.ReadAll(t.Context(), s, name); err != nil || string(data) != strings.Repeat(who, 10_000) {
				t.Errorf("%s: %s reads %.20q, %v", who, name, data, err)
			}
		}
	}
}
