package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// row is a row of the test's table, as the library's row reader sees it.
type row struct {
	Name  *string `parquet:"name,optional"`
	Count int64   `parquet:"count"`
	Seen  int64   `parquet:"seen,timestamp(nanosecond)"`
	Tags  []tag   `parquet:"tags,list"`
}

type tag struct {
	Value string `parquet:"value"`
	Count int64  `parquet:"count"`
}

var columns = []Column{{"name", Text}, {"count", Int}, {"seen", Time}, {"tags", Tallies}}

func ptr(s string) *string { return &s }

var rows = []row{
	{nil, 3, -1, nil},
	{ptr(""), 1, 0, []tag{{"a", 1}, {"\u202e\x00", 2}}},
	{ptr("svchost.exe"), 1 << 40, 1763683200000000000, []tag{{"", 0}}},
	{ptr("a"), 0, 1, []tag{{"a", -5}}},
}

// byColumns is what Write takes of the rows.
func byColumns(rows []row) []Values {
	v := make([]Values, len(columns))
	known := map[string]int32{}
	for _, r := range rows {
		if r.Name == nil {
			v[0].Lens = append(v[0].Lens, 0)
		} else {
			v[0].Lens = append(v[0].Lens, 1)
			v[0].Texts.Add([]byte(*r.Name))
		}
		v[1].Ints = append(v[1].Ints, r.Count)
		v[2].Ints = append(v[2].Ints, r.Seen)
		v[3].Lens = append(v[3].Lens, byte(len(r.Tags)))
		for _, t := range r.Tags {
			ref, ok := known[t.Value]
			if !ok {
				ref = int32(v[3].Texts.Len())
				known[t.Value] = ref
				v[3].Texts.Add([]byte(t.Value))
			}
			v[3].Refs = append(v[3].Refs, ref)
			v[3].Ints = append(v[3].Ints, t.Count)
		}
	}
	return v
}

// byRows undoes byColumns.
func byRows(n int, v []Values) (rows []row) {
	names, tags := 0, 0
	for i := range n {
		r := row{Count: v[1].Ints[i], Seen: v[2].Ints[i]}
		if v[0].Lens[i] > 0 {
			r.Name = ptr(string(v[0].Texts.At(names)))
			names++
		}
		for range v[3].Lens[i] {
			r.Tags = append(r.Tags, tag{string(v[3].Texts.At(int(v[3].Refs[tags]))), v[3].Ints[tags]})
			tags++
		}
		rows = append(rows, r)
	}
	return rows
}

// encode writes rows, so many in a group.
func encode(t testing.TB, format, note string, rows []row, group int) []byte {
	t.Helper()
	w := NewWriter(format, columns)
	for part := range slices.Chunk(rows, group) {
		values := byColumns(part)
		if err := w.Write(len(part), func(i int) *Values { return &values[i] }); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.Close(note)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func decode(format string, file []byte) (rows []row, note string, err error) {
	r, err := Open(format, columns, file)
	if err != nil {
		return nil, "", err
	}
	values := make([]Values, len(columns))
	for i := range r.Groups() {
		n, err := r.Read(i, values)
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, byRows(n, values)...)
	}
	return rows, r.Note, nil
}

func randomRows(rng *rand.Rand, n int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{ptr(strings.Repeat("n", rng.IntN(5))), rng.Int64() >> rng.IntN(64), rng.Int64() >> rng.IntN(64), nil}
		if rng.IntN(10) == 0 {
			rows[i].Name = nil
		}
		for range rng.IntN(4) * rng.IntN(4) {
			rows[i].Tags = append(rows[i].Tags, tag{strings.Repeat("t", rng.IntN(300)), rng.Int64N(3)})
		}
	}
	return rows
}

func TestRoundTripAndSameBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, rows := range [][]row{rows, nil, rows[:1], randomRows(rng, 1), randomRows(rng, 100), randomRows(rng, 5000)} {
		for _, group := range []int{1 << 15, 7 + len(rows)/3} {
			one := encode(t, "test/1", `{"a":1}`, rows, group)
			if !bytes.Equal(one, encode(t, "test/1", `{"a":1}`, rows, group)) {
				t.Error("the same rows gave different bytes")
			}
			got, note, err := decode("test/1", one)
			if err != nil || note != `{"a":1}` || !reflect.DeepEqual(got, rows) {
				t.Fatalf("got %d rows of %d, note %q, error %v", len(got), len(rows), note, err)
			}
		}
	}
}

// A reader that knows nothing of this package sees the same rows.
func TestOthersReadIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	for _, rows := range [][]row{rows, nil, randomRows(rng, 3000)} {
		file := encode(t, "test/1", "", rows, 1000)
		got, err := parquet.Read[row](bytes.NewReader(file), int64(len(file)))
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%d rows of %d, %v", len(got), len(rows), err)
		}
		for i := range got {
			if len(got[i].Tags) == 0 {
				got[i].Tags = nil
			}
			if !reflect.DeepEqual(got[i], rows[i]) {
				t.Fatalf("row %d is %+v, want %+v", i, got[i], rows[i])
			}
		}
	}
}

// Files as they were written before, row by row by the library, are read too:
// in any encoding, and in several pages.
func TestRowWisePages(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(3, 9)), 2000)
	for i, options := range [][]parquet.WriterOption{
		{parquet.Compression(&parquet.Zstd)},
		{parquet.PageBufferSize(2000)},
		{parquet.PageBufferSize(2000), parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary)},
		{parquet.DataPageVersion(1), parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain)},
	} {
		var file bytes.Buffer
		w := parquet.NewGenericWriter[row](&file, options...)
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		values := make([]Values, len(columns))
		n, err := (&Reader{columns: columns, groups: f.RowGroups()}).Read(0, values)
		if err != nil || !reflect.DeepEqual(byRows(n, values), rows) {
			t.Errorf("options %d: %d rows of %d, %v", i, n, len(rows), err)
		}
	}
}

// What does not fit together is no table, whoever has written it.
func TestMisfits(t *testing.T) {
	for name, spoil := range map[string]func(v []Values){
		"a name too few":    func(v []Values) { v[0].Lens[1] = 0 },
		"a number too few":  func(v []Values) { v[1].Ints = v[1].Ints[1:] },
		"a count too few":   func(v []Values) { v[3].Ints = v[3].Ints[1:] },
		"no such text":      func(v []Values) { v[3].Refs[0] = 99 },
		"a tally too many":  func(v []Values) { v[3].Lens[0]++ },
		"one row too few":   func(v []Values) { v[3].Lens = v[3].Lens[1:] },
		"one row too many":  func(v []Values) { v[3].Lens = append(v[3].Lens, 0) },
		"a negative number": func(v []Values) { v[3].Refs[0] = -1 },
	} {
		v := byColumns(rows)
		spoil(v)
		w := NewWriter("test/1", columns)
		if err := w.Write(len(rows), func(i int) *Values { return &v[i] }); err != nil {
			continue
		}
		file, err := w.Close("")
		if err != nil {
			continue
		}
		if _, _, err := decode("test/1", file); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open("test/1", columns[:3], encode(t, "test/1", "", rows, 9)); !errors.Is(err, ErrDamaged) {
		t.Errorf("other columns: %v", err)
	}
}

// The checksum's own marker in the note must not lead astray.
func TestMarkerInNote(t *testing.T) {
	note := keySum + "\x18\x40" + string(bytes.Repeat([]byte("f"), 64))
	if _, got, err := decode("test/1", encode(t, "test/1", note, rows, 9)); err != nil || got != note {
		t.Errorf("note %q, error %v", got, err)
	}
}

func TestEveryDamageIsSeen(t *testing.T) {
	file := encode(t, "test/1", "note", rows, 9)
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x41
		if _, _, err := decode("test/1", bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d of %d changed: error %v", i, len(file), err)
		}
		if _, _, err := decode("test/1", file[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: error %v", i, err)
		}
	}
	if _, _, err := decode("test/1", append(bytes.Clone(file), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("one byte more: error %v", err)
	}
	if _, _, err := decode("test/2", file); !errors.Is(err, ErrFormat) {
		t.Errorf("another version: error %v", err)
	}
}

// A few bytes cannot stand for more rows than any file of ours has.
func TestRowsThatAreNotThere(t *testing.T) {
	const rows = 1<<24 + 1
	w := NewWriter("test/1", []Column{{"name", Text}})
	w.groups = append(w.groups, format.RowGroup{NumRows: rows})
	w.rows = rows
	w.begin(format.ByteArray, format.Snappy).Statistics.NullCount = rows
	w.defined = append(binary.AppendUvarint(nil, rows<<1), 0) // one run of levels
	if err := w.dataPage(rows, rows, 0, format.Plain, nil); err != nil {
		t.Fatal(err)
	}
	file, err := w.Close("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open("test/1", []Column{{"name", Text}}, file); !errors.Is(err, ErrDamaged) {
		t.Errorf("%d rows in %d bytes: %v", rows, len(file), err)
	}
}

// A choice of columns is read as all of them are, and the others are left alone.
func TestReadSomeColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const marked = -47
	for range 60 {
		order := rng.Perm(len(columns))
		shuffled := make([]Column, len(columns))
		for i, from := range order {
			shuffled[i] = columns[from]
		}
		w := NewWriter("t/1", shuffled)
		for part := range slices.Chunk(randomRows(rng, 1+rng.IntN(40)), 7) {
			values := byColumns(part)
			if err := w.Write(len(part), func(i int) *Values { return &values[order[i]] }); err != nil {
				t.Fatal(err)
			}
		}
		file, err := w.Close("")
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open("t/1", shuffled, file)
		if err != nil {
			t.Fatal(err)
		}
		only := rng.Perm(len(columns))[:1+rng.IntN(len(columns))]
		for i := range r.Groups() {
			want, got := make([]Values, len(columns)), make([]Values, len(columns))
			for column := range got {
				got[column].Ints = []int64{marked}
			}
			n, err := r.Read(i, want)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := r.Read(i, got, only...)
			if err != nil || rows != n {
				t.Fatalf("%d rows of %d, %v", rows, n, err)
			}
			for column := range columns {
				v := want[column]
				if !slices.Contains(only, column) {
					v = Values{Ints: []int64{marked}}
				}
				if !slices.Equal(got[column].Ints, v.Ints) || !bytes.Equal(got[column].Lens, v.Lens) || !slices.Equal(got[column].Refs, v.Refs) || !bytes.Equal(got[column].Texts.plain, v.Texts.plain) {
					t.Fatalf("of the columns %v, column %d: %+v, want %+v", only, column, got[column], v)
				}
			}
		}
	}
}
