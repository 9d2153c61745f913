package process

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
)

// crowded are executions of more programs and groups than a state of so little room keeps.
func crowded(n int, seed uint64) []start {
	rng := rand.New(rand.NewPCG(seed, 3))
	out := make([]start, n)
	for i := range out {
		out[i] = start{at: friday + rng.Int64N(60*hour), path: fmt.Sprintf(`C:\Temp\x%d.exe`, rng.IntN(90)*rng.IntN(8)), host: fmt.Sprint("h", rng.IntN(99)),
			parent: fmt.Sprintf(`C:\p%d.exe`, rng.IntN(1200)), account: fmt.Sprint("u", rng.IntN(70)), command: fmt.Sprint("x ", rng.IntN(30))}
	}
	return out
}

// What other states have left in the knowledge, and what is added to them meanwhile, does
// not show in a state; nor do its rests.
func TestKnowledgeOfOtherDaysChangesNothing(t *testing.T) {
	d := New(DefaultParams(), "x", 2)
	kinds := []func(int, uint64) []start{mixed, crowded}
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 4))
		room := []int{mostKept, 300, 40}[seed%3]
		empty := func(of func() *State) *State {
			s := of()
			s.most = room
			return s
		}
		all := kinds[seed%2](2500, seed/2%3) // some days come again
		cold := empty(NewState)
		warm, other := empty(d.New), empty(d.New)
		for i, one := range all {
			cold.Add(one.record())
			warm.Add(one.record())
			switch rng.IntN(300) {
			case 0:
				warm.Rest()
			case 1:
				warm.Rest()
				for _, one := range kinds[rng.IntN(2)](100, uint64(i)) {
					other.Add(one.record())
				}
				other.Rest()
			case 2:
				other.Merge(warm)
			}
		}
		if !bytes.Equal(encoded(t, warm), encoded(t, cold)) {
			t.Fatalf("seed %d: what was known before shows in a state", seed)
		}
		var hosts bottom
		for _, one := range all {
			if one.host != "" {
				hosts.add(hashOf(strings.ToLower(one.host)), mostHosts)
			}
		}
		if !slices.Equal(warm.hosts, hosts) {
			t.Errorf("seed %d: there are %d hosts, want %d", seed, len(warm.hosts), len(hosts))
		}
		if want := sizeOf(warm); warm.bytes != want || cold.bytes != want {
			t.Errorf("seed %d: %d bytes are counted, and %d without what was known, of %d", seed, warm.bytes, cold.bytes, want)
		}
		warm.Rest()
		other.Rest()
	}
}

// What is added behind what was read back is counted as if it had been there.
func TestKnowledgeOutlivesDecode(t *testing.T) {
	d := New(DefaultParams(), "x", 1)
	s := d.New()
	for _, one := range mixed(500, 1) {
		s.Add(one.record())
	}
	file := encoded(t, s)
	if _, err := s.Decode(encoded(t, stateOf(nil))); err != nil {
		t.Fatal(err)
	}
	for _, one := range mixed(500, 1) {
		s.Add(one.record())
	}
	if !bytes.Equal(encoded(t, s), file) {
		t.Error("a state that was replaced counts otherwise")
	}
	if len(d.pool) != 0 || s.knowledge == nil {
		t.Error("the knowledge did not go on")
	}
}

func TestKnowledgeIsOfOneStateAtATime(t *testing.T) {
	d := New(DefaultParams(), "x", 2)
	r := start{at: friday, path: `C:\a.exe`, host: "h", account: "u"}.record()
	a, b, c := d.New(), d.New(), d.New()
	for _, s := range []*State{a, b, c} {
		s.Add(r)
	}
	known := []*knowledge{a.knowledge, b.knowledge, c.knowledge}
	if known[0] == known[1] || known[1] == known[2] || known[0] == known[2] {
		t.Fatal("two states have the same knowledge")
	}
	before := a.Size()
	for _, s := range []*State{a, b, c} {
		s.Rest()
		s.Rest() // a second one does nothing
	}
	if a.Size() >= before || len(d.pool) != 2 {
		t.Errorf("at rest it has %d bytes of %d, and %d are idle, want those of two goroutines", a.Size(), before, len(d.pool))
	}
	for _, k := range known[:2] {
		for _, shelf := range k.kin.shelves {
			for _, s := range shelf {
				if s.value != (kin{}) {
					t.Fatal("what is idle holds on to a state")
				}
			}
		}
	}
	next := d.New()
	if next.Add(r); !slices.Contains(known, next.knowledge) {
		t.Error("what is idle is not used")
	}
	if _, err := d.Finish(context.Background(), event.Day(time.Unix(0, friday)), next, NewState()); err != nil {
		t.Fatal(err)
	}
	if len(d.pool) != 0 {
		t.Error("what is idle is kept when the reading is over")
	}
	large := d.New()
	large.Add(r)
	large.knowledge.held = mostIdleSize
	large.Rest()
	if len(d.pool) != 0 || cap(New(DefaultParams(), "x", 1000).pool) > mostIdle {
		t.Error("what is idle has no bound")
	}
	alone := NewState()
	alone.Add(r)
	if alone.Rest(); alone.knowledge != nil {
		t.Error("a state of no detector keeps its knowledge at rest")
	}
}

// held counts the bytes of texts that can be reached.
func (k *knowledge) reached() (n int) {
	texts := map[string]bool{}
	for _, shelf := range k.origins.shelves {
		for _, s := range shelf {
			if s.value != nil {
				texts[s.value.path] = true
			}
		}
	}
	for _, shelf := range k.paths.shelves {
		for _, s := range shelf {
			if s.value.origin != nil {
				texts[s.value.path] = true
			}
		}
	}
	for text := range texts {
		n += len(text)
	}
	return n
}

// Names without end do not make what is known of them grow without end.
func TestKnowledgeIsBounded(t *testing.T) {
	d := New(DefaultParams(), "x", 1)
	s := d.New()
	long := strings.Repeat("x", 1000)
	most := 0
	for i := range 20_000 {
		s.Add(start{at: friday, path: fmt.Sprintf(`C:\%d%s.exe`, i, long), host: fmt.Sprint(i, long), parent: fmt.Sprint(i, long), account: fmt.Sprint(i, long), command: fmt.Sprint(i)}.record())
		if i%1000 == 0 {
			if most = max(most, s.knowledge.size()); s.knowledge.reached() > s.knowledge.held {
				t.Fatalf("%d bytes of texts are held, and %d are counted", s.knowledge.reached(), s.knowledge.held)
			}
			s.Rest()
		}
	}
	if most > 10<<20 || most < mostHeld/2 {
		t.Errorf("it takes up to %d bytes", most)
	}
	s.Add(start{at: friday, path: strings.Repeat("x", 1<<20), account: "u"}.record())
	if cap(s.knowledge.text) > mostScratch {
		t.Errorf("%d bytes of scratch are kept", cap(s.knowledge.text))
	}
}

// What is known of a path is what programOf makes of it, whoever's folder it is in.
func TestOriginsAreThoseOfAllUsers(t *testing.T) {
	bits := []string{`C:\Users\`, `c:\USERS\`, `C:/Users/`, `:\users\`, "ann", "bob", "Public", "DEFAULT", "default", "*", "é", "a/b", `\`, `\`, `\`, "x.exe", "1.2.3", "deadbeef1", "Temp", "qxzkvwt.exe",
		`\??\`, `\Device\HarddiskVolume4\`, "D:", "Users", "\u212a"}
	rng := rand.New(rand.NewPCG(1, 8))
	k := newKnowledge()
	for range 200_000 {
		path := ""
		if rng.IntN(2) == 0 {
			path = bits[rng.IntN(3)] + bits[4+rng.IntN(8)] + `\`
		}
		for range rng.IntN(5) {
			path += bits[rng.IntN(len(bits))]
		}
		o := k.origin([]byte(path))
		want := programOf(path)
		if o.path != want || o.name != nameOf(want) || o.place != placeOf(want) {
			t.Fatalf("%s is %s, want %s", path, o.path, want)
		}
	}
}

// A memo may forget, but what it says is right; and what is asked for often stays,
// whatever else comes once.
func TestMemo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	m := newMemo[uint64](1 << 8)
	has := map[uint64]uint64{}
	often := []uint64{2<<20 | 1, 3<<20 | 1, 5<<20 | 1}
	for range 10_000 {
		if key := rng.Uint64() | 1; m.at(key) == nil {
			has[key] = key
			m.put(key, key)
		}
	}
	missed := 0
	for i := range uint64(200_000) {
		key := rng.Uint64N(5000)<<1 | 1
		if i%2 == 0 {
			key = often[i/2%3]
		} else if i%5 == 0 {
			key = rng.Uint64() | 1
		}
		if known := m.at(key); known != nil {
			if *known != has[key] {
				t.Fatal("a memo says what was never put")
			}
			continue
		}
		if slices.Contains(often, key) {
			missed++
		}
		has[key] = i
		if *m.put(key, i) != i || m.at(key) == nil || *m.at(key) != i {
			t.Fatal("what was put is not there")
		}
	}
	if len(m.shelves) != 1<<8 {
		t.Errorf("%d shelves, want as many as there may be", len(m.shelves))
	}
	if missed > 1000 {
		t.Errorf("what was asked for every six times was forgotten %d times", missed)
	}
	if m.clear(); m.at(often[0]) != nil {
		t.Error("what was cleared is there")
	}
}
