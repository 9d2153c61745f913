package masquerade_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"testing"
	"time"

	"sparkless/bench/sample"
	"sparkless/masquerade"
	"sparkless/storage"
	"sparkless/storage/event"
)

// memory is a Reader of one blob.
type memory []byte

func (m memory) List(context.Context, string) iter.Seq2[storage.Blob, error] { panic("not used") }

func (m memory) Open(_ context.Context, _ storage.Blob, offset, length int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m[offset : offset+length])), nil
}

// sampleLines are the lines of the default sample day and its date's window.
func sampleLines(b *testing.B) (memory, event.Window) {
	cfg := sample.Default()
	var all bytes.Buffer
	if _, err := sample.Generate(cfg, func(_ string, data []byte) error {
		all.Write(data)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return all.Bytes(), event.Day(cfg.Day)
}

func benchScan(b *testing.B, each func(*event.Record)) {
	lines, window := sampleLines(b)
	query := masquerade.New(masquerade.NotebookParams(), "bench", 1).Spec().Query
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	for b.Loop() {
		scan(b, event.NewScanner(query, window), lines, each)
	}
}

func scan(b *testing.B, s *event.Scanner, lines memory, each func(*event.Record)) {
	if err := s.Open(b.Context(), lines, event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(lines))})); err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for s.Scan() {
		each(s.Record())
	}
	if s.Err() != nil || s.Stats().Records == 0 {
		b.Fatal(s.Err(), s.Stats())
	}
}

// BenchmarkCount reads lines and counts them with their context: as one shard
// after another, each with counts of its own, and with counts that know them all.
func BenchmarkCount(b *testing.B) {
	b.Run("warm", func(b *testing.B) { benchScan(b, masquerade.NewCounts().Add) })
	b.Run("shards", func(b *testing.B) {
		c, events := masquerade.NewCounts(), 0
		benchScan(b, func(r *event.Record) {
			if events++; events%10_000 == 0 {
				c = masquerade.NewCounts()
			}
			c.Add(r)
		})
	})
}

// partials are the counts of a sample day, cut into so many shards.
func partials(b *testing.B, shards int) []*masquerade.Counts {
	lines, window := sampleLines(b)
	out := make([]*masquerade.Counts, shards)
	for i := range out {
		out[i] = masquerade.NewCounts()
	}
	seen := 0
	scan(b, event.NewScanner(masquerade.New(masquerade.NotebookParams(), "bench", 1).Spec().Query, window), lines, func(r *event.Record) {
		out[seen*shards/40_000%shards].Add(r)
		seen++
	})
	return out
}

func encode(b *testing.B, c *masquerade.Counts) []byte {
	file, err := c.Encode("")
	if err != nil {
		b.Fatal(err)
	}
	return file
}

func decode(b *testing.B, file []byte) *masquerade.Counts {
	c := masquerade.NewCounts()
	if _, err := c.Decode(file); err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkFinish ranks a day's names, joins them and makes findings.
func BenchmarkFinish(b *testing.B) {
	day := partials(b, 1)[0]
	d := masquerade.New(masquerade.NotebookParams(), "bench", 1)
	b.ReportAllocs()
	for b.Loop() {
		found, err := d.Finish(b.Context(), event.Day(sample.Default().Day), day, masquerade.NewCounts())
		if err != nil || len(found) == 0 {
			b.Fatal(len(found), err)
		}
	}
}

// BenchmarkEncode writes the partial of a whole day.
func BenchmarkEncode(b *testing.B) {
	c := partials(b, 1)[0]
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		size = len(encode(b, c))
	}
	b.ReportMetric(float64(size), "bytes/file")
}

// BenchmarkDecode reads the partial of a whole day.
func BenchmarkDecode(b *testing.B) {
	file := encode(b, partials(b, 1)[0])
	b.ReportAllocs()
	for b.Loop() {
		decode(b, file)
	}
}

// BenchmarkMerge merges the partials of a day into its profile.
func BenchmarkMerge(b *testing.B) {
	parts := partials(b, 24)
	b.ReportAllocs()
	for b.Loop() {
		day := masquerade.NewCounts()
		for _, p := range parts {
			day.Merge(p)
		}
	}
}

// manyNames counts n names with a full context, each seen so often, starting
// with the first-th of all.
func manyNames(first, n, events int) *masquerade.Counts {
	c := masquerade.NewCounts()
	for i := first; i < first+n; i++ {
		// As long as those of the sample day, and as often shared.
		texts := []string{
			fmt.Sprintf("setup_%07x.exe", i*2654435761%(1<<28)),
			fmt.Sprintf(`C:\\Users\\user%04d\\AppData\\Local\\Temp\\setup_%07x.exe`, i%5000, i*2654435761%(1<<28)),
			fmt.Sprintf("host%04d.corp.brackwater.example", i%3000),
			fmt.Sprintf(`C:\\Windows\\System32\\parent%03d.exe`, i%400),
			fmt.Sprintf(`BRACKWATER\\user%04d`, i%5000),
			"",
		}
		columns := make([]*string, len(texts))
		for i := range texts {
			columns[i] = &texts[i]
		}
		for e := range events {
			texts[5] = fmt.Sprintf(`\"%s\" /install --token %x --mode quiet --log C:\\Temp\\setup_%d.log`, texts[1], i, e)
			c.Add(event.NewRecord(time.Date(2026, 11, 20, 8, 0, 0, i, time.UTC).UnixNano(), columns...))
		}
	}
	return c
}

// BenchmarkMillion merges half a million names into a million, half of them new,
// and writes and reads the million.
func BenchmarkMillion(b *testing.B) {
	million, half := manyNames(0, 1_000_000, 1), manyNames(750_000, 500_000, 1)
	file := encode(b, million)
	b.Run("merge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			c := decode(b, file)
			b.StartTimer()
			c.Merge(half)
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encode(b, million)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decode(b, file)
		}
	})
}

// BenchmarkMemory says what a name takes, with the texts of its values and
// without.
func BenchmarkMemory(b *testing.B) {
	for _, events := range []int{1, 2, 8, 100} {
		b.Run(fmt.Sprintf("seen=%d", events), func(b *testing.B) {
			const names = 50_000
			for b.Loop() {
				before := heap()
				c := manyNames(0, names, events)
				b.ReportMetric(float64(heap()-before)/names, "B/name")
				runtime.KeepAlive(c)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
