package masquerade_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"testing"

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

func benchScan(b *testing.B, mode event.Mode, each func(*event.Record)) {
	lines, window := sampleLines(b)
	query := masquerade.New(masquerade.DefaultParams(), "bench", 1).Spec().Query
	query.Mode = mode
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

// BenchmarkScan reads lines and does nothing with the records.
func BenchmarkScan(b *testing.B) {
	nothing := func(*event.Record) {}
	b.Run("fast", func(b *testing.B) { benchScan(b, event.Fast, nothing) })
	b.Run("strict", func(b *testing.B) { benchScan(b, event.Strict, nothing) })
}

// BenchmarkCount reads lines and counts them with their context.
func BenchmarkCount(b *testing.B) {
	benchScan(b, event.Fast, masquerade.NewCounts().Add)
}

// BenchmarkEncode writes the partial of a whole day.
func BenchmarkEncode(b *testing.B) {
	c := masquerade.NewCounts()
	lines, window := sampleLines(b)
	scan(b, event.NewScanner(masquerade.New(masquerade.DefaultParams(), "bench", 1).Spec().Query, window), lines, c.Add)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Encode(""); err != nil {
			b.Fatal(err)
		}
	}
}
