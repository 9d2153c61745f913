package simjoin

import (
	"context"
	"testing"
)

// One worker, so that the time of an operation is its CPU time.
func BenchmarkJoin(b *testing.B) {
	b.Run("fleet/10k", func(b *testing.B) { benchmarkFleet(b, 10_000) })
	b.Run("fleet/100k", func(b *testing.B) { benchmarkFleet(b, 100_000) })
	b.Run("fleet/1M", func(b *testing.B) { benchmarkFleet(b, 1_000_000) })
	b.Run("family1/100k", func(b *testing.B) { benchmarkFamily(b, 6, "setup_") })
	b.Run("family2/100k", func(b *testing.B) { benchmarkFamily(b, 8, "installer_") })
	b.Run("family3/100k", func(b *testing.B) { benchmarkFamily(b, 8, "vendorapp_setup_") })
}

func benchmarkFleet(b *testing.B, names int) {
	left, right := fleet(names, 1)
	benchmarkJoin(b, left, right)
}

// benchmarkFamily joins names of which 2, 1 or 0 of the segments tell apart.
func benchmarkFamily(b *testing.B, digits int, prefix string) {
	left, right := family(100_000, digits, prefix, 1)
	benchmarkJoin(b, left, right)
}

func benchmarkJoin(b *testing.B, left, right []string) {
	b.ReportAllocs()
	pairs := 0
	for b.Loop() {
		found, err := Join(context.Background(), left, right, 0.85, 1)
		if err != nil {
			b.Fatal(err)
		}
		pairs = len(found)
	}
	b.ReportMetric(float64(pairs), "pairs")
}
