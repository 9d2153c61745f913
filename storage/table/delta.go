package table

import (
	"encoding/binary"
	"errors"
)

// ErrDelta means that a page's delta encoding is damaged, or claims more numbers
// than a page of its size holds.
var ErrDelta = errors.New("a page's delta encoding does not fit its number of values")

// mostDeltas bounds the numbers of a page of so many bytes. Where all deltas are
// equal, writers take 5 bytes for 128 numbers, or 9 for 2048; a forged page could
// take 2 for 65536.
func mostDeltas(bytes int) uint64 { return 1<<16 + 1024*uint64(bytes) }

// DeltaCount is how many numbers there are in DELTA_BINARY_PACKED data that
// CheckDelta has passed.
func DeltaCount(b []byte) int {
	var total uint64
	for range 3 { // behind the size of a block and the number of its parts
		v, k := binary.Uvarint(b)
		b, total = b[max(k, 0):], v
	}
	return int(total)
}

// CheckDelta returns where DELTA_BINARY_PACKED data of at most n numbers end.
// Decoders make place for as many as the data say. It fails with ErrDelta.
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC)
func CheckDelta(b []byte, n int) (end int, err error) {
	at := 0
	next := func() uint64 {
		v, k := binary.Uvarint(b[at:])
		if k <= 0 {
			err = ErrDelta
			return 0
		}
		at += k
		return v
	}
	block, parts, total := next(), next(), next()
	next() // the first value
	if err != nil || block == 0 || block > 65536 || parts == 0 || parts > 512 || block%parts != 0 || block/parts%8 != 0 || total > uint64(n) || total > mostDeltas(len(b)) {
		return 0, ErrDelta
	}
	for left := int(total) - 1; left > 0; {
		next() // the least delta
		if err != nil || at+int(parts) > len(b) {
			return 0, ErrDelta
		}
		widths := b[at : at+int(parts)]
		at += int(parts)
		for i := 0; i < len(widths) && left > 0; i++ {
			if widths[i] > 64 {
				return 0, ErrDelta
			}
			at += int(block/parts) * int(widths[i]) / 8
			left -= int(block / parts)
		}
		if at > len(b) {
			return 0, ErrDelta
		}
	}
	return at, nil
}
