package event

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"sparkless/storage/table"
)

const (
	parquetMagic   = "PAR1"
	encryptedMagic = "PARE"
	// trailer is what stands behind a footer: its length and the magic.
	trailer = 8
	// maxFooter is far above any footer: a thousand row groups of the 230 columns
	// of SecurityEvent take about 30 MiB.
	maxFooter = 32 << 20
	// mostClaimed is far above the bytes of all columns of one blob, decompressed, and
	// above its rows.
	mostClaimed = 1 << 40
	// fewRows and rowsPerByte bound the rows of a blob of so many bytes: a few bytes
	// can say that one value is there a billion times. Columns of one value each take
	// about 0.002 bytes a row and column, and times that differ far more.
	fewRows     = 1 << 16
	rowsPerByte = 256
)

func mostRows(size int64) int64 {
	return min(fewRows+rowsPerByte*min(size, mostClaimed), mostClaimed)
}

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
		if err := src.loan.borrow(n + trailer); err != nil {
			return nil, err
		}
		tail = make([]byte, n+trailer)
		if err := src.read(tail, size-n-trailer); err != nil {
			return nil, err
		}
	}
	return decodeFooter(src, tail[int64(len(tail))-n-trailer:len(tail)-trailer])
}

// readTail reads the end of the blob, all of it if it is small.
func readTail(src *blobAt) ([]byte, error) {
	n := min(src.blob.Size, footerRead)
	if src.blob.Size <= smallBlob {
		n = src.blob.Size
	}
	if err := src.loan.borrow(n); err != nil {
		return nil, err
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

func decodeFooter(src *blobAt, b []byte) (*format.FileMetaData, error) {
	memory, err := table.ThriftMemory(b)
	if errors.Is(err, table.ErrThriftSize) {
		return nil, unsupported("%v: write larger row groups or fewer columns", err)
	}
	if err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	if err := src.loan.borrow(memory); err != nil {
		return nil, err
	}
	var p thrift.CompactProtocol
	m := new(format.FileMetaData)
	if err := thrift.NewDecoder(p.NewReaderFromBytes(b)).Decode(m); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	left := claims{rows: mostRows(src.blob.Size), bytes: mostClaimed}
	for i := range m.RowGroups {
		if err := left.checkGroup(&m.RowGroups[i], src.blob.Size); err != nil {
			return nil, fmt.Errorf("row group %d: %w", i, err)
		}
	}
	return m, nil
}

// claims is what the footer may still claim, so that no sum overflows.
type claims struct{ rows, bytes int64 }

func (left *claims) checkGroup(g *format.RowGroup, size int64) error {
	if g.NumRows > left.rows {
		return fmt.Errorf("%d rows, where all of a blob of %d bytes hold %d at most", g.NumRows, size, mostRows(size))
	}
	if g.NumRows < 0 || g.NumRows > 0 && len(g.Columns) == 0 {
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
