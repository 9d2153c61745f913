package masquerade

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"sparkless/storage/table"
)

// someDay is a day of some of few names, and what it says of each.
func someDay(rng *rand.Rand, back int) (*Counts, map[string]Before) {
	c, want := NewCounts(), map[string]Before{}
	for range rng.IntN(30) {
		name := []string{"a.exe", "b.exe", "c", "d.exe", "é", "e.exe", none}[rng.IntN(7)]
		at := time.Date(2026, 11, 20-back, 0, 0, 0, rng.IntN(100), time.UTC)
		c.Add(record(at.UnixNano(), name, none, "host"))
		if name != none {
			b, ok := want[name]
			if !ok {
				b.First = at
			}
			if b.First.After(at) {
				b.First = at
			}
			if b.Last.Before(at) {
				b.Last = at
			}
			b.Count, b.Days = b.Count+1, 1
			want[name] = b
		}
	}
	return c, want
}

// added is what two runs of days know of a name.
func added(a, b Before) Before {
	switch {
	case a.Days == 0:
		return b
	case b.Days == 0:
		return a
	}
	a.Count, a.Days = a.Count+b.Count, a.Days+b.Days
	if b.First.Before(a.First) {
		a.First = b.First
	}
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
	return a
}

func pastOf(t testing.TB, day *Counts, file []byte) *Counts {
	t.Helper()
	p := New(NotebookParams(), "s", 1).Past(day)
	if note, err := p.Decode(file); err != nil || note != "a note" {
		t.Fatalf("%q, %v", note, err)
	}
	return p
}

// A past says of each name of the day what the profiles say, in whatever order they
// are merged, and nothing of others.
func TestPast(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		day, today := someDay(rng, 0)
		days := rng.IntN(6)
		want, parts := map[string]Before{}, []*Counts{New(NotebookParams(), "s", 1).Past(day)}
		for back := range days {
			c, said := someDay(rng, 1+back)
			for name, b := range said {
				if _, ok := today[name]; ok {
					want[name] = added(want[name], b)
				}
			}
			parts = append(parts, pastOf(t, day, encoded(t, c)))
		}
		size := parts[0].Size()
		for len(parts) > 1 {
			rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			parts[0].Merge(parts[1])
			parts = slices.Delete(parts, 1, 2)
		}
		got := parts[0]
		if got.Days() != days || got.Size() != size {
			t.Fatalf("seed %d: %d days of %d, %d bytes of %d", seed, got.Days(), days, got.Size(), size)
		}
		for _, name := range []string{"a.exe", "b.exe", "c", "d.exe", "é", "e.exe", "", "nobody.exe"} {
			if got.Before(name) != want[name] {
				t.Fatalf("seed %d: %s: %+v, want %+v", seed, name, got.Before(name), want[name])
			}
		}
	}
	c := NewCounts()
	if c.Days() != 0 || c.Before("a.exe") != (Before{}) {
		t.Error("counts of a day know earlier ones")
	}
}

// A state is used again: nothing of what it held shows.
func TestPastDecodesAnew(t *testing.T) {
	day := counted(fixtureRecords())
	p := pastOf(t, day, encoded(t, day))
	first := p.Before("a.exe")
	if _, err := p.Decode(encoded(t, day)); err != nil || p.Days() != 1 || p.Before("a.exe") != first || first.Count == 0 {
		t.Errorf("%d days, %+v, %v", p.Days(), p.Before("a.exe"), err)
	}
	if _, err := p.Decode(encoded(t, NewCounts())); err != nil || p.Days() != 1 || p.Before("a.exe") != (Before{}) {
		t.Errorf("%d days, %+v, %v", p.Days(), p.Before("a.exe"), err)
	}
	if _, err := p.Encode(""); !errors.Is(err, errPast) {
		t.Error(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("pasts of two days are merged")
		}
	}()
	p.Merge(New(NotebookParams(), "s", 1).Past(NewCounts()))
}

// Names beyond the groups in which they are written, by several goroutines at once.
func TestPastOfManyNames(t *testing.T) {
	const names = groupRows + 50
	day, before := NewCounts(), NewCounts()
	for i := range names {
		day.Add(record(1, fmt.Sprint(i, ".exe")))
		before.Add(record(int64(i), fmt.Sprint(i/2*3, ".exe"))) // each twice, a third of the day's
	}
	file := encoded(t, before)
	parts := make([]*Counts, 4)
	var group errgroup.Group
	for i := range parts {
		group.Go(func() error {
			parts[i] = New(NotebookParams(), "s", 1).Past(day)
			_, err := parts[i].Decode(file)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts[1:] {
		parts[0].Merge(p)
	}
	for i := range names {
		want := Before{}
		if i%3 == 0 && i/3*2 < names {
			n := i / 3 * 2
			want = Before{8, 4, time.Unix(0, int64(n)).UTC(), time.Unix(0, int64(n+1)).UTC()}
			if n+1 == names {
				want.Count, want.Last = 4, want.First
			}
		}
		if got := parts[0].Before(fmt.Sprint(i, ".exe")); got != want {
			t.Fatalf("%d: %+v, want %+v", i, got, want)
		}
	}
}

// What no Encode writes is no past either, as far as a past looks.
func TestForgedPast(t *testing.T) {
	day := counted(fixtureRecords())
	check := func(what string, file []byte, want error) {
		t.Helper()
		if _, err := New(NotebookParams(), "s", 1).Past(day).Decode(file); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, rows := range map[string][]forgedRow{
		"first after last":         {{name: "a.exe", count: 2, first: 5, last: 1}},
		"out of order":             {{name: "b.exe", count: 2}, {name: "a.exe", count: 2}},
		"empty name twice":         {{count: 2}, {count: 2}},
		"empty names out of order": {{origin: "windows", count: 2}, {origin: "system32", count: 2}},
		"twice":                    {{name: "b.exe", count: 2}, {name: "b.exe", count: 2}},
		"no count":                 {{name: "a.exe"}},
		"null without a count":     {{null: true}},
		"unknown origin":           {{name: "a.exe", origin: "x", count: 2}},
		"no origin":                {{name: "a.exe", origin: "-", count: 2}},
		"origins out of order":     {{name: "a.exe", origin: "windows", count: 2}, {name: "a.exe", origin: "system32", count: 2}},
		"negative":                 {{name: "a.exe", count: -1}},
		"once, first is not last":  {{name: "a.exe", count: 1, first: 1, last: 5}},
		"too long":                 {{name: string(bytes.Repeat([]byte("x"), longestName+1)), count: 2}},
	} {
		check(what, forge(t, rows), table.ErrDamaged)
	}
	w := table.NewWriter(format, columns)
	for range 2 { // groups with the same names
		c := day
		enc := encoder{Counts: c, places: make([]int32, c.values.kept.len())}
		rows := c.sorted()
		if err := w.Write(len(rows), func(column int) *table.Values { return enc.fill(rows, column) }); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.Close("")
	if err != nil {
		t.Fatal(err)
	}
	check("groups out of order", file, table.ErrDamaged)
	check("cut", encoded(t, day)[:100], table.ErrDamaged)
	check("nothing", nil, table.ErrDamaged)
	if file, err = table.NewWriter("masquerade-counts/0", columns).Close(""); err != nil {
		t.Fatal(err)
	}
	check("another format", file, table.ErrFormat)
}

// FuzzPast writes something over a part of a file and sets its checksum right: what
// a state takes, a past takes, and knows the same of each name.
func FuzzPast(f *testing.F) {
	day := counted(randomRecords(rand.New(rand.NewPCG(1, 2)), 50))
	file := encoded(f, day)
	f.Add(uint32(4), []byte{0x15, 0x80, 0x80, 2})
	f.Add(uint32(40), []byte("b"))
	f.Add(uint32(len(file)-500), []byte{0x16, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, at uint32, over []byte) {
		file := bytes.Clone(file)
		start := int(at) % (len(file) + 1)
		file = sealed(append(file[:start], append(bytes.Clone(over), file[min(start+len(over), len(file)):]...)...))
		c, p := NewCounts(), New(NotebookParams(), "s", 1).Past(day)
		note, err := c.Decode(file)
		noteOfPast, errOfPast := p.Decode(file)
		if errOfPast != nil && (noteOfPast != "" || !errors.Is(errOfPast, table.ErrDamaged) && !errors.Is(errOfPast, table.ErrFormat)) {
			t.Errorf("%q, %v", noteOfPast, errOfPast)
		}
		if err != nil {
			return
		}
		if note != noteOfPast || errOfPast != nil {
			t.Fatalf("%q, %v; a state says %q", noteOfPast, errOfPast, note)
		}
		for _, known := range day.tallies() {
			want, got := c.view(known.name, nil), p.Before(known.name)
			if known.absent {
				continue
			}
			if want.count == 0 && got != (Before{}) || want.count > 0 && (got.Count != want.count || got.First.UnixNano() != want.first || got.Last.UnixNano() != want.last || got.Days != 1) {
				t.Errorf("%q: %+v, want %+v", known.name, got, want)
			}
		}
	})
}
