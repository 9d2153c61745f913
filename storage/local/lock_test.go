package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/storage"
)

// holdLock takes the lock "x" of the folder, says so, and never unlocks it.
func holdLock(folder string) {
	s, err := New(Config{Folder: folder})
	if err == nil {
		_, _, err = s.Lock(context.Background(), "x")
	}
	fmt.Println(err)
	io.Copy(io.Discard, os.Stdin) // until killed, or the parent is gone
}

// A process that is killed leaves its lock free at once, and its name behind.
func TestLockOfAKilledProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for range 2 {
		cmd := child(t, "lock", dir)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		stdout, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "<nil>\n" {
			t.Fatalf("the child says %q, %v", line, err)
		}
		if _, _, err := s.Lock(t.Context(), "x"); !errors.Is(err, storage.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", cmd.Process.Pid, " on ")) {
			t.Errorf("while process %d lives: %v", cmd.Process.Pid, err)
		}
		if err := cmd.Process.Kill(); err != nil { // SIGKILL
			t.Fatal(err)
		}
		cmd.Wait()
		_, unlock, err := s.Lock(t.Context(), "x")
		if err != nil {
			t.Fatalf("after it was killed: %v", err)
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
	if names, err := list(t, s, ""); err != nil || len(names) > 0 {
		t.Errorf("the lock is listed: %q, %v", names, err)
	}
}

// What stands where the lock file should be, and is none, is neither locked nor
// written to.
func TestLockFileIsAFile(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret", "secret")
	for name, make := range map[string]func(dir, file string) error{
		"link out":        func(_, file string) error { return os.Symlink(filepath.Join(outside, "secret"), file) },
		"link to nowhere": func(_, file string) error { return os.Symlink(filepath.Join(outside, "new"), file) },
		"link inside":     func(_, file string) error { return os.Symlink("object", file) },
		"folder":          func(_, file string) error { return os.Mkdir(file, 0o755) },
	} {
		dir := t.TempDir()
		write(t, dir, "object", "object")
		if err := make(dir, filepath.Join(dir, lockPrefix+"x")); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		if _, _, err := s.Lock(t.Context(), "x"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if data, err := storage.ReadAll(t.Context(), s, "object"); string(data) != "object" {
			t.Errorf("%s: the object is %q, %v", name, data, err)
		}
	}
	dir := t.TempDir()
	link(t, dir, outside, "out")
	if _, _, err := open(t, dir).Lock(t.Context(), "out/x"); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("below a link out: %v", err)
	}
	files, err := os.ReadDir(outside)
	if data, _ := os.ReadFile(filepath.Join(outside, "secret")); err != nil || len(files) != 1 || string(data) != "secret" {
		t.Errorf("outside there is %v, the secret is %q", files, data)
	}
}

// The lock is the one of the folder that was opened, wherever the path leads now.
func TestLockOfAMovedFolder(t *testing.T) {
	place := filepath.Join(t.TempDir(), "store")
	s, err := New(Config{Folder: place, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Rename(place, place+"2"); err != nil {
		t.Fatal(err)
	}
	for _, other := range []bool{false, true} {
		if other {
			write(t, place, lockPrefix+"x", "")
		}
		if _, _, err := s.Lock(t.Context(), "x"); err == nil || errors.Is(err, storage.ErrLocked) {
			t.Errorf("another folder at its place %v: %v", other, err)
		}
	}
}

// What was written beside a lock is anybody's text.
func TestLockFileWithNonsense(t *testing.T) {
	for _, text := range []string{"", "no JSON", `{"host":1}`, `{"host":"\u001b[2J","pid":"` + strings.Repeat("9", 3000) + `"}`, strings.Repeat("{", 1<<20)} {
		dir := t.TempDir()
		s, other := open(t, dir), open(t, dir)
		_, unlock, err := s.Lock(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, lockPrefix+"x", text)
		_, _, err = other.Lock(t.Context(), "x")
		if !errors.Is(err, storage.ErrLocked) || len(err.Error()) > 400 || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%.20q: %v", text, err)
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
		if _, unlock, err = other.Lock(t.Context(), "x"); err != nil {
			t.Errorf("%.20q, released: %v", text, err)
		} else {
			unlock()
		}
	}
}
