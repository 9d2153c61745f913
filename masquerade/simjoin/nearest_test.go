package simjoin

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// nearestByHand measures everything.
func nearestByHand(names []string, name string, n int, least float32) []int {
	var all []int
	for i := range names {
		if names[i] != name && Similarity(names[i], name) >= least {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(i, j int) int {
		a, b := names[i], names[j]
		return cmp.Or(cmp.Compare(Similarity(b, name), Similarity(a, name)), cmp.Compare(Distance(a, name), Distance(b, name)), strings.Compare(a, b), i-j)
	})
	return all[:min(n, len(all))]
}

// The nearest are those of all names, whatever the names: near each other, far, of
// equal scores, without a dot, of other scripts, not UTF-8, empty, there twice.
func TestNearest(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 11))
	letters := []string{"a", "b", "c", "o", "0", "é", "о", "日", "\xff", " ", "😀", "-"}
	word := func() string {
		var b strings.Builder
		for range rng.IntN(9) {
			b.WriteString(letters[rng.IntN(1+rng.IntN(len(letters)))])
		}
		return b.String() + []string{".exe", ".exe", ".exe", ".com", "", ".", ".tar.gz"}[rng.IntN(7)]
	}
	for round := range 400 {
		names := make([]string, rng.IntN(60))
		for i := range names {
			if names[i] = word(); i > 0 && rng.IntN(8) == 0 {
				names[i] = names[rng.IntN(i)]
			}
		}
		x := NewNearest(names)
		for range 4 {
			name, n := word(), rng.IntN(8)
			if len(names) > 0 && rng.IntN(3) == 0 {
				name = names[rng.IntN(len(names))]
			}
			least := []float32{0, 0, 0.5, 0.75, 2.0 / 3, 1, 0.2}[rng.IntN(7)]
			if got, want := x.Find(name, n, least), nearestByHand(names, name, n, least); !slices.Equal(got, want) {
				t.Fatalf("round %d: the %d nearest to %q among %q are %d, want %d", round, n, name, names, got, want)
			}
		}
	}
}

// BenchmarkNearest looks for the five nearest among many names of a few hundred, as
// a report does.
func BenchmarkNearest(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 12))
	names := make([]string, 40_000)
	for i := range names {
		names[i] = fmt.Sprintf("%x%s.exe", rng.Uint64()>>rng.IntN(40), []string{"host", "update", "svc", "helper"}[rng.IntN(4)])
	}
	x := NewNearest(names)
	b.ReportAllocs()
	for b.Loop() {
		x.Find(names[rng.IntN(len(names))]+"x.exe", 5, 0.5)
	}
}
