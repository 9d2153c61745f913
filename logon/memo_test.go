package logon

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/storage/event"
)

// oddTexts are what no computer of an estate writes.
var oddTexts = []string{"", "-", " ", "4624", "4625", "4625 ", "3", "03", "10", "256", "0xC000006A", "0xc0000064", "0xc000006d", "0x0", "0xC000006D ",
	"\x00", "a.b", "A.B", ".", "127.0.0.1", "127.x", "::1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%3", "NT AUTHORITY", "nt service", "system", "DWM-1", "HealthMailbox1",
	"é", "É", "\u212a", strings.Repeat("é", 300), strings.Repeat("A", 255), strings.Repeat("İ", 300), "\xff\xfe", `a\b`, `\u0061`, `\"`, "$", "x$", "x$ ", "12:49"}

// oddLogons are events of a few texts that are anywhere, and of some that never come again.
func oddLogons(rng *rand.Rand, n int) []*event.Record {
	all := make([]*event.Record, n)
	for i := range all {
		texts := make([]*string, eventColumns)
		for c := range texts {
			text := oddTexts[rng.IntN(len(oddTexts))]
			switch {
			case c == colEventID && rng.IntN(4) > 0:
				text = []string{"4624", "4625"}[rng.IntN(2)]
			case rng.IntN(8) == 0:
				text = fmt.Sprint("text", rng.IntN(1<<20), strings.Repeat(".long", rng.IntN(60)))
			}
			if rng.IntN(10) > 0 {
				texts[c] = &text
			}
		}
		all[i] = event.NewRecord(date.UnixNano()+rng.Int64N(int64(60*time.Hour))-int64(24*time.Hour), texts...)
	}
	return all
}

func recordsOf(events []logonEvent) (all []*event.Record) {
	for _, e := range events {
		all = append(all, e.record())
	}
	return all
}

// What a memo has seen of other days before changes nothing of what a state makes of its
// events, nor does it when it is given back and taken again between them.
func TestWarmStatesAreAsColdOnes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 11))
		d := New(DefaultParams(), "", 1)
		day := func() (all []*event.Record) {
			if rng.IntN(2) == 0 {
				all = recordsOf(someLogons(rng, rng.IntN(500)))
			}
			return append(all, oddLogons(rng, rng.IntN(500))...)
		}
		type shard struct {
			state  *State
			events []*event.Record
			read   int
		}
		var shards []*shard // read at one time
		for range 2 + rng.IntN(3) {
			shards = append(shards, &shard{state: d.New(), events: day()})
		}
		for len(shards) > 0 {
			i := rng.IntN(len(shards))
			s := shards[i]
			n := min(rng.IntN(200), len(s.events)-s.read)
			for _, r := range s.events[s.read:][:n] {
				s.state.Add(r)
			}
			if s.read += n; rng.IntN(2) == 0 {
				s.state.Rest()
			}
			if s.read < len(s.events) {
				continue
			}
			shards = slices.Delete(shards, i, i+1)
			cold := newState()
			for _, r := range s.events {
				cold.Add(r)
			}
			if !bytes.Equal(encoded(t, s.state), encoded(t, cold)) {
				t.Fatalf("seed %d: another state", seed)
			}
		}
	}
}

// A memo that has to forget what it knows, or to count what is recent, changes nothing.
func TestMemoThatForgets(t *testing.T) {
	t.Parallel()
	var events []*event.Record
	for i := range 3 * mostRecent {
		e := logonEvent{at: date.Add(time.Duration(i) * time.Second), failed: i%2 == 0, domain: "X", user: fmt.Sprint("user", i%(2*mostRecent)), computer: fmt.Sprint("pc", i%7, ".x")}
		if i > 2*mostRecent {
			e.host = strings.Repeat("h", 200) + e.user // bytes, not texts, are too many
		}
		events = append(events, e.record())
	}
	s, parts := newState(), newState()
	forgot, known := 0, 0
	for i, r := range events {
		if i%1000 == 0 { // so few that nothing is forgotten
			parts.Merge(s)
			s = newState()
		}
		s.Add(r)
	}
	parts.Merge(s)
	whole := newState()
	for _, r := range events {
		whole.Add(r)
		if n := whole.memo.known.known; n < known {
			forgot++
		}
		known = whole.memo.known.known
	}
	if forgot < 2 {
		t.Errorf("%d times all was forgotten", forgot)
	}
	if !bytes.Equal(encoded(t, whole), encoded(t, parts)) {
		t.Error("another state")
	}
}

// Texts that never come again do not make a memo large, of whatever length they are.
func TestMemosAreBounded(t *testing.T) {
	t.Parallel()
	for _, long := range []int{0, 2 * longest} {
		s := newState()
		most := 0
		for i := range 2 * mostFacts {
			e := logonEvent{at: date, user: fmt.Sprint(i, strings.Repeat("u", long)), computer: fmt.Sprint("pc", i), address: fmt.Sprint("::", i%9999)}
			s.Add(e.record())
			most = max(most, s.memo.size())
		}
		if most > 6<<20 {
			t.Errorf("a memo of %d bytes", most)
		}
	}
}

// A state leaves its memo to the next, with what that knows of texts and with no logon, and
// counts it while it has it.
func TestMemosAreLeft(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "", 1)
	s := d.New()
	events := recordsOf(someLogons(rand.New(rand.NewPCG(1, 1)), 1000))
	for _, r := range events {
		s.Add(r)
	}
	m := s.memo
	if s.Size() < m.size() {
		t.Errorf("Size says %d, of a memo of %d", s.Size(), m.size())
	}
	s.Rest()
	if s.memo != nil || len(m.recent.all) > 0 {
		t.Error("logons are left in the memo")
	}
	known := m.known.known
	next := d.New()
	for _, r := range events {
		next.Add(r)
	}
	if next.memo != m || m.known.known != known || known == 0 {
		t.Errorf("the next state knows %d facts, and then %d", known, m.known.known)
	}
	if other := d.New(); other.memos.take() == m {
		t.Error("two states have one memo")
	}
}

// The rows of a state are those of a map, also when some are left out.
func TestRowsAgainstAMap(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		st, rs, want := new(store), newRows(1<<30), map[keyRefs]int64{}
		for range rng.IntN(20_000) {
			p := keyRefs{domain: st.hold(fmt.Append(nil, "d", rng.IntN(3))), user: st.hold(fmt.Append(nil, "u", rng.IntN(3000))), day: rng.Int32N(3), logonType: rng.Int32N(4) - 1}
			if rng.IntN(2000) == 0 {
				rs.lower(rs.limit-rs.limit/8, st)
				for p := range want {
					if st.rank(p) > rs.limit {
						delete(want, p)
					}
				}
			}
			if e := rs.row(p, st); e != nil {
				e.ok++
				want[p]++
			} else if st.rank(p) <= rs.limit {
				t.Fatal("a row is left out")
			}
		}
		if rs.n != len(want) {
			t.Fatalf("%d rows, want %d", rs.n, len(want))
		}
		for p, n := range want {
			if i, ok := rs.find(p); !ok || rs.all[i].ok != n {
				t.Fatalf("row %v is another", p)
			}
		}
	}
}

// What is known of texts is what the events say, of all spellings of one account.
func TestAccountsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	s := newState()
	for _, c := range []struct{ user, domain, kind, id, sub, address, host, computer string }{
		{"Alice", "contoso", "3", "4624", "", "10.0.0.1", "PC1", "Srv.Contoso.com"},
		{" aLICE ", "CONTOSO", "03", "4625", "0XC000006A", "::ffff:10.0.0.1", "-", "srv.contoso.com"},
		{"alice", "Contoso", "3", "4625", "0xc0000064", "127.0.0.1", "Pc1", "srv"},
		{"alice", "CONTOSO", "3", "4625", "0xc0000234", "-", "", "SRV"},
		{"DWM-1", "Window Manager", "2", "4624", "", "-", "-", "srv"},
		{"anyone", "nt service", "5", "4624", "", "-", "-", "srv"},
		{"Anonymous Logon", "-", "3", "4624", "", "10.0.0.1", "-", "srv"},
	} {
		s.Add(event.NewRecord(date.UnixNano(), text(c.id), text(c.computer), text(c.user), text(c.domain), text(c.kind), text(c.address), text(c.host), text("NTLM"), text("0xc000006d"), text(c.sub)))
	}
	s.Rest()
	var got []string
	for _, e := range s.ordered() {
		r := s.store.view(e)
		got = append(got, fmt.Sprintf("%s %s %s %d: %d %d %d %d, %d %d %d", r.source, r.domain, r.user, r.logonType, r.ok, r.failed, r.guesses, r.unknown,
			r.samples[computers].n, r.samples[users].n, r.samples[minutes].n))
	}
	want := []string{" CONTOSO alice 3: 1 3 2 1, 2 0 1", "10.0.0.1   0: 1 1 1 0, 1 1 1", "pc1   0: 0 1 1 1, 1 1 1", "srv   0: 0 1 0 0, 1 1 0"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Goroutines may read what is known of a day at once, of one that was only counted, too.
func TestDayIsReadAtOnce(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "", 1)
	day := d.New()
	for _, r := range recordsOf(someLogons(rand.New(rand.NewPCG(2, 2)), 300)) {
		day.Add(r)
	}
	before := encoded(t, stateOf(someLogons(rand.New(rand.NewPCG(3, 3)), 300)))
	var all sync.WaitGroup
	pasts := []*State{d.Past(day), d.Past(day), d.Past(day)}
	for _, past := range pasts {
		all.Go(func() {
			if _, err := past.Decode(before); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// Names of one user in many domains, or of many users in one, do not crowd together in the
// table of facts, where each would have to be looked for among all before it.
func TestNamesSpread(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(i int) (domain, user uint32){
		"one user":   func(i int) (domain, user uint32) { return uint32(i), 1 },
		"one domain": func(i int) (domain, user uint32) { return 1, uint32(i) },
		"each one":   func(i int) (domain, user uint32) { return uint32(i), uint32(i) },
	} {
		var k knowledge
		for i := range 1 << 14 {
			k.words.hold(fmt.Append(nil, i))
		}
		for i := 1; i <= 1<<14; i++ {
			k.name(pair(i))
		}
		longest, n := 0, 0
		for _, f := range k.facts {
			if n++; f.key == 0 {
				n = 0
			}
			longest = max(longest, n)
		}
		if longest > 500 {
			t.Errorf("%s: %d facts stand side by side", name, longest)
		}
	}
}
