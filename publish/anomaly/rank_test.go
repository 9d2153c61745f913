package anomaly

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The highest score comes first, of equals the least ID, whatever the order was, and only
// those that are asked for are told.
func TestRank(t *testing.T) {
	told := 0
	var all []Candidate
	for i := range 50 {
		f := Finding{FindingId: fmt.Sprintf("an-%02d", i), DataDay: "2026-11-20T00:00:00.0000000Z", Score: float64(i/10) / 10}
		one := Told(f)
		one.Tell = func() (Finding, error) { told++; return f, nil }
		all = append(all, one)
	}
	var want []string
	for _, tens := range []int{4, 3, 2, 1, 0} {
		for ones := range 10 {
			want = append(want, fmt.Sprintf("an-%d%d", tens, ones))
		}
	}
	for seed := range uint64(20) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
		records, err := Records(Rank(all))
		var got []string
		for _, r := range records {
			got = append(got, r.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v, %v", got, err)
		}
	}
	told = 0
	n := 0
	for range Rank(all) {
		if n++; n == 3 {
			break
		}
	}
	if told != 3 {
		t.Errorf("%d were told of 3", told)
	}
}

func TestRankFails(t *testing.T) {
	broken := errors.New("broken")
	bad := Candidate{"an-2", 0.5, func() (Finding, error) { return Finding{}, broken }}
	records, err := Records(Rank([]Candidate{bad, Told(Finding{FindingId: "an-1", Score: 1, DataDay: "2026-11-20T00:00:00.0000000Z"})}))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "an-2") || records != nil {
		t.Errorf("%v, %v", records, err)
	}
	if records, err := Records(Rank(nil)); records == nil || len(records) > 0 || err != nil {
		t.Errorf("%v, %v", records, err)
	}
}
