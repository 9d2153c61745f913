//go:build unix

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sparkless/storage"
)

// limit is the largest file that putLimited may write.
const limit = 64 << 10

// putLimited puts objects of more bytes than the system lets it write, and says
// what came of it.
func putLimited(folder string) {
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails instead
	err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit})
	s, err2 := New(Config{Folder: folder})
	if err = errors.Join(err, err2); err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"a/new", "a/old"} {
		for _, size := range []int{limit + 1, 10 * limit, limit} {
			if name == "a/old" && size == limit {
				break
			}
			err := s.Put(context.Background(), name, bytes.Repeat([]byte("n"), size))
			fmt.Println(errors.Is(err, syscall.EFBIG), storage.Permanent(err), err)
		}
	}
}

// A Put for which there is no room leaves the object as it was and nothing
// beside it, and says why. The kernel refuses the write after its first 64 KiB.
func TestPutWithoutRoom(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/old", "old")
	out, err := child(t, "put", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 5 {
		t.Fatalf("the child says %q", lines)
	}
	for i, line := range lines {
		if i%3 == 2 {
			if line != "false false <nil>" {
				t.Errorf("with enough room: %s", line)
			}
			continue
		}
		if !strings.HasPrefix(line, "true false ") || !strings.Contains(line, "the disk of folder "+dir+" is full") {
			t.Errorf("without room: %s", line)
		}
	}
	s := open(t, dir)
	var names []string
	entries, _ := os.ReadDir(filepath.Join(dir, "a"))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) != 2 {
		t.Errorf("there are %q", names)
	}
	if data, err := storage.ReadAll(t.Context(), s, "a/old"); err != nil || string(data) != "old" {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if data, err := storage.ReadAll(t.Context(), s, "a/new"); err != nil || len(data) != limit {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// Each way to be out of room is said, and may pass.
func TestRoom(t *testing.T) {
	s := open(t, t.TempDir())
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO} {
		err := s.room(explain(&os.PathError{Op: "write", Path: "x", Err: errno}))
		if full := strings.Contains(err.Error(), "the disk of folder "+s.dir+" is full"); full != (errno != syscall.EIO) {
			t.Errorf("%v: %v", errno, err)
		}
		if !errors.Is(err, errno) || storage.Permanent(err) {
			t.Errorf("%v: %v", errno, err)
		}
	}
}
