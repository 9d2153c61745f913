package masquerade

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
)

var november20 = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// ranked names with counts as given: n0, n1, …
func rankCounts(counts ...int64) []ranked {
	tallies := make([]tally, len(counts))
	for i, n := range counts {
		tallies[i] = tally{name: fmt.Sprintf("n%02d", i), count: n}
	}
	return rank(tallies)
}

func names(list []ranked) string { return strings.Join(namesOf(list), " ") }

func TestSplitAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		why            string
		counts         []int64
		frequent, rare string
	}{
		{"no names", nil, "", ""},
		{"one name has percent rank 0", []int64{7}, "", "n00"},
		{"two names have 0 and 1", []int64{1, 2}, "n01", "n00"},
		{"all tie", []int64{3, 3, 3, 3}, "", "n00 n01 n02 n03"},
		{"n04 is at 4/5, n01 at 1/5 exactly", []int64{1, 2, 3, 4, 5, 6}, "n04 n05", "n00"},
		{"n08 is at 8/10, n02 at 2/10 exactly", []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "n08 n09 n10", "n00 n01"},
		{"a tie from 3/5 to 4/5 shares 3/5", []int64{1, 2, 3, 4, 4, 6}, "n05", "n00"},
		{"a tie from 4/5 to 1 shares 4/5", []int64{1, 2, 3, 4, 5, 5}, "n04 n05", "n00"},
		{"a tie from 0 to 1/5 shares 0", []int64{1, 1, 3, 4, 5, 6}, "n04 n05", "n00 n01"},
		{"a tie from 1/5 on shares 1/5", []int64{1, 2, 2, 2, 5, 6}, "n04 n05", "n00"},
		{"nearly all seen once", []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 2}, "n09", "n00 n01 n02 n03 n04 n05 n06 n07 n08"},
		{"large counts", []int64{math.MaxInt64 - 1, math.MaxInt64}, "n01", "n00"},
	} {
		frequent, rare := split(rankCounts(c.counts...), NotebookParams())
		if names(frequent) != c.frequent || names(rare) != c.rare {
			t.Errorf("%s: frequent %q, rare %q", c.why, names(frequent), names(rare))
		}
	}
	if frequent, rare := split(rankCounts(1, 2, 3), Params{Frequent: 0.5, Rare: 0.6, Similarity: 0}); names(frequent) != "n01 n02" || names(rare) != "n00 n01" {
		t.Errorf("overlapping: frequent %q, rare %q", names(frequent), names(rare))
	}
}

// Names without any name are one group: it takes a rank and never matches.
func TestAbsentGroupTakesARank(t *testing.T) {
	tallies := []tally{{name: "a.exe", count: 1}, {absent: true, count: 2}, {name: "b.exe", count: 3}}
	frequent, rare := split(rank(tallies), Params{Frequent: 0, Rare: 1, Similarity: 0})
	if names(frequent) != "a.exe b.exe" || names(rare) != "a.exe" || frequent[1].percent != 1 {
		t.Errorf("frequent %+v, rare %+v", frequent, rare)
	}
	six := []tally{{name: "a", count: 1}, {absent: true, count: 2}, {name: "c", count: 3}, {name: "d", count: 4}, {name: "e", count: 5}, {name: "f", count: 6}}
	if frequent, _ := split(rank(six), NotebookParams()); names(frequent) != "e f" {
		t.Errorf("frequent %q", names(frequent))
	}
}

func TestRankDoesNotDependOnOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		counts := make([]tally, 1+rng.IntN(40))
		for i := range counts {
			counts[i] = tally{name: fmt.Sprint(i), count: 1 + rng.Int64N(8)}
		}
		byName := func(ranks []ranked) []ranked {
			slices.SortFunc(ranks, func(a, b ranked) int { return strings.Compare(a.name, b.name) })
			return ranks
		}
		want := byName(rank(slices.Clone(counts)))
		rng.Shuffle(len(counts), func(i, j int) { counts[i], counts[j] = counts[j], counts[i] })
		if got := byName(rank(slices.Clone(counts))); !slices.Equal(got, want) {
			t.Fatalf("%v\n%v", got, want)
		}
	}
}

// The notebook keeps a pair when its float32 score, widened, is above the
// threshold. At 0.85 these are the edits that a length allows: 17/20 passes.
func TestEditsAllowedByLength(t *testing.T) {
	for length := 1; length <= 46; length++ {
		allowed := 0
		for edits, from := range []int{0, 7, 14, 20, 27, 34, 40} {
			if length >= from {
				allowed = edits
			}
		}
		for edits := 0; edits <= min(allowed+1, length); edits++ {
			stem := strings.Repeat("a", length)
			mutant := strings.Repeat("b", edits) + stem[edits:]
			c := NewCounts()
			addNames(c, map[string]int{stem + ".exe": 9, mutant + ".exe": 1, "other.exe": 5})
			// Equal names meet only where frequent and rare overlap.
			records, err := New(Params{Frequent: 0, Rare: 1, Similarity: 0.85}, "", 1).Finish(t.Context(), event.Day(november20), c, NewCounts())
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(published(t, records), func(m match) bool { return m.normal == stem+".exe" && m.rare == mutant+".exe" })
			if edits > 0 && found != (edits <= allowed) {
				t.Errorf("length %d, %d edits: found is %v", length, edits, found)
			}
		}
	}
}

func TestParamsValidate(t *testing.T) {
	if err := NotebookParams().Validate(); err != nil {
		t.Error(err)
	}
	if err := (Params{Frequent: 0, Rare: 1, Similarity: 1}).Validate(); err != nil {
		t.Error(err)
	}
	err := Params{Frequent: -0.1, Rare: 1.1, Similarity: math.NaN()}.Validate()
	for _, name := range []string{"frequent", "rare", "similarity"} {
		if err == nil || !strings.Contains(err.Error(), "masquerade."+name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

// A name longer than any file's takes its rank, is compared with none, and is not
// kept as a whole.
func TestForgedLongNames(t *testing.T) {
	c := NewCounts()
	long := strings.Repeat("x", longestName-4) + ".exe"
	for i := range 5 {
		c.Add(record(0, long))
		c.Add(record(0, "y"+long))
		c.Add(record(0, "z"+strings.Repeat(long, 100), strings.Repeat("p", 1<<20), strings.Repeat("h", i<<18)))
	}
	if c.Names() != 3 || c.names.bytes > 3*longestName || c.values.bytes > 10*longest {
		t.Errorf("%d names, %d bytes of them, %d of values", c.Names(), c.names.bytes, c.values.bytes)
	}
	frequent, rare := split(rank(c.tallies()), Params{Frequent: 0, Rare: 1})
	if len(frequent) != 1 || len(rare) != 1 || frequent[0].name != long {
		t.Errorf("%d frequent, %d rare", len(frequent), len(rare))
	}
}
