package event

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Runs of both kinds, read in pieces of any size, are what the library wrote.
func TestHybrid(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		width := rng.UintN(33)
		var values []int32
		for range rng.IntN(12) {
			v := int32(rng.Uint64() & (1<<width - 1))
			for range 1 + rng.IntN(40) {
				if rng.IntN(3) == 0 {
					v = int32(rng.Uint64() & (1<<width - 1))
				}
				values = append(values, v)
			}
		}
		b, err := parquet.RLEDictionary.EncodeInt32(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		if len(values) == 0 {
			continue
		}
		h := newHybrid(slices.Clip(b[1:]), uint(b[0]))
		for at := 0; at < len(values); {
			n := min(1+rng.IntN(60), len(values)-at)
			if rng.IntN(3) == 0 {
				if !h.skip(n) {
					t.Fatalf("round %d: no %d values to skip at %d of %d", round, n, at, len(values))
				}
			} else if got := make([]int32, n); !h.read(got) || !slices.Equal(got, values[at:at+n]) {
				t.Fatalf("round %d, width %d, at %d: got %v, want %v", round, b[0], at, got, values[at:at+n])
			}
			at += n
		}
		if more := make([]int32, 8); b[0] > 0 && h.read(more) {
			t.Fatalf("round %d: values behind the end", round)
		}
	}
}

func FuzzHybrid(f *testing.F) {
	f.Add([]byte{3, 0x88, 0xc6, 0xfa}, uint8(3))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, uint8(32))
	f.Fuzz(func(t *testing.T, b []byte, width uint8) {
		h := newHybrid(b, uint(width%33))
		got := make([]int32, 100)
		for range 100 {
			h.allOnes(3)
			if !h.read(got) || !h.skip(1000) {
				break
			}
		}
	})
}

// Whatever the bytes, values can be read or are an error, and take no more
// memory than a page of so many bytes may.
func FuzzPageValues(f *testing.F) {
	encodings := []format.Encoding{format.Plain, format.RLE, format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray, format.ByteStreamSplit, format.BitPacked}
	texts, offsets := []byte("svchost.exesvchost2.exex"), []uint32{0, 11, 23, 24}
	numbers, _ := parquet.DeltaBinaryPacked.EncodeInt64(nil, []int64{1, 5, 1 << 40, -3, 0})
	lengths, _ := parquet.DeltaLengthByteArray.EncodeByteArray(nil, texts, offsets)
	shared, _ := parquet.DeltaByteArray.EncodeByteArray(nil, texts, offsets)
	plain, _ := parquet.Plain.EncodeByteArray(nil, texts, offsets)
	for i, b := range [][]byte{plain, {4, 0, 0, 0, 3, 7}, numbers, lengths, shared, bytes.Repeat([]byte("x"), 80), nil} {
		for stored := range uint8(8) {
			f.Add(b, uint8(i), stored, uint32(5))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, encoding, stored uint8, n uint32) {
		l := leaf{stored: format.Type(stored % 8), width: 16}
		var v vector
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := guard(func() error {
			return v.decode(&l, encodings[int(encoding)%len(encodings)], padded(data), int(n>>1))
		})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20+32<<10*uint64(len(data)) {
			t.Fatalf("%d bytes for %d", used, len(data))
		}
		if err != nil {
			return
		}
		if v.n > int(n>>1) {
			t.Fatalf("%d values of %d", v.n, n>>1)
		}
		for i := range min(v.n, 1000) {
			switch {
			case l.stored == format.Boolean:
				v.bit(i)
			case l.stored == format.ByteArray || l.stored == format.FixedLenByteArray:
				v.text(i)
			default:
				_ = v.numbers[i]
			}
		}
	})
}

func TestNumbersAsJSONShowsThem(t *testing.T) {
	at := time.Date(2026, 11, 20, 5, 4, 3, 120_000_000, time.UTC)
	for want, got := range map[string][]byte{
		"-5":                                   asSigned.append(nil, -5),
		"4294967295":                           asUnsigned.append(nil, math.MaxUint32),
		"18446744073709551615":                 asUnsigned.append(nil, -1),
		"true":                                 asBoolean.append(nil, 1),
		"false":                                asBoolean.append(nil, 0),
		"4688":                                 asDouble.append(nil, int64(math.Float64bits(4688))),
		"0.1":                                  asFloat.append(nil, int64(math.Float32bits(0.1))),
		"1e-7":                                 asDouble.append(nil, int64(math.Float64bits(1e-7))),
		"2026-11-20":                           asDate.append(nil, at.Unix()/86400),
		"2026-11-20T05:04:03.12Z":              asMillis.append(nil, at.UnixMilli()),
		"":                                     asDouble.append(nil, int64(math.Float64bits(math.NaN()))),
		"00112233-4455-6677-8899-aabbccddeeff": appendGUID(nil, []byte{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}),
	} {
		if got != nil && string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, m := range []meaning{asMillis, asMicros, asNanos} {
		for _, v := range []int64{math.MinInt64, math.MaxInt64} {
			if got := m.inNanos(v); m != asNanos && got != unreadableTime {
				t.Errorf("%d of unit %d gives %d", v, m, got)
			}
		}
	}
	const epoch = "\x8c\x3d\x25\x00"
	if fromJulian([]byte("\x00\x00\x00\x00\x00\x00\x00\x00"+epoch)) != 0 {
		t.Error("1970 is not 0")
	}
	if _, ok := new(clock).nanos(make([]byte, 19)); ok {
		t.Error("zeros are no time")
	}
	for _, b := range [][]byte{bytes.Repeat([]byte{255}, 12), make([]byte, 12), []byte("\x00\x00\x4f\x91\x94\x4e\x00\x00" + epoch)} {
		if fromJulian(b) != unreadableTime {
			t.Errorf("%x is no time", b)
		}
	}
}

// What a column's type means, by both kinds of annotation.
func TestUnreadableTypes(t *testing.T) {
	for name, node := range map[string]parquet.Node{
		"decimal":  parquet.Decimal(2, 18, parquet.Int64Type),
		"time":     parquet.Time(parquet.Millisecond),
		"list":     parquet.List(parquet.String()),
		"group":    parquet.Group{"x": parquet.String()},
		"repeated": parquet.Repeated(parquet.String()),
	} {
		var file bytes.Buffer
		w := parquet.NewGenericWriter[any](&file, parquet.NewSchema("x", parquet.Group{"A": node, "Process": parquet.String(), "Z": node}))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		src := blobAt{whole: file.Bytes()}
		src.blob.Size = int64(file.Len())
		m, err := readFooter(&src)
		if err != nil {
			t.Fatal(name, err)
		}
		found, _, err := leaves(m.Schema)
		if err != nil || found["A"].meaning != asUnknown || found["Z"].meaning != asUnknown || found["Process"].meaning != asText {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
		for _, column := range []string{"A", "Process"} {
			c := newColumnar(Query{Columns: []string{column}})
			if err := c.choose(m, Range{}); (err != nil) != (column == "A") {
				t.Errorf("%s, column %s: %v", name, column, err)
			}
		}
	}
}

// page writes a page by hand, without a checksum.
func page(t *testing.T, h format.PageHeader, body []byte) []byte {
	h.CompressedPageSize += int32(len(body))
	h.UncompressedPageSize += int32(len(body))
	var p thrift.CompactProtocol
	b, err := thrift.Marshal(&p, &h)
	if err != nil {
		t.Fatal(err)
	}
	return append(b, body...)
}

// Pages that no writer writes are errors, not values.
func TestHostilePages(t *testing.T) {
	data := func(n int32, e format.Encoding) format.PageHeader {
		return format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{NumValues: n, Encoding: e, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}
	}
	v2 := func(n, levels int32) format.PageHeader {
		return format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: thrift.New(format.DataPageHeaderV2{NumValues: n, NumRows: n, Encoding: format.Plain, DefinitionLevelsByteLength: levels})}
	}
	with := func(h format.PageHeader, change func(*format.PageHeader)) format.PageHeader { change(&h); return h }
	two := page(t, format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: 2})}, []byte("\x01\x00\x00\x00a\x01\x00\x00\x00b"))
	text := []byte("\x01\x00\x00\x00a")
	levels := []byte("\x02\x00\x00\x00\x02\x01") // one of one
	for name, c := range map[string]struct {
		codec    format.CompressionCodec
		optional bool
		pages    []byte
		ok       bool
	}{
		"a text":                 {0, false, page(t, data(1, format.Plain), text), true},
		"an index":               {0, false, slices.Concat(two, page(t, data(1, format.RLEDictionary), []byte{1, 2, 1})), true},
		"an optional text":       {0, true, page(t, data(1, format.Plain), append(levels, text...)), true},
		"a text, version 2":      {0, true, page(t, v2(1, 2), append([]byte{2, 1}, text...)), true},
		"index beyond":           {0, false, slices.Concat(two, page(t, data(1, format.RLEDictionary), []byte{2, 2, 2})), false},
		"negative index":         {0, false, slices.Concat(two, page(t, data(1, format.RLEDictionary), []byte{32, 2, 255, 255, 255, 255})), false},
		"index of 33 bits":       {0, false, slices.Concat(two, page(t, data(1, format.RLEDictionary), []byte{33, 2, 0, 0, 0, 0, 0})), false},
		"no dictionary":          {0, false, page(t, data(1, format.RLEDictionary), []byte{0, 2}), false},
		"too few indices":        {0, false, slices.Concat(two, page(t, data(3, format.RLEDictionary), []byte{1, 2, 1})), false},
		"too few values":         {0, false, page(t, data(2, format.Plain), text), false},
		"text beyond":            {0, false, page(t, data(1, format.Plain), text[:4]), false},
		"too few levels":         {0, true, page(t, data(2, format.Plain), append(levels, text...)), false},
		"levels beyond":          {0, true, page(t, data(1, format.Plain), []byte("\x03\x00\x00\x00\x02\x01")), false},
		"levels beyond, 2":       {0, true, page(t, v2(1, 3), []byte{2, 1}), false},
		"negative levels":        {0, true, page(t, v2(1, -1), []byte{2, 1}), false},
		"negative count":         {0, false, page(t, data(-1, format.Plain), text), false},
		"no counts":              {0, false, page(t, format.PageHeader{Type: format.DataPage}, text), false},
		"other encoding":         {0, false, page(t, data(1, format.BitPacked), text), false},
		"other compression":      {format.LZO, false, page(t, data(1, format.Plain), text), false},
		"no zstd":                {format.Zstd, false, page(t, data(1, format.Plain), text), false},
		"longer than the column": {0, false, page(t, with(data(1, format.Plain), func(h *format.PageHeader) { h.CompressedPageSize = 1 << 30 }), text), false},
		"negative size":          {0, false, page(t, with(data(1, format.Plain), func(h *format.PageHeader) { h.CompressedPageSize = -100 }), text), false},
		"huge":                   {format.Zstd, false, page(t, with(data(1, format.Plain), func(h *format.PageHeader) { h.UncompressedPageSize = math.MaxInt32 - 10 }), text), false},
		"expanding":              {format.Zstd, false, page(t, with(data(1, format.Plain), func(h *format.PageHeader) { h.UncompressedPageSize = 200 << 20 }), text), false},
		"wrong checksum":         {0, false, page(t, with(data(1, format.Plain), func(h *format.PageHeader) { h.CRC = 1 }), text), false},
		"nothing":                {0, false, nil, false},
		"no header":              {0, false, []byte{0x15}, false},
		"header without end":     {0, false, bytes.Repeat([]byte{0xfc}, 1<<20), false}, // a struct in a struct in …
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		src := blobAt{whole: c.pages}
		k := columnChunk{}
		k.request = leastRequest
		l := leaf{stored: format.ByteArray, meaning: asText, optional: c.optional}
		err := guard(func() error {
			if err := k.open(&src, l, &format.ColumnMetaData{Type: format.ByteArray, Codec: c.codec, TotalCompressedSize: int64(len(c.pages))}); err != nil {
				return err
			}
			return k.seek(0)
		})
		runtime.ReadMemStats(&after)
		if (err == nil) != c.ok || after.TotalAlloc-before.TotalAlloc > 8<<20 {
			t.Errorf("%s: %v, %d bytes", name, err, after.TotalAlloc-before.TotalAlloc)
		}
		if err == nil && k.value(0).Text() == "" {
			t.Errorf("%s: %q", name, k.value(0).Text())
		}
	}
}

// Values that are short in the page are short in memory.
func TestShortValuesTakeLittle(t *testing.T) {
	const n = 8 << 20
	data := padded(bytes.Repeat([]byte{0x5a}, n/8))
	runs := append([]byte{0, 0, 0, 0}, binary.AppendUvarint(nil, n<<1)...)
	for name, c := range map[string]struct {
		l        leaf
		encoding format.Encoding
		data     []byte
	}{
		"booleans":       {leaf{stored: format.Boolean, meaning: asBoolean}, format.Plain, data},
		"runs":           {leaf{stored: format.Boolean, meaning: asBoolean}, format.RLE, append(runs, 1)},
		"texts of width": {leaf{stored: format.FixedLenByteArray, meaning: asText, width: 1}, format.Plain, data},
	} {
		var before, after runtime.MemStats
		var v vector
		runtime.ReadMemStats(&before)
		err := v.decode(&c.l, c.encoding, c.data, n)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > 2<<20 {
			t.Errorf("%s: %d values take %d bytes, %v", name, v.n, used, err)
		}
		if name == "texts of width" && (v.n != n/8 || string(v.text(n/8-1)) != "Z") || name == "booleans" && (v.bit(n-2) != 1 || v.bit(n-1) != 0) || name == "runs" && (v.n != n || v.bit(n-1) != 1) {
			t.Errorf("%s: %d values", name, v.n)
		}
	}
}

// A dictionary of bits does not make a byte of each.
func TestDictionaryOfBits(t *testing.T) {
	body := make([]byte, maxValues/8+1)
	file := page(t, format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: maxValues + 8})}, body)
	k := columnChunk{}
	k.request = leastRequest
	err := k.open(&blobAt{whole: file}, leaf{stored: format.Boolean, meaning: asBoolean}, &format.ColumnMetaData{Type: format.Boolean, TotalCompressedSize: int64(len(file))})
	if err == nil {
		err = k.nextPage()
	}
	if !errors.Is(err, errValues) {
		t.Error(err)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("index out of range") }

// A library that panics has met bytes that it cannot read.
func TestDecoderPanics(t *testing.T) {
	e := expanded{z: io.NopCloser(panicking{}), src: &source{}}
	if n, err := e.Read(make([]byte, 8)); n != 0 || !errors.Is(err, ErrCorrupt) {
		t.Errorf("%d, %v", n, err)
	}
	s := &Scanner{isParquet: true, selector: &selector{columnar: &columnar{count: 1}}} // no columns: what panics
	if s.Scan() || !errors.Is(s.Err(), ErrCorrupt) {
		t.Error(s.Err())
	}
}
