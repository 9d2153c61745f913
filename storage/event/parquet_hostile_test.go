package event_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"sparkless/storage"
	"sparkless/storage/event"
)

// smallFile is some events as Parquet: of two row groups, with levels,
// dictionaries and both kinds of compression.
func smallFile(t testing.TB, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	sh := randomShape(rng)
	sh.flushes = 0.05
	_, file := sh.write(t, rng, 40)
	return file
}

// readWhole reads a file, and fails if what is wrong with it is called neither
// corrupt nor unsupported or names no blob.
func readWhole(t testing.TB, file []byte) ([]string, error) {
	t.Helper()
	records, stats, err := read(event.NewScanner(parquetQuery, day), blob{data: file}, 4, event.Whole(parquetBlob(file)))
	if err != nil && (errors.Is(err, event.ErrCorrupt) == errors.Is(err, event.ErrUnsupported) || !strings.Contains(err.Error(), "part-0.PARQUET")) {
		t.Fatal(err)
	}
	if stats.Records != int64(len(records)) || stats.Lines < stats.Records {
		t.Fatalf("%d records, %+v", len(records), stats)
	}
	return records, err
}

func TestParquetDamaged(t *testing.T) {
	for seed := range uint64(3) {
		file := smallFile(t, seed)
		if _, err := readWhole(t, file); err != nil {
			t.Fatal(err)
		}
		for n := range file {
			if n%29 == 0 || n > len(file)-12 {
				if _, err := readWhole(t, file[:n]); err == nil {
					t.Fatalf("seed %d: cut to %d of %d bytes and not noticed", seed, n, len(file))
				}
			}
			if n%5 == 2*int(seed) {
				bad := bytes.Clone(file)
				bad[n] ^= 1 << (n % 8)
				readWhole(t, bad)
			}
		}
	}
}

// forged changes what the footer says.
func forged(t testing.TB, file []byte, change func(m *format.FileMetaData)) []byte {
	n := binary.LittleEndian.Uint32(file[len(file)-8:])
	footer := file[len(file)-8-int(n) : len(file)-8]
	var p thrift.CompactProtocol
	var m format.FileMetaData
	if err := thrift.Unmarshal(&p, footer, &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	b, err := thrift.Marshal(&p, &m)
	if err != nil {
		t.Fatal(err)
	}
	return closed(slices.Concat(file[:len(file)-8-int(n)], b), len(b))
}

// closed ends a file whose footer takes n bytes.
func closed(file []byte, n int) []byte {
	return append(binary.LittleEndian.AppendUint32(file, uint32(n)), "PAR1"...)
}

// lies are changes of a footer that no reader may believe.
func lies() map[string]func(m *format.FileMetaData) {
	each := func(change func(*format.RowGroup, *format.ColumnMetaData)) func(m *format.FileMetaData) {
		return func(m *format.FileMetaData) {
			for i := range m.RowGroups {
				for k := range m.RowGroups[i].Columns {
					change(&m.RowGroups[i], &m.RowGroups[i].Columns[k].MetaData)
				}
			}
		}
	}
	return map[string]func(m *format.FileMetaData){
		"more rows": each(func(g *format.RowGroup, c *format.ColumnMetaData) { g.NumRows, c.NumValues = 1<<60, 1<<60 }),
		"one row more": each(func(g *format.RowGroup, c *format.ColumnMetaData) {
			g.NumRows, c.NumValues = c.NumValues+1, c.NumValues+1
		}),
		"one row less": each(func(g *format.RowGroup, c *format.ColumnMetaData) {
			g.NumRows, c.NumValues = c.NumValues-1, c.NumValues-1
		}),
		"negative rows": each(func(g *format.RowGroup, c *format.ColumnMetaData) { g.NumRows, c.NumValues = -1, -1 }),
		"rows differ":   each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.NumValues++ }),
		"far away": each(func(g *format.RowGroup, c *format.ColumnMetaData) {
			c.DataPageOffset, c.DictionaryPageOffset = 1<<62, 0
		}),
		"before":              each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.DataPageOffset, c.DictionaryPageOffset = -5, 0 }),
		"too long":            each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.TotalCompressedSize = 1<<63 - 1 }),
		"too short":           each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.TotalCompressedSize = 3 }),
		"negative":            each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.TotalUncompressedSize = -1 }),
		"other type":          each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.Type = (c.Type + 1) % 8 }),
		"rows without values": each(func(g *format.RowGroup, c *format.ColumnMetaData) { g.NumRows = 1 << 39 }),
		"rows of a column that is not read": func(m *format.FileMetaData) {
			for i := range m.RowGroups {
				g := &m.RowGroups[i]
				k := slices.IndexFunc(g.Columns, func(c format.ColumnChunk) bool { return c.MetaData.PathInSchema[0] == "EventID" })
				g.Columns[(k+1)%len(g.Columns)].MetaData.NumValues--
			}
		},
		"rows in all without end": func(m *format.FileMetaData) {
			for range 3 {
				g := m.RowGroups[0]
				g.Columns, g.NumRows = slices.Clone(g.Columns), 1<<39
				for i := range g.Columns {
					g.Columns[i].MetaData.NumValues = 1 << 39
					g.Columns[i].MetaData.Statistics.MinValue, g.Columns[i].MetaData.Statistics.MaxValue = make([]byte, 4), make([]byte, 4)
				}
				m.RowGroups = append(m.RowGroups, g)
			}
		},
		"bytes without end": each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.TotalUncompressedSize = 1 << 62 }),
		"column missing": func(m *format.FileMetaData) {
			g := &m.RowGroups[0]
			g.Columns = g.Columns[:len(g.Columns)-1]
		},
		"columns in another order": func(m *format.FileMetaData) { slices.Reverse(m.RowGroups[0].Columns) },
		"column of another name":   each(func(g *format.RowGroup, c *format.ColumnMetaData) { c.PathInSchema = []string{"x"} }),
		"data in another file":     func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "x.parquet" },
		"encrypted": func(m *format.FileMetaData) {
			for i := range m.RowGroups[0].Columns {
				m.RowGroups[0].Columns[i].CryptoMetadata.Value = &format.EncryptionWithFooterKey{}
			}
		},
		"no columns": func(m *format.FileMetaData) { m.RowGroups[0].Columns = nil },
		"no schema":  func(m *format.FileMetaData) { m.Schema = m.Schema[:0] },
		"deep schema": func(m *format.FileMetaData) {
			m.Schema[1].Type.Valid = false
			m.Schema[1].NumChildren = m.Schema[0].NumChildren
		},
		"repeated": func(m *format.FileMetaData) {
			for i := range m.Schema {
				m.Schema[i].RepetitionType.V = format.Repeated
			}
		},
	}
}

func TestParquetFootersThatLie(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		sh := randomShape(rng)
		if !slices.ContainsFunc(sh.columns, func(c shapedColumn) bool { return c.name == "EventID" }) {
			continue // no column is read
		}
		sh.flushes = 0.1
		for i := range sh.columns {
			if sh.columns[i].name == "EventID" {
				sh.columns[i].kind, sh.columns[i].tags, sh.columns[i].optional = typeInt32, "plain", false
				sh.columns[i].pick = func(*rand.Rand) any { return int32(4688) } // so that no row group is left out
			}
		}
		_, file := sh.write(t, rng, 40)
		for name, lie := range lies() {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err := readWhole(t, forged(t, file, lie)); err == nil {
				t.Errorf("seed %d: %s: no error\n%s", seed, name, sh.note)
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
				t.Errorf("seed %d: %s: %d bytes allocated", seed, name, n)
			}
		}
	}
}

// Some writers name a place for the dictionary where there is none.
func TestParquetDictionaryBehindData(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	sh := shape{columns: []shapedColumn{
		{name: "EventID", kind: typeInt32, tags: "plain", pick: func(*rand.Rand) any { return int32(1) }},
		{name: "TimeGenerated", kind: typeText, tags: "plain", pick: func(*rand.Rand) any { return "2026-11-20T07:00:00Z" }},
	}}
	_, file := sh.write(t, rng, 40)
	file = forged(t, file, func(m *format.FileMetaData) {
		for i := range m.RowGroups[0].Columns {
			c := &m.RowGroups[0].Columns[i].MetaData
			c.DictionaryPageOffset = c.DataPageOffset + 5
		}
	})
	if got, err := readWhole(t, file); len(got) != 40 || err != nil {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// A footer may claim lists of any length, and be of any length itself.
func TestParquetHugeClaims(t *testing.T) {
	list := func(field byte, n uint64) []byte { // of structs
		return binary.AppendUvarint([]byte{field<<4 | 9, 0xfc}, n)
	}
	good := []byte{0x15, 2} // version 1
	for name, footer := range map[string][]byte{
		"schema of 2^31":      slices.Concat(good, list(1, 1<<31-1), bytes.Repeat([]byte{0}, 100)),
		"empty row groups":    slices.Concat(good, list(3, 1<<20), make([]byte, 1<<20+1)),
		"empty columns":       slices.Concat(good, list(3, 1), list(1, 1<<20), make([]byte, 1<<20+2)),
		"nested without end":  slices.Concat(good, bytes.Repeat([]byte{0x1c}, 1<<16)),
		"a text of 2^31":      append(good, 0x58, 0xff, 0xff, 0xff, 0xff, 7),
		"a map":               append(good, 0x5b, 1, 0x11, 1, 1, 0),
		"nothing":             {},
		"an unfinished field": {0x15},
		"columns of 3 bytes":  slices.Concat(good, list(3, 300), bytes.Repeat(slices.Concat(list(1, 1000), bytes.Repeat([]byte{0x26, 0, 0}, 1000), []byte{0x16, 0, 0x16, 0, 0}), 300), []byte{0}),
	} {
		file := closed(append([]byte("PAR1"), footer...), len(footer))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := readWhole(t, file); err == nil {
			t.Errorf("%s: no error", name)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
	for _, n := range []int{1 << 31, 1<<32 - 1, 13, 5, 0} {
		if _, err := readWhole(t, closed([]byte("PAR1\x15\x02\x00"), n)); err == nil {
			t.Errorf("a footer of %d bytes: no error", n)
		}
	}
}

// Names decide what is Parquet, and a name that is wrong about it is an error.
func TestParquetByName(t *testing.T) {
	file := smallFile(t, 1)
	for name, c := range map[string]struct {
		data []byte
		want string // in the error
	}{
		"x.parquet":        {file, ""},
		"x.snappy.parquet": {file, ""},
		"X.PARQUET":        {file, ""},
		"x.json":           {file, "does not end in .parquet; rename it"},
		"x.parquet.json":   {file, "does not end in .parquet; rename it"},
		"j.parquet":        {[]byte(line), "does not end in PAR1"},
		"e.parquet":        {nil, "0 bytes are no whole Parquet file"},
		"s.parquet":        {[]byte("PAR1PAR1"), "8 bytes"},
	} {
		b := storage.Blob{Name: name, Size: int64(len(c.data))}
		_, _, err := read(event.NewScanner(parquetQuery, day), blob{data: c.data}, 4, event.Whole(b))
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, event.ErrCorrupt) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), name)) {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && b.Size > 9 && !strings.HasSuffix(name, "json") { // every part says so
			_, _, err = read(event.NewScanner(parquetQuery, day), blob{data: c.data}, 4, event.Range{Blob: b, Offset: 9, Length: b.Size - 9})
			if !errors.Is(err, event.ErrCorrupt) {
				t.Errorf("%s from byte 9: %v", name, err)
			}
		}
	}
}

// failingAt is a store whose n-th request fails: at once, or while it is read.
type failingAt struct {
	blob
	n    *int
	late bool
	err  error
}

func (f failingAt) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	*f.n--
	switch {
	case *f.n != 0:
		return f.blob.Open(ctx, b, offset, length)
	case f.late:
		broken := f.blob
		broken.err = f.err
		return broken.Open(ctx, b, offset, length/2)
	}
	return nil, f.err
}

// What the store says is not taken for damage of the blob.
func TestParquetStoreErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	sh, noise := randomShape(rng), randomText(1<<16)
	sh.columns = append(sh.columns, shapedColumn{name: "Weight", kind: typeText, tags: "plain,uncompressed", pick: func(r *rand.Rand) any { return noise[r.IntN(len(noise)-3000):][:3000] }})
	_, file := sh.write(t, rng, 600)
	if len(file) <= 1<<20 {
		t.Fatal("a small blob takes one request")
	}
	for _, want := range []error{storage.ErrChanged, storage.ErrNotExist, errors.New("connection reset"), io.ErrUnexpectedEOF, context.Canceled} {
		for _, late := range []bool{false, true} {
			failures := 0
			for n := 1; ; n++ {
				left := n
				_, _, err := read(event.NewScanner(parquetQuery, day), failingAt{blob{data: file}, &left, late, want}, 4, event.Whole(parquetBlob(file)))
				if left > 0 && err == nil {
					break // fewer requests than n
				}
				if failures++; !errors.Is(err, want) || errors.Is(err, event.ErrCorrupt) || !strings.Contains(err.Error(), "part-0.PARQUET") {
					t.Fatalf("request %d: %v, want %v", n, err, want)
				}
			}
			if failures < 3 {
				t.Errorf("only %d requests", failures)
			}
		}
	}
	for instead, want := range map[error]error{storage.ErrChanged: storage.ErrChanged, io.ErrNoProgress: io.ErrNoProgress} { // behind all bytes
		if _, _, err := read(event.NewScanner(parquetQuery, day), blob{data: file, err: instead}, 4, event.Whole(parquetBlob(file))); !errors.Is(err, want) {
			t.Errorf("%v at the end: %v", instead, err)
		}
	}
	left := 2
	if _, _, err := read(event.NewScanner(parquetQuery, day), failingAt{blob{data: file}, &left, true, io.EOF}, 4, event.Whole(parquetBlob(file))); !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, event.ErrCorrupt) {
		t.Errorf("a body that ends early: %v", err)
	}
}

// FuzzParquet writes something over a part of a file.
func FuzzParquet(f *testing.F) {
	var files [][]byte
	for seed := range uint64(12) {
		files = append(files, smallFile(f, seed))
		f.Add(uint8(seed), uint32(len(files[seed])-40), []byte{0x15, 0xff, 0x7f})
		f.Add(uint8(seed), uint32(10), []byte{0x15, 0x80, 0x80, 2})
	}
	f.Add(uint8(0), uint32(0), files[1])
	f.Fuzz(func(t *testing.T, which uint8, at uint32, over []byte) {
		file := bytes.Clone(files[int(which)%len(files)])
		start := int(at) % (len(file) + 1)
		readWhole(t, append(file[:start], append(over, file[min(start+len(over), len(file)):]...)...))
	})
}
