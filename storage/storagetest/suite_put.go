package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparkless/storage"
)

func testPutReplaces(t *testing.T, h Harness) {
	s := h.New(t)
	put(t, s, "other", []byte("untouched"))
	for i, size := range []int{10, 0, 100_000, 9<<20 + 1, 10, 10} {
		data := content(fmt.Sprint("content ", i), size)
		put(t, s, "x/y/z", data)
		wantContent(t, s, find(t, s, "x/y/z"), data)
	}
	put(t, s, "x/y/z", nil)
	wantContent(t, s, find(t, s, "x/y/z"), nil)
	if got := names(list(t, s, "")); !slices.Equal(got, []string{"other", "x/y/z"}) {
		t.Errorf("after replacing one of two objects there are %q", got)
	}
	wantContent(t, s, find(t, s, "other"), []byte("untouched"))
}

func testPutNoRetain(t *testing.T, h Harness) {
	s := h.New(t)
	data := content("kept", 100_000)
	mine := bytes.Clone(data)
	put(t, s, "retained", mine)
	clear(mine)
	wantContent(t, s, find(t, s, "retained"), data)
}

// testPutConcurrent: readers see one whole content or none, and one is left.
func testPutConcurrent(t *testing.T, h Harness) {
	s := h.New(t)
	const writers, rounds = 4, 5
	whole := func(data []byte) bool {
		return len(data) > 0 && len(data) == 10_000+int(data[0]) && bytes.Count(data, data[:1]) == len(data)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range rounds {
				data := bytes.Repeat([]byte{byte(w + 1)}, 10_000+w+1)
				if err := s.Put(t.Context(), "shared", data); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				readShared(t, s, whole)
			}
		})
	}
	wg.Wait()
	b := find(t, s, "shared")
	if data, err := read(t.Context(), s, b, 0, b.Size); err != nil || !whole(data) {
		t.Errorf("what is left: %s, error %v", brief(data), err)
	}
}

// readShared reads the object as a reader that meets writers does.
func readShared(t *testing.T, s storage.Store, whole func([]byte) bool) {
	for b, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Errorf("List beside writers: %v", err)
			return
		}
		if b.Name != "shared" {
			t.Errorf("List beside writers yields %q", b.Name)
		}
		data, err := read(t.Context(), s, b, 0, b.Size)
		switch {
		case errors.Is(err, storage.ErrChanged), errors.Is(err, storage.ErrNotExist):
		case err != nil:
			t.Errorf("reading beside writers: %v", err)
		case !whole(data):
			t.Errorf("a reader sees %s", brief(data))
		}
	}
}

// testBadNames: names that could leave the store's place, or that not every
// store can hold, are refused, and nothing is made.
func testBadNames(t *testing.T, h Harness) {
	s := h.New(t)
	kept := create(t, h, s, "folder/kept", []byte("kept"))
	for _, name := range []string{
		"", ".", "..", "/", "//", "/absolute", "../up", "folder/../../up", "folder/..", "folder/../kept2", "folder/./kept2",
		"./kept2", "folder//kept2", "folder/", "a\\b", "..\\up", "C:\\x", "nul\x00byte", "bad\xffutf8", strings.Repeat("../", 20) + "tmp/up",
	} {
		if err := s.Put(t.Context(), name, []byte("escaped")); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("Put(%q): error %v, want ErrInvalid", name, err)
		}
		b := kept
		b.Name = name
		if data, err := read(t.Context(), s, b, 0, b.Size); !errors.Is(err, storage.ErrInvalid) && !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("Open(%q): %s, error %v, want ErrInvalid or ErrNotExist", name, brief(data), err)
		}
	}
	if got := names(list(t, s, "")); !slices.Equal(got, []string{"folder/kept"}) {
		t.Errorf("the store now holds %q", got)
	}
	wantContent(t, s, kept, []byte("kept"))
}
