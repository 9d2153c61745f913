package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library makes room for what footers and page headers say. The checksum
// vouches for files of ours; a forged one may have a right checksum. So, before
// the library sees a file, all that it relies on is compared with the file's size.

// Bounds of what a file of so many bytes may hold: far above what its writers make
// of the same bytes, since the names of rows differ, and texts compress by less.
const (
	rowsPerByte   = 2
	valuesPerByte = 8 // of all columns of a group
	fewRows       = 1 << 16
	fewValues     = 1 << 20
	snappyRatio   = 32 // a copy of 64 bytes takes 3
	zstdRatio     = 128
	fewBytes      = 1 << 20 // of a page that Zstandard compressed
)

var (
	errFooter = errors.New("no footer of a table")
	errPage   = errors.New("a page is not what its header says")
	errClaim  = errors.New("more values than a file of this size holds")
)

// checkFile checks the footer and the header of every page.
func checkFile(file []byte, columns []Column) error {
	meta, err := checkFooter(file)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(meta.Schema, schema(columns), alike) { // the library builds any, however deep
		return errors.New("other columns")
	}
	for i := range meta.RowGroups {
		if err := checkGroup(file, &meta.RowGroups[i], len(leaves(columns))); err != nil {
			return fmt.Errorf("group %d: %w", i, err)
		}
	}
	return nil
}

// alike reports whether two elements of a schema are stored alike.
func alike(a, b format.SchemaElement) bool {
	return a.Name == b.Name && a.Type == b.Type && a.NumChildren == b.NumChildren &&
		a.RepetitionType.V == b.RepetitionType.V
}

// checkFooter decodes the footer.
func checkFooter(file []byte) (*format.FileMetaData, error) {
	const trailer = 4 + len(magic) // the footer's length and the magic
	if len(file) < len(magic)+trailer || string(file[len(file)-len(magic):]) != magic {
		return nil, errFooter
	}
	end := len(file) - trailer
	n := binary.LittleEndian.Uint32(file[end:])
	if uint64(n) > uint64(end-len(magic)) {
		return nil, errFooter
	}
	footer := file[end-int(n) : end]
	if err := CheckThrift(footer); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	var p thrift.CompactProtocol
	meta := new(format.FileMetaData)
	if err := thrift.NewDecoder(p.NewReaderFromBytes(footer)).Decode(meta); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	return meta, nil
}

func checkGroup(file []byte, g *format.RowGroup, columns int) error {
	size := int64(len(file))
	if g.NumRows < 0 || g.NumRows > fewRows+rowsPerByte*size {
		return fmt.Errorf("%w: %d rows", errClaim, g.NumRows)
	}
	if len(g.Columns) != columns {
		return fmt.Errorf("%d columns", len(g.Columns))
	}
	left := fewValues + valuesPerByte*size
	for i := range g.Columns {
		m := &g.Columns[i].MetaData
		if left -= m.NumValues; m.NumValues < 0 || left < 0 {
			return fmt.Errorf("%w: %d in column %d", errClaim, m.NumValues, i)
		}
		if g.Columns[i].CryptoMetadata.Value != nil || g.Columns[i].FilePath != "" {
			return fmt.Errorf("column %d is encrypted or elsewhere", i)
		}
		if err := checkChunk(file, m); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func checkChunk(file []byte, m *format.ColumnMetaData) error {
	at, size := m.DataPageOffset, m.TotalCompressedSize
	if d := m.DictionaryPageOffset; d > 0 && d < at {
		at = d
	}
	if at < 0 || size < 0 || at > int64(len(file)) || size > int64(len(file))-at {
		return fmt.Errorf("%w: %d bytes from %d on", errPage, size, at)
	}
	values := m.NumValues
	for pages := file[at : at+size]; len(pages) > 0; {
		h, body, rest, err := nextPage(pages)
		if err != nil {
			return err
		}
		if err := checkPage(h, m, body); err != nil {
			return err
		}
		if values -= int64(h.DataPageHeader.V.NumValues) + int64(h.DataPageHeaderV2.V.NumValues); values < 0 {
			return fmt.Errorf("%w: a page of the rest and %d more", errClaim, -values)
		}
		pages = rest
	}
	return nil
}

// nextPage takes a page off.
func nextPage(pages []byte) (h *format.PageHeader, body, rest []byte, err error) {
	if err := CheckThrift(pages); err != nil {
		return nil, nil, nil, fmt.Errorf("page header: %w", err)
	}
	var p thrift.CompactProtocol
	r := p.NewReaderFromBytes(pages)
	h = new(format.PageHeader)
	if err := thrift.NewDecoder(r).Decode(h); err != nil {
		return nil, nil, nil, fmt.Errorf("page header: %w", err)
	}
	pages = pages[r.BytesRead():]
	n := int(h.CompressedPageSize)
	if n < 0 || n > len(pages) || h.UncompressedPageSize < 0 {
		return nil, nil, nil, fmt.Errorf("%w: %d bytes, where %d are left", errPage, n, len(pages))
	}
	return h, pages[:n], pages[n:], nil
}

// checkPage compares a page's body with its header. No writer of ours has written
// data pages of version 1.
func checkPage(h *format.PageHeader, m *format.ColumnMetaData, body []byte) error {
	large := int(h.UncompressedPageSize)
	switch h.Type {
	case format.DictionaryPage:
		d := &h.DictionaryPageHeader.V
		if d.NumValues < 0 || int(d.NumValues) > large || d.Encoding != format.Plain {
			return errPage
		}
		_, err := unpacked(m.Codec, body, large)
		return err
	case format.DataPageV2:
		return checkDataPage(&h.DataPageHeaderV2.V, m, body, large)
	}
	return fmt.Errorf("a page of the type %v", h.Type)
}

func checkDataPage(h *format.DataPageHeaderV2, m *format.ColumnMetaData, body []byte, large int) (err error) {
	r, d, n := int(h.RepetitionLevelsByteLength), int(h.DefinitionLevelsByteLength), int(h.NumValues)
	if r < 0 || d < 0 || n < 0 || r+d > min(len(body), large) {
		return errPage
	}
	levels := errors.Join(checkRuns(body[:r], 1, n), checkRuns(body[r:r+d], 1, n))
	defined := n
	if d > 0 && levels == nil {
		defined = countOnes(body[r:r+d], n)
	}
	body, large = body[r+d:], large-r-d
	switch {
	case !h.IsCompressed.Valid || h.IsCompressed.V:
		body, err = unpacked(m.Codec, body, large)
	case len(body) != large:
		err = errPage
	}
	return errors.Join(levels, err, checkEncoding(h.Encoding, body, defined))
}

// checkRuns checks that Parquet's mix of run-length and bit-packed runs, each value
// of so many bits, holds n values, and no more but for those that fill up a group of
// eight; or none. Decoders make room for n, and what too few leave of it is whatever
// was there before.
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE)
func checkRuns(b []byte, width uint, n int) error {
	if len(b) == 0 {
		return nil
	}
	left := uint64(n) + 7
	for len(b) > 0 {
		header, k := binary.Uvarint(b)
		count, size := header>>1, uint64(width+7)/8
		if k <= 0 || count > left {
			return errClaim
		}
		if header&1 == 1 {
			count, size = 8*count, uint64(width)*count
		}
		if b = b[k:]; count > left || size > uint64(len(b)) {
			return errClaim
		}
		left -= count
		b = b[size:]
	}
	if left > 7 {
		return errPage
	}
	return nil
}

// countOnes counts those of the first n values of runs of one bit that are 1, as
// checkRuns has passed them.
func countOnes(b []byte, n int) int {
	ones := 0
	for n > 0 && len(b) > 0 {
		header, k := binary.Uvarint(b)
		b = b[k:]
		if header&1 == 0 {
			count := min(int(header>>1), n)
			ones += count * int(b[0]&1)
			b, n = b[1:], n-count
			continue
		}
		packed := b[:header>>1]
		b = b[len(packed):]
		for i := 0; i < 8*len(packed) && n > 0; i++ {
			ones += int(packed[i/8] >> (i % 8) & 1)
			n--
		}
	}
	return ones
}

// unpacked checks the size of what is compressed. It returns what it holds where a
// look at that is needed, and nil elsewhere.
func unpacked(codec format.CompressionCodec, body []byte, size int) ([]byte, error) {
	switch codec {
	case format.Uncompressed:
		if len(body) != size {
			return nil, errPage
		}
		return body, nil
	case format.Snappy:
		if n, err := snappy.DecodedLen(body); size > 0 && (err != nil || n != size || size > snappyRatio*len(body)) {
			return nil, errPage
		}
		return nil, nil
	case format.Zstd: // of the first writer
		return unzstd(body, size)
	}
	return nil, fmt.Errorf("a page compressed by %v", codec)
}

func unzstd(body []byte, size int) ([]byte, error) {
	if size > fewBytes+zstdRatio*len(body) {
		return nil, errPage
	}
	if size == 0 {
		return nil, nil
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	out, err := z.DecodeAll(body, make([]byte, 0, size))
	if err == nil && len(out) != size {
		err = errPage
	}
	return out, err
}

// checkEncoding checks what decoders would make room for: as many values as there are.
func checkEncoding(e format.Encoding, body []byte, values int) error {
	switch {
	case e == format.Plain:
		return nil
	case e == format.RLEDictionary && len(body) == 1 && values > 0:
		return errPage
	case e == format.RLEDictionary && len(body) > 0 && body[0] <= 32:
		return checkRuns(body[1:], uint(body[0]), values)
	case e == format.DeltaBinaryPacked || e == format.DeltaLengthByteArray:
		_, err := CheckDelta(body, values)
		if err == nil && DeltaCount(body) != values {
			err = errPage
		}
		return err
	}
	return fmt.Errorf("%w: %d values in the encoding %v", errPage, values, e)
}
