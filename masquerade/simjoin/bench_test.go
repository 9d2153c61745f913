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
	benchmarkJoin(b, left, right, Joiner{})
}

// BenchmarkEdits joins with a budget beside the threshold: all that is frequent,
// or a few targets.
func BenchmarkEdits(b *testing.B) {
	for _, size := range []struct {
		name           string
		names, targets int
	}{{"100k", 100_000, 1 << 30}, {"100k/targets", 100_000, 2000}, {"1M/targets", 1_000_000, 5000}} {
		left, right := fleet(size.names, 1)
		left = left[:min(len(left), size.targets)]
		for name, e := range map[string]Edits{"none": nil, "4+9": late, "4+8+14": gradual} {
			b.Run(size.name+"/"+name, func(b *testing.B) { benchmarkJoin(b, left, right, Joiner{Edits: e}) })
		}
	}
}

// benchmarkFamily joins names of which 2, 1 or 0 of the segments tell apart.
func benchmarkFamily(b *testing.B, digits int, prefix string) {
	left, right := family(100_000, digits, prefix, 1)
	benchmarkJoin(b, left, right, Joiner{})
}

func benchmarkJoin(b *testing.B, left, right []string, j Joiner) {
	j.Workers, j.MaxPairs = 1, MaxPairs
	b.ReportAllocs()
	pairs := 0
	for b.Loop() {
		found, err := j.Join(context.Background(), left, right, 0.85)
		if err != nil {
			b.Fatal(err)
		}
		pairs = len(found)
	}
	b.ReportMetric(float64(pairs), "pairs")
}
