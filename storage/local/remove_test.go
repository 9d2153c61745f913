package local

import (
	"os"
	"path/filepath"
	"testing"
)

// A lock's file goes with the object; so nothing is left of either.
func TestRemoveLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	s, err := New(Config{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Put(t.Context(), "probe", []byte("x")); err != nil {
		t.Fatal(err)
	}
	_, unlock, err := s.Lock(t.Context(), "probe")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), "probe"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), "empty"); err == nil {
		t.Error("an empty folder was taken for an object")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 || left[0].Name() != "empty" {
		t.Errorf("left are %v, error %v", left, err)
	}
}
