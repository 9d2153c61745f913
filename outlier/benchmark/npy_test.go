package benchmark

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// npy is an array as NumPy writes it: header is its dictionary.
func npy(version byte, header string, values []byte) []byte {
	text := append([]byte(npyMagic), version, 0)
	if version == 1 {
		text = binary.LittleEndian.AppendUint16(text, uint16(len(header)))
	} else {
		text = binary.LittleEndian.AppendUint32(text, uint32(len(header)))
	}
	return append(append(text, header...), values...)
}

// all takes an array of any shape.
func all(npyShape) error { return nil }

func header(descr, fortran, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }      \n", descr, fortran, shape)
}

// Values of every type, in both orders of bytes, at the ends of their ranges.
func TestTypesOfArrays(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	minus2 := uint64(math.MaxUint64 - 1)
	for _, c := range []struct {
		descr  string
		values []byte
		want   []float64
	}{
		{"<f8", le.AppendUint64(le.AppendUint64(nil, math.Float64bits(0.1)), math.Float64bits(-3)), []float64{0.1, -3}},
		{">f8", be.AppendUint64(be.AppendUint64(nil, math.Float64bits(0.1)), math.Float64bits(-3)), []float64{0.1, -3}},
		{"<f4", le.AppendUint32(le.AppendUint32(nil, math.Float32bits(0.5)), math.Float32bits(-3)), []float64{0.5, -3}},
		{"<i8", le.AppendUint64(le.AppendUint64(nil, minus2), 7), []float64{-2, 7}},
		{"<i4", le.AppendUint32(le.AppendUint32(nil, uint32(minus2&math.MaxUint32)), 7), []float64{-2, 7}},
		{">i4", be.AppendUint32(be.AppendUint32(nil, uint32(minus2&math.MaxUint32)), 7), []float64{-2, 7}},
		{"<i2", []byte{0xfe, 0xff, 0, 0x80}, []float64{-2, math.MinInt16}},
		{"|i1", []byte{0xfe, 0x7f}, []float64{-2, 127}},
		{"|u1", []byte{0xfe, 0x7f}, []float64{254, 127}},
		{"<u2", []byte{0xfe, 0xff, 0, 1}, []float64{65534, 256}},
		{"<u4", []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, []float64{math.MaxUint32, 1}},
		{"|b1", []byte{0, 1}, []float64{0, 1}},
	} {
		for version := byte(1); version <= 3; version++ {
			text := npy(version, header(c.descr, "False", "2,"), c.values)
			// Bodies of archives come in pieces of any size.
			a, err := readNPY("x.npy", iotest.OneByteReader(bytes.NewReader(text)), int64(len(text)), all)
			if err != nil || a.rows != 2 || a.cols != 1 || !a.flat || !slices.Equal(a.data, c.want) {
				t.Errorf("%s, version %d: %+v, %v", c.descr, version, a, err)
			}
		}
	}
}

// An array that stands column after column is the same table.
func TestOrdersOfArrays(t *testing.T) {
	rows := []byte{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		fortran string
		values  []byte
	}{{"False", rows}, {"True", []byte{1, 4, 2, 5, 3, 6}}} {
		text := npy(1, header("|u1", c.fortran, "2, 3"), c.values)
		a, err := readNPY("x.npy", bytes.NewReader(text), int64(len(text)), all)
		if err != nil || a.rows != 2 || a.cols != 3 || !slices.Equal(a.data, []float64{1, 2, 3, 4, 5, 6}) {
			t.Errorf("fortran %s: %+v, %v", c.fortran, a, err)
		}
	}
}

// What is no array of numbers is refused, says why, and takes no memory for what it
// only claims to hold.
func TestArraysThatAreRefused(t *testing.T) {
	good := header("<f8", "False", "1, 1")
	for what, c := range map[string]struct {
		text []byte
		want string
	}{
		"empty":               {nil, "no array of NumPy"},
		"text":                {[]byte("a,b\n1,2\n3,4\n"), "no array of NumPy"},
		"cut header":          {npy(1, good, nil)[:20], "the header"},
		"version":             {npy(9, good, nil), "version 9"},
		"long header":         {append([]byte(npyMagic), 2, 0, 255, 255, 255, 255), "bytes"},
		"no dictionary":       {npy(1, "hello", nil), "names no type"},
		"fields":              {npy(1, "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", nil), "names no type"},
		"objects":             {npy(1, header("|O", "False", "2,"), []byte("\x80\x04cos\nsystem\n")), "x.astype(float)"},
		"texts":               {npy(1, header("<U3", "False", "2,"), nil), `type "<U3"`},
		"half":                {npy(1, header("<f2", "False", "2,"), nil), "type"},
		"complex":             {npy(1, header("<c8", "False", "2,"), nil), "type"},
		"three dimensions":    {npy(1, header("<f8", "False", "2, 2, 2"), nil), "one dimension or two"},
		"none":                {npy(1, header("<f8", "False", ""), make([]byte, 8)), "one dimension or two"},
		"negative":            {npy(1, header("<f8", "False", "-1, 2"), nil), "one dimension or two"},
		"claims too much":     {npy(1, header("<f8", "False", "2147483647, 2147483647"), nil), "it was cut"},
		"too large":           {npy(1, header("<f8", "False", "4000000000000, 4"), nil), "(4000000000000, 4) is too large"},
		"overflows":           {npy(1, header("<f8", "False", "99999999999999999999, 2"), nil), "is too large"},
		"large and deep":      {npy(1, header("<f8", "False", "4000000000000, 4, 4"), nil), "one dimension or two"},
		"claims what is not":  {npy(1, header("<f8", "False", "26843545, 10"), make([]byte, 80)), "268435450 values, and the file is of 164 bytes"},
		"claims a bit more":   {npy(1, header("<f8", "False", "9, 2"), make([]byte, 80)), "the values end after 0 of 18"},
		"one value too few":   {npy(1, good, make([]byte, 7)), "the values end"},
		"one value too many":  {npy(1, good, make([]byte, 16)), "more than 1 values"},
		"more behind nothing": {npy(1, header("<f8", "False", "0, 5"), make([]byte, 8)), "more than 0 values"},
	} {
		_, err := readNPY("odd.npy", bytes.NewReader(c.text), int64(len(c.text)), all)
		if !errors.Is(err, ErrTable) || !strings.Contains(fmt.Sprint(err), c.want) || !strings.HasPrefix(err.Error(), "odd.npy: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Whatever the bytes are, there is a table of the size it says, or an error.
func FuzzReadNPY(f *testing.F) {
	f.Add(npy(1, header("<f8", "True", "2, 1"), make([]byte, 16)))
	f.Add(npy(2, header("|O", "False", "2,"), nil))
	f.Add(npy(3, header("<i2", "False", "3,"), []byte{1, 2, 3, 4, 5, 6}))
	f.Add(npy(1, header("<u4", "False", "0, 268435456"), nil))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := readNPY("x.npy", bytes.NewReader(text), int64(len(text)), all)
		if err == nil && (len(a.data) != a.rows*a.cols || len(a.data) > len(text)) {
			t.Errorf("%d values of %d by %d of %d bytes", len(a.data), a.rows, a.cols, len(text))
		}
		if err != nil && !errors.Is(err, ErrTable) {
			t.Error(err)
		}
	})
}
