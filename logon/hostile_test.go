package logon

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sparkless/storage/event"
)

// Texts of any length and content are kept shortened, whole and valid, and make findings.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	odd := []string{"", "-", " ", "\x00", "\x1b[31m", "a\u202eb", strings.Repeat("é", 16<<10), strings.Repeat("İ", 300), "\xff\xfe", `a\b`, "a,b\n\"c\"", "=1+1", "$", "x$"}
	rng := rand.New(rand.NewPCG(1, 1))
	any := func() string { return odd[rng.IntN(len(odd))] }
	var events []logonEvent
	for range 4000 {
		events = append(events, logonEvent{at: date.Add(time.Duration(rng.Int64N(int64(time.Hour)))), failed: true, domain: any(), user: any(), computer: any(), address: any(), host: any(), status: any()})
	}
	events = append(events, repeat(40, time.Second, logonEvent{at: date, failed: true, user: odd[5] + odd[6], domain: odd[4]}, nil)...)
	s := stateOf(events)
	if _, err := newState().Decode(encoded(t, s)); err != nil {
		t.Fatal(err)
	}
	for ref := range s.store.all {
		if v := s.store.at(uint32(ref)); !utf8.Valid(v) || len(v) > longestStored {
			t.Errorf("%d bytes of %q are kept", len(v), v[:10])
		}
	}
	got := finish(t, New(DefaultParams(), "all", 1), s, nil)
	if len(got) == 0 {
		t.Fatal("no finding")
	}
	for _, f := range got {
		if strings.ContainsAny(f.Description, "\x00\x1b\u202e\n") || len(f.Description) > 2000 {
			t.Errorf("%q", f.Description)
		}
	}
}

// Names of 32 KB, which grow when they are made harmless, fit the charts.
func TestChartsOfHostileNames(t *testing.T) {
	t.Parallel()
	var events []logonEvent
	for _, c := range []string{"\x00", "\x1b", "\u202e", "ü", "\xff", "a", "<"} {
		long := strings.Repeat(c, 32<<10/len(c))
		one := logonEvent{at: date, failed: true, user: long, domain: long, computer: long, host: long}
		events = append(events, repeat(60, time.Second, one, nil)...)
	}
	for _, notebook := range []bool{false, true} {
		p := DefaultParams()
		p.Notebook = notebook
		d, s := New(p, "all", 1), stateOf(events)
		found := finish(t, d, s, nil)
		charts, err := d.Charts(event.Day(date), s, nil, found)
		if err != nil || len(charts) == 0 || len(found) == 0 && !notebook {
			t.Fatalf("%d charts of %d findings: %v", len(charts), len(found), err)
		}
		for _, c := range charts {
			if err := c.Check(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Records without values, of other events, at the ends of time, are no harm.
func TestEventsWithoutAnything(t *testing.T) {
	t.Parallel()
	s := newState()
	user, five := "u", "4625"
	for _, at := range []int64{-1 << 62, -1, 0, 1 << 62} {
		s.Add(event.NewRecord(at, make([]*string, eventColumns)...))
		texts := make([]*string, eventColumns)
		texts[colUser], texts[colEventID] = &user, &five
		s.Add(event.NewRecord(at, texts...))
	}
	d := New(DefaultParams(), "all", 1)
	finish(t, d, s, nil)
	finish(t, d, d.New(), d.Past(d.New()))
	p := DefaultParams()
	p.Notebook = true
	finish(t, New(p, "all", 1), s, nil)
	finish(t, New(p, "all", 1), newState(), nil)
}

// However many accounts there are, those that are kept are the same in any order, and no
// more than there may be.
func TestAccountsAreBounded(t *testing.T) {
	t.Parallel()
	const most, accounts = 50, 400
	rng := rand.New(rand.NewPCG(5, 5))
	order := rng.Perm(accounts * 3)
	kept := func(order []int, parts int) string {
		whole := newState()
		whole.accounts = newRows(most)
		for part := range slices.Chunk(order, (len(order)+parts-1)/parts) {
			s := newState()
			s.accounts = newRows(most)
			for _, i := range part {
				e := alice(time.Duration(i/accounts) * 20 * time.Hour)
				e.user = fmt.Sprint("user", i%accounts)
				s.Add(e.record())
			}
			whole.Merge(s)
		}
		return string(encoded(t, whole))
	}
	want := kept(order, 1)
	alone := newState() // not merged with any
	alone.accounts = newRows(most)
	for i := range most + most/2 {
		e := alice(0)
		e.user = fmt.Sprint("user", i)
		alone.Add(e.record())
	}
	encoded(t, alone)
	if alone.accounts.n != most {
		t.Errorf("%d accounts are kept, of at most %d", alone.accounts.n, most)
	}
	s := newState()
	if _, err := s.Decode([]byte(want)); err != nil || s.accounts.n < most || s.accounts.n > most+2 {
		t.Fatal(s.accounts.n, err)
	}
	for parts := range 6 {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if kept(order, parts+1) != want {
			t.Errorf("other accounts of %d parts", parts+1)
		}
	}
}

// Up to keep values are counted exactly, and more within a quarter.
func TestDistinctValues(t *testing.T) {
	t.Parallel()
	st := new(store)
	for _, n := range []int{0, 1, keep - 1, keep, keep + 1, 500, 20_000} {
		var s sample
		for i := range n {
			ref := st.hold(fmt.Append(nil, "value ", i))
			st.add(&s, ref, int64(i%2), int64(1-i%2))
			st.release(ref)
		}
		all, ok := values{st.of(s), s.more, &st.texts}.distinct()
		slack := 0.0
		if n > keep {
			slack = 0.25 * float64(n)
		}
		if d := float64(all) - float64(n); d > slack || -d > slack {
			t.Errorf("%d of %d values", all, n)
		}
		if d := float64(ok) - float64(n/2); d > slack || -d > slack {
			t.Errorf("%d of %d values with a success", ok, n/2)
		}
		st.drop(&s)
		for _, sign := range [...]int{1, -1} { // in order of the hashes, and against it
			s, all := sample{}, make([]uint32, n)
			for i := range all {
				all[i] = st.hold(fmt.Append(nil, "value ", i))
			}
			slices.SortFunc(all, func(a, b uint32) int { return sign * st.order(a, &st.texts, b) })
			for _, ref := range all {
				st.add(&s, ref, 1, 0)
				st.release(ref)
			}
			if s.more != (n > keep) {
				t.Errorf("%d values: more is %v", n, s.more)
			}
			st.drop(&s)
		}
		st.sweep()
		if len(st.all)-1 != len(st.free) && n > 0 || len(st.plain) != 0 {
			t.Fatalf("%d values of %d bytes are left over", len(st.all)-1-len(st.free), len(st.plain))
		}
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Size is about what the runtime finds.
func TestSizeIsHonest(t *testing.T) {
	for name, events := range map[string]func(i int) logonEvent{
		"many accounts": func(i int) logonEvent { e := alice(0); e.user = fmt.Sprint("user", i); return e },
		"many computers": func(i int) logonEvent {
			e := alice(0)
			e.user, e.computer = fmt.Sprint("user", i%300), fmt.Sprint("computer", i%2000)
			return e
		},
		"many of both": func(i int) logonEvent {
			e := alice(0)
			e.user, e.computer, e.address, e.failed = fmt.Sprint("user", i%5000), fmt.Sprint("computer", i), fmt.Sprint("10.0.0.", i), true
			return e
		},
	} {
		before := heap()
		s := newState()
		for i := range 20_000 {
			s.Add(events(i).record())
		}
		s.Rest()
		held := heap() - before
		if got := s.Size(); float64(got) < 0.8*float64(held) || float64(got) > 1.2*float64(held) {
			t.Errorf("%s: Size says %d, the runtime %d", name, got, held)
		}
		runtime.KeepAlive(s)
	}
}

// So is that of what is known of earlier days, also of the notebook's, however it was
// merged.
func TestSizeOfThePast(t *testing.T) {
	for _, notebook := range []bool{false, true} {
		p := DefaultParams()
		p.Notebook = notebook
		d := New(p, "", 1)
		logons := func(int) (events []logonEvent) {
			return repeat(8000, 0, alice(0), func(i int, e *logonEvent) { e.user, e.computer = fmt.Sprint("user", i%2000), fmt.Sprint("srv", i%9) })
		}
		day, before := stateOf(logons(0)), daysBefore(8, logons)
		pastOf(t, d, day, before...) // settles all, and warms what stays
		held := heap()
		s := pastOf(t, d, day, before...)
		held = heap() - held
		if got := s.Size(); float64(got) < 0.75*float64(held) || float64(got) > 1.35*float64(held) {
			t.Errorf("notebook %v: Size says %d, the runtime %d", notebook, got, held)
		}
		runtime.KeepAlive(s)
		runtime.KeepAlive(before)
	}
}
