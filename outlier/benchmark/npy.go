package benchmark

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// NumPy's format, versions 1.0 to 3.0: numpy.lib.format in its documentation. A magic
// text, two bytes of version, the length of the header, the header as a dictionary
// written in Python, and the values.
const (
	npyMagic  = "\x93NUMPY"
	maxHeader = 64 << 10
	chunk     = 1 << 16 // bytes of values that are read at a time
)

// array is one of NumPy's, of one or two dimensions.
type array struct {
	rows, cols int
	flat       bool // it had one dimension
	data       []float64
}

// readNPY reads an array of numbers or truth values of a file of so many bytes, if its
// shape is taken: no memory is spent before, nor on values that the file has no bytes for.
func readNPY(name string, r io.Reader, size int64, take func(npyShape) error) (array, error) {
	text, err := npyHeader(r)
	if err != nil {
		return array{}, bad(name, "%w", err)
	}
	h, err := parseNPY(text)
	if err != nil {
		return array{}, bad(name, "%w", err)
	}
	if err := take(h); err != nil {
		return array{}, bad(name, "%w", err)
	}
	if n := int64(h.rows) * int64(h.cols); n > size/int64(h.size) {
		return array{}, bad(name, "%d rows of %d columns have %d values, and the file is of %d bytes: it was cut", h.rows, h.cols, n, size)
	}
	a := array{rows: h.rows, cols: h.cols, flat: h.flat}
	a.data, err = h.values(r)
	if err != nil {
		return array{}, bad(name, "%w", err)
	}
	return a, nil
}

// npyHeader reads up to the values.
func npyHeader(r io.Reader) (string, error) {
	start := make([]byte, len(npyMagic)+2)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:len(npyMagic)]) != npyMagic {
		return "", errors.New("it is no array of NumPy")
	}
	size := make([]byte, 4)
	if start[len(npyMagic)] == 1 {
		size = size[:2]
	}
	if v := start[len(npyMagic)]; v < 1 || v > 3 {
		return "", fmt.Errorf("it is an array of version %d, and 1 to 3 are known", v)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return "", fmt.Errorf("the header: %w", err)
	}
	n := binary.LittleEndian.Uint32(append(size, 0, 0)[:4])
	if n > maxHeader {
		return "", fmt.Errorf("a header of %d bytes, and %d are the most", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", fmt.Errorf("the header: %w", err)
	}
	return string(text), nil
}

// npyShape is what a header says.
type npyShape struct {
	kind       byte // 'f', 'i', 'u' or 'b'
	size       int  // of a value, in bytes
	order      binary.ByteOrder
	fortran    bool // the values stand column after column
	rows, cols int
	flat       bool
}

// The entries of the dictionary, in any order. A list of fields in place of a type is
// found by its absence.
var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyDims    = regexp.MustCompile(`'shape'\s*:\s*\(([^)]*)\)`)
	npyType    = regexp.MustCompile(`^([<>|=])([fiub])([1248])$`)
)

func parseNPY(text string) (npyShape, error) {
	var h npyShape
	descr, fortran, dims := npyDescr.FindStringSubmatch(text), npyFortran.FindStringSubmatch(text), npyDims.FindStringSubmatch(text)
	if descr == nil || fortran == nil || dims == nil {
		return h, errors.New("the header names no type, order and shape of plain values")
	}
	if strings.Contains(descr[1], "O") {
		return h, errors.New("it holds Python objects, which only a program in Python can read, and running what is in them is not safe: save it from there with x.astype(float)")
	}
	kind := npyType.FindStringSubmatch(descr[1])
	if kind == nil {
		return h, fmt.Errorf("values of the type %q; want f4, f8, i1 to i8, u1 to u8 or b1", descr[1])
	}
	h.kind, h.size, h.fortran = kind[2][0], int(kind[3][0]-'0'), fortran[1] == "True"
	if h.kind == 'f' && h.size < 4 || h.kind == 'b' && h.size != 1 {
		return h, fmt.Errorf("values of the type %q; want f4, f8, i1 to i8, u1 to u8 or b1", descr[1])
	}
	h.order = binary.LittleEndian
	if kind[1] == ">" {
		h.order = binary.BigEndian
	}
	return h, h.shape(dims[1])
}

// shape takes "619326, 10", or "10," of an array of one dimension, for its columns a
// single one.
func (h *npyShape) shape(text string) error {
	var dims []int
	var large bool
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(text), ","), ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 31)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("the shape (%s); want one dimension or two", text)
		}
		large = large || err != nil
		dims = append(dims, int(n))
	}
	if len(dims) > 2 {
		return fmt.Errorf("the shape (%s); want one dimension or two", text)
	}
	if large {
		return fmt.Errorf("the shape (%s) is too large: %d rows and as many columns are the most", text, math.MaxInt32)
	}
	h.flat = len(dims) == 1
	h.rows, h.cols = dims[0], 1
	if !h.flat {
		h.cols = dims[1]
	}
	return nil
}

// values reads all of them, row after row, and nothing may follow.
func (h *npyShape) values(r io.Reader) ([]float64, error) {
	n := h.rows * h.cols
	data := make([]float64, n)
	// Of what stands column after column the next value is a row on.
	step := 1
	if h.fortran {
		step = h.cols
	}
	at, buf := 0, make([]byte, chunk)
	for done := 0; done < n; {
		part := buf[:min(chunk, (n-done)*h.size)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, fmt.Errorf("the values end after %d of %d: %w", done, n, err)
		}
		for ; len(part) > 0; part = part[h.size:] {
			data[at] = h.value(part[:h.size])
			done++
			if at += step; at >= n {
				at -= n - 1 // to the next column
			}
		}
	}
	if left, err := io.CopyN(io.Discard, r, 1); left > 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is more than %d values", n)
	}
	return data, nil
}

// value is one value.
func (h *npyShape) value(b []byte) float64 {
	switch {
	case h.kind == 'b':
		return float64(min(b[0], 1))
	case h.kind == 'f' && h.size == 4:
		return float64(math.Float32frombits(h.order.Uint32(b)))
	case h.kind == 'f':
		return math.Float64frombits(h.order.Uint64(b))
	case h.kind == 'i':
		return float64(h.signed(b))
	}
	return float64(h.unsigned(b))
}

func (h *npyShape) unsigned(b []byte) uint64 {
	switch h.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(h.order.Uint16(b))
	case 4:
		return uint64(h.order.Uint32(b))
	}
	return h.order.Uint64(b)
}

func (h *npyShape) signed(b []byte) int64 {
	shift := 64 - 8*h.size
	return int64(h.unsigned(b)<<shift) >> shift
}
