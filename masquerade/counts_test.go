package masquerade

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"sparkless/storage/event"
	"sparkless/storage/table"
)

// none stands for a column that a record lacks.
const none = "<none>"

// record makes an event of the detector's columns; missing ones at the end are
// absent.
func record(at int64, columns ...string) *event.Record {
	texts := make([]*string, len(contextColumns)+1)
	for i, c := range columns {
		if c != none {
			texts[i] = &c
		}
	}
	return event.NewRecord(at, texts...)
}

func addNames(c *Counts, counts map[string]int) {
	for name, n := range counts {
		for i := range n {
			c.Add(record(november20.UnixNano()+int64(i), name, `C:\`+name))
		}
	}
}

func encoded(t testing.TB, c *Counts) []byte {
	t.Helper()
	file, err := c.Encode("a note")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// known is all that is kept of one name and origin.
type known struct {
	count, first, last int64
	hours              hours
	values             [kinds][]Tally // as they are ordered
	crowded            string
}

// nobody is the key of events without a name in what contents returns.
const nobody = "no name"

// contents is what counts hold, by name and origin, as plain data that shares
// nothing with them.
func contents(c *Counts) map[string]known {
	out := map[string]known{"hosts": {count: int64(c.hosts.count().N)}}
	for i := range uint32(c.entries.len()) {
		e := c.entries.at(i)
		if e.count == 0 {
			continue
		}
		name := nobody
		if i != noName {
			name = "=" + string(c.names.at(e.name)) + "/" + e.origin.String()
		}
		out[name] = knownOf(view{*e, c})
	}
	return out
}

func knownOf(v view) known {
	k := known{count: v.count, first: v.first, last: v.last, hours: v.entry.hours}
	for kind := range kinds {
		var room [1]kept
		for _, x := range v.of.keeps(&v.entry, kind, &room) {
			k.values[kind] = append(k.values[kind], Tally{string(v.of.values.at(x.ref)), x.count})
		}
	}
	if v.more != nil && v.more.crowded != nil {
		k.crowded = string(v.more.crowded.encode())
	}
	return k
}

func equal(a, b *Counts) bool { return reflect.DeepEqual(contents(a), contents(b)) }

// counted folds records into fresh counts.
func counted(records []*event.Record) *Counts {
	c := NewCounts()
	for _, r := range records {
		c.Add(r)
	}
	return c
}

// randomRecords share a few names and have more values of each kind than a name
// keeps.
func randomRecords(rng *rand.Rand, n int) []*event.Record {
	names := []string{"a.exe", "A.EXE", "b.exe", "İ", "", none, "svchost.exe", "SVCHOST.exe"} // the origin of the last follows from the parent, too
	value := func() string {
		switch n := rng.IntN(30); n {
		case 0:
			return none
		case 1:
			return ""
		case 2, 3:
			return strings.Repeat("é", 300) + fmt.Sprint(n) // equal up to the cut
		default:
			return fmt.Sprint("v", n)
		}
	}
	out := make([]*event.Record, n)
	bare := rng.IntN(5) == 0 // without any context
	for i := range out {
		at := rng.Int64N(1000) - 500 + rng.Int64N(40)*anHour // around the ends of hours, of more than a day
		if bare {
			out[i] = record(at, names[rng.IntN(len(names))])
			continue
		}
		path := none
		if rng.IntN(2) == 0 {
			path = pathsOfOrigins[rng.IntN(len(pathsOfOrigins))]
		}
		parent := value()
		if rng.IntN(2) == 0 {
			parent = parentsOfOrigins[rng.IntN(len(parentsOfOrigins))]
		}
		out[i] = record(at, names[rng.IntN(len(names))], path, value(), parent, value(), value())
	}
	return out
}

// pathsOfOrigins and parentsOfOrigins lead to many origins.
var (
	pathsOfOrigins = []string{"", `C:\a.exe`, `C:\`, `C:\c.exe`, `C:\Windows\System32\svchost.exe`, `c:\windows\SysWOW64\SVCHOST.EXE`,
		`C:\Users\jo\svchost.exe`, `C:\Users\jo\b.exe`, `\\srv\share\svchost.exe`, `C:\Program Files\x\svchost.exe`, "svchost.exe"}
	parentsOfOrigins = []string{"", none, "-", `C:\Windows\System32\services.exe`, `C:\Windows\explorer.exe`, `C:\Temp\services.exe`}
)

// cut divides records into parts, some of them empty.
func cut(rng *rand.Rand, records []*event.Record, parts int) [][]*event.Record {
	out := make([][]*event.Record, parts)
	for _, r := range records {
		i := rng.IntN(parts)
		out[i] = append(out[i], r)
	}
	return out
}

func TestMergeLaws(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 28))
	for range 12 {
		records := randomRecords(rng, rng.IntN(400))
		want := counted(records)
		same := func(law string, c *Counts) {
			t.Helper()
			if !equal(c, want) {
				t.Fatalf("%s does not hold for %d events", law, len(records))
			}
		}
		p := cut(rng, records, 3)
		merged := func(parts ...*Counts) *Counts {
			for _, o := range parts[1:] {
				parts[0].Merge(o)
			}
			return parts[0]
		}
		same("a split anywhere is the whole", merged(counted(p[0]), counted(p[1]), counted(p[2])))
		same("commutativity", merged(counted(p[2]), counted(p[0]), counted(p[1])))
		same("associativity", merged(counted(p[0]), merged(counted(p[1]), counted(p[2]))))
		same("New as zero on the left", merged(NewCounts(), counted(records)))
		same("New as zero on the right", merged(counted(records), NewCounts()))
		shuffled := slices.Clone(records)
		rng.Shuffle(len(shuffled), reflect.Swapper(shuffled))
		same("independence of order", counted(shuffled))
		if !bytes.Equal(encoded(t, counted(shuffled)), encoded(t, want)) {
			t.Fatal("equal counts do not give equal bytes")
		}
		some := merged(counted(p[0]), counted(p[1]))
		for _, r := range p[2] {
			some.Add(r)
		}
		same("adding to what was merged", some)
		back := counted(nil)
		for i, r := range records { // a merge after each few events
			if back.Add(r); i%3 == 0 {
				back.Merge(counted(p[0]))
			}
		}
		for range (len(records) + 2) / 3 {
			want.Merge(counted(p[0]))
		}
		same("merging and adding in turns", back)
	}
}

// Merge leaves its argument as it is, and neither side sees what the other does
// afterwards.
func TestMergeSharesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for i := range 40 {
		p := cut(rng, randomRecords(rng, 400), 4)
		a, b := counted(p[0][:len(p[0])*(i%4)/3]), counted(p[1]) // a may know none of b's names
		before := contents(b)
		a.Merge(b)
		if !reflect.DeepEqual(contents(b), before) {
			t.Fatal("Merge changed its argument")
		}
		for _, r := range p[2] {
			a.Add(r)
		}
		if !reflect.DeepEqual(contents(b), before) {
			t.Fatal("the argument sees what was added to the result")
		}
		sum := contents(a)
		for _, r := range p[3] {
			b.Add(r)
		}
		b.Merge(counted(p[2]))
		if !reflect.DeepEqual(contents(a), sum) {
			t.Fatal("the result sees what was added to the argument")
		}
	}
}

func TestEncodeAndDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for i := range 12 {
		p := cut(rng, randomRecords(rng, i*25), 2)
		file := encoded(t, counted(p[0]))
		c := counted(randomRecords(rng, 50)) // Decode replaces whatever was there
		note, err := c.Decode(file)
		if err != nil || note != "a note" {
			t.Fatalf("note %q, %v", note, err)
		}
		if !bytes.Equal(encoded(t, c), file) {
			t.Fatal("a round trip changed the counts")
		}
		for _, r := range p[1] {
			c.Add(r)
		}
		if !equal(c, counted(slices.Concat(p[0], p[1]))) {
			t.Fatal("decoded counts do not go on as the original does")
		}
	}
}

// An empty name and no name are two names, in a file too.
func TestEmptyAndAbsentNamesInAFile(t *testing.T) {
	c := counted([]*event.Record{record(1, ""), record(2, none), record(3, none)})
	got := NewCounts()
	if _, err := got.Decode(encoded(t, c)); err != nil {
		t.Fatal(err)
	}
	if got.Names() != 2 || got.Count("") != 1 || contents(got)[nobody].count != 2 {
		t.Errorf("%d names, %q %d times: %+v", got.Names(), "", got.Count(""), contents(got))
	}
}

// What is kept are the values with the smallest hashes of all that came, with
// exact counts.
func TestSamplesAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 15 {
		records := randomRecords(rng, 400)
		c := NewCounts()
		for part := range slices.Chunk(records, 1+rng.IntN(100)) {
			c.Merge(counted(part))
		}
		want := map[string]*[kinds]map[string]int64{}
		for _, r := range records {
			name, absent := processName(r)
			keys := []string{nobody}
			if !absent {
				from := originByRules(name, r)
				keys = []string{"=" + name + "/" + from.String(), "=" + name}
			}
			for _, key := range keys {
				if want[key] == nil {
					want[key] = &[kinds]map[string]int64{{}, {}, {}, {}, {}}
				}
				for kind, column := range contextColumns {
					if value := cutByHand(r.Value(column).Text()); value != "" {
						want[key][kind][value]++
					}
				}
			}
		}
		got := contents(c)
		delete(got, "hosts")
		for name := range want {
			if strings.HasPrefix(name, "=") && !strings.Contains(name, "/") {
				got[name] = knownOf(c.view(name[1:], nil))
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d names, want %d", len(got), len(want))
		}
		for name, k := range got {
			for kind, values := range k.values {
				if smallest := smallestByHand(want[name][kind], 8); !slices.Equal(values, smallest) {
					t.Fatalf("%s keeps %+v\nwant %+v", name, values, smallest)
				}
			}
		}
	}
}

func cutByHand(value string) string {
	if len(value) <= 512 {
		return value
	}
	return strings.ToValidUTF8(value[:509], "") + "…"
}

func smallestByHand(counts map[string]int64, n int) (out []Tally) {
	for _, value := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(xxhash.Sum64String(a), xxhash.Sum64String(b)), strings.Compare(a, b))
	}) {
		if len(out) < n {
			out = append(out, Tally{value, counts[value]})
		}
	}
	return out
}

func TestLongValuesAreCutBetweenCharacters(t *testing.T) {
	for _, filler := range []string{"a", "é", "…", "😀", "a\u0301"} {
		for shift := range 5 {
			for _, size := range []int{511, 512, 513, 514, 515, 600, 70000} {
				value := strings.Repeat("x", shift) + strings.Repeat(filler, size)
				value = strings.ToValidUTF8(value[:size], "")
				got := string(shorten([]byte(value)))
				stem, marked := strings.CutSuffix(got, "…")
				switch {
				case len(value) <= longest && got != value:
					t.Errorf("%d bytes of %q were changed", len(value), filler)
				case len(value) > longest && (!marked || len(got) > longest || len(got) < longest-utf8.UTFMax ||
					!utf8.ValidString(got) || !strings.HasPrefix(value, stem)):
					t.Errorf("%d bytes of %q became %d: …%q", len(value), filler, len(got), got[len(got)-10:])
				}
			}
		}
	}
}

// Neither a record's bytes nor a caller's buffer are kept.
func TestTextsAreCopied(t *testing.T) {
	var kept texts
	text := []byte("value")
	ref := kept.put(text, 7)
	clear(text)
	if string(kept.at(ref)) != "value" {
		t.Errorf("the caller's buffer is kept: %q", kept.at(ref))
	}
}

func TestProcessNames(t *testing.T) {
	for _, c := range []struct {
		process, path string
		name          string
		absent        bool
	}{
		{"SvcHost.EXE", `C:\other.exe`, "svchost.exe", false},
		{none, `C:\Windows\System32\SVCHOST.exe`, "svchost.exe", false},
		{"", `C:\Windows\System32\svchost.exe`, "svchost.exe", false},
		{none, `\??\C:\Windows\System32\conhost.exe`, "conhost.exe", false},
		{none, `\\server\share\tool.exe`, "tool.exe", false},
		{none, `\\?\UNC\server\share\tool.exe`, "tool.exe", false},
		{none, `\Device\HarddiskVolume3\Windows\notepad.exe`, "notepad.exe", false},
		{none, `C:/Program Files/Git/usr/bin/bash.exe`, "bash.exe", false},
		{none, `C:\mixed/last\name.exe`, "name.exe", false},
		{none, `C:\mixed\last/name.exe`, "name.exe", false},
		{none, `name.exe`, "name.exe", false},
		{none, `/usr/sbin/sshd`, "sshd", false},
		{none, `C:`, "c:", false},
		{"Registry", none, "registry", false},
		{".EXE", none, ".exe", false},
		{"İstanbul.exe", none, "i\u0307stanbul.exe", false},
		{"ΣΑΣ.exe", none, "σασ.exe", false},
		{"ẞK.exe", none, "ßk.exe", false}, // capital sharp s, Kelvin sign
		{`C:\a\b.exe`, none, `c:\a\b.exe`, false},
		{" svchost.exe ", none, " svchost.exe ", false},
		{"x\xffy.exe", none, "x\ufffdy.exe", false},
		{"", none, "", false},
		{none, "", "", false},
		{"", "", "", false},
		{none, `C:\trailing\`, "", false},
		{none, `/`, "", false},
		{none, none, "", true},
	} {
		name, absent := processName(record(0, c.process, c.path))
		if name != c.name || absent != c.absent {
			t.Errorf("%q, %q: %q, absent %v", c.process, c.path, name, absent)
		}
	}
}

// Each spelling of a name leads to the same count, in whatever order they come.
func TestSpellingsOfOneName(t *testing.T) {
	c := counted([]*event.Record{record(1, "A.exe"), record(2, "a.EXE"), record(3, "A.exe"), record(4, none, `C:\A.EXE`), record(5, "", `C:\a.exe`), record(6, "a.EXE")})
	if c.Names() != 1 || c.Count("a.exe") != 6 || c.Count("A.exe") != 0 {
		t.Errorf("%d names, %d and %d times", c.Names(), c.Count("a.exe"), c.Count("A.exe"))
	}
}

func FuzzCounts(f *testing.F) {
	c := counted(randomRecords(rand.New(rand.NewPCG(1, 2)), 50))
	file, err := c.Encode("note")
	if err != nil {
		f.Fatal(err)
	}
	empty, err := NewCounts().Encode("")
	if err != nil {
		f.Fatal(err)
	}
	foreign, err := table.NewWriter("masquerade-counts/4", columns).Close("note")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{file, empty, foreign, file[:len(file)-1], file[1:], nil, []byte("PAR1PAR1")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := NewCounts()
		note, err := c.Decode(data)
		if err != nil {
			if note != "" || !errors.Is(err, table.ErrDamaged) && !errors.Is(err, table.ErrFormat) {
				t.Errorf("note %q, %v", note, err)
			}
			return
		}
		if again, err := c.Encode(note); err != nil || !bytes.Equal(again, data) {
			t.Errorf("a file that was accepted is not what Encode writes (%v)", err)
		}
	})
}

// Every damage to a file, and a file of another version, is an error.
func TestDecodeOfDamagedFiles(t *testing.T) {
	file := encoded(t, counted(randomRecords(rand.New(rand.NewPCG(4, 4)), 30)))
	for n := 0; n < len(file); n += 1 + n%5 {
		damaged := bytes.Clone(file)
		damaged[n] ^= 1 << (n % 8)
		for _, bad := range [][]byte{damaged, file[:n]} {
			if _, err := NewCounts().Decode(bad); !errors.Is(err, table.ErrDamaged) && !errors.Is(err, table.ErrFormat) {
				t.Fatalf("damage at byte %d of %d: %v", n, len(file), err)
			}
		}
	}
	foreign, err := table.NewWriter("masquerade-counts/4", columns).Close("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewCounts().Decode(foreign); !errors.Is(err, table.ErrFormat) {
		t.Errorf("a later version: %v", err)
	}
}

// named returns the names that were counted.
func (c *Counts) allNames() map[string]bool {
	all := map[string]bool{}
	for ref := uint32(1); int(ref) < c.heads.len(); ref++ {
		all[string(c.names.at(ref))] = true
	}
	return all
}
