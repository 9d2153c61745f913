package event_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// watcher looks at a reading whenever one of its lanes has found a record.
type watcher struct {
	t       testing.TB
	reading *event.Reading
	bytes   int64 // of all ranges
	ranges  int

	mu      sync.Mutex
	last    event.Reached
	between int // looks that were neither at the start nor at the end
}

func (w *watcher) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.reading.Reached()
	if now.Bytes < w.last.Bytes || now.Ranges < w.last.Ranges || now.Lines < w.last.Lines || now.Bytes > w.bytes || now.Ranges > w.ranges {
		w.t.Errorf("%+v after %+v, of %d bytes in %d ranges", now, w.last, w.bytes, w.ranges)
	}
	if now != w.last && now.Bytes > 0 && now.Bytes < w.bytes {
		w.between++
	}
	w.last = now
}

// followed reads parts with all lanes, and checks that what is reached never falls,
// never exceeds what there is, and is all of it at the end. It returns how often
// there was something new on the way.
func followed(t testing.TB, l *event.Lanes, r storage.Reader, parts []event.Range) int {
	t.Helper()
	w := &watcher{t: t, reading: l.Read(r, query, day, parts), ranges: len(parts)}
	for _, p := range parts {
		w.bytes += p.Length
	}
	var lanes sync.WaitGroup
	for range w.reading.Lanes() {
		lanes.Go(func() {
			if err := w.reading.Lane(context.Background(), func(*event.Record) { w.look() }); err != nil {
				t.Error(err)
			}
		})
	}
	lanes.Wait()
	w.look()
	if want := (event.Reached{Bytes: w.bytes, Ranges: w.ranges, Lines: w.reading.Stats().Lines}); w.last != want {
		t.Errorf("%+v at the end, want %+v", w.last, want)
	}
	return w.between
}

// However blobs are cut and shared, what is reached grows to all there is.
func TestReachedIsAllAtTheEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	for range 20 {
		mem := storagetest.NewMem()
		for i := range 1 + rng.IntN(4) {
			name, data := fmt.Sprintf("%d.json", i), mess(rng)
			if rng.IntN(4) == 0 {
				data = zipped(data)
				name += []string{"", ".gz"}[rng.IntN(2)]
			}
			mem.Put(t.Context(), name, data)
		}
		mem.Put(t.Context(), "empty.json", nil)
		sh := randomShape(rng)
		_, file := sh.write(t, rng, rng.IntN(500))
		mem.Put(t.Context(), "x.parquet", file)
		var blobs []storage.Blob
		for b := range mem.List(t.Context(), "") {
			blobs = append(blobs, b)
		}
		l := event.NewLanes(1+rng.IntN(8), 1+rng.IntN(8))
		l.SetPiece(1 + rng.Int64N(500))
		followed(t, l, mem, wholes(blobs))
	}
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// Ranges that begin and end within lines add up to the blob as well.
func TestReachedInRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for range 20 {
		mem := storagetest.NewMem()
		mem.Put(t.Context(), "a.json", mess(rng))
		var blobs []storage.Blob
		for b := range mem.List(t.Context(), "") {
			blobs = append(blobs, b)
		}
		l := event.NewLanes(4, 1+rng.IntN(4))
		l.SetPiece(1 + rng.Int64N(500))
		for _, parts := range randomShards(rng, blobs) {
			followed(t, l, mem, parts)
		}
	}
}

// What is reached grows while one blob is read, of whatever kind it is.
func TestReachedGrowsWithinABlob(t *testing.T) {
	lines := strings.Repeat(line+"\n", 10_000)
	noise := rand.New(rand.NewPCG(13, 13))
	var varied strings.Builder // else a compressed blob would be one buffer
	for range 10_000 {
		varied.WriteString(strings.Replace(line, "svchost", fmt.Sprintf("%x%x", noise.Uint64(), noise.Uint64()), 1) + "\n")
	}
	type row struct {
		EventID       int32
		TimeGenerated string
	}
	rows := make([]row, 10_000)
	for i := range rows {
		rows[i] = row{4688, day.From.Format(time.RFC3339)}
	}
	var file bytes.Buffer
	if err := parquet.Write(&file, rows); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"a.json": []byte(lines), "a.json.gz": zipped([]byte(varied.String())), "a.parquet": file.Bytes()} {
		mem := storagetest.NewMem()
		mem.Put(t.Context(), name, data)
		for b := range mem.List(t.Context(), "") {
			if n := followed(t, event.NewLanes(1, 1), mem, []event.Range{event.Whole(b)}); n < 5 {
				t.Errorf("%s: %d steps on the way", name, n)
			}
		}
	}
}
