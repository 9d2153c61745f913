package masquerade

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage/table"
)

type forgedRow struct {
	name         string
	null         bool
	origin       string // "-" for none; if empty, unknown
	count        int64
	first, last  int64
	hours        int64 // if 0, those of first and last; -1 for none
	paths, hosts []Tally
	sketch       string
}

// texts returns the row's texts in a column of one text a row, or none.
func (r forgedRow) text(column int) (text string, has bool) {
	switch column {
	case columnName:
		return r.name, !r.null
	case columnOrigin:
		return cmp.Or(r.origin, "unknown"), r.origin != "-"
	}
	return r.sketch, r.sketch != ""
}

func forge(t *testing.T, rows []forgedRow) []byte { return forgeWith(t, rows, "") }

// forgeWith makes a file of rows, with hosts of the estate.
func forgeWith(t *testing.T, rows []forgedRow, extra string) []byte {
	w := table.NewWriter(format, columns)
	w.Extra = extra
	for group := range slices.Chunk(rows, groupRows) {
		err := w.Write(len(group), func(col int) *table.Values {
			v := new(table.Values)
			for _, r := range group {
				r.fill(v, col)
			}
			return v
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.Close("n")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// fill appends the row's part of a column.
func (r forgedRow) fill(v *table.Values, column int) {
	switch column {
	case columnName, columnOrigin, columnSketch:
		text, has := r.text(column)
		v.Lens = append(v.Lens, 0)
		if has {
			v.Lens[len(v.Lens)-1] = 1
			v.Texts.Add([]byte(text))
		}
	case columnCount, columnFirst, columnLast:
		v.Ints = append(v.Ints, [...]int64{r.count, r.first, r.last}[column-columnCount])
	case columnHours:
		switch r.hours {
		case 0:
			r.hours = int64(hourOf(r.first) | hourOf(r.last))
		case -1:
			r.hours = 0
		}
		v.Ints = append(v.Ints, r.hours)
	default:
		values := [kinds][]Tally{paths: r.paths, hosts: r.hosts}[column-columnContext]
		v.Lens = append(v.Lens, byte(len(values)))
		for _, x := range values {
			v.Refs = append(v.Refs, int32(v.Texts.Len()))
			v.Texts.Add([]byte(x.Value))
			v.Ints = append(v.Ints, x.Count)
		}
	}
}

const anHour = int64(time.Hour)

// hostsByHash are n hosts as a sample has them.
func hostsByHash(n int) []Tally {
	all := map[string]int64{}
	for i := range n {
		all[fmt.Sprint("host", i)] = 1
	}
	return smallestByHand(all, n)
}

// sketchOf is the sketch of values, as it is written.
func sketchOf(values []Tally) string {
	var s sketch
	for _, v := range values {
		s.add(orderOf([]byte(v.Value)))
	}
	return string(s.encode())
}

// A file of rows that Encode never writes is refused, however right its checksum.
func TestForgedRows(t *testing.T) {
	long := make([]Tally, 9)
	for i := range long {
		long[i] = Tally{string(rune('a' + i)), 1}
	}
	eight, nine := hostsByHash(9)[:8], sketchOf(hostsByHash(9))
	good := forgedRow{name: "b.exe", origin: "system32", count: 10, hosts: eight, sketch: nine, paths: []Tally{{"x", 9}}}
	for what, rows := range map[string][]forgedRow{
		"good":      {{null: true, count: 2}, {name: "a.exe", count: 1}, {name: "b.exe", count: 2}, good, {name: "b.exe", origin: "system32 odd-parent", count: 1}},
		"no sketch": {{name: "b.exe", count: 10, hosts: eight}},
		"hours":     {{name: "b.exe", count: 3, last: 3 * anHour, hours: 0b1011}, {name: "c.exe", count: 3, last: 3 * anHour, hours: 0b1001 | int64(unsure)}},
	} {
		c := NewCounts()
		if _, err := c.Decode(forge(t, rows)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, rows := range map[string][]forgedRow{
		"unknown origin":            {{name: "a.exe", origin: "system33", count: 2}},
		"empty origin":              {{name: "a.exe", origin: " ", count: 2}},
		"another text of an origin": {{name: "a.exe", origin: "System32", count: 2}},
		"no origin":                 {{name: "a.exe", origin: "-", count: 2}},
		"origins out of order":      {{name: "a.exe", origin: "system32", count: 2}, {name: "a.exe", count: 2}},
		"origin twice":              {{name: "a.exe", origin: "system32", count: 2}, {name: "a.exe", origin: "system32", count: 2}},
		"odd before":                {{name: "a.exe", origin: "unknown odd-parent", count: 2}, {name: "a.exe", origin: "elsewhere", count: 2}},
		"name, then none":           {{name: "a.exe", count: 2}, {null: true, count: 2}, {null: true, count: 2}},
		"sketch of seven hosts":     {{name: "a.exe", count: 10, hosts: eight[:7], sketch: nine}},
		"sketch of one event":       {{name: "a.exe", count: 1, hosts: eight[:1], sketch: nine}},
		"short sketch":              {{name: "a.exe", count: 10, hosts: eight, sketch: nine[1:]}},
		"long sketch":               {{name: "a.exe", count: 10, hosts: eight, sketch: nine + "A"}},
		"sketch without its own":    {{name: "a.exe", count: 10, hosts: eight, sketch: string(bytes.Repeat([]byte("A"), 256))}},
		"sketch below A":            {{name: "a.exe", count: 10, hosts: eight, sketch: "@" + nine[1:]}},
		"sketch beyond its bits":    {{name: "a.exe", count: 10, hosts: eight, sketch: "[" + nine[1:]}},
		"hosts out of order":        {{name: "a.exe", count: 10, hosts: []Tally{eight[1], eight[0]}}},
		"negative tally":            {{name: "a.exe", count: 2, paths: []Tally{{"x", -5}}}},
		"zero tally":                {{name: "a.exe", count: 2, paths: []Tally{{"x", 0}}}},
		"more than events":          {{name: "a.exe", count: 2, paths: []Tally{{"x", 99}}}},
		"max":                       {{name: "a.exe", count: 2, paths: []Tally{{"x", math.MaxInt64}}}},
		"first after last":          {{name: "a.exe", count: 2, first: 5, last: 1}},
		"out of order":              {{name: "b.exe", count: 2}, {name: "a.exe", count: 2}},
		"nine":                      {{name: "b.exe", count: 20, paths: long}},
		"empty name twice":          {{count: 2}, {count: 2}},
		"empty names out of order":  {{origin: "windows", count: 2}, {origin: "system32", count: 2}},
		"twice":                     {{name: "b.exe", count: 2}, {name: "b.exe", count: 2}},
		"null twice":                {{null: true, count: 2}, {null: true, count: 2}},
		"no count":                  {{name: "a.exe"}},
		"empty value":               {{name: "a.exe", count: 2, paths: []Tally{{"", 1}}}},
		"once, two":                 {{name: "a.exe", count: 1, paths: []Tally{{"", 2}}}},
		"once, first is not last":   {{name: "a.exe", count: 1, first: 1, last: 5}},
		"no hours":                  {{name: "a.exe", count: 5, hours: -1}},
		"without the first's hour":  {{name: "a.exe", count: 5, last: 2 * anHour, hours: 0b100}},
		"without the last's hour":   {{name: "a.exe", count: 5, last: 2 * anHour, hours: 0b001}},
		"hours before the first":    {{name: "a.exe", count: 5, first: anHour, last: 2 * anHour, hours: 0b111}},
		"hours behind the last":     {{name: "a.exe", count: 5, last: anHour, hours: 0b1000_0000_0011}},
		"more hours than events":    {{name: "a.exe", count: 2, last: 2 * anHour, hours: 0b111}},
		"hours of no day":           {{name: "a.exe", count: 5, hours: 1 | 1<<25}},
		"hours beyond 32 bits":      {{name: "a.exe", count: 5, hours: 1 | 1<<32}},
		"negative hours":            {{name: "a.exe", count: 5, hours: -2}},
	} {
		_, err := NewCounts().Decode(forge(t, rows))
		if !errors.Is(err, table.ErrDamaged) {
			t.Errorf("%s: accepted (%v)", what, err)
		}
	}
}

// The hosts of the estate are hashes in order, none twice, no more than are kept.
func TestForgedHosts(t *testing.T) {
	text := func(hashes ...uint64) string {
		var b []byte
		for _, h := range hashes {
			b = binary.BigEndian.AppendUint64(b, h)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	many := make([]uint64, mostHosts+2)
	for i := range many {
		many[i] = uint64(i)
	}
	for what, c := range map[string]struct {
		extra string
		want  error
	}{
		"none":             {"", nil},
		"some":             {text(0, 1, math.MaxUint64), nil},
		"most":             {text(many[:mostHosts+1]...), nil},
		"too many":         {text(many...), table.ErrDamaged},
		"out of order":     {text(2, 1), table.ErrDamaged},
		"twice":            {text(2, 2), table.ErrDamaged},
		"zero twice":       {text(0, 0), table.ErrDamaged},
		"cut":              {base64.StdEncoding.EncodeToString(make([]byte, 7)), table.ErrDamaged},
		"not base64":       {"?", table.ErrDamaged},
		"base64 otherwise": {strings.TrimRight(text(1), "="), table.ErrDamaged},
	} {
		counts := NewCounts()
		_, err := counts.Decode(forgeWith(t, nil, c.extra))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil && counts.hosts.encode() != c.extra {
			t.Errorf("%s: goes on as other hosts", what)
		}
	}
}

// sealed sets the checksum of a file right: 64 digits two bytes behind its key.
func sealed(file []byte) []byte {
	const key, digits = "sparkless.sha256", 2 * sha256.Size
	at := bytes.LastIndex(file, []byte(key)) + len(key) + 2
	if at < len(key)+2 || at+digits > len(file) {
		return file
	}
	copy(file[at:], bytes.Repeat([]byte("0"), digits))
	sum := sha256.Sum256(file)
	hex.Encode(file[at:], sum[:])
	return file
}

// FuzzForged writes something over a part of a file, of either writer, and sets
// its checksum right: what is accepted is counts like others.
func FuzzForged(f *testing.F) {
	first, err := os.ReadFile("testdata/counts-v1.parquet")
	if err != nil {
		f.Fatal(err)
	}
	file, err := counted(randomRecords(rand.New(rand.NewPCG(1, 2)), 50)).Encode("note")
	if err != nil {
		f.Fatal(err)
	}
	files := [][]byte{file, first}
	for i, file := range files {
		f.Add(uint8(i), uint32(4), []byte{0x15, 0x80, 0x80, 2})
		f.Add(uint8(i), uint32(len(file)/2), []byte{0xff, 0xff, 0xff, 0xff, 15})
		f.Add(uint8(i), uint32(len(file)-500), []byte{0x16, 0xff, 0xff, 0x7f})
		f.Add(uint8(i), uint32(len(file)-20), []byte("masquerade-counts/2"))
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, over []byte) {
		file := bytes.Clone(files[int(which)%len(files)])
		start := int(at) % (len(file) + 1)
		file = sealed(append(file[:start], append(bytes.Clone(over), file[min(start+len(over), len(file)):]...)...))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := NewCounts()
		note, err := c.Decode(file)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20+3000*uint64(len(file)) {
			t.Errorf("%d bytes allocated for %d (%v)", n, len(file), err)
		}
		if err != nil {
			if note != "" || !errors.Is(err, table.ErrDamaged) && !errors.Is(err, table.ErrFormat) {
				t.Errorf("note %q, %v", note, err)
			}
			return
		}
		again := NewCounts()
		if _, err := again.Decode(encoded(t, c)); err != nil || !equal(again, c) {
			t.Errorf("what was accepted is no counts: %v", err)
		}
	})
}
