// Package micro holds benchmarks that belong to no package alone: the steps of
// the job on the default sample day and on the partials that it makes.
package micro

import (
	"bytes"
	"context"
	"io"
	"iter"
	"testing"

	"sparkless/bench/sample"
	"sparkless/bench/variant"
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

// shards are the sample day's lines in eight parts.
func shards(b *testing.B) (parts [8]memory) {
	n := 0
	if _, err := sample.Generate(sample.Default(), func(_ string, data []byte) error {
		parts[n%len(parts)] = append(parts[n%len(parts)], data...)
		n++
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return parts
}

func count(b *testing.B, lines memory, mode event.Mode) *masquerade.Counts {
	query := masquerade.New(masquerade.DefaultParams(), "bench", 1).Spec().Query
	query.Mode = mode
	c := masquerade.NewCounts()
	s := event.NewScanner(query, event.Day(sample.Default().Day))
	defer s.Close()
	if err := s.Open(b.Context(), lines, event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(lines))})); err != nil {
		b.Fatal(err)
	}
	for s.Scan() {
		c.Add(s.Record())
	}
	stats := s.Stats()
	if s.Err() != nil || stats.Records == 0 || stats.MalformedLines() > 0 {
		b.Fatal(s.Err(), stats)
	}
	return c
}

// BenchmarkFold reads and counts a shard, as it is and in harder forms.
func BenchmarkFold(b *testing.B) {
	plain := shards(b)[0]
	forms := map[string]memory{"plain": plain}
	for _, kind := range []variant.Kind{variant.Shuffled, variant.Wide, variant.Hostile} {
		data, err := variant.New(kind, 1).Blob(plain)
		if err != nil {
			b.Fatal(err)
		}
		forms[string(kind)] = data
	}
	for _, name := range []string{"plain", "shuffled", "wide", "hostile"} {
		b.Run(name, func(b *testing.B) { benchmarkFold(b, forms[name], event.Fast) })
	}
	b.Run("strict", func(b *testing.B) { benchmarkFold(b, plain, event.Strict) })
}

func benchmarkFold(b *testing.B, lines memory, mode event.Mode) {
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	for b.Loop() {
		count(b, lines, mode)
	}
}

// partials are the shards' counts.
func partials(b *testing.B) (all []*masquerade.Counts) {
	for _, lines := range shards(b) {
		all = append(all, count(b, lines, event.Fast))
	}
	return all
}

// BenchmarkMerge puts eight shards together.
func BenchmarkMerge(b *testing.B) {
	all := partials(b)
	b.ReportAllocs()
	for b.Loop() {
		sum := masquerade.NewCounts()
		for _, c := range all {
			sum.Merge(c)
		}
	}
}

// BenchmarkPartial writes and reads the file of one shard.
func BenchmarkPartial(b *testing.B) {
	c := partials(b)[0]
	file, err := c.Encode("")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Encode(""); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(file)), "bytes")
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := masquerade.NewCounts().Decode(file); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFinish ranks a day's names, joins them and makes findings.
func BenchmarkFinish(b *testing.B) {
	sum := masquerade.NewCounts()
	for _, c := range partials(b) {
		sum.Merge(c)
	}
	d := masquerade.New(masquerade.DefaultParams(), "bench", 1)
	b.ReportAllocs()
	for b.Loop() {
		found, err := d.Finish(b.Context(), sample.Default().Day, sum, masquerade.NewCounts())
		if err != nil || len(found) == 0 {
			b.Fatal(len(found), err)
		}
	}
}
