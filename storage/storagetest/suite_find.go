package storagetest

import (
	"context"
	"errors"
	"testing"

	"sparkless/storage"
)

// testFind compares looking one object up with what a listing says.
func testFind(t *testing.T, h Harness) {
	s := h.New(t)
	f, ok := s.(storage.Finder)
	if !ok {
		return // nothing is promised
	}
	for _, name := range []string{"a/b", "a/bc", "a/b.d/e", "z=1/ü x%+#"} {
		h.Create(t, s, name, []byte(name))
	}
	for b, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if found, err := f.Find(t.Context(), b.Name); err != nil || found != b {
			t.Errorf("Find gives %+v, %v; List gives %+v", found, err, b)
		}
	}
	for _, name := range []string{"a", "a/", "a/b.d", "a/b.", "b", "a/b/c", "", ".", "..", "/", "/a/b", "../a/b", "a\\b", "bad\xffutf8"} {
		if b, err := f.Find(t.Context(), name); !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("%q: found %+v, error %v", name, b, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Find(ctx, "a/b"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	h.Remove(t, s, "a/b")
	if b, err := f.Find(t.Context(), "a/b"); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("a removed object is found: %+v, %v", b, err)
	}
}
