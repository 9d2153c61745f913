package logon

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What is usual of the others is what it is of all values but the one, whichever that is.
func TestOthersLeaveOneOut(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		values := make([]float64, leastOthers+rng.IntN(30))
		top := []int{2, 5, 1000}[seed%3]
		for i := range values {
			values[i] = float64(rng.IntN(top))
		}
		o := newOthers(slices.Clone(values))
		for i, v := range values {
			var rest [][features]float64
			for k, other := range values {
				if k != i {
					rest = append(rest, [features]float64{other})
				}
			}
			want := newBaseline(rest)
			if o.median.without(v) != want.median[0] || o.lowest.without(v) != want.low[0] || o.highest.without(v) != want.high[0] {
				t.Fatalf("seed %d: without %v of %v: %s", seed, v, values, o.usual(v, "account"))
			}
			if z := want.deviations([features]float64{v})[0]; math.Abs(o.deviation(v)-z) > 1e-12 {
				t.Fatalf("seed %d: without %v of %v: %v spreads, and not %v", seed, v, values, o.deviation(v), z)
			}
			slices.SortFunc(rest, func(a, b [features]float64) int { return compareDown(a[0], b[0]) })
			if o.third.without(v) != rest[2][0] {
				t.Fatalf("seed %d: without %v of %v the third is %v", seed, v, values, o.third.without(v))
			}
		}
	}
}

// An account that nothing is known of is compared with the others, and not with itself.
func TestUsualIsOfOthers(t *testing.T) {
	t.Parallel()
	events := repeat(36, time.Minute, alice(10*time.Hour), func(i int, e *logonEvent) { e.user = users12[i%12] })
	victim := failing(alice(11 * time.Hour))
	victim.user, victim.address = "victim", "10.9.9.9"
	got := finish(t, New(DefaultParams(), "all", 1), stateOf(append(events, repeat(200, time.Second, victim, nil)...)), nil)
	want := `CONTOSO\victim: 200 wrong passwords, up to 60 in a minute (11:00 UTC), from 10.9.9.9; usual 0 (0 to 0 of 12 other accounts)`
	if len(got) != 1 || got[0].Description != want || got[0].AnomalyReasons[0].Usual != "0 (0 to 0 of 12 other accounts)" {
		t.Errorf("%+v", got)
	}
}

var users12 = [...]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}
