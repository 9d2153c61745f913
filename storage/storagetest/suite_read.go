package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"sparkless/storage"
)

func testRanges(t *testing.T, h Harness) {
	s := h.New(t)
	data := content("ranges", 1000)
	b := create(t, h, s, "x/ranges", data)
	edges := []int64{0, 1, 2, 499, 500, 998, 999, 1000}
	for _, from := range edges {
		for _, to := range edges {
			if from > to {
				continue
			}
			if got, err := read(t.Context(), s, b, from, to-from); err != nil {
				t.Errorf("reading %d+%d: %v", from, to-from, err)
			} else if !bytes.Equal(got, data[from:to]) {
				t.Errorf("%d+%d reads as %s, want %s", from, to-from, brief(got), brief(data[from:to]))
			}
		}
	}
	for _, step := range []int{1, 7, 600, 4096} {
		wantSteps(t, s, b, data, step)
	}
}

// wantSteps reads data in pieces of at most step bytes, and past its end.
func wantSteps(t *testing.T, s storage.Store, b storage.Blob, data []byte, step int) {
	t.Helper()
	body, err := s.Open(t.Context(), b, 0, b.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	var got []byte
	p := make([]byte, step)
	for {
		n, err := body.Read(p)
		got = append(got, p[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil || len(got) > len(data) {
			t.Fatalf("in steps of %d, after %d bytes: %v", step, len(got), err)
		}
	}
	if !bytes.Equal(got, data) {
		t.Errorf("in steps of %d: %s, want %s", step, brief(got), brief(data))
	}
	for range 2 {
		if n, err := body.Read(p); n != 0 || err != io.EOF {
			t.Errorf("in steps of %d, past the end: %d bytes, error %v, want io.EOF", step, n, err)
		}
	}
	if err := body.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// testBadRanges: a range outside the object breaks the caller's side of the
// contract; it must end in an error, not in bytes or a panic.
func testBadRanges(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "outside", content("outside", 100))
	for _, r := range [][2]int64{{-1, 2}, {0, -1}, {0, 101}, {100, 1}, {101, 0}, {1, 1<<63 - 1}, {1<<63 - 1, 1}, {50, 51}} {
		if got, err := read(t.Context(), s, b, r[0], r[1]); err == nil {
			t.Errorf("reading %d+%d of 100 bytes gives %s and no error", r[0], r[1], brief(got))
		}
	}
}

func testEmptyObject(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "x/empty", nil)
	wantContent(t, s, b, nil)
	h.Remove(t, s, "x/empty")
	wantGone(t, s, b, storage.ErrNotExist)
	put(t, s, "x/empty", []byte("no longer"))
	wantGone(t, s, b, storage.ErrChanged)
}

func testBig(t *testing.T, h Harness) {
	s := h.New(t)
	data := content("big", 9<<20+3)
	b := create(t, h, s, "big", data)
	wantContent(t, s, b, data)
	for _, r := range [][2]int64{{4<<20 - 1, 2}, {8<<20 - 5, 1<<20 + 8}, {9 << 20, 3}, {1, 9<<20 + 1}} {
		got, err := read(t.Context(), s, b, r[0], r[1])
		if err != nil || !bytes.Equal(got, data[r[0]:r[0]+r[1]]) {
			t.Errorf("%d+%d reads as %s, error %v", r[0], r[1], brief(got), err)
		}
	}
}

func testMissing(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "folder/there", []byte("there"))
	for _, name := range []string{"missing", "folder/missing", "folder", "folder/there/below", "nowhere/missing"} {
		gone := b
		gone.Name = name
		wantGone(t, s, gone, storage.ErrNotExist)
	}
}

// testReplaced: the replacements are longer, equally long and shorter.
func testReplaced(t *testing.T, h Harness) {
	s := h.New(t)
	for _, size := range []int{2000, 1000, 999, 1, 0} {
		old := create(t, h, s, "x/replaced", content("old", 1000))
		data := content("new", size)
		put(t, s, "x/replaced", data)
		wantGone(t, s, old, storage.ErrChanged)
		now := find(t, s, "x/replaced")
		if now.ETag == old.ETag && now.Size == old.Size {
			t.Errorf("another content of %d bytes has the same version %q", size, now.ETag)
		}
		wantContent(t, s, now, data)
		h.Remove(t, s, "x/replaced")
	}
}

func testRemoved(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "x/removed", content("removed", 100))
	create(t, h, s, "x/stays", []byte("stays"))
	h.Remove(t, s, "x/removed")
	wantGone(t, s, b, storage.ErrNotExist)
	if blobs := list(t, s, "x/r"); len(blobs) > 0 {
		t.Errorf("a removed object is still listed: %v", blobs)
	}
}

func testRecreated(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "again", content("first", 100))
	h.Remove(t, s, "again")
	put(t, s, "again", content("second", 100))
	wantGone(t, s, b, storage.ErrChanged)
}

// testReplacedWhileRead: the rest is the rest of the old version or an error.
func testReplacedWhileRead(t *testing.T, h Harness) {
	s := h.New(t)
	data := content("before", 1<<20)
	b := create(t, h, s, "moving", data)
	body, err := s.Open(t.Context(), b, 0, b.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got := make([]byte, 1000)
	if _, err := io.ReadFull(body, got); err != nil {
		t.Fatal(err)
	}
	put(t, s, "moving", content("after", 1<<20))
	rest, err := io.ReadAll(body)
	if err == nil && !bytes.Equal(append(got, rest...), data) {
		t.Error("the bytes of two versions, or too few, and no error")
	}
	if err != nil && !errors.Is(err, storage.ErrChanged) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want ErrChanged", err)
	}
}

func testCancelBefore(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "x/there", content("there", 100))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, length := range []int64{0, 100} {
		if _, err := read(ctx, s, b, 0, length); !errors.Is(err, context.Canceled) {
			t.Errorf("reading %d bytes: error %v, want context.Canceled", length, err)
		}
	}
	for _, prefix := range []string{"", "x/", "nowhere/"} {
		var last error
		for _, err := range s.List(ctx, prefix) {
			if last != nil {
				t.Fatal("List goes on after an error")
			}
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("List(%q): error %v, want context.Canceled", prefix, last)
		}
	}
	if err := s.Put(ctx, "x/new", []byte("new")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: error %v, want context.Canceled", err)
	}
	if l, ok := s.(storage.FolderLister); ok {
		if _, err := l.Folders(ctx, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("Folders: error %v, want context.Canceled", err)
		}
	}
	if got := names(list(t, s, "")); len(got) != 1 {
		t.Errorf("after a cancelled Put the store holds %q", got)
	}
}

func testCancelDuring(t *testing.T, h Harness) {
	s := h.New(t)
	b := create(t, h, s, "cancelled", content("cancelled", 4<<20))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body, err := s.Open(ctx, b, 0, b.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	p := make([]byte, 100)
	if _, err := io.ReadFull(body, p); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 2 {
		if n, err := body.Read(p); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("after cancelling: %d bytes, error %v, want context.Canceled", n, err)
		}
	}
}

func testParallelReads(t *testing.T, h Harness) {
	s := h.New(t)
	data := content("parallel", 1<<20)
	b := create(t, h, s, "parallel", data)
	var wg sync.WaitGroup
	for i := range int64(16) {
		wg.Go(func() {
			offset := i * 60_000
			got, err := read(t.Context(), s, b, offset, 100_000)
			if err != nil || !bytes.Equal(got, data[offset:offset+100_000]) {
				t.Errorf("reader %d: %s, error %v", i, brief(got), err)
			}
			for _, err := range s.List(t.Context(), "par") {
				if err != nil {
					t.Errorf("reader %d: List: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

// testGrown: what was appended after the listing is not read, and no error.
func testGrown(t *testing.T, h Harness) {
	s := h.New(t)
	first, second := content("first", 1000), content("second", 500)
	h.Append(t, s, "grown", first)
	old := find(t, s, "grown")
	h.Append(t, s, "grown", second)
	wantContent(t, s, old, first)
	for _, r := range [][2]int64{{0, 1}, {999, 1}, {500, 500}, {1000, 0}, {0, 0}} {
		got, err := read(t.Context(), s, old, r[0], r[1])
		if err != nil || !bytes.Equal(got, first[r[0]:r[0]+r[1]]) {
			t.Errorf("%d+%d of the grown object: %s, error %v", r[0], r[1], brief(got), err)
		}
	}
	now := find(t, s, "grown")
	wantContent(t, s, now, append(first, second...))
	h.Append(t, s, "grown", []byte("more"))
	wantContent(t, s, old, first)
	put(t, s, "grown", content("other", 5000))
	wantGone(t, s, old, storage.ErrChanged)
	wantGone(t, s, now, storage.ErrChanged)
}

func testGrownFromEmpty(t *testing.T, h Harness) {
	s := h.New(t)
	h.Append(t, s, "grown", nil)
	old := find(t, s, "grown")
	h.Append(t, s, "grown", []byte("now there is something"))
	wantContent(t, s, old, nil)
	h.Remove(t, s, "grown")
	wantGone(t, s, old, storage.ErrNotExist)
}

func testGrownWhileRead(t *testing.T, h Harness) {
	s := h.New(t)
	data := content("growing", 1<<20)
	h.Append(t, s, "growing", data)
	b := find(t, s, "growing")
	body, err := s.Open(t.Context(), b, 0, b.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got := make([]byte, 1000)
	if _, err := io.ReadFull(body, got); err != nil {
		t.Fatal(err)
	}
	h.Append(t, s, "growing", []byte("more"))
	rest, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(append(got, rest...), data) {
		t.Errorf("%d bytes, error %v, want %d and none", len(got)+len(rest), err, len(data))
	}
}
