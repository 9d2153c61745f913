package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparkless/storage"
)

// creators returns a new store and, where a place can have several, another one at
// the same place. It returns none where nothing is promised.
func creators(t *testing.T, h Harness) (s storage.Store, all []storage.Creator) {
	s = h.New(t)
	c, ok := s.(storage.Creator)
	if !ok {
		return s, nil
	}
	all = []storage.Creator{c}
	if h.Again != nil {
		all = append(all, h.Again(t, s).(storage.Creator))
	}
	return s, all
}

// testCreate: what was not there is there as a whole, of any size and in folders
// that are new, and is its maker's no more.
func testCreate(t *testing.T, h Harness) {
	s, all := creators(t, h)
	if len(all) == 0 {
		return
	}
	for i, size := range []int{0, 10, 100_000, 9<<20 + 1} {
		name, data := fmt.Sprintf("new/%d=1/ü %%+#?&/x", i), content(fmt.Sprint("created ", i), size)
		mine := bytes.Clone(data)
		if err := all[i%len(all)].Create(t.Context(), name, mine); err != nil {
			t.Fatalf("Create(%q): %v", name, err)
		}
		clear(mine)
		wantContent(t, s, find(t, s, name), data)
	}
	if err := all[0].Create(t.Context(), "empty", nil); err != nil {
		t.Errorf("without data: %v", err)
	}
	wantContent(t, s, find(t, s, "empty"), nil)
	if got := list(t, s, ""); len(got) != 5 {
		t.Errorf("there are %q", names(got))
	}
	h.Remove(t, s, "empty")
	if err := all[len(all)-1].Create(t.Context(), "empty", []byte("again")); err != nil {
		t.Errorf("after it was removed: %v", err)
	}
	put(t, s, "empty", []byte("put"))
	wantContent(t, s, find(t, s, "empty"), []byte("put"))
}

// testCreateLeaves: whatever made an object, Create says that it is there and leaves
// its version as it is.
func testCreateLeaves(t *testing.T, h Harness) {
	s, all := creators(t, h)
	if len(all) == 0 {
		return
	}
	data := content("there", 1000)
	kept := []storage.Blob{create(t, h, s, "a/exported", data)}
	put(t, s, "a/put", data)
	if err := all[0].Create(t.Context(), "a/created", data); err != nil {
		t.Fatal(err)
	}
	kept = append(kept, find(t, s, "a/put"), find(t, s, "a/created"))
	for _, b := range kept {
		for _, other := range [][]byte{data, nil, content("another", 1000), content("another", 9<<20+1)} {
			for _, c := range all {
				err := c.Create(t.Context(), b.Name, other)
				if !errors.Is(err, storage.ErrExist) || !storage.Permanent(err) || !strings.Contains(fmt.Sprint(err), b.Name) {
					t.Errorf("Create of %s: %v, want ErrExist with the name", b.Name, err)
				}
			}
		}
		if now := find(t, s, b.Name); now != b {
			t.Errorf("%+v is now %+v", b, now)
		}
		wantContent(t, s, b, data)
	}
	if got := list(t, s, ""); len(got) != len(kept) {
		t.Errorf("there are %q", names(got))
	}
}

// testCreateConcurrent: of many one wins, all others are told, and readers see the
// winner's content as a whole, or nothing.
func testCreateConcurrent(t *testing.T, h Harness) {
	s, all := creators(t, h)
	if len(all) == 0 {
		return
	}
	const racers, rounds = 6, 6
	for round := range rounds {
		name := fmt.Sprintf("race %d/shared", round)
		of := func(racer int) []byte { return content(fmt.Sprint(round, racer), 20_000+racer) }
		won := make(chan int, racers)
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() {
				err := all[i%len(all)].Create(t.Context(), name, of(i))
				if err == nil {
					won <- i
				} else if !errors.Is(err, storage.ErrExist) {
					t.Errorf("racer %d: %v", i, err)
				}
				b, err := storage.Find(t.Context(), s, name)
				if err != nil {
					t.Errorf("racer %d looks for the object: %v", i, err)
				} else if data, err := read(t.Context(), s, b, 0, b.Size); err != nil || !bytes.Equal(data, of(int(b.Size)-20_000)) {
					t.Errorf("racer %d reads %s, error %v", i, brief(data), err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("round %d: %d of %d created it", round, len(won), racers)
		}
		wantContent(t, s, find(t, s, name), of(<-won))
	}
	if got := list(t, s, ""); len(got) != rounds {
		t.Errorf("there are %q", names(got))
	}
}

// testCreateRefused: names that Put refuses, and callers that have given up, make
// nothing.
func testCreateRefused(t *testing.T, h Harness) {
	s, all := creators(t, h)
	if len(all) == 0 {
		return
	}
	put(t, s, "folder/kept", []byte("kept"))
	for _, name := range []string{
		"", ".", "..", "/", "//", "/absolute", "../up", "folder/../../up", "folder/..", "folder/../new", "folder/./new", "./new",
		"folder//new", "folder/", "a\\b", "..\\up", "C:\\x", "nul\x00byte", "bad\xffutf8", strings.Repeat("../", 20) + "tmp/up",
	} {
		if err := all[0].Create(t.Context(), name, []byte("escaped")); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("Create(%q): error %v, want ErrInvalid", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"new", "folder/new", "folder/kept"} {
		if err := all[0].Create(ctx, name, []byte("late")); !errors.Is(err, context.Canceled) {
			t.Errorf("Create(%q) of a caller that has given up: %v", name, err)
		}
	}
	if got := names(list(t, s, "")); !slices.Equal(got, []string{"folder/kept"}) {
		t.Errorf("the store now holds %q", got)
	}
	wantContent(t, s, find(t, s, "folder/kept"), []byte("kept"))
}
