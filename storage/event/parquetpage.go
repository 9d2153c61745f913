package event

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"sparkless/storage/table"
)

const (
	// maxPage is the most that a page may hold, decompressed. Most writers cut at
	// 1 MiB, DuckDB at 100 MB.
	maxPage = 256 << 20
	// maxHeader is the most that a page's header may take: its statistics can hold
	// two whole values.
	maxHeader = 2*maxLine + 4<<10
	// maxRatio is above what any of the compressions reaches on pages of a megabyte
	// or more, except brotli.
	maxRatio = 1 << 15
	// brotliWindow is the largest window of Brotli (RFC 7932, section 9.1) and what
	// is beside it.
	brotliWindow = 17 << 20
)

// pageReader reads the headers and bodies of the pages of one column chunk after
// the other.
type pageReader struct {
	stretch
	codec  format.CompressionCodec
	data   []byte // the present page, decompressed; reused
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	brotli int64 // that is borrowed
}

// header reads the next page's header and leaves the stretch at its body.
func (p *pageReader) header() (*format.PageHeader, error) {
	var protocol thrift.CompactProtocol
	for size := int64(1 << 10); ; size *= 4 {
		b, err := p.peek(int(min(size, p.left())))
		if err != nil {
			return nil, err
		}
		h := new(format.PageHeader)
		r := protocol.NewReaderFromBytes(b)
		if err = table.CheckThrift(b); err == nil {
			err = thrift.NewDecoder(r).Decode(h)
		}
		if err == nil {
			if err = p.skip(int64(r.BytesRead())); err == nil {
				err = p.check(h)
			}
			return h, err
		}
		if size >= p.left() || size >= maxHeader {
			return nil, fmt.Errorf("page header: %w", err)
		}
	}
}

// check bounds what the header says of sizes and counts.
func (p *pageReader) check(h *format.PageHeader) error {
	small, large := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	v2 := &h.DataPageHeaderV2
	levels := int64(v2.V.DefinitionLevelsByteLength) + int64(v2.V.RepetitionLevelsByteLength)
	switch {
	case small < 0 || large < 0 || small > p.left():
		return fmt.Errorf("a page of %d bytes, where %d are left", small, p.left())
	case large > maxPage || large > 1<<20 && large/maxRatio > small:
		return unsupported("a page of %d bytes from %d: write pages of at most %d", large, small, maxPage)
	case h.Type == format.DataPage && (!h.DataPageHeader.Valid || h.DataPageHeader.V.NumValues < 0),
		h.Type == format.DictionaryPage && (!h.DictionaryPageHeader.Valid || h.DictionaryPageHeader.V.NumValues < 0),
		h.Type == format.DataPageV2 && (!v2.Valid || v2.V.NumValues < 0 || v2.V.DefinitionLevelsByteLength < 0 ||
			v2.V.RepetitionLevelsByteLength < 0 || levels > min(small, large)):
		return errors.New("page header: impossible counts")
	}
	return nil
}

// read returns the body of the page whose header was read: the levels of a page
// of version 2 as they are, the rest decompressed. It is padded, and valid until
// the next page is read. What is decompressed lies in space, which grows.
func (p *pageReader) read(h *format.PageHeader, space *[]byte) ([]byte, error) {
	v2 := &h.DataPageHeaderV2.V
	asItIs := p.codec == format.Uncompressed || h.Type == format.DataPageV2 && v2.IsCompressed.Valid && !v2.IsCompressed.V
	raw, err := p.body(int(h.CompressedPageSize), asItIs)
	if err != nil {
		return nil, err
	}
	if h.CRC != 0 && crc32.ChecksumIEEE(raw) != uint32(h.CRC) {
		return nil, errors.New("a page's checksum differs")
	}
	if asItIs {
		return raw, nil
	}
	levels := 0
	if h.Type == format.DataPageV2 {
		levels = int(v2.DefinitionLevelsByteLength) + int(v2.RepetitionLevelsByteLength)
	}
	size := int(h.UncompressedPageSize)
	if err := p.src.loan.borrow(int64(size + slack - cap(*space))); err != nil {
		return nil, err
	}
	if cap(*space) < size+slack {
		*space = make([]byte, size+slack)
	}
	dst := (*space)[:size]
	copy(dst, raw[:levels])
	if levels == size {
		return dst, nil // only nulls: nothing is compressed
	}
	if err := p.decompress(dst[levels:], raw[levels:]); err != nil {
		return nil, fmt.Errorf("%v: %w", p.codec, err)
	}
	return dst, nil
}

// body returns the next page's bytes as they are stored; if that is how they are
// used, they stay until the next page is read.
func (p *pageReader) body(n int, keep bool) ([]byte, error) {
	if !keep {
		return p.take(n)
	}
	b, err := p.peek(n)
	if err != nil {
		return nil, err
	}
	return b, p.skip(int64(n))
}

var errSize = errors.New("a page's size is not what its header says")

// decompress fills dst.
func (p *pageReader) decompress(dst, src []byte) error {
	switch p.codec {
	case format.Snappy:
		if n, err := snappy.DecodedLen(src); err != nil || n != len(dst) {
			return errors.Join(errSize, err)
		}
		_, err := snappy.Decode(dst, src)
		return err
	case format.Zstd:
		return p.unzstd(dst, src)
	case format.Gzip:
		return p.gunzip(dst, src)
	case format.Brotli:
		if err := p.src.loan.borrow(brotliWindow - p.brotli); err != nil {
			return err
		}
		p.brotli = brotliWindow
		return exactly(dst, brotli.NewReader(bytes.NewReader(src)))
	case format.Lz4Raw:
		n, err := lz4.UncompressBlock(src, dst)
		if err == nil && n != len(dst) {
			err = errSize
		}
		return err
	}
	return unsupported("this compression cannot be read: use zstd, snappy or gzip")
}

func (p *pageReader) unzstd(dst, src []byte) (err error) {
	if p.zstd == nil {
		if p.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxPage)); err != nil {
			return err
		}
	}
	out, err := p.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		err = errSize
	}
	return err
}

func (p *pageReader) gunzip(dst, src []byte) (err error) {
	if p.gzip == nil {
		p.gzip, err = gzip.NewReader(bytes.NewReader(src))
	} else {
		err = p.gzip.Reset(bytes.NewReader(src))
	}
	if err != nil {
		p.gzip = nil
		return err
	}
	return exactly(dst, p.gzip)
}

// exactly fills dst with all that r has.
func exactly(dst []byte, r io.Reader) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return fmt.Errorf("%w: %w", errSize, err)
	}
	n, err := r.Read(make([]byte, 1))
	if n > 0 {
		return errSize
	}
	if err == io.EOF {
		err = nil
	}
	return err
}

// splitLevels takes the levels off a data page: those of a column that is not nested
// are the definition levels, or none.
func splitLevels(h *format.PageHeader, body []byte, optional bool) (levels, values []byte, err error) {
	if h.Type == format.DataPageV2 {
		r, d := int(h.DataPageHeaderV2.V.RepetitionLevelsByteLength), int(h.DataPageHeaderV2.V.DefinitionLevelsByteLength)
		if r+d > len(body) {
			return nil, nil, errShort
		}
		return body[r : r+d], body[r+d:], nil
	}
	if !optional {
		return nil, body, nil
	}
	if h.DataPageHeader.V.DefinitionLevelEncoding != format.RLE {
		return nil, nil, unsupported("levels in the encoding %v cannot be read: write them as RLE", h.DataPageHeader.V.DefinitionLevelEncoding)
	}
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return nil, nil, errShort
	}
	n := 4 + int(binary.LittleEndian.Uint32(body))
	return body[4:n], body[n:], nil
}
