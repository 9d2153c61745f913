package process

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
	"sparkless/storage/table"
)

// start is one execution of a test.
type start struct {
	at                                            int64
	path, host, parent, account, command, process string
}

func (s start) record() *event.Record {
	opt := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	return event.NewRecord(s.at, opt(s.process), opt(s.path), opt(s.host), opt(s.parent), opt(s.account), opt(s.command))
}

func stateOf(all []start) *State {
	s := NewState()
	for _, one := range all {
		s.Add(one.record())
	}
	return s
}

func encoded(t testing.TB, s *State) []byte {
	t.Helper()
	file, err := s.Encode("note")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const hour = int64(time.Hour)

// friday is midnight of 20 November 2026.
var friday = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).UnixNano()

// mixed are n executions of all kinds: usual ones, hostile ones, ones that lack columns.
func mixed(n int, seed uint64) []start {
	rng := rand.New(rand.NewPCG(seed, 1))
	pick := func(all ...string) string { return all[rng.IntN(len(all))] }
	out := make([]start, n)
	for i := range out {
		out[i] = start{
			at:      friday + rng.Int64N(60*hour),
			path:    pick(`C:\Windows\System32\cmd.exe`, `c:\windows\system32\CMD.EXE`, `C:\Users\ann\x.exe`, `C:\Users\bob\x.exe`, "", `/usr/bin/a`, "\x00\xff\u202e", strings.Repeat("ü", 16000)),
			process: pick("", "cmd.exe", "X.EXE"),
			host:    pick("HOST1", "host1", "H2", "", "h"+fmt.Sprint(rng.IntN(200))),
			parent:  pick(`C:\Windows\explorer.exe`, "", `C:\a\WINWORD.EXE`, strings.Repeat("p", 4000)),
			account: pick(`CONTOSO\ann`, `CONTOSO\ANN`, `NT AUTHORITY\SYSTEM`, "", "u"+fmt.Sprint(rng.IntN(200))),
			command: pick("", "cmd /c dir", "powershell -w hidden -enc "+strings.Repeat("QUJDaGk1", 30), strings.Repeat("A", rng.IntN(40000)), fmt.Sprintf("a.exe %d %s", i, strings.Repeat("é", rng.IntN(900)))),
		}
	}
	return out
}

func TestStatesOfTheSameEventsAreEqualWhateverTheOrder(t *testing.T) {
	for seed := range uint64(4) {
		all := mixed(1500, seed)
		want := encoded(t, stateOf(all))
		rng := rand.New(rand.NewPCG(seed, 2))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if !bytes.Equal(encoded(t, stateOf(all)), want) {
			t.Fatalf("seed %d: another order of events gives another state", seed)
		}
		parts := NewState()
		var cut []*State
		for part := range slices.Chunk(all, 1+rng.IntN(400)) {
			cut = append(cut, stateOf(part))
		}
		rng.Shuffle(len(cut), func(i, j int) { cut[i], cut[j] = cut[j], cut[i] })
		for _, s := range cut {
			before := encoded(t, s)
			parts.Merge(s)
			if !bytes.Equal(encoded(t, s), before) {
				t.Fatal("merging changes what is merged")
			}
		}
		if !bytes.Equal(encoded(t, parts), want) {
			t.Fatalf("seed %d: merged parts give another state", seed)
		}
	}
}

// A program with more groups than are kept, in parts each of which has more: what is
// kept, and how often it was seen, is the same as of all at once.
func TestGroupsWithoutEndAreBounded(t *testing.T) {
	var all []start
	for i := range 6000 {
		all = append(all, start{at: friday, path: `C:\x.exe`, host: "h", parent: fmt.Sprintf(`C:\p%d.exe`, i%1500), account: "u", command: "x"})
	}
	all = append(all, start{at: friday, path: `C:\x.exe`, host: "h", parent: `C:\p.exe`, account: "u", command: "powershell -w hidden iex mimikatz"})
	whole := stateOf(all)
	want := encoded(t, whole)
	p := whole.programs[`c:\x.exe`]
	if len(p.groups) != mostGroups || p.count != int64(len(all)) {
		t.Errorf("%d groups of %d executions, want %d of %d", len(p.groups), p.count, mostGroups, len(all))
	}
	signs := 0
	for _, g := range p.groups {
		if g.count != 4 && g.key.vector.signs() == 0 {
			t.Errorf("a group that is kept was seen %d times, want 4", g.count)
		}
		signs += min(1, g.key.vector.signs())
	}
	if signs != 1 {
		t.Error("harmless groups without end have pushed out the one with signs of an attack")
	}
	merged := NewState()
	for part := range slices.Chunk(all, 1000) {
		merged.Merge(stateOf(part))
	}
	if !bytes.Equal(encoded(t, merged), want) {
		t.Error("parts keep other groups than the whole")
	}
}

func TestProgramsWithoutEndAreBounded(t *testing.T) {
	const most, n = 1000, 5000
	whole, a, b := NewState(), NewState(), NewState()
	whole.most, a.most, b.most = most, most, most
	for i := range n {
		r := start{at: friday, path: fmt.Sprintf(`C:\x%d.exe`, i), host: "h", account: "u"}.record()
		whole.Add(r)
		if i%3 == 0 {
			a.Add(r)
		} else {
			b.Add(r)
		}
		if i%9 == 0 { // some come again, from others
			whole.Add(r)
			b.Add(r)
		}
	}
	want := encoded(t, whole)
	if whole.kept > most || whole.kept < most/2 || whole.events != n+(n+8)/9 {
		t.Errorf("%d rows are kept of %d events", whole.kept, whole.events)
	}
	b.Merge(a)
	if !bytes.Equal(encoded(t, b), want) {
		t.Error("parts keep other programs than the whole")
	}
	back := NewState()
	if _, err := back.Decode(want); err != nil {
		t.Fatal(err)
	}
	back.most = most
	back.Merge(a) // pushes nothing in that was left out
	if len(back.programs) != len(whole.programs) {
		t.Errorf("after a merge there are %d programs, want %d", len(back.programs), len(whole.programs))
	}
}

// sizeOf adds up what a state holds.
func sizeOf(s *State) (n int) {
	for _, p := range s.programs {
		n += p.size()
		for _, g := range p.groups {
			n += g.size()
		}
	}
	return n
}

func TestSizeIsAboutWhatTheStateHolds(t *testing.T) {
	s := stateOf(mixed(3000, 9))
	s.settle()
	want := sizeOf(s)
	if s.bytes != want {
		t.Errorf("%d bytes are counted, and there are %d", s.bytes, want)
	}
	back := NewState()
	if _, err := back.Decode(encoded(t, s)); err != nil {
		t.Fatal(err)
	}
	if back.bytes != want {
		t.Errorf("after decoding %d bytes are counted, and there are %d", back.bytes, want)
	}
}

func TestDecodeGivesWhatWasEncoded(t *testing.T) {
	for _, all := range [][]start{nil, mixed(1, 3), mixed(2000, 4)} {
		s := stateOf(all)
		file := encoded(t, s)
		back := NewState()
		note, err := back.Decode(file)
		if err != nil || note != "note" {
			t.Fatalf("note %q, %v", note, err)
		}
		if !bytes.Equal(encoded(t, back), file) {
			t.Errorf("%d events: what was decoded encodes otherwise", len(all))
		}
		more := mixed(500, 5)
		for _, one := range more {
			s.Add(one.record())
			back.Add(one.record())
		}
		if !bytes.Equal(encoded(t, back), encoded(t, s)) {
			t.Error("what was decoded counts otherwise")
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	file := encoded(t, stateOf(mixed(300, 6)))
	for at := 0; at < len(file); at += 1 + len(file)/400 {
		bad := bytes.Clone(file)
		bad[at] ^= 0x20
		if _, err := NewState().Decode(bad); !errors.Is(err, table.ErrDamaged) && !errors.Is(err, table.ErrFormat) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if _, err := NewState().Decode(file[:at]); err == nil {
			t.Fatalf("cut at %d: no error", at)
		}
	}
}

func TestWeekendsAreSaturdayAndSunday(t *testing.T) {
	for day := range 14 {
		at := time.Unix(0, friday).UTC().AddDate(-80, 0, day)
		want := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		for _, nanos := range []int64{at.UnixNano(), at.UnixNano() + 24*hour - 1} {
			if isWeekend(nanos) != want {
				t.Errorf("%v: %v", at, !want)
			}
		}
	}
}

func TestBottomCountsDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 500, 20000} {
		var a, b, all bottom
		for i := range n {
			h := hashOf(fmt.Sprint(i))
			all.add(h, mostMembers)
			all.add(h, mostMembers)
			if i%2 == 0 {
				a.add(h, mostMembers)
			} else {
				b.add(h, mostMembers)
			}
		}
		a.merge(b, mostMembers)
		if !slices.Equal(a, all) {
			t.Errorf("%d: merged halves are another set", n)
		}
		if got := float64(all.count(mostMembers)); got < 0.7*float64(n) || got > 1.3*float64(n) || n < mostMembers && int(got) != n {
			t.Errorf("%d distinct ones are counted as %v", n, got)
		}
	}
}
