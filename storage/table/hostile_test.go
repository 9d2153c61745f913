package table

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"runtime"
	"testing"
	"unsafe"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What lists are reckoned at is no less than what they take.
func TestThriftMemory(t *testing.T) {
	for what, ok := range map[string]bool{
		"column":   unsafe.Sizeof(format.ColumnChunk{}) <= chunkMemory,
		"schema":   unsafe.Sizeof(format.SchemaElement{}) <= topMemory,
		"group":    unsafe.Sizeof(format.RowGroup{}) <= topMemory,
		"property": unsafe.Sizeof(format.KeyValue{}) <= innerMemory,
		"encoding": unsafe.Sizeof(format.PageEncodingStats{}) <= innerMemory,
		"text":     unsafe.Sizeof("") <= plainMemory,
	} {
		if !ok {
			t.Error(what)
		}
	}
}

// sealed sets the checksum right.
func sealed(file []byte) []byte {
	at, ok := findSum(file)
	if !ok {
		return file
	}
	copy(file[at:], bytes.Repeat([]byte("0"), 2*sha256.Size))
	sum := sha256.Sum256(file)
	hex.Encode(file[at:], sum[:])
	return file
}

// forgedFooter changes the footer of a file.
func forgedFooter(t testing.TB, file []byte, change func(m *format.FileMetaData)) []byte {
	t.Helper()
	meta, err := checkFooter(file)
	if err != nil {
		t.Fatal(err)
	}
	change(meta)
	n := int(binary.LittleEndian.Uint32(file[len(file)-8:]))
	out := bytes.NewBuffer(bytes.Clone(file[:len(file)-8-n]))
	start := out.Len()
	if err := thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(out)).Encode(meta); err != nil {
		t.Fatal(err)
	}
	out.Write(binary.LittleEndian.AppendUint32(nil, uint32(out.Len()-start)))
	out.WriteString(magic)
	return sealed(out.Bytes())
}

// forgedPage is a file of one column whose only page has this header and body.
func forgedPage(t testing.TB, c Column, values int, h format.PageHeader, body []byte) []byte {
	t.Helper()
	w := NewWriter("test/1", []Column{c})
	w.groups = append(w.groups, format.RowGroup{NumRows: int64(values)})
	for range w.paths {
		m := w.begin(format.ByteArray, format.Snappy)
		if c.Kind == Int {
			m.Type = format.Int64
		}
		m.NumValues = int64(values)
		start := w.file.Len()
		if err := w.headers.Encode(&h); err != nil {
			t.Fatal(err)
		}
		w.file.Write(body)
		m.TotalCompressedSize = int64(w.file.Len() - start)
	}
	file, err := w.Close("")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// readAll opens a file and reads all of it, and returns how many bytes that
// allocates.
func readAll(columns []Column, file []byte) (allocated uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := Open("test/1", columns, file)
	values := make([]Values, len(columns))
	for i := 0; err == nil && i < r.Groups(); i++ {
		_, err = r.Read(i, values)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// most is what reading a file of so many bytes may allocate: of its values, each
// of which takes some tens of bytes on the way.
func most(file []byte) uint64 { return 64<<20 + 2000*uint64(len(file)) }

func v2(values, levels int32, e format.Encoding, packed bool) thrift.Null[format.DataPageHeaderV2] {
	return thrift.New(format.DataPageHeaderV2{NumValues: values, NumRows: values, Encoding: e, DefinitionLevelsByteLength: levels, IsCompressed: thrift.New(packed)})
}

// Pages that claim more than they hold are refused before room is made for that,
// however right the file's checksum is.
func TestForgedPages(t *testing.T) {
	const huge = 1 << 30
	run := func(n uint64) []byte { return append(binary.AppendUvarint(nil, n<<1), 1) }
	packedRun := append(binary.AppendUvarint(nil, huge<<1|1), 1, 1)
	deltas := append(binary.AppendUvarint([]byte{0x80, 1, 4}, huge), 0, 0, 0, 0, 0, 0)
	frame := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, binary.LittleEndian.AppendUint64(nil, 1<<33)...) // says its content is 8 GiB
	for name, c := range map[string]struct {
		column Column
		values int
		header format.PageHeader
		body   []byte
	}{
		"compressed size":      {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: huge, UncompressedPageSize: 10, DataPageHeaderV2: v2(1, 0, format.Plain, true)}, nil},
		"uncompressed size":    {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 5, UncompressedPageSize: huge, DataPageHeaderV2: v2(1, 0, format.Plain, true)}, append(binary.AppendUvarint(nil, huge), 0)[:5]},
		"values":               {columns[0], huge, format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: v2(huge, 0, format.Plain, false)}, nil},
		"more than the column": {columns[0], 1, format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: v2(huge, 0, format.Plain, false)}, nil},
		"levels":               {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 6, UncompressedPageSize: 6, DataPageHeaderV2: v2(1, 6, format.Plain, false)}, run(huge)},
		"packed levels":        {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 7, UncompressedPageSize: 7, DataPageHeaderV2: v2(1, 7, format.Plain, false)}, packedRun},
		"levels that are lost": {columns[0], 1, format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: v2(1, 1000, format.Plain, false)}, nil},
		"numbers":              {columns[1], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 14, UncompressedPageSize: 14, DataPageHeaderV2: v2(1, 0, format.DeltaBinaryPacked, false)}, deltas},
		"many equal numbers":   {columns[1], 500_000, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 32, UncompressedPageSize: 32, DataPageHeaderV2: v2(500_000, 0, format.DeltaBinaryPacked, false)}, append(binary.AppendUvarint([]byte{0x80, 0x80, 4, 1}, 500_000), make([]byte, 25)...)},
		"no numbers":           {columns[1], 0, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 14, UncompressedPageSize: 14, DataPageHeaderV2: v2(0, 0, format.DeltaBinaryPacked, false)}, deltas},
		"lengths":              {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 14, UncompressedPageSize: 14, DataPageHeaderV2: v2(1, 0, format.DeltaLengthByteArray, false)}, deltas},
		"references":           {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 7, UncompressedPageSize: 7, DataPageHeaderV2: v2(1, 0, format.RLEDictionary, false)}, append([]byte{1}, run(huge)...)},
		"texts that share":     {columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: 14, UncompressedPageSize: 14, DataPageHeaderV2: v2(1, 0, format.DeltaByteArray, false)}, deltas},
		"a dictionary":         {columns[0], 1, format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: huge})}, nil},
		"a page of version 1":  {columns[0], 1, format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{NumValues: 1})}, nil},
		"an index":             {columns[0], 1, format.PageHeader{Type: format.IndexPage}, nil},
	} {
		file := forgedPage(t, c.column, c.values, c.header, c.body)
		if n, err := readAll([]Column{c.column}, file); !errors.Is(err, ErrDamaged) || n > 4<<20 {
			t.Errorf("%s: %d bytes allocated for %d, %v", name, n, len(file), err)
		}
		if n, err := readAll([]Column{c.column}, forgedFooter(t, file, func(m *format.FileMetaData) {
			for i := range m.RowGroups[0].Columns {
				m.RowGroups[0].Columns[i].MetaData.Codec = format.Zstd
			}
		})); !errors.Is(err, ErrDamaged) || n > 4<<20 {
			t.Errorf("%s, as Zstandard: %d bytes allocated, %v", name, n, err)
		}
	}
	for what, b := range map[string][]byte{"runs": append([]byte{1}, run(huge)...), "packed": append([]byte{1}, packedRun...), "none": nil, "wide": {33}} {
		if err := checkEncoding(format.RLEDictionary, b, 1); err == nil {
			t.Errorf("references: %s: accepted", what)
		}
	}
	file := forgedPage(t, columns[0], 1, format.PageHeader{Type: format.DataPageV2, CompressedPageSize: int32(len(frame)), UncompressedPageSize: 100, DataPageHeaderV2: v2(1, 0, format.Plain, true)}, frame)
	file = forgedFooter(t, file, func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Codec = format.Zstd })
	if n, err := readAll(columns[:1], file); !errors.Is(err, ErrDamaged) || n > 4<<20 {
		t.Errorf("a frame of 8 GiB: %d bytes allocated, %v", n, err)
	}
}

// So are footers.
func TestForgedFooters(t *testing.T) {
	file := encode(t, "test/1", "", rows, 2)
	chunk := func(m *format.FileMetaData) *format.ColumnMetaData { return &m.RowGroups[0].Columns[1].MetaData }
	for name, change := range map[string]func(m *format.FileMetaData){
		"rows":             func(m *format.FileMetaData) { m.RowGroups[1].NumRows = 1 << 40 },
		"negative rows":    func(m *format.FileMetaData) { m.RowGroups[0].NumRows = -1 },
		"other rows":       func(m *format.FileMetaData) { m.RowGroups[0].NumRows++ },
		"values":           func(m *format.FileMetaData) { chunk(m).NumValues = 1 << 40 },
		"negative values":  func(m *format.FileMetaData) { chunk(m).NumValues = -1 },
		"a start":          func(m *format.FileMetaData) { chunk(m).DataPageOffset = 1 << 40 },
		"a negative start": func(m *format.FileMetaData) { chunk(m).DataPageOffset = -1 },
		"a size":           func(m *format.FileMetaData) { chunk(m).TotalCompressedSize = 1 << 40 },
		"a negative size":  func(m *format.FileMetaData) { chunk(m).TotalCompressedSize = -1 },
		"a codec": func(m *format.FileMetaData) {
			chunk(m).Codec = format.Gzip
			m.RowGroups[0].Columns[0].MetaData.Codec = format.Gzip
		},
		"another file":   func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "x" },
		"a column less":  func(m *format.FileMetaData) { m.RowGroups[0].Columns = m.RowGroups[0].Columns[1:] },
		"a lost element": func(m *format.FileMetaData) { m.Schema = m.Schema[:3] },
		"no schema":      func(m *format.FileMetaData) { m.Schema = nil },
		"deep schema": func(m *format.FileMetaData) {
			for range 10_000 {
				m.Schema = append(m.Schema, format.SchemaElement{Name: "x", NumChildren: thrift.New(int32(1))})
			}
			m.Schema[0].NumChildren = thrift.New(int32(5))
		},
		"repeated": func(m *format.FileMetaData) { m.Schema[1].RepetitionType = thrift.New(format.Repeated) },
		"numbers":  func(m *format.FileMetaData) { m.Schema[1].Type = thrift.New(format.Int32) },
		"encrypted": func(m *format.FileMetaData) {
			m.RowGroups[0].Columns[0].CryptoMetadata.Value = &format.EncryptionWithFooterKey{}
		},
	} {
		if n, err := readAll(columns, forgedFooter(t, file, change)); !errors.Is(err, ErrDamaged) || n > 8<<20 {
			t.Errorf("%s: %d bytes allocated, %v", name, n, err)
		}
	}
	for name, forge := range map[string]func(b []byte){
		"a long footer": func(b []byte) { binary.LittleEndian.PutUint32(b[len(b)-8:], 1<<31) },
		"no footer":     func(b []byte) { binary.LittleEndian.PutUint32(b[len(b)-8:], 0) },
		"no magic":      func(b []byte) { b[len(b)-1] = 0 },
		"a long list": func(b []byte) {
			n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
			copy(b[len(b)-8-n:], []byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 7})
		},
	} {
		bad := bytes.Clone(file)
		forge(bad)
		if n, err := readAll(columns, sealed(bad)); !errors.Is(err, ErrDamaged) || n > 8<<20 {
			t.Errorf("%s: %d bytes allocated, %v", name, n, err)
		}
	}
	if _, err := readAll(columns, forgedFooter(t, file, func(*format.FileMetaData) {})); err != nil {
		t.Errorf("a footer that nothing is wrong with: %v", err)
	}
}

// FuzzOpen writes something over a part of a file and sets its checksum right.
func FuzzOpen(f *testing.F) {
	files := [][]byte{encode(f, "test/1", "note", rows, 9), encode(f, "test/1", "", rows, 1), encode(f, "test/1", "", nil, 1)}
	for i, file := range files {
		f.Add(uint8(i), uint32(len(file)-300), []byte{0x15, 0xff, 0x7f}, true)
		f.Add(uint8(i), uint32(4), []byte{0x15, 0x80, 0x80, 2}, true)
		f.Add(uint8(i), uint32(30), []byte{0xff, 0xff, 0xff, 0xff, 15}, false)
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, over []byte, seal bool) {
		file := bytes.Clone(files[int(which)%len(files)])
		start := int(at) % (len(file) + 1)
		file = append(file[:start], append(bytes.Clone(over), file[min(start+len(over), len(file)):]...)...)
		if seal {
			file = sealed(file)
		}
		n, err := readAll(columns, file)
		if n > most(file) {
			t.Errorf("%d bytes allocated for %d (%v)", n, len(file), err)
		}
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrFormat) {
			t.Error(err)
		}
	})
}
