package table

import (
	"encoding/binary"
	"errors"
)

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

// ErrThrift means that the bytes are no metadata of Parquet.
var ErrThrift = errors.New("damaged")

// ErrThriftSize means that the metadata would take too much memory once decoded.
var ErrThriftSize = errors.New("lists that take too much memory")

// CheckThrift passes by a struct of Parquet's metadata, which may be followed by
// other data: it is not nested too deep, and each list has as many elements as it
// says. The decoder calls itself for each level and makes lists of the size they
// claim, however deep and large. It fails with ErrThrift or ErrThriftSize.
func CheckThrift(b []byte) error {
	_, err := ThriftMemory(b)
	return err
}

// ThriftMemory is CheckThrift, and returns about how many bytes the lists take once
// decoded.
func ThriftMemory(b []byte) (int64, error) {
	most := min(1<<20+thriftGrowth*len(b), mostMemory)
	w := thriftWalker{b: b, ok: true, memory: most}
	w.structure(0)
	switch {
	case w.memory < 0:
		return 0, ErrThriftSize
	case !w.ok:
		return 0, ErrThrift
	}
	return int64(most - w.memory), nil
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
