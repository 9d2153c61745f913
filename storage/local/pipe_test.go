//go:build unix

package local

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sparkless/storage"
)

// A named pipe would make whoever opens it wait for a writer for ever.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if names, err := list(t, s, ""); !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), "pipe") {
		t.Errorf("listed %q, error %v", names, err)
	}
	if _, err := s.Open(t.Context(), storage.Blob{Name: "pipe", Size: 1, ETag: "x"}, 0, 1); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("Open: error %v, want ErrNotExist", err)
	}
}
