package table

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const magic = "PAR1"

// Writer makes one file. It lays out pages itself, since the library's writers
// take one value after the other; the encodings are the library's.
type Writer struct {
	// Extra is kept beside the rows, for what is to be said of all of them.
	Extra string

	format  string
	columns []Column
	paths   [][]string // of the columns that hold values
	file    bytes.Buffer
	headers *thrift.Encoder
	groups  []format.RowGroup
	rows    int64

	// Of the column at hand, reused:
	levels  [2][]byte // repetition and definition levels, one a byte
	repeats []byte    // the first, encoded
	defined []byte    // the second, encoded
	values  []byte    // encoded
	packed  []byte    // compressed
}

// NewWriter starts a file of these columns; kind says what they are, and in
// which version.
func NewWriter(kind string, columns []Column) *Writer {
	w := &Writer{format: kind, columns: columns, paths: leaves(columns)}
	w.headers = thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(&w.file))
	w.file.WriteString(magic)
	return w
}

// Write appends rows, whose columns it asks for one after the other. Tools read
// the file in the groups that were written. It keeps nothing of the values.
func (w *Writer) Write(rows int, column func(i int) *Values) error {
	w.groups = append(w.groups, format.RowGroup{NumRows: int64(rows), Ordinal: int16(len(w.groups)), FileOffset: int64(w.file.Len())})
	w.rows += int64(rows)
	w.file.Grow(rows * len(w.paths)) // of most tables about what they take
	for i, c := range w.columns {
		if err := w.column(c.Kind, rows, column(i)); err != nil {
			return fmt.Errorf("encoding column %s of %s: %w", c.Name, w.format, err)
		}
	}
	g := w.group()
	for _, c := range g.Columns {
		g.TotalByteSize += c.MetaData.TotalUncompressedSize
		g.TotalCompressedSize += c.MetaData.TotalCompressedSize
	}
	return nil
}

func (w *Writer) group() *format.RowGroup { return &w.groups[len(w.groups)-1] }

func (w *Writer) column(kind Kind, rows int, v *Values) error {
	w.repeats, w.defined = w.repeats[:0], w.defined[:0]
	switch kind {
	case Text:
		return errors.Join(w.encodeLevels(&w.defined, v.Lens), w.texts(rows, &v.Texts))
	case Tallies:
		slots, err := w.lists(v.Lens)
		return errors.Join(err, w.references(rows, slots, v), w.numbers(rows, slots, v.Ints))
	}
	return w.numbers(rows, rows, v.Ints)
}

// lists encodes the levels of lists of these lengths, and returns how many
// slots they take: an empty list has one, with nothing in it.
func (w *Writer) lists(lens []byte) (slots int, err error) {
	for _, n := range lens {
		slots += max(int(n), 1)
	}
	for i := range w.levels {
		w.levels[i] = slices.Grow(w.levels[i][:0], slots)[:slots]
	}
	repeats, defined := w.levels[0], w.levels[1]
	at := 0
	for _, n := range lens {
		repeats[at], defined[at] = 0, min(n, 1) // a new row
		at++
		for range int(n) - 1 {
			repeats[at], defined[at] = 1, 1
			at++
		}
	}
	return slots, errors.Join(w.encodeLevels(&w.repeats, repeats), w.encodeLevels(&w.defined, defined))
}

func (w *Writer) encodeLevels(dst *[]byte, levels []byte) (err error) {
	*dst, err = (&rle.Encoding{BitWidth: 1}).EncodeLevels((*dst)[:0], levels)
	return err
}

// numbers writes a column of numbers, in lists if those take other slots than
// one a row.
func (w *Writer) numbers(rows, slots int, numbers []int64) (err error) {
	w.begin(format.Int64, format.Uncompressed) // the encoding leaves little to win
	w.values, err = new(delta.BinaryPackedEncoding).EncodeInt64(w.values[:0], numbers)
	return errors.Join(err, w.dataPage(rows, slots, len(numbers), format.DeltaBinaryPacked, w.values))
}

// texts writes a column of texts, one a row or none.
func (w *Writer) texts(rows int, t *Texts) error {
	c := w.begin(format.ByteArray, format.Snappy)
	c.Statistics.NullCount = int64(rows - t.Len())
	return w.dataPage(rows, rows, t.Len(), format.Plain, t.plain)
}

// references writes a column of lists of texts: the distinct ones, and the lists
// as references to them.
func (w *Writer) references(rows, slots int, v *Values) (err error) {
	c := w.begin(format.ByteArray, format.Snappy)
	c.Statistics.NullCount = int64(slots - len(v.Refs))
	c.DictionaryPageOffset = c.DataPageOffset
	if err := w.dictionaryPage(&v.Texts); err != nil {
		return err
	}
	w.chunk().DataPageOffset = int64(w.file.Len())
	w.values, err = new(rle.DictionaryEncoding).EncodeInt32(w.values[:0], v.Refs)
	return errors.Join(err, w.dataPage(rows, slots, len(v.Refs), format.RLEDictionary, w.values))
}

// begin starts the next column of the group.
func (w *Writer) begin(t format.Type, codec format.CompressionCodec) *format.ColumnMetaData {
	g := w.group()
	g.Columns = append(g.Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{
		Type: t, PathInSchema: w.paths[len(g.Columns)], Codec: codec, DataPageOffset: int64(w.file.Len())}})
	return w.chunk()
}

func (w *Writer) chunk() *format.ColumnMetaData {
	g := w.group()
	return &g.Columns[len(g.Columns)-1].MetaData
}

func (w *Writer) dictionaryPage(t *Texts) error {
	var h format.PageHeader
	h.Type = format.DictionaryPage
	h.DictionaryPageHeader = thrift.New(format.DictionaryPageHeader{NumValues: int32(t.Len()), Encoding: format.Plain})
	w.chunk().Encoding = append(w.chunk().Encoding, format.Plain)
	return w.page(&h, nil, nil, w.compress(t.plain), len(t.plain))
}

// dataPage writes encoded values, of which there are present, and the levels of
// slots that hold one or not. Only plain texts are worth compressing.
func (w *Writer) dataPage(rows, slots, present int, e format.Encoding, values []byte) error {
	var h format.PageHeader
	h.Type = format.DataPageV2
	h.DataPageHeaderV2 = thrift.New(format.DataPageHeaderV2{
		NumValues: int32(slots), NumNulls: int32(slots - present), NumRows: int32(rows), Encoding: e,
		RepetitionLevelsByteLength: int32(len(w.repeats)), DefinitionLevelsByteLength: int32(len(w.defined)),
		IsCompressed: thrift.New(e == format.Plain),
	})
	c := w.chunk()
	c.NumValues = int64(slots)
	c.Encoding = append(c.Encoding, e, format.RLE)
	packed := values
	if e == format.Plain {
		packed = w.compress(values)
	}
	return w.page(&h, w.repeats, w.defined, packed, len(values))
}

// compress takes half the time of the fastest Zstandard, for a file that is a
// fifth larger.
func (w *Writer) compress(values []byte) []byte {
	if n := s2.MaxEncodedLen(len(values)); n > cap(w.packed) {
		w.packed = make([]byte, n)
	}
	return s2.EncodeSnappy(w.packed[:cap(w.packed)], values)
}

// page writes header, levels, and what remains of so many bytes of values.
func (w *Writer) page(h *format.PageHeader, repeats, defined, packed []byte, values int) (err error) {
	levels := len(repeats) + len(defined)
	if max(values, len(packed))+levels > math.MaxInt32 {
		return fmt.Errorf("a page of %d bytes is too large for a Parquet file", values+levels)
	}
	h.UncompressedPageSize, h.CompressedPageSize = int32(values+levels), int32(len(packed)+levels)
	start := w.file.Len()
	if err := w.headers.Encode(h); err != nil {
		return err
	}
	header := w.file.Len() - start
	for _, part := range [][]byte{repeats, defined, packed} {
		w.file.Write(part)
	}
	c := w.chunk()
	c.TotalUncompressedSize += int64(header) + int64(h.UncompressedPageSize)
	c.TotalCompressedSize += int64(header) + int64(h.CompressedPageSize)
	return nil
}

// Close returns the file with a note. The writer is of no use afterwards.
func (w *Writer) Close(note string) ([]byte, error) {
	orders := make([]format.ColumnOrder, len(w.paths))
	for i := range orders {
		orders[i].Value = new(format.TypeDefinedOrder)
	}
	start := w.file.Len()
	err := w.headers.Encode(&format.FileMetaData{
		Version: 2, Schema: schema(w.columns), NumRows: w.rows, RowGroups: w.groups, ColumnOrders: orders,
		CreatedBy: "sparkless version 1(build )",
		KeyValueMetadata: []format.KeyValue{
			{Key: keyFormat, Value: w.format}, {Key: keyNote, Value: note}, {Key: keyExtra, Value: w.Extra},
			{Key: keySum, Value: strings.Repeat("0", 2*sha256.Size)}},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", w.format, err)
	}
	w.file.Write(binary.LittleEndian.AppendUint32(nil, uint32(w.file.Len()-start)))
	w.file.WriteString(magic)
	file := w.file.Bytes()
	at, ok := findSum(file)
	if !ok {
		return nil, fmt.Errorf("encoding %s: no place for the checksum", w.format)
	}
	sum := sha256.Sum256(file)
	hex.Encode(file[at:], sum[:])
	return file, nil
}
