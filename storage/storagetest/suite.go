package storagetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/storage"
)

// Harness says how TestStore gets at a kind of Store.
type Harness struct {
	// New returns an empty store of its own. It cleans up with t.Cleanup.
	New func(t *testing.T) storage.Store
	// Remove deletes the object name from a store that New returned.
	Remove func(t *testing.T, s storage.Store, name string)
	// Create makes the objects that are listed and read. It is nil where Put
	// makes them; set it for objects of another kind, such as append blobs.
	Create func(t *testing.T, s storage.Store, name string, data []byte)
	// Append adds data to the end of an object that Create made, in a way that
	// the contract allows: the versions listed before stay readable. It is nil
	// where there are no such objects.
	Append func(t *testing.T, s storage.Store, name string, data []byte)
	// Again returns another store at the place of s. It is nil where a place has
	// but one.
	Again func(t *testing.T, s storage.Store) storage.Store
}

// TestStore holds the stores of h to the contract of storage.Store, and to those
// of storage.Creator, FolderLister, Finder, Locker and Remover where they implement them.
func TestStore(t *testing.T, h Harness) {
	if h.Create == nil {
		h.Create = put
	}
	tests := []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"Empty", testEmpty},
		{"ListInByteOrder", testListOrder},
		{"ListByPrefix", testListPrefix},
		{"ListStopsEarly", testListEarlyStop},
		{"ListRandomNames", testListRandom},
		{"OddNames", testOddNames},
		{"Folders", testFolders},
		{"Find", testFind},
		{"Ranges", testRanges},
		{"RangesOutside", testBadRanges},
		{"EmptyObject", testEmptyObject},
		{"BigObject", testBig},
		{"Missing", testMissing},
		{"Replaced", testReplaced},
		{"Removed", testRemoved},
		{"RemovedAndMadeAgain", testRecreated},
		{"ReplacedWhileRead", testReplacedWhileRead},
		{"CancelBefore", testCancelBefore},
		{"CancelDuringRead", testCancelDuring},
		{"ParallelReads", testParallelReads},
		{"PutReplaces", testPutReplaces},
		{"PutDoesNotRetain", testPutNoRetain},
		{"PutConcurrently", testPutConcurrent},
		{"NamesThatEscape", testBadNames},
		{"Create", testCreate},
		{"CreateLeavesAlone", testCreateLeaves},
		{"CreateConcurrently", testCreateConcurrent},
		{"CreateRefused", testCreateRefused},
		{"LockExcludes", testLock},
		{"LockCancelled", testLockCancel},
		{"LockRaced", testLockRace},
		{"LockNames", testLockNames},
		{"Remove", testRemove},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.test(t, h) })
	}
	if h.Append != nil {
		t.Run("Grown", func(t *testing.T) { testGrown(t, h) })
		t.Run("GrownFromEmpty", func(t *testing.T) { testGrownFromEmpty(t, h) })
		t.Run("GrownWhileRead", func(t *testing.T) { testGrownWhileRead(t, h) })
	}
}

func put(t *testing.T, s storage.Store, name string, data []byte) {
	t.Helper()
	if err := s.Put(t.Context(), name, data); err != nil {
		t.Fatalf("Put(%q): %v", name, err)
	}
}

// create makes an object and returns its listing.
func create(t *testing.T, h Harness, s storage.Store, name string, data []byte) storage.Blob {
	t.Helper()
	h.Create(t, s, name, data)
	return find(t, s, name)
}

// list returns everything below prefix, and fails on an error or a listing that
// breaks the contract in itself.
func list(t *testing.T, s storage.Store, prefix string) []storage.Blob {
	t.Helper()
	var blobs []storage.Blob
	for b, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("List(%q): %v", prefix, err)
		}
		if !strings.HasPrefix(b.Name, prefix) {
			t.Errorf("List(%q) yields %q", prefix, b.Name)
		}
		if b.ETag == "" || b.Size < 0 {
			t.Errorf("List(%q) yields an incomplete %+v", prefix, b)
		}
		if n := len(blobs); n > 0 && blobs[n-1].Name >= b.Name {
			t.Errorf("List(%q) yields %q after %q", prefix, b.Name, blobs[n-1].Name)
		}
		blobs = append(blobs, b)
	}
	return blobs
}

func names(blobs []storage.Blob) []string {
	names := []string{}
	for _, b := range blobs {
		names = append(names, b.Name)
	}
	return names
}

// find returns the listing of one object.
func find(t *testing.T, s storage.Store, name string) storage.Blob {
	t.Helper()
	for _, b := range list(t, s, name) {
		if b.Name == name {
			return b
		}
	}
	t.Fatalf("List(%q) does not yield that object", name)
	return storage.Blob{}
}

// read reads a range to its end and returns the error of Open or Read, if any.
// A body that ends before or after length bytes is an error too.
func read(ctx context.Context, s storage.Store, b storage.Blob, offset, length int64) ([]byte, error) {
	body, err := s.Open(ctx, b, offset, length)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err == nil && int64(len(data)) != length {
		err = fmt.Errorf("%q: %d bytes and io.EOF for a range of %d", b.Name, len(data), length)
	}
	return data, err
}

// wantContent fails unless the version b reads as data.
func wantContent(t *testing.T, s storage.Store, b storage.Blob, data []byte) {
	t.Helper()
	if b.Size != int64(len(data)) {
		t.Errorf("%q is listed with %d bytes, want %d", b.Name, b.Size, len(data))
		return
	}
	got, err := read(t.Context(), s, b, 0, b.Size)
	if err != nil {
		t.Errorf("reading %q: %v", b.Name, err)
	} else if !bytes.Equal(got, data) {
		t.Errorf("%q reads as %s, want %s", b.Name, brief(got), brief(data))
	}
}

// wantGone fails unless reading any part of the version b fails with one of errs.
func wantGone(t *testing.T, s storage.Store, b storage.Blob, errs ...error) {
	t.Helper()
	for _, r := range [][2]int64{{0, b.Size}, {0, min(1, b.Size)}, {b.Size / 2, b.Size - b.Size/2}, {b.Size, 0}} {
		_, err := read(t.Context(), s, b, r[0], r[1])
		if !slices.ContainsFunc(errs, func(want error) bool { return errors.Is(err, want) }) {
			t.Errorf("reading %d+%d of %q: error %v, want %v", r[0], r[1], b.Name, err, errs)
		}
	}
}

// content returns n bytes that no other seed gives and that do not repeat.
func content(seed string, n int) []byte {
	h := fnv.New64a()
	h.Write([]byte(seed))
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	data := make([]byte, 0, n+8)
	for len(data) < n {
		data = binary.LittleEndian.AppendUint64(data, random.Uint64())
	}
	return data[:n]
}

func brief(data []byte) string {
	if len(data) <= 24 {
		return fmt.Sprintf("%q", data)
	}
	return fmt.Sprintf("%q… (%d bytes)", data[:24], len(data))
}
