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
		return nil, errors.New("encrypted Parquet cannot be read")
	default:
		return nil, errors.New("no Parquet file, or not all of one: it does not end in PAR1")
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if n > maxFooter || n+int64(len(parquetMagic)+trailer) > size {
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
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
	if !checkThrift(b) {
		return nil, errors.New("damaged footer")
	}
	var p thrift.CompactProtocol
	m := new(format.FileMetaData)
	if err := thrift.NewDecoder(p.NewReaderFromBytes(b)).Decode(m); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	for i := range m.RowGroups {
		if err := checkGroup(&m.RowGroups[i], size); err != nil {
			return nil, fmt.Errorf("row group %d: %w", i, err)
		}
	}
	return m, nil
}

func checkGroup(g *format.RowGroup, size int64) error {
	if g.NumRows < 0 || g.NumRows > 0 && len(g.Columns) == 0 {
		return fmt.Errorf("%d rows in %d columns", g.NumRows, len(g.Columns))
	}
	for i := range g.Columns {
		m := &g.Columns[i].MetaData
		at := chunkStart(m)
		if at < 0 || m.TotalCompressedSize < 0 || m.TotalUncompressedSize < 0 || at > size || m.TotalCompressedSize > size-at {
			return fmt.Errorf("column %v lies at %d with %d bytes in a file of %d", []string(m.PathInSchema), at, m.TotalCompressedSize, size)
		}
	}
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

// leaves returns the columns of the top level by name; of a repeated name the
// first. Those that are nested are there, with an unknown meaning.
func leaves(schema []format.SchemaElement) (map[string]leaf, error) {
	found := map[string]leaf{}
	if len(schema) == 0 {
		return nil, errors.New("no schema")
	}
	at, index := 1, 0
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
		if _, twice := found[e.Name]; !twice {
			found[e.Name] = l
		}
		// Pass by what is nested in it.
		for open := 1; open > 0; open-- {
			if at == len(schema) {
				return nil, errors.New("the schema ends within a group")
			}
			if e := &schema[at]; e.Type.Valid {
				index++
			} else {
				open += int(max(0, e.NumChildren.V))
			}
			at++
		}
	}
	return found, nil
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
	// chunkDepth is where the lists of a row group's columns stand. An element
	// takes 600 bytes once decoded, and there at least leastChunk; those of the
	// lists above take at least leastElement.
	chunkDepth   = 3
	leastChunk   = 16
	leastElement = 3
)

// checkThrift passes by a struct: each list has as many elements as it says. The
// decoder makes lists of the size they claim, however large.
func checkThrift(b []byte) bool {
	w := thriftWalker{b: b, ok: true}
	w.structure(0)
	return w.ok
}

type thriftWalker struct {
	b  []byte
	ok bool
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
	before := len(w.b)
	for left := n; left > 0 && w.ok; left-- {
		w.value(head&15, depth+1)
	}
	size := uint64(before - len(w.b))
	if n > 1000 && (depth == 1 && size < n*leastElement || depth == chunkDepth && size < n*leastChunk) {
		w.fail()
	}
}
