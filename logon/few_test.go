package logon

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
)

// officeDay are the logons of an estate on a day on which nothing happens: people at work,
// of whom some have a password that something keeps trying, all day long, and services and
// administrators that reach many computers.
func officeDay(back int) (events []logonEvent) {
	rng := rand.New(rand.NewPCG(7, uint64(back)))
	someTime := func() time.Duration { return time.Duration(rng.Int64N(int64(24 * time.Hour))) }
	for person := range 120 {
		own := alice(0)
		own.user, own.address = fmt.Sprint("person", person), fmt.Sprintf("10.1.0.%d", person)
		events = append(events, repeat(12, 40*time.Minute, at(own, 8*time.Hour+time.Duration(person)*time.Second), nil)...)
		if person%8 == 0 {
			for range 12 + person/40 + rng.IntN(4) {
				events = append(events, failing(at(own, someTime())))
			}
		}
	}
	for wide, reach := range []int{160, 150, 155, 140, 130, 145, 30, 25, 20, 18, 16, 14, 12, 11} {
		e := alice(0)
		e.user, e.address = fmt.Sprint("wide", wide), fmt.Sprintf("10.2.0.%d", wide)
		for i := range reach + rng.IntN(1+reach/10) {
			e.computer = fmt.Sprintf("srv%d.contoso.com", i)
			events = append(events, at(e, someTime()))
			if wide < 6 && i%6 == 0 {
				events = append(events, failing(at(e, someTime())))
			}
		}
	}
	return events
}

func at(e logonEvent, after time.Duration) logonEvent {
	e.at = date.Add(after)
	return e
}

// In the first days a hunt finds little where nothing happens, and nothing above Low.
func TestQuietFirstDays(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	for known := range 6 {
		day := stateOf(officeDay(0))
		got := finish(t, d, day, pastOf(t, d, day, daysBefore(known, officeDay)...))
		if len(got) > 3 || slices.ContainsFunc(got, func(f anomaly.Finding) bool { return f.Severity != anomaly.Low }) {
			t.Errorf("after %d days: %q", known, sum(got))
		}
	}
}

// On each of the first days an attack that comes as a burst, or that succeeds closely after
// a run, is found, and what reaches far more than it did.
func TestAttacksOnFirstDays(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	stranger := func(person string) logonEvent {
		e := alice(0)
		e.user, e.address = person, "10.250.0.1"
		return e
	}
	for name, c := range map[string]struct {
		events   []logonEvent
		from     int // known days
		severity string
	}{
		"burst":       {repeat(12, 4*time.Minute, failing(at(stranger("person1"), 3*time.Hour)), nil), 0, anomaly.Medium},
		"in a minute": {repeat(6, 2*time.Second, failing(at(stranger("person1"), 3*time.Hour)), nil), 0, anomaly.Low},
		"succeeds":    {append(repeat(12, 11*time.Minute, failing(at(stranger("person1"), 3*time.Hour)), nil), at(stranger("person1"), 5*time.Hour+6*time.Minute)), 0, anomaly.Medium},
		"compromised": {append(repeat(12, time.Minute, failing(at(stranger("person1"), 3*time.Hour)), nil), at(stranger("person1"), 3*time.Hour+13*time.Minute)), 0, anomaly.Medium},
		"slow":        {repeat(80, 17*time.Minute, failing(at(stranger("person1"), 0)), nil), 0, anomaly.Low},
		"wide":        {repeat(40, time.Minute, at(stranger("person1"), 3*time.Hour), func(i int, e *logonEvent) { e.computer = fmt.Sprintf("srv%d.contoso.com", i) }), 2, anomaly.Low},
	} {
		for known := c.from; known < 5; known++ {
			day := stateOf(append(officeDay(0), c.events...))
			got := finish(t, d, day, pastOf(t, d, day, daysBefore(known, officeDay)...))
			i := slices.IndexFunc(got, func(f anomaly.Finding) bool { return f.Entity == `CONTOSO\person1` })
			if i < 0 || got[i].Severity != c.severity {
				t.Errorf("%s after %d days: %q", name, known, sum(got))
			}
		}
	}
}

// A number that two days had is usual, a burst of guesses as well, and of one day it is
// doubtful; three times as much is not usual.
func TestTwoDaysTellWhatIsUsual(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	nightly := func(n int) func(int) []logonEvent {
		return func(int) []logonEvent {
			return append(repeat(n, time.Second, failing(alice(0)), nil), repeat(3, time.Hour, alice(time.Hour), nil)...)
		}
	}
	far := func(n int) func(int) []logonEvent {
		return func(int) []logonEvent {
			return repeat(n, time.Minute, alice(0), func(i int, e *logonEvent) { e.computer = fmt.Sprintf("srv%d.contoso.com", i) })
		}
	}
	many := func(n int) func(int) []logonEvent {
		return func(int) []logonEvent {
			return repeat(n, time.Minute, failing(alice(0)), func(i int, e *logonEvent) { e.user = fmt.Sprint("user", i) })
		}
	}
	for _, c := range []struct {
		what          string
		today, before func(int) []logonEvent
		days          int
		want          string // the severity, "" for none
	}{
		{"guesses", nightly(40), nil, 0, anomaly.High},
		{"guesses", nightly(40), nightly(38), 1, anomaly.Low},
		{"guesses", nightly(40), nightly(38), 2, ""},
		{"guesses", nightly(40), nightly(5), 2, anomaly.High},
		{"computers", far(40), nil, 0, anomaly.Low},
		{"computers", far(40), far(38), 2, ""},
		{"computers", far(40), far(12), 2, anomaly.Low},
		{"users", many(20), nil, 0, anomaly.Medium},
		{"users", many(20), many(18), 1, anomaly.Medium},
		{"users", many(20), many(18), 2, ""},
	} {
		day := stateOf(c.today(0))
		past := []*State{}
		if c.days > 0 {
			past = daysBefore(c.days, c.before)
		}
		got := ""
		for _, f := range finish(t, d, day, pastOf(t, d, day, past...)) {
			got += f.Severity
		}
		if got != c.want {
			t.Errorf("%s after %d days: %q, want %q", c.what, c.days, got, c.want)
		}
	}
}

// A logon between guesses that come all day long has nothing to do with them, nor has one
// long after them.
func TestSuccessFollowsGuesses(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	quiet := func(int) []logonEvent { return repeat(3, time.Hour, alice(9*time.Hour), nil) }
	hourly := repeat(20, time.Hour, failing(alice(0)), nil)
	run := repeat(9, 10*time.Minute, failing(alice(0)), nil) // until 1:20
	for name, c := range map[string]struct {
		events []logonEvent
		want   bool
	}{
		"between":        {append(slices.Clone(hourly), repeat(5, time.Hour, alice(8*time.Hour+30*time.Minute), nil)...), false},
		"closely after":  {append(repeat(3, time.Second, failing(alice(70*time.Minute)), nil), append(run, alice(90*time.Minute))...), true},
		"long after":     {append(repeat(3, time.Second, failing(alice(70*time.Minute)), nil), append(run, alice(9*time.Hour))...), false},
		"after a burst":  {append(repeat(30, time.Second, failing(alice(time.Hour)), nil), alice(0), alice(9*time.Hour)), true},
		"before a burst": {append(repeat(30, time.Second, failing(alice(time.Hour)), nil), alice(0)), false},
		"before a burst, and from elsewhere after": {append(repeat(30, time.Second, failing(alice(time.Hour)), nil), alice(0),
			logonEvent{at: date.Add(9 * time.Hour), domain: "CONTOSO", user: "alice", computer: "srv1.contoso.com", address: "10.0.0.9"}), false},
		"after a few": {append(repeat(20, 20*time.Minute, failing(alice(0)), nil), alice(10*time.Hour)), false},
	} {
		day := stateOf(c.events)
		got := strings.Join(sum(finish(t, d, day, pastOf(t, d, day, daysBefore(6, quiet)...))), " ")
		if strings.Contains(got, "success-after-failures") != c.want || !strings.Contains(got, "brute-force") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Of guesses in more minutes than are kept, how dense they are is estimated.
func TestDensityIsEstimated(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]int64{3 * time.Minute: 20, 9 * time.Minute: 7} {
		rows := stateOf(repeat(int(24*time.Hour/every), every, failing(alice(0)), nil))
		rows.settle()
		g := rows.accounts.sorted(&rows.store)[0].guessing()
		most, _ := g.densest()
		if _, burst := g.burst(); most < want || most > 2*want || burst != (want > guessesOfForce) {
			t.Errorf("every %s: %d within an hour", every, most)
		}
	}
}
