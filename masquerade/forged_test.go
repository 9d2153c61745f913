package masquerade

import (
	"errors"
	"math"
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
