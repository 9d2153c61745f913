package event_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// bounded reads all blobs of a store with a limit.
func bounded(t *testing.T, mem *storagetest.Mem, limit int64) ([]string, event.Stats, error) {
	t.Helper()
	l := event.NewLanes(4, 4)
	l.Limit(limit)
	return readAll(t.Context(), l, mem, query, wholes(listed(t, mem)))
}

// mustNeedMemory checks that the limit is too small for a blob, which is no fault
// of the blob, and that another is not.
func mustNeedMemory(t *testing.T, mem *storagetest.Mem, small, enough int64) {
	t.Helper()
	want, stats, err := readAll(t.Context(), event.NewLanes(1, 1), mem, query, wholes(listed(t, mem)))
	if err != nil || len(want) == 0 {
		t.Fatal(len(want), err)
	}
	_, _, err = bounded(t, mem, small)
	var u *event.UnreadableError
	if !errors.Is(err, event.ErrMemory) || errors.As(err, &u) || !strings.Contains(err.Error(), "job.memory") {
		t.Errorf("with %d MiB: %v", small>>20, err)
	}
	got, s, err := bounded(t, mem, enough)
	if err != nil || !slices.Equal(got, want) || asJSON(s) != asJSON(stats) {
		t.Errorf("with %d MiB: %d of %d records, %v", enough>>20, len(got), len(want), err)
	}
}

// compressedWith writes lines that do not compress well as one frame.
func compressedWith(t *testing.T, window, lines int) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithWindowSize(window), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	var frame, text bytes.Buffer
	w.Reset(&frame)
	rng := rand.New(rand.NewPCG(uint64(window), 1))
	for range lines {
		text.WriteString(strings.Replace(line, "svchost", fmt.Sprint(rng.Uint64(), rng.Uint64()), 1) + "\n")
	}
	w.Write(text.Bytes())
	w.Flush() // else its size is known, and the window no larger
	w.Close()
	return frame.Bytes()
}

// A window is borrowed, also that of a later frame, which is larger than the first.
func TestLimitOfWindows(t *testing.T) {
	mem := storagetest.NewMem()
	for i := range 3 {
		small, large := compressedWith(t, 1<<20, 6000), compressedWith(t, 32<<20, 6000)
		mem.Put(t.Context(), fmt.Sprintf("%d.json.zst", i), slices.Concat(small, large, small))
	}
	mustNeedMemory(t, mem, 40<<20, 48<<20)
}

// Large pages of Parquet are borrowed, whatever they are compressed with.
func TestLimitOfPages(t *testing.T) {
	for name, options := range map[string][]parquet.WriterOption{
		"zstd":  {parquet.Compression(&parquet.Zstd)},
		"plain": {parquet.Compression(&parquet.Uncompressed)},
	} {
		t.Run(name, func(t *testing.T) {
			mem := storagetest.NewMem()
			for i := range 2 {
				mem.Put(t.Context(), fmt.Sprintf("%d.parquet", i), largePages(t, 12<<20, options...))
			}
			mustNeedMemory(t, mem, 32<<20, 128<<20)
		})
	}
}

// largePages writes events whose names take so many bytes, each column as one page.
// One of them is of the day.
func largePages(t *testing.T, size int, options ...parquet.WriterOption) []byte {
	t.Helper()
	type row struct {
		TimeGenerated  string `parquet:"TimeGenerated"`
		EventID        int32  `parquet:"EventID"`
		Process        string `parquet:"Process"`
		NewProcessName string `parquet:"NewProcessName"`
	}
	var file bytes.Buffer
	w := parquet.NewGenericWriter[row](&file, append(options, parquet.PageBufferSize(2*size), parquet.SkipPageBounds("Process"), parquet.SkipPageBounds("NewProcessName"))...)
	const rows = 100
	long := strings.Repeat("a", size/rows)
	for i := range rows {
		name := fmt.Sprint(i, long)
		at := day.From.AddDate(0, 0, i).Format("2006-01-02T15:04:05Z")
		if _, err := w.Write([]row{{at, 4688, name, name}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Lines as long as may be can be read with the least limit, however they are cut.
func TestLimitOfLines(t *testing.T) {
	filler := func(n int) string { return line[:len(line)-1] + strings.Repeat(" ", n-len(line)) + "}" }
	data := "\ufeff" + filler(16<<20) + "\n" + line + "\n" + filler(16<<20) + "\n" + filler(9<<20) + "\n" + filler(16<<20+1) + "\n" +
		strings.Repeat("z", 18<<20) + "\n" + line + "\n" + filler(16<<20)
	b := storage.Blob{Name: "x.json", Size: int64(len(data))}
	r := blob{data: []byte(data)}
	want, stats, err := readAll(t.Context(), event.NewLanes(1, 1), r, query, []event.Range{event.Whole(b)})
	if err != nil || len(want) != 6 || stats.Malformed[event.TooLong] != 2 {
		t.Fatalf("%d records, %+v, %v", len(want), stats, err)
	}
	for _, piece := range []int64{0, 3<<20 + 17} {
		for _, shard := range []int64{b.Size, 9 << 20} {
			l := event.NewLanes(6, 6)
			l.SetPiece(piece)
			l.Limit(1)
			var got []string
			var sum event.Stats
			for at := int64(0); at < b.Size; at += shard {
				g, s, err := readAll(t.Context(), l, r, query, []event.Range{{Blob: b, Offset: at, Length: min(shard, b.Size-at)}})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, g...)
				sum.Merge(s)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || asJSON(sum) != asJSON(stats) {
				t.Errorf("pieces of %d, shards of %d: %d records, %s, want %s", piece, shard, len(got), asJSON(sum), asJSON(stats))
			}
		}
	}
}
