package masquerade

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// hostsOf folds in events of one name on hosts from to to, cut among parts that
// are merged in any order.
func hostsOf(rng *rand.Rand, from, to, parts int) *Counts {
	all := make([]*Counts, parts)
	for i := range all {
		all[i] = NewCounts()
	}
	for _, i := range rng.Perm(to - from) {
		for range 1 + (from+i)%3 {
			all[rng.IntN(parts)].Add(record(int64(from+i), "a.exe", `C:\a.exe`, fmt.Sprint("host-", from+i)))
		}
	}
	whole := NewCounts()
	for _, i := range rng.Perm(parts) {
		whole.Merge(all[i])
	}
	return whole
}

func TestHostsAreCounted(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 12))
	for _, n := range []int{0, 1, 7, 8, 9, 12, 100, 1000, mostHosts, mostHosts + 1, 3*mostHosts + 17} {
		c := hostsOf(rng, 0, n, 4)
		estate, name := c.hosts.count(), c.view("a.exe", nil).hostCount()
		if estate.About != (n > mostHosts) || !estate.About && estate.N != n || math.Abs(float64(estate.N-n)) > 0.05*float64(n) {
			t.Errorf("%d hosts were counted as %+v", n, estate)
		}
		if name.About != (n > keep) || !name.About && name.N != n || math.Abs(float64(name.N-n)) > 0.2*float64(n)+1 {
			t.Errorf("a name on %d hosts was counted as on %+v", n, name)
		}
		if whole := c.view("a.exe", nil).whole(hosts); whole != (n <= keep) {
			t.Errorf("with %d hosts, all are kept: %v", n, whole)
		}
		other := hostsOf(rng, 0, n, 1)
		if string(encoded(t, other)) != string(encoded(t, c)) {
			t.Errorf("with %d hosts, parts show in the bytes", n)
		}
		back := NewCounts()
		if _, err := back.Decode(encoded(t, c)); err != nil || !equal(back, c) {
			t.Errorf("with %d hosts, a round trip changes the counts: %v", n, err)
		}
		back.Merge(hostsOf(rng, n, n+20, 2))
		if want := hostsOf(rng, 0, n+20, 3); !equal(back, want) {
			t.Errorf("with %d hosts, counts go on differently after a round trip", n)
		}
	}
}

// A host counts as one where its text was seen in another column before.
func TestHostThatIsAlsoAnAccount(t *testing.T) {
	c := NewCounts()
	c.Add(record(0, "a.exe", none, none, none, "name"))
	c.Add(record(1, "b.exe", none, "name"))
	if n := c.hosts.count(); n.N != 1 {
		t.Errorf("%v hosts", n)
	}
}

// The estimate is near the truth on average, and seldom off by more than three
// times its standard error.
func TestSketch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 100, 400, 1000, 20_000, 500_000} {
		const rounds = 60
		sum, far := 0.0, 0
		for range rounds {
			var s sketch
			for range n {
				s.add(rng.Uint32())
			}
			off := float64(s.count())/float64(n) - 1
			sum += off
			if math.Abs(off) > 3*0.065 {
				far++
			}
		}
		if math.Abs(sum/rounds) > 0.03 || far > 2 {
			t.Errorf("%d hosts: off by %.3f on average, far off %d times", n, sum/rounds, far)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[Number]string{{0, false}: "0", {412, false}: "412", {20417, false}: "20,417", {20417, true}: "about 20,400", {37, true}: "about 37", {1234567, true}: "about 1,230,000"} {
		if n.String() != want {
			t.Errorf("%+v: %s, want %s", n, n, want)
		}
	}
}
