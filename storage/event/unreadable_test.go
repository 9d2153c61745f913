package event_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func zstandard(t *testing.T, text string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

// damagedBlobs are contents, by name, that no attempt can read.
func damagedBlobs(t *testing.T) map[string][]byte {
	many := strings.Repeat(line+"\n", 3000)
	flipped := zstandard(t, many)
	flipped[len(flipped)/2] ^= 0x55
	return map[string][]byte{
		"PT05M_1.json.gz":  gzipped(many)[:200],
		"PT05M_2.json.gz":  gzipped(many)[:5],
		"PT05M_3.json.zst": flipped,
		"PT05M_4.json":     zstandard(t, many)[:40], // by its first bytes
		"PT05M_5.parquet":  []byte(many),
		"PT05M_6.parquet":  append(bytes.Clone(events(t, 3)[:300]), "PARE"...),
		"PT05M_7.json":     events(t, 3), // Parquet by another name
		"PT05M_8.parquet":  nil,
	}
}

// Of a blob that can never be read the error says which one it is; the others
// are read when it is left out.
func TestUnreadable(t *testing.T) {
	mem := storagetest.NewMem()
	good := storagetest.NewMem()
	for _, s := range []*storagetest.Mem{mem, good} {
		s.Put(t.Context(), "PT05M.json", []byte(strings.Repeat(line+"\n", 20)))
		s.Put(t.Context(), "PT05M_9.json.gz", gzipped(strings.Repeat(line+"\n", 20)))
	}
	bad := damagedBlobs(t)
	for name, data := range bad {
		mem.Put(t.Context(), name, data)
	}
	want, _, err := readAll(t.Context(), event.NewLanes(1, 1), good, query, wholes(listed(t, good)))
	if err != nil || len(want) != 40 {
		t.Fatal(len(want), err)
	}
	for _, lanes := range []int{1, 4} {
		l := event.NewLanes(lanes, lanes)
		blobs := listed(t, mem)
		for range len(bad) {
			_, _, err := readAll(t.Context(), l, mem, query, wholes(blobs))
			var u *event.UnreadableError
			if !errors.As(err, &u) {
				t.Fatalf("%v is no UnreadableError", err)
			}
			if bad[u.Blob.Name] == nil && u.Blob.Size > 0 || !strings.Contains(err.Error(), u.Blob.Name) ||
				errors.Is(err, event.ErrCorrupt) == errors.Is(err, event.ErrUnsupported) {
				t.Fatalf("%q: %v", u.Blob.Name, err)
			}
			for i := range blobs {
				if blobs[i] == u.Blob {
					blobs = append(blobs[:i:i], blobs[i+1:]...)
					break
				}
			}
		}
		if got, _, err := readAll(t.Context(), l, mem, query, wholes(blobs)); err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("without the damaged blobs: %d records, %v", len(got), err)
		}
	}
}

// One pass finds all blobs that can never be read, and reads all others.
func TestUnreadableInOnePass(t *testing.T) {
	mem := storagetest.NewMem()
	for i := range 9 {
		mem.Put(t.Context(), fmt.Sprintf("PT05M_%d0.json", i), []byte(strings.Repeat(line+"\n", 20)))
	}
	bad := damagedBlobs(t)
	for name, data := range bad {
		mem.Put(t.Context(), name, data)
	}
	for _, lanes := range []int{1, 4, 30} {
		l := event.NewLanes(lanes, lanes)
		l.SetPiece(100) // a damaged blob may leave pieces
		input := &asked{Reader: mem}
		reading := l.Read(input, query, day, wholes(listed(t, mem)))
		var group sync.WaitGroup
		var failed atomic.Int64
		var records atomic.Int64
		for range reading.Lanes() {
			group.Go(func() {
				var u *event.UnreadableError
				if err := reading.Lane(t.Context(), func(*event.Record) { records.Add(1) }); errors.As(err, &u) {
					failed.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		all := reading.Unreadable()
		for i, u := range all {
			if bad[u.Blob.Name] == nil && u.Blob.Size > 0 || i > 0 && all[i-1].Blob.Name >= u.Blob.Name {
				t.Errorf("%d lanes: %v", lanes, u)
			}
		}
		if len(all) != len(bad) || failed.Load() == 0 || records.Load() < 9*20 {
			t.Errorf("%d lanes: %d of %d blobs, %d records, %d lanes say so", lanes, len(all), len(bad), records.Load(), failed.Load())
		}
	}
}

func listed(t *testing.T, r storage.Reader) (blobs []storage.Blob) {
	t.Helper()
	for b, err := range r.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, b)
	}
	return blobs
}

// failsFrom is a store whose requests fail from the n-th on.
type failsFrom struct {
	storage.Reader
	left *atomic.Int64
	err  error
}

func (f failsFrom) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	if f.left.Add(-1) < 0 {
		return nil, f.err
	}
	return f.Reader.Open(ctx, b, offset, length)
}

// What may pass is not taken for a blob that can never be read, not even when
// damaged bytes were seen before: they may have been of two versions.
func TestPassingIsNotUnreadable(t *testing.T) {
	for name, data := range damagedBlobs(t) {
		mem := storagetest.NewMem()
		mem.Put(t.Context(), name, data)
		for _, want := range []error{storage.ErrChanged, storage.ErrNotExist, storage.ErrDenied, context.Canceled, errors.New("connection reset")} {
			for n := range int64(4) {
				var left atomic.Int64
				left.Store(n)
				_, _, err := readAll(t.Context(), event.NewLanes(1, 1), failsFrom{mem, &left, want}, query, wholes(listed(t, mem)))
				var u *event.UnreadableError
				if failed := left.Load() < 0; failed == errors.As(err, &u) || failed != errors.Is(err, want) {
					t.Errorf("%s, %v from request %d on: %v", name, want, n, err)
				}
			}
		}
	}
}

// replacing is a store in which blobs are replaced as soon as they are opened.
type replacing struct{ *storagetest.Mem }

func (r replacing) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	body, err := r.Mem.Open(ctx, b, offset, length)
	return body, errors.Join(err, r.Put(ctx, b.Name, []byte("something else")))
}

// A blob that changed while it was read is no blob that can never be read.
func TestChangedIsNotUnreadable(t *testing.T) {
	for _, name := range []string{"PT05M_1.json.gz", "PT05M_3.json.zst", "PT05M_5.parquet", "PT05M_7.json"} {
		mem := storagetest.NewMem()
		mem.Put(t.Context(), name, damagedBlobs(t)[name])
		_, _, err := readAll(t.Context(), event.NewLanes(1, 1), replacing{mem}, query, wholes(listed(t, mem)))
		var u *event.UnreadableError
		if errors.As(err, &u) || !errors.Is(err, storage.ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A few bytes that ask for a large window get no memory; a window that the
// blob's size bears out is read.
func TestZstdWindow(t *testing.T) {
	frame := func(exponent byte) []byte { // its window is 1 KiB times 2 to the exponent, its content 100 times 'x'
		return []byte{0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3, 1 | 1<<1 | 100<<3&0xff, 100 << 3 >> 8, 0, 'x'}
	}
	for exponent, refused := range map[byte]bool{13: false, 14: true, 19: true, 31: true} {
		data := frame(exponent)
		mem := storagetest.NewMem()
		mem.Put(t.Context(), "PT05M.json.zst", data)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, stats, err := readAll(t.Context(), event.NewLanes(1, 1), mem, query, wholes(listed(t, mem)))
		runtime.ReadMemStats(&after)
		if refused && (!errors.Is(err, event.ErrUnsupported) || !strings.Contains(err.Error(), "8 MiB")) || !refused && (err != nil || stats.MalformedLines() != 1) {
			t.Errorf("window of 2^%d: %v, %+v", 10+exponent, err, stats)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 24<<20 {
			t.Errorf("window of 2^%d: %d bytes allocated", 10+exponent, n)
		}
	}
}

// FuzzCompressed reads any bytes as a blob of any kind: a damaged one is told
// apart, and takes memory in proportion.
func FuzzCompressed(f *testing.F) {
	names := []string{"PT05M.json", "PT05M.json.gz", "PT05M.json.zst", "part-0.parquet"}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(gzipped(line+"\n"+line), uint8(1))
	f.Add(gzipped("\ufeff" + line)[:40], uint8(0))
	f.Add(w.EncodeAll([]byte(strings.Repeat(line+"\n", 9)), nil), uint8(2))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 19 << 3, 1 | 1<<1 | 100<<3&0xff, 100 << 3 >> 8, 0, 'x'}, uint8(0))
	f.Add(events(f, 3), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, name uint8) {
		if len(data) > 2<<10 {
			return // a bomb takes long
		}
		mem := storagetest.NewMem()
		if err := mem.Put(t.Context(), names[int(name)%len(names)], data); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, stats, err := readAll(t.Context(), event.NewLanes(1, 1), mem, query, wholes(listed(t, mem)))
		runtime.ReadMemStats(&after)
		var u *event.UnreadableError
		if err != nil && (!errors.As(err, &u) || errors.Is(err, event.ErrCorrupt) == errors.Is(err, event.ErrUnsupported)) {
			t.Error(err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 96<<20+uint64(stats.Bytes)*8 {
			t.Errorf("%d bytes allocated for %d, %d lines (%v)", n, len(data), len(got), err)
		}
	})
}
