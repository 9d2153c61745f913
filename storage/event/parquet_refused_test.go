package event_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"sparkless/storage"
	"sparkless/storage/event"
)

// events is a table of wanted events, whose Process is null.
func events(t testing.TB, rows int) []byte {
	sh := shape{columns: []shapedColumn{
		{name: "EventID", kind: typeInt32, tags: "dict", pick: func(*rand.Rand) any { return int32(4688) }},
		{name: "TimeGenerated", kind: typeText, tags: "plain", pick: func(*rand.Rand) any { return "2026-11-20T07:00:00Z" }},
		{name: "Process", kind: typeInt32, tags: "plain", optional: true, pick: func(*rand.Rand) any { return nil }},
	}}
	_, file := sh.write(t, rand.New(rand.NewPCG(1, 1)), rows)
	return file
}

// What is not damaged but not read says what to do instead.
func TestParquetUnsupported(t *testing.T) {
	file := events(t, 4)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"encrypted":          {append(bytes.Clone(file[:len(file)-4]), "PARE"...), "without encryption"},
		"a footer too large": {closed(make([]byte, 40<<20), 33<<20), "larger row groups"},
		"a type": {forged(t, file, func(m *format.FileMetaData) {
			for i := range m.Schema {
				m.Schema[i].LogicalType.Value = &format.TimeType{}
			}
		}), "write it as text"},
		"a compression": {forged(t, file, func(m *format.FileMetaData) {
			for i := range m.RowGroups[0].Columns {
				m.RowGroups[0].Columns[i].MetaData.Codec = format.LZO
			}
		}), "use zstd"},
	} {
		if _, err := readWhole(t, c.file); !errors.Is(err, event.ErrUnsupported) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "remove") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Arrow writes a column of nulls only as whole numbers that mean nothing.
func TestParquetNullColumn(t *testing.T) {
	file := forged(t, events(t, 40), func(m *format.FileMetaData) {
		for i := range m.Schema {
			if m.Schema[i].Name == "Process" {
				m.Schema[i].LogicalType.Value = &format.NullType{}
				m.Schema[i].ConvertedType.Valid = false
			}
		}
	})
	if got, err := readWhole(t, file); err != nil || len(got) != 40 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// Rows must not be lost in silence.
func TestParquetRowsLost(t *testing.T) {
	file := events(t, 40)
	if got, err := readWhole(t, file); err != nil || len(got) != 40 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	if _, err := readWhole(t, forged(t, file, func(m *format.FileMetaData) {
		for i := range m.RowGroups[0].Columns {
			c := &m.RowGroups[0].Columns[i].MetaData
			if d := c.DictionaryPageOffset; d > 0 {
				c.TotalCompressedSize -= c.DataPageOffset - d
				c.DictionaryPageOffset, c.Statistics = 0, format.Statistics{}
			}
		}
	})); err == nil {
		t.Error("no dictionary, and no error")
	}
	n := int64(len(file))
	for range 5 { // until the size of the file is what the footer says
		file = forged(t, file, func(m *format.FileMetaData) {
			c := &m.RowGroups[0].Columns[0].MetaData
			c.DataPageOffset, c.DictionaryPageOffset, c.TotalCompressedSize = n, 0, 0
		})
		n = int64(len(file))
	}
	if _, err := readWhole(t, file); err == nil {
		t.Error("a row group where the file ends, and no error")
	}
}

// A lane keeps no large pages for the blobs that it reads next.
func TestParquetPagesNotKept(t *testing.T) {
	big := strings.Repeat("x", 64<<10)
	sh := shape{options: []parquet.WriterOption{parquet.PageBufferSize(100 << 20)}, columns: []shapedColumn{
		{name: "EventID", kind: typeInt32, tags: "plain", pick: func(*rand.Rand) any { return int32(1) }},
		{name: "TimeGenerated", kind: typeText, tags: "plain", pick: func(*rand.Rand) any { return "2026-11-20T07:00:00Z" }},
		{name: "Process", kind: typeText, tags: "plain,zstd", pick: func(*rand.Rand) any { return big }},
	}}
	_, file := sh.write(t, rand.New(rand.NewPCG(1, 1)), 1000)
	l, one := event.NewLanes(1, 1), []byte("{}\n")
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the writer's pools outlive one
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	for _, b := range []struct {
		data []byte
		blob storage.Blob
	}{{file, parquetBlob(file)}, {one, storage.Blob{Name: "x.json", Size: 3}}} {
		if err := l.Read(blob{data: b.data}, parquetQuery, day, []event.Range{event.Whole(b.blob)}).Lane(t.Context(), func(*event.Record) {}); err != nil {
			t.Fatal(err)
		}
	}
	if after := live(); after > before+32<<20 {
		t.Errorf("%d MiB are kept", (after-before)>>20)
	}
	runtime.KeepAlive(l)
	runtime.KeepAlive(file)
}
