package storagetest

import (
	"errors"
	"slices"
	"testing"

	"sparkless/storage"
)

// testRemove: what was put and locked is gone, and nothing else.
func testRemove(t *testing.T, h Harness) {
	s := h.New(t)
	r, ok := s.(storage.Remover)
	if !ok {
		return // nothing is promised
	}
	put(t, s, "a/probe", []byte("1"))
	put(t, s, "a/probe-2", nil)
	put(t, s, "a/b/kept", []byte("2"))
	if l, ok := s.(storage.Locker); ok {
		_, unlock := lock(t, l, "a/probe")
		release(t, unlock)
	}
	for _, name := range []string{"a/probe", "a/probe-2", "a/probe", "never/there"} { // the third time it is gone
		if err := r.Remove(t.Context(), name); err != nil {
			t.Errorf("Remove(%q): %v", name, err)
		}
	}
	if err := r.Remove(t.Context(), "a/b"); err != nil && !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("Remove of what is no object: %v", err)
	}
	if got := names(list(t, s, "")); !slices.Equal(got, []string{"a/b/kept"}) {
		t.Errorf("left are %q", got)
	}
	for _, name := range []string{"", "../x", "/x", "a//b"} {
		if err := r.Remove(t.Context(), name); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("Remove(%q): %v, want ErrInvalid", name, err)
		}
	}
	put(t, s, "a/probe", []byte("3"))
	wantContent(t, s, find(t, s, "a/probe"), []byte("3"))
}
