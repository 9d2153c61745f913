package logon

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
)

// A day none of whose numbers is far out is found where no other day has so many of them
// raised at once, and says which.
func TestOddTogether(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	const accounts = 120
	work := func(back int) (events []logonEvent) {
		for a := range accounts {
			failures, reach := 5+rng.IntN(3), 3+rng.IntN(3)
			if back == 0 && a == 77 {
				failures, reach = 13, 10
			}
			make := func(n int, fail bool) {
				events = append(events, repeat(n, time.Hour/4, alice(0), func(i int, e *logonEvent) {
					e.user, e.failed, e.status = fmt.Sprint("user", a), fail, "0xc0000234" // locked out: no guess
					e.computer, e.address, e.host = fmt.Sprint("srv", i), fmt.Sprint("10.0.0.", i), fmt.Sprint("pc", i)
				})...)
			}
			make(failures, true)
			make(reach, false)
		}
		return events
	}
	d := New(DefaultParams(), "all", 2)
	before := daysBefore(14, work)
	day := stateOf(work(0))
	got := finish(t, d, day, pastOf(t, d, day, before...))
	if len(got) != 1 || got[0].Entity != `CONTOSO\user77` || got[0].Severity != anomaly.Low || !strings.Contains(sum(got[:1])[0], "odd-together") ||
		!strings.HasPrefix(got[0].Description, `CONTOSO\user77: unusual together (3 - Network): `) || strings.Contains(got[0].Description, ";") || !strings.Contains(got[0].AnomalyReasons[0].Usual, "(medians of ") {
		t.Fatalf("%q", sum(got))
	}
}
