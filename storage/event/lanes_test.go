package event_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// readAll reads parts with all lanes of a reading and returns the records as
// scan does, sorted.
func readAll(ctx context.Context, l *event.Lanes, r storage.Reader, q event.Query, parts []event.Range) ([]string, event.Stats, error) {
	reading := l.Read(r, q, day, parts)
	group, ctx := errgroup.WithContext(ctx)
	found := make([][]string, reading.Lanes())
	for lane := range found {
		group.Go(func() error {
			return reading.Lane(ctx, func(rec *event.Record) {
				found[lane] = append(found[lane], fmt.Sprintf("%d|%s|%s", rec.Time, show(rec.Value(0)), show(rec.Value(1))))
			})
		})
	}
	err := group.Wait()
	all := slices.Concat(found...)
	slices.Sort(all)
	return all, reading.Stats(), errors.Join(err, wrongHours(all, event.Stats{}, reading.Stats()))
}

// asked counts the bytes that are requested.
type asked struct {
	storage.Reader
	bytes, opens atomic.Int64
}

func (a *asked) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	a.bytes.Add(length)
	a.opens.Add(1)
	return a.Reader.Open(ctx, b, offset, length)
}

// mess is content with everything that a cut can hit.
func mess(rng *rand.Rand) []byte {
	var b bytes.Buffer
	if rng.IntN(3) == 0 {
		b.WriteString("\ufeff")
	}
	longest := []int{10, 300, 5000}[rng.IntN(3)]
	for i := range rng.IntN(40) {
		end := []string{"\n", "\r\n"}[rng.IntN(2)]
		switch rng.IntN(10) {
		case 0:
			b.WriteString(end)
		case 1:
			b.WriteString("{broken" + strings.Repeat("y", rng.IntN(longest)) + end)
		case 2:
			b.WriteString("\ufeff" + line + end) // a mark where none belongs
		case 3:
			b.WriteString(strings.Replace(line, "4688", "4624", 1) + end)
		case 4:
			b.WriteString(strings.Replace(line, "2026-11-20", "2026-11-21", 1) + end)
		default:
			name := strings.Repeat([]string{"x", "é", "\U0001f600", `\"`, `\u00e9`}[rng.IntN(5)], rng.IntN(longest)) + fmt.Sprint(i)
			b.WriteString(strings.NewReplacer("svchost", name, "T00:", fmt.Sprintf("T%02d:", rng.IntN(24))).Replace(line) + end)
		}
	}
	if b.Len() > 0 && rng.IntN(2) == 0 {
		b.Truncate(b.Len() - 1)
	}
	return b.Bytes()
}

// However blobs are cut and shared, and whoever reads what, the records and the
// counts are those of one scan, and no byte is asked for twice.
func TestLanesDoNotShow(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for round := range 60 {
		mem := storagetest.NewMem()
		var blobs []storage.Blob
		var want []string
		var stats event.Stats
		var size int64
		for i := range 1 + rng.IntN(4) {
			mem.Put(t.Context(), fmt.Sprintf("%d.json", i), mess(rng))
		}
		for b := range mem.List(t.Context(), "") {
			blobs, size = append(blobs, b), size+b.Size
		}
		q := query
		q.Mode = []event.Mode{event.Fast, event.Strict}[round%2]
		for _, b := range blobs {
			got, s, err := scanWith(event.NewScanner(q, day), mem, event.Whole(b))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, got...)
			stats.Merge(s)
		}
		slices.Sort(want)
		for _, lanes := range []int{0, 1 + rng.IntN(3), 4 + rng.IntN(4)} {
			l := event.NewLanes(1+rng.IntN(8), lanes+1)
			l.SetPiece(1 + rng.Int64N(size/[]int64{1, 10, 200}[rng.IntN(3)]+3))
			input := &asked{Reader: mem}
			for cut, shards := range [][][]event.Range{{wholes(blobs)}, randomShards(rng, blobs)} {
				var got []string
				var sum event.Stats
				for _, parts := range shards {
					g, s, err := readAll(t.Context(), l, input, q, parts)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, g...)
					sum.Merge(s)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Fatalf("round %d, %d lanes: got\n%q\nwant\n%q", round, lanes+1, got, want)
				}
				if a, b := asJSON(sum), asJSON(stats); a != b {
					t.Fatalf("round %d, %d lanes: stats\n%s\nwant\n%s", round, lanes+1, a, b)
				}
				if n := input.bytes.Load(); cut == 0 && n != size {
					t.Fatalf("round %d, %d lanes: %d bytes asked for, %d are there", round, lanes+1, n, size)
				}
			}
		}
	}
}

func wholes(blobs []storage.Blob) []event.Range {
	var parts []event.Range
	for _, b := range blobs {
		parts = append(parts, event.Whole(b))
	}
	return parts
}

// randomShards cuts blobs anywhere and shares the ranges out.
func randomShards(rng *rand.Rand, blobs []storage.Blob) [][]event.Range {
	shards := make([][]event.Range, 1+rng.IntN(3))
	for _, b := range blobs {
		step := 1 + rng.Int64N(b.Size+1)
		if step < b.Size/20 {
			step = b.Size / 20
		}
		for at := int64(0); at < b.Size; at += step {
			i := rng.IntN(len(shards))
			shards[i] = append(shards[i], event.Range{Blob: b, Offset: at, Length: min(step, b.Size-at)})
		}
	}
	return shards
}

// Lines as long as may be, and longer, across many pieces and ranges.
func TestLanesAcrossLongLines(t *testing.T) {
	filler := func(n int) string { return line[:len(line)-1] + strings.Repeat(" ", n-len(line)) + "}" }
	most, tooLong := filler(16<<20), filler(16<<20+1)
	data := line + "\n" + most + "\n" + tooLong + "\n" + line + "\n" + strings.Repeat("z", 18<<20) + "\n" + most
	r := &asked{Reader: blob{data: []byte(data)}}
	b := storage.Blob{Name: "x.json", Size: int64(len(data))}
	got, stats, err := scanWith(event.NewScanner(query, day), r, event.Whole(b))
	if err != nil || len(got) != 4 || stats.Malformed[event.TooLong] != 2 {
		t.Fatalf("%d records, %+v, %v", len(got), stats, err)
	}
	for _, piece := range []int64{0, 3<<20 + 17} {
		for _, shard := range []int64{b.Size, 9 << 20} {
			l := event.NewLanes(4, 4)
			l.SetPiece(piece)
			var n int
			var sum event.Stats
			r.bytes.Store(0)
			for at := int64(0); at < b.Size; at += shard {
				g, s, err := readAll(t.Context(), l, r, query, []event.Range{{Blob: b, Offset: at, Length: min(shard, b.Size-at)}})
				if err != nil {
					t.Fatal(err)
				}
				n += len(g)
				sum.Merge(s)
			}
			if n != 4 || asJSON(sum) != asJSON(stats) {
				t.Errorf("pieces of %d, shards of %d: %d records, %s, want %s", piece, shard, n, asJSON(sum), asJSON(stats))
			}
			if asked := r.bytes.Load(); shard == b.Size && asked != b.Size {
				t.Errorf("pieces of %d: %d of %d bytes asked for", piece, asked, b.Size)
			}
		}
	}
}

// A compressed blob whose name does not say so is found out before it is cut.
func TestLanesOverCompressed(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for i := range 3000 {
		io.WriteString(w, strings.Replace(line, "svchost", fmt.Sprint(i*i), 1)+"\n")
	}
	w.Close()
	for _, name := range []string{"x.json", "x.json.gz"} {
		l := event.NewLanes(3, 3)
		l.SetPiece(100)
		r := &asked{Reader: blob{data: z.Bytes()}}
		b := storage.Blob{Name: name, Size: int64(z.Len())}
		got, stats, err := readAll(t.Context(), l, r, query, []event.Range{event.Whole(b)})
		if err != nil || len(got) != 3000 || stats.MalformedLines() > 0 {
			t.Errorf("%s: %d records, %+v, %v", name, len(got), stats, err)
		}
		if r.bytes.Load() != b.Size || r.opens.Load() > 2 {
			t.Errorf("%s: %d of %d bytes in %d requests", name, r.bytes.Load(), b.Size, r.opens.Load())
		}
	}
}

// Parquet has no lines to cut: a range of it is read as a whole.
func TestLanesOverParquet(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 11))
		sh := randomShape(rng)
		sh.flushes = 0.05
		_, file := sh.write(t, rng, 300)
		whole := event.Whole(parquetBlob(file))
		want, stats, err := scanWith(event.NewScanner(parquetQuery, day), blob{data: file}, whole)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		half := whole.Length / 2
		for _, parts := range [][]event.Range{{whole}, {{Blob: whole.Blob, Length: half}, {Blob: whole.Blob, Offset: half, Length: whole.Length - half}}} {
			l := event.NewLanes(3, 3)
			l.SetPiece(100)
			got, s, err := readAll(t.Context(), l, blob{data: file}, parquetQuery, parts)
			if err != nil || !slices.Equal(got, want) || asJSON(s) != asJSON(stats) {
				t.Errorf("seed %d, %d ranges: %d of %d records, %s, want %s, %v", seed, len(parts), len(got), len(want), asJSON(s), asJSON(stats), err)
			}
		}
	}
}

// Bodies that break at any byte are resumed there, and nothing counts twice.
func TestLanesOverBrokenBodies(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for round := range 150 {
		mem := storagetest.NewMem()
		mem.Put(t.Context(), "x.json", mess(rng))
		b, err := storage.Find(t.Context(), mem, "x.json")
		if err != nil {
			t.Fatal(err)
		}
		want, stats, _ := readAll(t.Context(), event.NewLanes(1, 1), mem, query, []event.Range{event.Whole(b)})
		at := rng.Int64N(b.Size + 1)
		faulty := &storagetest.Faulty{Store: mem, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op != storagetest.OpOpen || c.N%3 == 2 {
				return storagetest.Fault{}
			}
			return storagetest.Fault{Break: []error{storagetest.ErrInjected, io.EOF}[c.N%2], BreakAt: at / int64(1+c.N)}
		}}
		l := event.NewLanes(4, 4)
		l.SetPiece(1 + rng.Int64N(b.Size+1)/4)
		got, s, err := readAll(t.Context(), l, storage.Retry(faulty, storage.Policy{Attempts: 50, Base: 1, Max: 1}), query, []event.Range{event.Whole(b)})
		if err != nil || !slices.Equal(got, want) || asJSON(s) != asJSON(stats) {
			t.Fatalf("round %d: %d of %d records, %s, want %s, %v", round, len(got), len(want), asJSON(s), asJSON(stats), err)
		}
		// Without Retry the first error ends all lanes.
		faulty = &storagetest.Faulty{Store: mem, Script: func(c storagetest.Call) storagetest.Fault {
			return storagetest.Fault{Break: storagetest.ErrInjected, BreakAt: int64(c.N)}
		}}
		if _, _, err := readAll(t.Context(), l, faulty, query, []event.Range{event.Whole(b)}); b.Size > 0 && !errors.Is(err, storagetest.ErrInjected) {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

// changing replaces the blob before one of the requests.
type changing struct {
	*storagetest.Mem
	opens  atomic.Int64
	before int64
}

func (c *changing) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	if c.opens.Add(1) == c.before {
		c.Put(ctx, b.Name, bytes.Repeat([]byte("{}\n"), int(b.Size/3+1)))
	}
	return c.Mem.Open(ctx, b, offset, length)
}

func TestLanesNoticeAChange(t *testing.T) {
	for before := range int64(10) {
		c := &changing{Mem: storagetest.NewMem(), before: before + 1}
		c.Put(t.Context(), "x.json", []byte(strings.Repeat(line+"\n", 10)))
		b, _ := storage.Find(t.Context(), c.Mem, "x.json")
		l := event.NewLanes(3, 3)
		l.SetPiece(int64(len(line)))
		if _, _, err := readAll(t.Context(), l, c, query, []event.Range{event.Whole(b)}); !errors.Is(err, storage.ErrChanged) {
			t.Errorf("before request %d: %v", before, err)
		}
	}
}

// A store may notice a change only behind the last byte of a request, which the
// last line of a range does not always need.
func TestLanesReadRequestsToTheirEnd(t *testing.T) {
	data := strings.Repeat(line+"\n", 3)
	r := blob{data: []byte(data), piece: 10, err: storage.ErrChanged}
	b := storage.Blob{Name: "x.json", Size: int64(len(data))}
	for _, length := range []int64{1, 200, b.Size} {
		_, _, err := readAll(t.Context(), event.NewLanes(2, 2), r, query, []event.Range{{Blob: b, Length: length}})
		if !errors.Is(err, storage.ErrChanged) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

// slow takes a second for the first byte of each request, and counts.
type slow struct {
	storage.Reader
	mu            sync.Mutex
	running, most int
}

func (s *slow) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	s.mu.Lock()
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	select {
	case <-time.After(time.Second):
		return s.Reader.Open(ctx, b, offset, length)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Many small blobs and few large ones keep all lanes busy, and several readings
// together no more than all.
func TestLanesAreBusyAndBounded(t *testing.T) {
	data := []byte(strings.Repeat(line+"\n", 100))
	mem := storagetest.NewMem()
	for i := range 300 {
		mem.Put(t.Context(), fmt.Sprintf("%03d.json", i), []byte(line))
	}
	mem.Put(t.Context(), "large.json", data)
	small := slices.Collect(blobsOnly(mem.List(t.Context(), "0")))
	small = append(small, slices.Collect(blobsOnly(mem.List(t.Context(), "1")))...)
	small = append(small, slices.Collect(blobsOnly(mem.List(t.Context(), "2")))...)
	large := slices.Collect(blobsOnly(mem.List(t.Context(), "large")))
	for _, c := range []struct {
		parts    []event.Range
		readings int
		seconds  int
	}{
		{wholes(small), 1, 19},           // 300/16
		{wholes(large), 1, 1 + 7},        // the first of 100 pieces, then 99/16
		{wholes(small), 4, 75},           // 4*300/16
		{wholes(large), 4, 4 * 100 / 16}, // while one waits for its first piece, others read
		{wholes(small[:3]), 1, 1},        // no more lanes than pieces
		{[]event.Range{}, 1, 0},          // nothing at all
		{wholes(small[:20]), 100, 125},   // more readings than lanes
	} {
		synctest.Test(t, func(t *testing.T) {
			l := event.NewLanes(16, 16)
			l.SetPiece(int64(len(data)) / 100)
			input := &slow{Reader: mem}
			start := time.Now()
			var group errgroup.Group
			for range c.readings {
				group.Go(func() error {
					_, _, err := readAll(t.Context(), l, input, query, c.parts)
					return err
				})
			}
			err := group.Wait()
			if took := int(time.Since(start) / time.Second); err != nil || took > c.seconds+1 || took < c.seconds || input.most > 16 {
				t.Errorf("%d parts, %d readings: %d seconds, want %d; %d at a time, %v", len(c.parts), c.readings, took, c.seconds, input.most, err)
			}
		})
	}
}

func blobsOnly(list iter.Seq2[storage.Blob, error]) iter.Seq[storage.Blob] {
	return func(yield func(storage.Blob) bool) {
		for b := range list {
			if !yield(b) {
				return
			}
		}
	}
}

// A reading that is told to stop returns at once, with all its lanes.
func TestLanesStopWhenTold(t *testing.T) {
	data := strings.Repeat(line+"\n", 100)
	for _, after := range []time.Duration{0, time.Second / 2, 3 * time.Second / 2, 7 * time.Second / 2} {
		synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			l := event.NewLanes(4, 8)
			l.SetPiece(500)
			start := time.Now()
			var group errgroup.Group
			for range 3 {
				group.Go(func() error {
					_, _, err := readAll(ctx, l, &slow{Reader: blob{data: []byte(data)}}, query, []event.Range{named("x.json", data), named("y.json", data)})
					return err
				})
			}
			if err := group.Wait(); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != after {
				t.Errorf("told after %v: %v after %v", after, err, time.Since(start))
			}
			// The lanes can be used again.
			if got, _, err := readAll(t.Context(), l, blob{data: []byte(data)}, query, []event.Range{named("x.json", data)}); err != nil || len(got) != 100 {
				t.Errorf("then %d records, %v", len(got), err)
			}
		})
	}
}

// Lanes that know one query's lines read another's.
func TestLanesTakeAnyQuery(t *testing.T) {
	data := strings.Repeat(line+"\n", 50)
	l := event.NewLanes(2, 2)
	for _, q := range []event.Query{query, {EventIDs: []int{4624}, Columns: query.Columns}, {Columns: []string{"NewProcessName", "Process"}}, query} {
		want, _, _ := scanWith(event.NewScanner(q, day), blob{data: []byte(data)}, named("x.json", data))
		if got, _, err := readAll(t.Context(), l, blob{data: []byte(data)}, q, []event.Range{named("x.json", data)}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v: %d records, want %d, %v", q, len(got), len(want), err)
		}
	}
}
