package masquerade

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"sparkless/storage/table"
)

type forgedRow struct {
	name        string
	null        bool
	count       int64
	first, last int64
	paths       []Tally
}

func forge(t *testing.T, rows []forgedRow) []byte {
	w := table.NewWriter(format, columns)
	err := w.Write(len(rows), func(col int) *table.Values {
		v := new(table.Values)
		for _, r := range rows {
			switch col {
			case columnName:
				if r.null {
					v.Lens = append(v.Lens, 0)
				} else {
					v.Lens = append(v.Lens, 1)
					v.Texts.Add([]byte(r.name))
				}
			case columnCount:
				v.Ints = append(v.Ints, r.count)
			case columnFirst:
				v.Ints = append(v.Ints, r.first)
			case columnLast:
				v.Ints = append(v.Ints, r.last)
			case columnContext:
				v.Lens = append(v.Lens, byte(len(r.paths)))
				for _, p := range r.paths {
					v.Refs = append(v.Refs, int32(v.Texts.Len()))
					v.Texts.Add([]byte(p.Value))
					v.Ints = append(v.Ints, p.Count)
				}
			default:
				v.Lens = append(v.Lens, 0)
			}
		}
		return v
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.Close("n")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A file of rows that Encode never writes is refused, however right its checksum.
func TestForgedRows(t *testing.T) {
	long := make([]Tally, 9)
	for i := range long {
		long[i] = Tally{string(rune('a' + i)), 1}
	}
	for what, rows := range map[string][]forgedRow{
		"negative tally":          {{name: "a.exe", count: 2, paths: []Tally{{"x", -5}}}},
		"zero tally":              {{name: "a.exe", count: 2, paths: []Tally{{"x", 0}}}},
		"more than events":        {{name: "a.exe", count: 2, paths: []Tally{{"x", 99}}}},
		"max":                     {{name: "a.exe", count: 2, paths: []Tally{{"x", math.MaxInt64}}}},
		"first after last":        {{name: "a.exe", count: 2, first: 5, last: 1}},
		"out of order":            {{name: "b.exe", count: 2}, {name: "a.exe", count: 2}},
		"nine":                    {{name: "b.exe", count: 20, paths: long}},
		"twice":                   {{name: "b.exe", count: 2}, {name: "b.exe", count: 2}},
		"null twice":              {{null: true, count: 2}, {null: true, count: 2}},
		"no count":                {{name: "a.exe"}},
		"empty value":             {{name: "a.exe", count: 2, paths: []Tally{{"", 1}}}},
		"once, two":               {{name: "a.exe", count: 1, paths: []Tally{{"", 2}}}},
		"once, first is not last": {{name: "a.exe", count: 1, first: 1, last: 5}},
	} {
		_, err := NewCounts().Decode(forge(t, rows))
		if !errors.Is(err, table.ErrDamaged) {
			t.Errorf("%s: accepted (%v)", what, err)
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
