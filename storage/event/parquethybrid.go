package event

import "encoding/binary"

// slack is how many bytes behind the end of page data may be loaded (their
// values do not matter), so that eight bytes can be read at once anywhere.
const slack = 8

// padded returns b with slack bytes of capacity behind it.
func padded(b []byte) []byte {
	if cap(b)-len(b) >= slack {
		return b
	}
	return append(make([]byte, 0, len(b)+slack), b...)
}

// hybrid reads Parquet's mix of run-length and bit-packed runs, in which levels,
// dictionary indices and booleans are written, a few values at a time: a run of
// millions takes no memory.
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE)
type hybrid struct {
	b      []byte // from the next run's header on; padded
	width  uint   // bits of a value
	left   int    // values in the present run
	value  int32  // of a run-length run
	packed []byte // of a bit-packed run, from bit on; padded
	bit    uint
}

func newHybrid(b []byte, width uint) hybrid {
	h := hybrid{b: padded(b), width: width}
	if width == 0 {
		h.left = int(^uint(0) >> 1) // zeros without end: some writers leave out the runs
	}
	return h
}

// next opens the next run. It is false at the end and for what is no run.
func (h *hybrid) next() bool {
	header, n := binary.Uvarint(h.b)
	if n <= 0 || header>>1 > 1<<31 {
		return false
	}
	h.b = h.b[n:]
	h.left = int(header >> 1)
	size := int(h.width+7) / 8
	if h.packed = nil; header&1 == 1 {
		size = h.left * int(h.width) // of groups of eight values
		h.left *= 8
	}
	if size > len(h.b) {
		return false
	}
	if header&1 == 1 {
		h.packed, h.bit = h.b[:size:size+slack], 0
	} else {
		word := binary.LittleEndian.Uint64(h.b[:slack])
		h.value = int32(word & (1<<h.width - 1))
	}
	h.b = h.b[size:]
	return true
}

// read fills dst. It is false if there are fewer values.
func (h *hybrid) read(dst []int32) bool {
	for len(dst) > 0 {
		if h.left == 0 && !h.next() {
			return false
		}
		n := min(len(dst), h.left)
		if h.packed != nil {
			h.unpack(dst[:n])
		} else {
			repeat(dst[:n], h.value)
		}
		h.left -= n
		dst = dst[n:]
	}
	return true
}

func repeat(dst []int32, value int32) {
	for i := range dst {
		dst[i] = value
	}
}

func (h *hybrid) unpack(dst []int32) {
	data, bit, width := h.packed[:cap(h.packed)], h.bit, h.width
	mask := uint64(1)<<width - 1
	if width <= 8 && bit%8 == 0 { // eight values lie in one word
		at := bit / 8
		for ; len(dst) >= 8; dst = dst[8:] {
			word, eight := binary.LittleEndian.Uint64(data[at:]), (*[8]int32)(dst)
			for i := range eight {
				eight[i] = int32(word & mask)
				word >>= width & 15
			}
			at += width
		}
		bit = at * 8
	}
	for i := range dst {
		dst[i] = int32(binary.LittleEndian.Uint64(data[bit>>3:]) >> (bit & 7) & mask)
		bit += width
	}
	h.bit = bit
}

// skip passes by n values.
func (h *hybrid) skip(n int) bool {
	for n > 0 {
		if h.left == 0 && !h.next() {
			return false
		}
		m := min(n, h.left)
		h.bit += uint(m) * h.width
		h.left -= m
		n -= m
	}
	return true
}

// allOnes reports whether the next n values are all one by a single run, the way
// in which columns without nulls are written.
func (h *hybrid) allOnes(n int) bool {
	return (h.left > 0 || h.next()) && h.packed == nil && h.value == 1 && h.left >= n
}
