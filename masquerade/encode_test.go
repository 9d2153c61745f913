package masquerade

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
	"sparkless/storage/table"
)

// fixtureRecords are the events that testdata/counts-v1.parquet was made of, by
// the first writer of this format.
func fixtureRecords() []*event.Record {
	rng := rand.New(rand.NewPCG(20, 26))
	names := []string{"a.exe", "A.EXE", "b.exe", "once.exe", "İ", "", none}
	out := make([]*event.Record, 150)
	for i := range out {
		at := rng.IntN(len(names))
		if at == 3 && i > 0 {
			at = 0
		}
		value := func(kind string) string { return fmt.Sprint(kind, rng.IntN(14)) }
		out[i] = record(int64(i)*1000-500, names[at], `C:\\`+value("dir"), value("host"), value("é"), value(""), strings.Repeat("x", 505+rng.IntN(12)))
	}
	out[7] = record(7, "once.exe", `C:\once.exe`, "host", none, "account")
	out[8] = record(8, "bare.exe")
	return out
}

// Files of the first writer, which wrote row by row, are still read. Fixtures
// are never written anew.
func TestFileOfTheFirstWriter(t *testing.T) {
	file, err := os.ReadFile("testdata/counts-v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	c := NewCounts()
	note, err := c.Decode(file)
	if err != nil || note != "note of version 1" {
		t.Fatalf("note %q, %v", note, err)
	}
	want := counted(fixtureRecords())
	for name := range want.allNames() {
		got, want := knownOf(c.view(name, nil)), knownOf(want.view(name, nil))
		want.crowded = "" // that version does not know how many hosts there were
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: the file holds %+v\nwant %+v", name, got, want)
		}
	}
}

// fixtureRecords2 are the events that testdata/counts-v2.parquet was made of, by
// the first writer of that format: names of several origins, on few hosts and many.
func fixtureRecords2() []*event.Record {
	rng := rand.New(rand.NewPCG(20, 27))
	names := []string{"a.exe", "A.EXE", "svchost.exe", "SvcHost.exe", "İ", "", none}
	folders := []string{`C:\Windows\System32\`, `C:\Users\jo\`, `\\srv\share\`, `D:\`, "", `C:\Program Files\x\`, `C:\Windows\`, `C:\Windows\SysWOW64\`}
	parents := []string{`C:\Windows\System32\services.exe`, `C:\Windows\explorer.exe`, none}
	out := make([]*event.Record, 300)
	for i := range out {
		path := folders[rng.IntN(len(folders))] + "svchost.exe"
		out[i] = record(int64(i)*1000-500, names[rng.IntN(len(names))], path, fmt.Sprint("host", rng.IntN(10+i)), parents[rng.IntN(3)], fmt.Sprint("é", rng.IntN(5)), strings.Repeat("x", 505+rng.IntN(12)))
	}
	out[7] = record(7, "once.exe", `C:\Windows\once.exe`, "host", none, "account")
	out[8] = record(8, "bare.exe")
	return out
}

// Files of the second format are read; where the first and the last event tell the
// hours, these are known. Fixtures are never written anew.
func TestFileOfTheSecondFormat(t *testing.T) {
	file, err := os.ReadFile("testdata/counts-v2.parquet")
	if err != nil {
		t.Fatal(err)
	}
	c, want := NewCounts(), counted(fixtureRecords2())
	if note, err := c.Decode(file); err != nil || note != "note of version 2" || !equal(c, want) {
		t.Fatalf("note %q, %v; %d names", note, err, c.Names())
	}
	if got := originsOf(c, "svchost.exe"); len(got) != 16 {
		t.Errorf("svchost.exe has the origins %q", got)
	}
	if n := c.view("a.exe", nil).hostCount(); !n.About || c.hosts.count().N < 100 {
		t.Errorf("%v of %v hosts", n, c.hosts.count())
	}
	past := New(NotebookParams(), "", 1).Past(want)
	if _, err := past.Decode(file); err != nil || past.Before("svchost.exe").Count != want.Count("svchost.exe") {
		t.Errorf("as a past: %+v, %v", past.Before("svchost.exe"), err)
	}
}

// fixtureRecords3 are the events that testdata/counts-v3.parquet was made of, by the
// first writer of that format: those of the second, over the day.
func fixtureRecords3() []*event.Record {
	rng := rand.New(rand.NewPCG(20, 28))
	all := fixtureRecords2()
	for _, r := range all {
		r.Time += rng.Int64N(30) * rng.Int64N(2) * int64(time.Hour)
	}
	return all
}

// Files of the first writer of the present format are read, and would be written
// the same. Fixtures are never written anew.
func TestFileOfTheThirdFormat(t *testing.T) {
	file, err := os.ReadFile("testdata/counts-v3.parquet")
	if err != nil {
		t.Fatal(err)
	}
	c, want := NewCounts(), counted(fixtureRecords3())
	if note, err := c.Decode(file); err != nil || note != "note of version 3" || !equal(c, want) {
		t.Fatalf("note %q, %v; %d names", note, err, c.Names())
	}
	if got := c.view("svchost.exe", nil).hours.list(); len(got) < 20 {
		t.Errorf("svchost.exe was seen in the hours %d", got)
	}
	past := New(NotebookParams(), "", 1).Past(want)
	if _, err := past.Decode(file); err != nil || past.Before("svchost.exe").Count != want.Count("svchost.exe") {
		t.Errorf("as a past: %+v, %v", past.Before("svchost.exe"), err)
	}
}

// More names than are written at a time, in an order that the first bytes of the
// names do not decide.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	const names = 2*groupRows + 7
	c, backwards := NewCounts(), NewCounts()
	for i := range names {
		for _, at := range []struct {
			c *Counts
			i int
		}{{c, i}, {backwards, names - 1 - i}} {
			at.c.Add(record(int64(at.i), fmt.Sprintf("same start %d.exe", at.i*7919%100_003), fmt.Sprintf("path %d", at.i%50_000), "host"))
		}
	}
	file := encoded(t, c)
	if string(encoded(t, backwards)) != string(file) {
		t.Error("the order of the events shows in the bytes")
	}
	var sorted []string
	for _, ref := range c.sorted() {
		sorted = append(sorted, string(c.names.at(c.entries.at(ref).name)))
	}
	if !slices.IsSorted(sorted) || len(sorted) != names {
		t.Errorf("%d rows, not by name", len(sorted))
	}
	got := NewCounts()
	if _, err := got.Decode(file); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(contents(got), contents(c)) {
		t.Error("a round trip changed the counts")
	}
	if string(encoded(t, got)) != string(file) {
		t.Error("a round trip changed the bytes")
	}
}

// Texts that no sample holds any more are dropped, and nothing else.
func TestCompaction(t *testing.T) {
	t.Parallel()
	add := func(c *Counts, from, to, step int) *Counts {
		for i := from; i != to; i += step {
			path := fmt.Sprint(i, strings.Repeat("p", 400))
			c.Add(record(int64(i), fmt.Sprintf("n%d.exe", i%300), path, "one host", path[1:]))
		}
		return c
	}
	const events = 30_000
	up, down := add(NewCounts(), 0, events, 1), add(NewCounts(), events-1, -1, -1)
	kept, stored := 0, up.values.bytes
	for _, k := range contents(up) {
		for _, values := range k.values {
			for _, v := range values {
				kept += len(v.Value)
			}
		}
	}
	if stored > 3*kept+1<<21 {
		t.Errorf("%d bytes of texts are kept in %d", kept, stored)
	}
	if !equal(up, down) {
		t.Error("the order of events matters")
	}
	add(up, 0, events, 1)
	down.Merge(down.copied(t))
	if !equal(up, down) {
		t.Error("after a compaction counts go on differently")
	}
}

// copied returns equal counts that share nothing.
func (c *Counts) copied(t *testing.T) *Counts {
	out := NewCounts()
	if _, err := out.Decode(encoded(t, c)); err != nil {
		t.Fatal(err)
	}
	return out
}

// encodedFirst is a file of the first format, of counts that have no name of several
// origins.
func encodedFirst(t testing.TB, c *Counts) []byte { return encodedEarlier(t, c, earlierFormats()[1]) }

// encodedEarlier is a file of an earlier format.
func encodedEarlier(t testing.TB, c *Counts, e earlier) []byte {
	t.Helper()
	w := table.NewWriter(e.format, e.columns())
	w.Extra = c.hosts.encode()
	enc := encoder{Counts: c, places: make([]int32, c.values.kept.len())}
	rows := c.sorted()
	err := w.Write(len(rows), func(column int) *table.Values { return enc.fill(rows, e.present(column)) })
	if err != nil {
		t.Fatal(err)
	}
	file, err := w.Close("a note")
	if err != nil {
		t.Fatal(err)
	}
	return file
}
