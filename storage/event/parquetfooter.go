package event

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	parquetMagic   = "PAR1"
	encryptedMagic = "PARE"
	// trailer is what stands behind a footer: its length and the magic.
	trailer = 8
	// maxFooter is far above any footer: a thousand row groups of the 230 columns
	// of SecurityEvent take about 30 MiB.
	maxFooter = 32 << 20
	// mostClaimed is far above the rows of one blob, and above the bytes of all its
	// columns decompressed.
	mostClaimed = 1 << 40
)

// readFooter reads the file's metadata, checked as far as reading relies on it.
func readFooter(src *blobAt) (*format.FileMetaData, error) {
	size := src.blob.Size
	if size < int64(len(parquetMagic)+trailer) {
		return nil, fmt.Errorf("%d bytes are no whole Parquet file", size)
	}
	tail, err := readTail(src)
	if err != nil {
		return nil, err
	}
	end := tail[len(tail)-trailer:]
	switch string(end[4:]) {
	case parquetMagic:
	case encryptedMagic:
		return nil, unsupported("an encrypted footer: write Parquet without encryption")
	default:
		return nil, errors.New("no Parquet file, or not all of one: it does not end in PAR1")
	}
	n := int64(binary.LittleEndian.Uint32(end))
	switch {
	case n+int64(len(parquetMagic)+trailer) > size:
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	case n > maxFooter:
		return nil, unsupported("a footer of %d bytes, more than %d: write larger row groups or fewer columns", n, maxFooter)
	}
	if n+trailer > int64(len(tail)) {
		tail = make([]byte, n+trailer)
		if err := src.read(tail, size-n-trailer); err != nil {
			return nil, err
		}
	}
	return decodeFooter(tail[int64(len(tail))-n-trailer:len(tail)-trailer], size)
}

// readTail reads the end of the blob, all of it if it is small.
func readTail(src *blobAt) ([]byte, error) {
	n := min(src.blob.Size, footerRead)
	if src.blob.Size <= smallBlob {
		n = src.blob.Size
	}
	tail := make([]byte, n, n+slack)
	if err := src.read(tail, src.blob.Size-n); err != nil {
		return nil, err
	}
	if n == src.blob.Size {
		src.whole = tail
	}
	return tail, nil
}

func decodeFooter(b []byte, size int64) (*format.FileMetaData, error) {
	if err := checkThrift(b); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	var p thrift.CompactProtocol
	m := new(format.FileMetaData)
	if err := thrift.NewDecoder(p.NewReaderFromBytes(b)).Decode(m); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	left := claims{rows: mostClaimed, bytes: mostClaimed}
	for i := range m.RowGroups {
		if err := left.checkGroup(&m.RowGroups[i], size); err != nil {
			return nil, fmt.Errorf("row group %d: %w", i, err)
		}
	}
	return m, nil
}

// claims is what the footer may still claim, so that no sum overflows.
type claims struct{ rows, bytes int64 }

func (left *claims) checkGroup(g *format.RowGroup, size int64) error {
	if g.NumRows < 0 || g.NumRows > left.rows || g.NumRows > 0 && len(g.Columns) == 0 {
		return fmt.Errorf("%d rows in %d columns", g.NumRows, len(g.Columns))
	}
	left.rows -= g.NumRows
	for i := range g.Columns {
		if err := left.checkChunk(&g.Columns[i], g.NumRows, size); err != nil {
			return fmt.Errorf("column %v: %w", []string(g.Columns[i].MetaData.PathInSchema), err)
		}
	}
	// Else no range would hold it.
	if g.NumRows > 0 && chunkStart(&g.Columns[0].MetaData) == size {
		return fmt.Errorf("%d rows behind the end of the file", g.NumRows)
	}
	return nil
}

func (left *claims) checkChunk(k *format.ColumnChunk, rows, size int64) error {
	m := &k.MetaData
	at := chunkStart(m)
	switch {
	case k.FilePath != "":
		return unsupported("its data lie in another file: write each file with its own data")
	case at < 0 || m.TotalCompressedSize < 0 || at > size || m.TotalCompressedSize > size-at:
		return fmt.Errorf("it lies at %d with %d bytes in a file of %d", at, m.TotalCompressedSize, size)
	case m.TotalUncompressedSize < 0 || m.TotalUncompressedSize > left.bytes:
		return fmt.Errorf("%d bytes once decompressed", m.TotalUncompressedSize)
	case m.NumValues < rows && k.CryptoMetadata.Value == nil: // what is encrypted may have no metadata
		return fmt.Errorf("%d values in %d rows", m.NumValues, rows)
	}
	left.bytes -= m.TotalUncompressedSize
	return nil
}

// chunkStart is where the pages of a column chunk begin: with the dictionary, if
// there is one.
func chunkStart(m *format.ColumnMetaData) int64 {
	if d := m.DictionaryPageOffset; d > 0 && d < m.DataPageOffset {
		return d
	}
	return m.DataPageOffset
}

// leaves returns the columns of the top level by name, of a repeated name the
// first, and how many column chunks a row group has. Columns that are nested are
// there, with an unknown meaning; those of nulls only, as Arrow writes them, are
// not.
func leaves(schema []format.SchemaElement) (found map[string]leaf, index int, err error) {
	found = map[string]leaf{}
	if len(schema) == 0 {
		return nil, 0, errors.New("no schema")
	}
	at := 1
	for at < len(schema) {
		e := &schema[at]
		l := leaf{index: index, stored: e.Type.V, width: int(e.TypeLength.V)}
		if e.Type.Valid && e.RepetitionType.V != format.Repeated {
			l.optional = e.RepetitionType.V == format.Optional
			l.meaning = meaningOf(e)
			if !l.fits() {
				l.meaning = asUnknown
			}
		}
		_, twice := found[e.Name]
		_, empty := e.LogicalType.Value.(*format.NullType)
		if !twice && !empty {
			found[e.Name] = l
		}
		// Pass by what is nested in it.
		for open := 1; open > 0; open-- {
			if at == len(schema) {
				return nil, 0, errors.New("the schema ends within a group")
			}
			if e := &schema[at]; e.Type.Valid {
				index++
			} else {
				open += int(max(0, e.NumChildren.V))
			}
			at++
		}
	}
	return found, index, nil
}

// Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
	// thriftDepth is more nesting than the format has.
	thriftDepth = 32
)

// What an element of a list takes once decoded, in bytes: a row group's column
// (format.ColumnChunk), whose lists stand at chunkDepth; a structure in the lists
// of the footer itself (format.SchemaElement is the largest); a structure
// elsewhere (format.KeyValue); a text or a number.
const (
	chunkDepth  = 3
	chunkMemory = 600
	topMemory   = 100
	innerMemory = 40
	plainMemory = 16
	// mostMemory is what all lists together may take, a little above what they do
	// in the largest footer. A small footer may claim thriftGrowth times its size:
	// the shortest that a writer can say of a column chunk, 31 bytes, takes 22 times
	// that.
	mostMemory   = 256 << 20
	thriftGrowth = 32
)

var errThrift = errors.New("damaged")

// checkThrift passes by a struct, which may be followed by other data: it is not
// nested too deep, and each list has as many elements as it says. The decoder
// calls itself for each level and makes lists of the size they claim, however
// deep and large.
func checkThrift(b []byte) error {
	w := thriftWalker{b: b, ok: true, memory: min(1<<20+thriftGrowth*len(b), mostMemory)}
	w.structure(0)
	switch {
	case w.memory < 0:
		return unsupported("lists that take too much memory: write larger row groups or fewer columns")
	case !w.ok:
		return errThrift
	}
	return nil
}

type thriftWalker struct {
	b      []byte
	ok     bool
	memory int // that lists may still take
}

func (w *thriftWalker) fail() {
	w.ok, w.b = false, nil
}

func (w *thriftWalker) skip(n uint64) {
	if n > uint64(len(w.b)) {
		w.fail()
		return
	}
	w.b = w.b[n:]
}

func (w *thriftWalker) uvarint() uint64 {
	v, n := binary.Uvarint(w.b)
	if n <= 0 {
		w.fail()
		return 0
	}
	w.b = w.b[n:]
	return v
}

func (w *thriftWalker) byte() byte {
	if len(w.b) == 0 {
		w.fail()
		return 0
	}
	v := w.b[0]
	w.b = w.b[1:]
	return v
}

func (w *thriftWalker) structure(depth int) {
	for w.ok {
		head := w.byte()
		if head == 0 { // the end of the struct, or of the data
			return
		}
		if head>>4 == 0 {
			w.uvarint() // the field's ID
		}
		if t := head & 15; t != thriftTrue && t != thriftFalse {
			w.value(t, depth+1)
		}
	}
}

func (w *thriftWalker) value(t byte, depth int) {
	switch {
	case depth > thriftDepth:
		w.fail()
	case t == thriftTrue || t == thriftFalse || t == thriftByte:
		w.skip(1)
	case t >= thriftI16 && t <= thriftI64:
		w.uvarint()
	case t == thriftDouble:
		w.skip(8)
	case t == thriftBinary:
		w.skip(w.uvarint())
	case t == thriftList || t == thriftSet:
		w.list(depth)
	case t == thriftStruct:
		w.structure(depth)
	default: // a map, which the format has not, or nonsense
		w.fail()
	}
}

func (w *thriftWalker) list(depth int) {
	head := w.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = w.uvarint()
	}
	if n > uint64(len(w.b)) { // each takes a byte or more
		w.fail()
		return
	}
	t := head & 15
	if w.memory -= int(n) * memoryOf(t, depth); w.memory < 0 {
		w.fail()
	}
	for ; n > 0 && w.ok; n-- {
		w.value(t, depth+1)
	}
}

func memoryOf(t byte, depth int) int {
	switch {
	case t != thriftStruct:
		return plainMemory
	case depth == 1:
		return topMemory
	case depth == chunkDepth:
		return chunkMemory
	}
	return innerMemory
}
