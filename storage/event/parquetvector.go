package event

import (
	"encoding/binary"
	"errors"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"sparkless/storage/table"
)

// vector is a page's values, or a dictionary's: texts or numbers.
type vector struct {
	texts   []byte   // of booleans the bits
	width   int      // of texts that have no offsets, since all are of one length
	offsets []uint32 // text i lies from offsets[i]+gap to offsets[i+1]
	gap     uint32
	numbers []int64 // floats by their bits
	n       int

	loan *loan
	held int64 // of the loan
}

func (v *vector) text(i int) []byte {
	if v.width > 0 {
		return v.texts[i*v.width:][:v.width]
	}
	return v.texts[v.offsets[i]+v.gap : v.offsets[i+1]]
}

func (v *vector) bit(i int) int64 { return int64(v.texts[i/8] >> (i % 8) & 1) }

var errValues = errors.New("a page holds fewer bytes than its values take")

// decode reads at most n values, fewer if the data ends before. What it keeps of
// data stays part of data.
func (v *vector) decode(l *leaf, encoding format.Encoding, data []byte, n int) error {
	v.n, v.gap, v.width, v.offsets, v.numbers = 0, 0, 0, v.offsets[:0], v.numbers[:0]
	if err := v.borrow(takes(l, encoding, data, n)); err != nil {
		return err
	}
	switch encoding {
	case format.Plain:
		return v.plain(l, data, n)
	case format.RLE:
		return v.booleans(l, data, n)
	case format.DeltaBinaryPacked, format.ByteStreamSplit:
		return v.packed(l, encoding, data, n)
	case format.DeltaLengthByteArray, format.DeltaByteArray:
		if l.stored == format.ByteArray {
			return v.deltaTexts(encoding, data, n)
		}
	}
	return noEncoding(l, encoding)
}

// borrow makes sure that so many bytes in all are borrowed for the values.
func (v *vector) borrow(bytes int64) error {
	if bytes <= v.held {
		return nil
	}
	if err := v.loan.borrow(bytes - v.held); err != nil {
		return err
	}
	v.held = bytes
	return nil
}

// takes is how many bytes the values of a page take beside the page, and one each
// for what is noted of a dictionary's.
func takes(l *leaf, encoding format.Encoding, data []byte, n int) int64 {
	size := 8
	switch l.stored {
	case format.Boolean:
		return int64(min(n, maxValues)/8 + 1)
	case format.ByteArray, format.Int32, format.Float:
		size = 4
	case format.Int96:
		size = 12
	case format.FixedLenByteArray:
		size = max(l.width, 1)
	}
	switch encoding {
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray:
		return 0 // not known before the data are checked
	}
	return 9 * int64(min(n, len(data)/size)+1)
}

// deltaBytes is what a number takes that was written as a difference: as it is
// decoded, as it is kept, and what is noted of it.
const deltaBytes = 4 + 8 + 1

func noEncoding(l *leaf, encoding format.Encoding) error {
	return unsupported("%v in the encoding %v cannot be read: write it plain or with a dictionary", l.stored, encoding)
}

func (v *vector) plain(l *leaf, data []byte, n int) error {
	switch l.stored {
	case format.ByteArray:
		return v.plainTexts(data, n)
	case format.FixedLenByteArray:
		v.n, v.width, v.texts = min(n, len(data)/l.width), l.width, data
		return nil
	case format.Boolean:
		v.n, v.texts = min(n, 8*len(data)), data
		return nil
	}
	size := 8
	switch l.stored {
	case format.Int32, format.Float:
		size = 4
	case format.Int96:
		size = 12
	}
	v.n = min(n, len(data)/size)
	v.numbers = appendNumbers(v.numbers, l, data, v.n)
	return nil
}

// appendNumbers appends n fixed-size values.
func appendNumbers(dst []int64, l *leaf, data []byte, n int) []int64 {
	switch l.stored {
	case format.Int32, format.Float:
		unsigned := l.meaning == asUnsigned
		for i := range n {
			w := binary.LittleEndian.Uint32(data[4*i:])
			if unsigned {
				dst = append(dst, int64(w))
			} else {
				dst = append(dst, int64(int32(w)))
			}
		}
	case format.Int96:
		for i := range n {
			dst = append(dst, fromJulian(data[12*i:]))
		}
	default:
		for i := range n {
			dst = append(dst, int64(binary.LittleEndian.Uint64(data[8*i:])))
		}
	}
	return dst
}

// fromJulian reads what Spark writes as INT96: nanoseconds of the day and the
// Julian day number, of which 2440588 is 1 January 1970.
func fromJulian(b []byte) int64 {
	const day, epoch = 24 * 60 * 60 * 1_000_000_000, 2440588
	nanos := binary.LittleEndian.Uint64(b)
	days := int64(binary.LittleEndian.Uint32(b[8:])) - epoch
	if nanos >= day || days < -106_000 || days > 106_000 { // the years that nanoseconds in an int64 can hold
		return unreadableTime
	}
	return days*day + int64(nanos)
}

// plainTexts finds each text's length before it.
func (v *vector) plainTexts(data []byte, n int) error {
	v.texts, v.gap = data, 4
	at := 0
	for v.n < n && at < len(data) {
		if len(data)-at < 4 {
			return errValues
		}
		size := int(binary.LittleEndian.Uint32(data[at:]))
		if size > len(data)-at-4 {
			return errValues
		}
		v.offsets = append(v.offsets, uint32(at))
		at += 4 + size
		v.n++
	}
	v.offsets = append(v.offsets, uint32(at))
	return nil
}

// booleans reads those that are written as runs, behind their length.
func (v *vector) booleans(l *leaf, data []byte, n int) error {
	if l.stored != format.Boolean {
		return noEncoding(l, format.RLE)
	}
	if len(data) < 4 {
		return errValues
	}
	if n > maxValues {
		return table.ErrDelta
	}
	runs, one := newHybrid(data[4:], 1), make([]int32, 1)
	v.texts = make([]byte, n/8+1)
	for v.n < n && runs.read(one) {
		v.texts[v.n/8] |= byte(one[0]) << (v.n % 8)
		v.n++
	}
	return nil
}

// packed leaves numbers that are not plain to the library.
func (v *vector) packed(l *leaf, encoding format.Encoding, data []byte, n int) error {
	if encoding == format.DeltaBinaryPacked {
		if _, err := table.CheckDelta(data, n); err != nil {
			return err
		}
		if err := v.borrow(deltaBytes * int64(table.DeltaCount(data))); err != nil {
			return err
		}
	}
	e := parquet.LookupEncoding(encoding)
	var err error
	switch l.stored {
	case format.Int32:
		var out []int32
		out, err = e.DecodeInt32(make([]int32, 0, n32(n, data)), data)
		for _, x := range out {
			if l.meaning == asUnsigned {
				v.numbers = append(v.numbers, int64(uint32(x)))
			} else {
				v.numbers = append(v.numbers, int64(x))
			}
		}
	case format.Int64:
		v.numbers, err = e.DecodeInt64(v.numbers, data)
	case format.Float, format.Double:
		v.splitFloats(l, data)
	default:
		err = noEncoding(l, encoding)
	}
	v.n = min(n, len(v.numbers))
	return err
}

// n32 is a first guess at how many values data may hold.
func n32(n int, data []byte) int { return min(n, 4*len(data)) }

// splitFloats puts together floats whose bytes are written in streams of their own.
func (v *vector) splitFloats(l *leaf, data []byte) {
	size := 8
	if l.stored == format.Float {
		size = 4
	}
	n := len(data) / size
	for i := range n {
		var w uint64
		for k := range size {
			w |= uint64(data[k*n+i]) << (8 * k)
		}
		v.numbers = append(v.numbers, int64(w))
	}
}

// maxValues bounds the values of a page whose encoding needs less than a bit for
// each, and those of a dictionary: no writer puts nearly as many into one.
const maxValues = 16 << 20

// deltaTexts reads texts whose lengths, and of DELTA_BYTE_ARRAY how much they
// share with the text before, are written in front.
func (v *vector) deltaTexts(encoding format.Encoding, data []byte, n int) error {
	var shared []int32
	var err error
	if encoding == format.DeltaByteArray {
		if shared, data, err = v.takeDeltas(data, n); err != nil {
			return err
		}
	}
	lengths, data, err := v.takeDeltas(data, n)
	if err != nil {
		return err
	}
	if shared != nil && len(shared) != len(lengths) {
		return table.ErrDelta
	}
	v.n = len(lengths)
	if shared != nil {
		return v.join(shared, lengths, data)
	}
	at := 0
	for _, size := range lengths {
		v.offsets = append(v.offsets, uint32(at))
		if size < 0 || int(size) > len(data)-at {
			return errValues
		}
		at += int(size)
	}
	v.offsets, v.texts = append(v.offsets, uint32(at)), data
	return nil
}

func (v *vector) takeDeltas(data []byte, n int) (values []int32, rest []byte, err error) {
	end, err := table.CheckDelta(data, n)
	if err == nil {
		err = v.borrow(deltaBytes * int64(table.DeltaCount(data)))
	}
	if err != nil {
		return nil, nil, err
	}
	values, err = parquet.DeltaBinaryPacked.DecodeInt32(nil, data[:end])
	return values, data[end:], err
}

// mostJoined bounds the texts of a page of so many bytes that share their
// beginnings: far above what 20,000 equal texts make, the most that a page usually
// has.
func mostJoined(bytes int) int { return min(32<<20+256*bytes, maxPage) }

// join writes texts out that share their beginnings.
func (v *vector) join(shared, lengths []int32, data []byte) error {
	var size int64
	for i := range lengths {
		if lengths[i] < 0 || shared[i] < 0 {
			return errValues
		}
		size += int64(lengths[i]) + int64(shared[i])
	}
	if size > int64(mostJoined(len(data))+len(data)) {
		return errValues
	}
	if err := v.borrow(deltaBytes*int64(len(lengths)) + size); err != nil {
		return err
	}
	out := make([]byte, 0, size)
	last := 0
	for i, size := range lengths {
		before := out[last:]
		if int(size) > len(data) || int(shared[i]) > len(before) {
			return errValues
		}
		last = len(out)
		v.offsets = append(v.offsets, uint32(last))
		out = append(append(out, before[:shared[i]]...), data[:size]...)
		data = data[size:]
	}
	v.offsets, v.texts = append(v.offsets, uint32(len(out))), out
	return nil
}
