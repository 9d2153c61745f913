package event

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// repeated is a Parquet file whose one row, of an EventID, is there so many times.
func repeated(t *testing.T, rows int32) []byte {
	t.Helper()
	var file bytes.Buffer
	file.WriteString(parquetMagic)
	put := func(v any) {
		if err := thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(&file)).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	put(&format.PageHeader{Type: format.DictionaryPage, UncompressedPageSize: 4, CompressedPageSize: 4,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: 1, Encoding: format.Plain})})
	file.Write(binary.LittleEndian.AppendUint32(nil, 4624))
	data := int64(file.Len())
	run := append(binary.AppendUvarint([]byte{1}, uint64(rows)<<1), 0)
	put(&format.PageHeader{Type: format.DataPage, UncompressedPageSize: int32(len(run)), CompressedPageSize: int32(len(run)),
		DataPageHeader: thrift.New(format.DataPageHeader{NumValues: rows, Encoding: format.RLEDictionary, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})})
	file.Write(run)
	size := int64(file.Len() - len(parquetMagic))
	chunk := format.ColumnChunk{MetaData: format.ColumnMetaData{Type: format.Int32, PathInSchema: []string{"EventID"}, Codec: format.Uncompressed,
		NumValues: int64(rows), TotalCompressedSize: size, TotalUncompressedSize: size, DictionaryPageOffset: int64(len(parquetMagic)), DataPageOffset: data}}
	n := file.Len()
	put(&format.FileMetaData{Version: 2, NumRows: int64(rows), RowGroups: []format.RowGroup{{NumRows: int64(rows), Columns: []format.ColumnChunk{chunk}}},
		Schema: []format.SchemaElement{{Name: "root", NumChildren: thrift.New(int32(1))}, {Name: "EventID", Type: thrift.New(format.Int32), RepetitionType: thrift.New(format.Required)}}})
	file.Write(binary.LittleEndian.AppendUint32(nil, uint32(file.Len()-n)))
	file.WriteString(parquetMagic)
	return file.Bytes()
}

// A few bytes do not make millions of events.
func TestRowsAreBoundedBySize(t *testing.T) {
	for rows, refused := range map[int32]bool{fewRows: false, 50_000_000: true} {
		data := repeated(t, rows)
		m := storagetest.NewMem()
		if err := m.Put(t.Context(), "x.parquet", data); err != nil {
			t.Fatal(err)
		}
		b, err := storage.Find(t.Context(), m, "x.parquet")
		if err != nil {
			t.Fatal(err)
		}
		s := NewScanner(Query{EventIDs: []int{4688}}, Window{})
		err = s.Open(t.Context(), m, Whole(b))
		for err == nil && s.Scan() {
			t.Error("a record")
		}
		if err == nil {
			err = s.Err()
		}
		if refused && (!errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "50000000 rows")) || !refused && (err != nil || s.Stats().Other != fewRows) {
			t.Errorf("%d rows in %d bytes: %v, %+v", rows, len(data), err, s.Stats())
		}
	}
}
