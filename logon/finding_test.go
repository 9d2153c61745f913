package logon

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// finish returns the findings of a state, and makes sure that each is whole.
func finish(t testing.TB, d *Detector, day, history *State) []anomaly.Finding {
	t.Helper()
	records, err := d.Finish(t.Context(), event.Day(date), day, history)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	var all []anomaly.Finding
	for _, r := range records {
		f, err := anomaly.Of(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Description == "" || f.Entity == "" || len(f.AnomalyReasons) == 0 || f.Events < 1 || !(f.Score > 0 && f.Score <= 1) || ids[f.FindingId] ||
			f.StartTime > f.EndTime || f.FirstSeen > f.StartTime || f.AnomalyReasons[0].Why == "" {
			t.Fatalf("not whole: %s", r.Body)
		}
		if d.params.Notebook && !slices.Equal(f.Techniques, []string{"T1078"}) {
			t.Fatalf("no technique: %s", r.Body)
		}
		for _, reason := range f.AnomalyReasons {
			if reason.Value == "" || reason.Usual == "" {
				t.Fatalf("%s says not what is usual: %s", reason.Name, r.Body)
			}
		}
		ids[f.FindingId] = true
		all = append(all, f)
	}
	if !slices.IsSortedFunc(all, func(a, b anomaly.Finding) int { return compareDown(a.Score, b.Score) }) {
		t.Fatal("not in order")
	}
	charts, err := d.Charts(event.Day(date), day, history, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range charts {
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sum is a finding in a few words.
func sum(all []anomaly.Finding) (texts []string) {
	for _, f := range all {
		var names []string
		for _, r := range f.AnomalyReasons {
			names = append(names, r.Name)
		}
		texts = append(texts, f.Entity+": "+strings.Join(names, " "))
	}
	return texts
}

// repeat makes n events, of which edit changes the i-th.
func repeat(n int, every time.Duration, e logonEvent, edit func(i int, e *logonEvent)) []logonEvent {
	all := make([]logonEvent, n)
	for i := range all {
		all[i] = e
		all[i].at = e.at.Add(time.Duration(i) * every)
		if edit != nil {
			edit(i, &all[i])
		}
	}
	return all
}

func alice(at time.Duration) logonEvent {
	return logonEvent{at: date.Add(at), domain: "CONTOSO", user: "alice", computer: "srv1.contoso.com", address: "10.0.0.1", host: "PC1"}
}

func failing(e logonEvent) logonEvent {
	e.failed = true
	return e
}

// What a day without any history says by itself, and what it does not.
func TestShapes(t *testing.T) {
	t.Parallel()
	user := func(i int, e *logonEvent) { e.user = fmt.Sprint("user", i) }
	host := func(i int, e *logonEvent) { e.computer = fmt.Sprintf("srv%d.contoso.com", i) }
	for name, c := range map[string]struct {
		events []logonEvent
		want   []string
	}{
		"a day of work":               {repeat(40, time.Minute, alice(0), nil), nil},
		"nine wrong passwords slowly": {repeat(9, time.Hour, failing(alice(0)), nil), nil},
		"ten":                         {repeat(10, time.Hour, failing(alice(0)), nil), []string{`CONTOSO\alice: brute-force`}},
		"four in a minute":            {repeat(4, time.Second, failing(alice(0)), nil), nil},
		"five":                        {repeat(5, time.Second, failing(alice(0)), nil), []string{`CONTOSO\alice: brute-force`}},
		"refused, not guessed":        {repeat(50, time.Second, failing(alice(0)), func(_ int, e *logonEvent) { e.status = "0xc000010b" }), nil},
		"then it succeeds": {append(repeat(12, time.Minute, failing(alice(0)), nil), alice(time.Hour)),
			[]string{`CONTOSO\alice: success-after-failures brute-force`}},
		"it succeeded before": {append(repeat(12, time.Minute, failing(alice(time.Hour)), nil), alice(0)),
			[]string{`CONTOSO\alice: brute-force`}},
		"it succeeds from elsewhere": {append(repeat(12, time.Minute, failing(alice(0)), nil), repeat(1, 0, alice(time.Hour), func(_ int, e *logonEvent) { e.address = "10.0.0.9" })...),
			[]string{`CONTOSO\alice: brute-force`}},
		"four users":             {repeat(4, time.Minute, failing(alice(0)), user), nil},
		"seven users":            {repeat(7, time.Minute, failing(alice(0)), user), []string{`10.0.0.1: password-spraying`}},
		"five users in a minute": {repeat(5, time.Second, failing(alice(0)), user), []string{`10.0.0.1: password-spraying`}},
		"users of whom most are let in": {append(repeat(7, time.Minute, failing(alice(0)), user),
			repeat(15, time.Minute, alice(0), user)...), nil},
		"nineteen computers":          {repeat(19, time.Minute, alice(0), host), nil},
		"twenty computers":            {repeat(20, time.Minute, alice(0), host), []string{`CONTOSO\alice: many-computers`}},
		"twenty, of a machine":        {repeat(20, time.Minute, alice(0), func(i int, e *logonEvent) { host(i, e); e.user = "SRV1$" }), nil},
		"twenty, at the keyboard":     {repeat(20, time.Minute, alice(0), func(i int, e *logonEvent) { host(i, e); e.kind = 2 }), nil},
		"brute force over each other": {append(repeat(10, time.Hour, failing(alice(0)), nil), repeat(7, time.Minute, failing(alice(0)), user)...), []string{`CONTOSO\alice: brute-force`, `10.0.0.1: password-spraying`}},
	} {
		got := sum(finish(t, New(DefaultParams(), "all", 1), stateOf(c.events), nil))
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// days are the states of the days before, the last one yesterday.
func daysBefore(n int, events func(back int) []logonEvent) (all []*State) {
	for back := n; back > 0; back-- {
		list := events(back)
		for i := range list {
			list[i].at = list[i].at.AddDate(0, 0, -back)
		}
		all = append(all, stateOf(list))
	}
	return all
}

// What is usual for the account is no finding, and what is not says so with the numbers
// of its days.
func TestAgainstItsOwnDays(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	some := func(failures int) func(int) []logonEvent {
		return func(back int) []logonEvent {
			return append(repeat(failures+back%3, time.Minute, failing(alice(0)), nil), repeat(20, time.Minute, alice(time.Hour), nil)...)
		}
	}
	today := append(repeat(412, time.Second, failing(alice(0)), nil), repeat(20, time.Minute, alice(12*time.Hour), func(i int, e *logonEvent) { e.address = "10.9.9.9" })...)
	day := stateOf(today)
	got := finish(t, d, day, pastOf(t, d, day, daysBefore(21, some(2))...))
	if len(got) != 1 || got[0].Severity != anomaly.High || got[0].HistoryDays != 21 || got[0].DaysSeen != 21 || got[0].FirstSeen != anomaly.Timestamp(date.AddDate(0, 0, -21).UnixNano()) {
		t.Fatalf("%+v", got)
	}
	if want := `CONTOSO\alice: 412 wrong passwords, up to 60 in a minute (00:00 UTC), from 10.0.0.1; usual 3 (2 to 4 on 21 days)`; got[0].Description != want {
		t.Error(got[0].Description)
	}
	if reasons := sum(got); !strings.Contains(reasons[0], "FailedLogons") || !strings.Contains(reasons[0], "new-sources") || strings.Contains(reasons[0], "new-computers") {
		t.Error(reasons)
	}
	if got := finish(t, d, day, pastOf(t, d, day, daysBefore(21, some(380))...)); len(got) != 0 {
		t.Errorf("usual, and found: %q", sum(got))
	}
	quiet := stateOf(some(0)(0))
	if got := finish(t, d, quiet, pastOf(t, d, quiet, daysBefore(4, some(0))...)); len(got) != 0 {
		t.Errorf("a quiet day: %q", sum(got))
	}
}

// A source that many users fail from every day, such as a gateway, is no finding until it
// is more than ever.
func TestGateway(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	from := func(users int) []logonEvent {
		return repeat(users, time.Minute, failing(alice(0)), func(i int, e *logonEvent) { e.user = fmt.Sprint("user", i) })
	}
	for users, want := range map[int]int{12: 0, 18: 0, 19: 1, 60: 1} {
		day := stateOf(from(users))
		got := finish(t, d, day, pastOf(t, d, day, daysBefore(6, func(int) []logonEvent { return from(12) })...))
		if len(got) != want {
			t.Errorf("%d users: %q", users, sum(got))
		}
	}
}

// Of the same events the findings are the same to the byte, in whatever order they come,
// are cut, or are worked on.
func TestFindingsDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 9))
		events := append(someLogons(rng, 2500), repeat(30, time.Second, failing(alice(0)), nil)...)
		var want []byte
		for workers := 1; workers <= 3; workers++ {
			p := DefaultParams()
			p.Notebook, p.MinScore = seed%3 == 0, 0.3
			d := New(p, "all", workers)
			rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			day := stateOf(events[:1000])
			day.Merge(stateOf(events[1000:]))
			before := daysBefore(6, func(back int) []logonEvent { return someLogons(rand.New(rand.NewPCG(seed, uint64(back))), 500) })
			rng.Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
			records, err := d.Finish(t.Context(), event.Day(date), day, pastOf(t, d, day, before...))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, r := range records {
				fmt.Fprintf(&got, "%s %s\n%s\n", r.ID, r.Revision, r.Body)
			}
			if want == nil {
				want = got.Bytes()
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Fatalf("seed %d: with %d workers\n%s\nbefore\n%s", seed, workers, got.Bytes(), want)
			}
		}
	}
}
