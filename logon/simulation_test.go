package logon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sparkless/outlier"
)

// estate is a made up one: accounts with habits of their own, over some days, and attacks
// on some of them.
type estate struct {
	*State
	attacked map[key]string // what was done
}

// simulate makes 300 accounts over 21 days, of which some are services that log on often
// and everywhere, and some are administrators. Numbers vary from day to day, more with
// some than with others; now and then somebody mistypes a lot, or works on other
// computers. On 30 days an account is attacked.
func simulate(seed uint64) *estate {
	rng := rand.New(rand.NewPCG(seed, 42))
	e := &estate{newState(), map[key]string{}}
	const accounts, days, attacks = 300, 21, 30
	type cell struct{ account, day int }
	hit := map[cell]int{}
	for len(hit) < attacks {
		hit[cell{rng.IntN(accounts), rng.IntN(days)}] = len(hit)
	}
	for a := range accounts {
		usual, noise := habits(rng, a)
		for day := range days {
			var n counts
			for i, of := range usual {
				n[i] = poisson(rng, of*math.Exp(noise*rng.NormFloat64()))
			}
			if rng.IntN(50) == 0 {
				n[0] += rng.IntN(8) // forgot the password
			}
			if rng.IntN(50) == 0 {
				n[2] += rng.IntN(3)
			}
			k := key{day: dayOf(date.UnixNano()) + int32(day), domain: "CONTOSO", user: fmt.Sprint("user", a), logonType: network}
			if what, attacked := hit[cell{a, day}]; attacked {
				e.attacked[k] = attack(rng, what%5, &n)
			}
			e.put(k, n)
		}
	}
	return e
}

// counts are failures, successes, computers, addresses and hosts.
type counts [5]int

// habits are the usual numbers of an account, and how much they vary.
func habits(rng *rand.Rand, account int) (usual [5]float64, noise float64) {
	usual = [...]float64{rng.ExpFloat64(), 5 + 60*rng.ExpFloat64(), 1 + 2*rng.ExpFloat64(), 1 + rng.ExpFloat64(), 1 + rng.ExpFloat64()/2}
	switch {
	case account%20 == 0: // a service
		usual = [...]float64{30 * rng.ExpFloat64(), 2000 * (1 + rng.ExpFloat64()), 5 + 30*rng.ExpFloat64(), 2 + 5*rng.ExpFloat64(), 2}
	case account%20 == 1: // an administrator
		usual[2] += 10 * rng.ExpFloat64()
	}
	return usual, 0.1 + 0.4*rng.Float64()
}

// attack changes a day's numbers.
func attack(rng *rand.Rand, kind int, n *counts) string {
	switch kind {
	case 0:
		n[0] += 40 + rng.IntN(400)
		return "brute force"
	case 1:
		n[2] += 12 + rng.IntN(30)
		n[1] += 12 + rng.IntN(60)
		return "lateral movement"
	case 2:
		n[3] += 8 + rng.IntN(20)
		n[4] += 5 + rng.IntN(10)
		return "many sources"
	case 3:
		n[0] += 15 + rng.IntN(20)
		n[2] += 6 + rng.IntN(6)
		return "failures on some computers"
	}
	n[1] = 10*n[1] + 200
	n[2] += 3
	return "volume"
}

func poisson(rng *rand.Rand, mean float64) int {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*rng.NormFloat64())))
	}
	n, p := 0, math.Exp(-mean)
	for left := rng.Float64(); left > p; n++ {
		left *= rng.Float64()
	}
	return n
}

// put keeps a row of such numbers.
func (e *estate) put(k key, n counts) {
	p := keyRefs{domain: e.store.hold([]byte(k.domain)), user: e.store.hold([]byte(k.user)), day: k.day, logonType: int32(k.logonType)}
	r := e.accounts.row(p, &e.store)
	r.ok, r.failed, r.guesses = int64(max(n[1], 1)), int64(n[0]), int64(n[0])
	at := date.AddDate(0, 0, int(k.day-dayOf(date.UnixNano()))).UnixNano()
	r.okSpan = span{at, at + 8*3600e9}
	if n[0] > 0 {
		r.failSpan = r.okSpan
	}
	for kind, many := range map[int]int{computers: n[2], addresses: n[3], hosts: n[4], domains: 1, packages: 1} {
		for i := range max(many, 1) {
			ref := e.store.hold(fmt.Append(nil, kind, " ", i))
			e.store.add(&r.samples[kind], ref, 1, 0)
			e.store.release(ref)
		}
	}
}

// quality is how well scores tell attacked rows: average precision, and the share of the
// attacked among the top hundredth.
func quality(t *testing.T, scores []float64, attacked []bool) (precision, recall float64) {
	t.Helper()
	precision, err := outlier.AveragePrecision(scores, attacked)
	if err != nil {
		t.Fatal(err)
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareDown(scores[a], scores[b]) })
	found, all := 0, 0
	for i, at := range order {
		if attacked[at] {
			all++
			if i < len(order)/100 {
				found++
			}
		}
	}
	return precision, float64(found) / float64(all)
}

// Days that are compared with the account's other days tell attacks much better than the
// notebook's forest over z-scores does, and few other days reach the least score.
func TestSimulatedAttacks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1) {
		e := simulate(seed)
		p := DefaultParams()
		judged, _, err := New(p, "all", 2).judge(t.Context(), e.State, nil)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs, attacked := make([]float64, len(judged)), make([]float64, len(judged)), make([]bool, len(judged))
		notebook := e.notebookScores(t, p, judged)
		other, found := 0, 0
		for i := range judged {
			j := &judged[i]
			_, alone := j.strongest()
			together, _ := j.combination()
			ours[i], theirs[i] = max(alone, together), notebook[j.key]
			_, attacked[i] = e.attacked[j.key]
			if ours[i] >= p.MinScore && attacked[i] {
				found++
			} else if ours[i] >= p.MinScore {
				other++
			}
		}
		precision, recall := quality(t, ours, attacked)
		before, recalled := quality(t, theirs, attacked)
		t.Logf("seed %d: average precision %.3f, notebook %.3f; recall in the top 1 %% %.3f, notebook %.3f; above the least score %d attacks and %d others of %d days",
			seed, precision, before, recall, recalled, found, other, len(judged))
		if precision < before+0.3 || recall < recalled+0.25 || found < 26 || other > 40 {
			t.Errorf("seed %d is no better than that", seed)
		}
	}
}

// notebookScores are the notebook's of all days.
func (e *estate) notebookScores(t *testing.T, p Params, judged []judged) map[key]float64 {
	t.Helper()
	days := make([]UserDay, len(judged))
	for i := range judged {
		days[i] = judged[i].userDay()
	}
	scored, err := p.Score(days, 2)
	if err != nil {
		t.Fatal(err)
	}
	scores := map[key]float64{}
	for _, s := range scored {
		scores[key{day: dayOf(s.Date.UnixNano()), domain: s.DstDomain, user: s.DstUser, logonType: network}] = s.Score
	}
	return scores
}
