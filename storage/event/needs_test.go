package event_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/storage/event"
)

// An event without a column that is needed is as one with another EventID, however it is
// written and wherever it lies, also without a time. Of the others nothing changes.
func TestEventsWithoutWhatIsNeeded(t *testing.T) {
	total, left := 0, 0
	for seed := range uint64(45) {
		rng := rand.New(rand.NewPCG(seed, 1))
		sh := randomShape(rng)
		lines, file := sh.write(t, rng, []int{0, 1, 300, 3000}[rng.IntN(4)])
		q := parquetQuery
		if rng.IntN(2) == 0 {
			q.EventIDs = nil
		}
		all, _, err := read(event.NewScanner(q, day), blob{data: lines}, len(q.Columns), named("x.json", string(lines)))
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Clone(all), func(record string) bool {
			values := strings.Split(record, "|")
			return values[1] == "absent" || values[3] == "absent"
		})
		q.Needs = []string{"Task", "Process"}
		strict, mapped := q, q.With(&event.Fields{})
		strict.Mode = event.Strict
		counted := ""
		for what, q := range map[string]event.Query{"fast": q, "strict": strict, "mapped": mapped} {
			for _, parquet := range []bool{false, true} {
				from, of := blob{data: lines}, named("x.json", string(lines))
				if parquet {
					from, of = blob{data: file}, event.Whole(parquetBlob(file))
				}
				got, stats, err := read(event.NewScanner(q, day), from, len(q.Columns), of)
				if counted == "" {
					counted = counts(stats)
				}
				if err != nil || !slices.Equal(got, want) || counts(stats) != counted || stats.Records+stats.Other+stats.OutsideDay+stats.MalformedLines() != stats.Lines {
					t.Fatalf("seed %d, %s, Parquet %v: %v\n%s\n%s, want %s\n%s", seed, what, parquet, err, sh.note, counts(stats), counted, firstDifference(got, want))
				}
			}
		}
		total, left = total+len(want), left+len(all)-len(want)
	}
	if total < 500 || left < 500 {
		t.Errorf("%d records, and %d left out", total, left)
	}
}
