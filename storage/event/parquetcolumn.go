package event

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// batchRows is how many rows of a column are laid out at a time.
const batchRows = 1024

// columnChunk goes through the rows of one column in one row group, from the first to
// the last, and decompresses only the pages that a row is wanted of.
type columnChunk struct {
	pageReader
	leaf
	dict      vector
	dictBody  []byte
	dictCount int // dictionaries so far

	// The present page covers the rows [start, stop).
	start, stop int64
	page        *format.PageHeader
	loaded      bool
	plain       vector
	indexed     bool
	indices     hybrid
	levels      hybrid
	noNulls     bool
	used        int // values of the page before the batch
	held        int // values of the batch

	// The batch covers the rows [first, end): of row first+i, places[i] is the
	// place of its value among those of the batch, -1 for null.
	first, end int64
	places     [batchRows]int32
	index      [batchRows]int32 // into the dictionary
	scratch    []byte
}

// open begins with a row group.
func (c *columnChunk) open(src *blobAt, l leaf, m *format.ColumnMetaData) error {
	if l.stored != m.Type {
		return fmt.Errorf("%v where the schema says %v", m.Type, l.stored)
	}
	at := chunkStart(m)
	c.stretch.open(src, at, m.TotalCompressedSize)
	c.leaf, c.codec = l, m.Codec
	c.dict.n = 0
	c.dict.loan, c.plain.loan = src.loan, src.loan
	c.start, c.stop, c.first, c.end = 0, 0, 0, 0
	c.held = 0
	c.page, c.loaded = nil, false
	return nil
}

// rest lets go of the texts, and returns how many bytes the rest takes.
func (c *columnChunk) rest() int {
	n := cap(c.buf) + cap(c.data) + cap(c.dictBody)
	for _, v := range []*vector{&c.dict, &c.plain} {
		v.texts = nil // part of those, or of a page of its own
		n += 4*cap(v.offsets) + 8*cap(v.numbers)
	}
	return n
}

// find goes to the page that holds the row, without reading it.
func (c *columnChunk) find(row int64) error {
	for row >= c.stop {
		if err := c.nextPage(); err != nil {
			return err
		}
	}
	return nil
}

// nextPage goes on to the next data page, past the present one.
func (c *columnChunk) nextPage() error {
	if c.page != nil && !c.loaded {
		if err := c.skip(int64(c.page.CompressedPageSize)); err != nil {
			return err
		}
	}
	for {
		if c.left() == 0 {
			return errors.New("fewer rows than the row group has")
		}
		h, err := c.header()
		if err != nil {
			return err
		}
		switch h.Type {
		case format.DictionaryPage:
			if err := c.readDictionary(h); err != nil {
				return err
			}
		case format.DataPage, format.DataPageV2:
			c.page, c.loaded = h, false
			c.start, c.stop = c.stop, c.stop+int64(valuesOf(h))
			c.first, c.end, c.held = c.start, c.start, 0
			return nil
		default: // an index: not of use here
			if err := c.skip(int64(h.CompressedPageSize)); err != nil {
				return err
			}
		}
	}
}

// valuesOf is how many values a data page holds, nulls included: as many as rows,
// since nothing is nested.
func valuesOf(h *format.PageHeader) int32 {
	if h.Type == format.DataPageV2 {
		return h.DataPageHeaderV2.V.NumValues
	}
	return h.DataPageHeader.V.NumValues
}

func encodingOf(h *format.PageHeader) format.Encoding {
	if h.Type == format.DataPageV2 {
		return h.DataPageHeaderV2.V.Encoding
	}
	return h.DataPageHeader.V.Encoding
}

// byDictionary reports whether the present page holds indices only.
func (c *columnChunk) byDictionary() bool {
	e := encodingOf(c.page)
	return e == format.RLEDictionary || e == format.PlainDictionary //nolint:staticcheck // older writers still say so
}

func (c *columnChunk) readDictionary(h *format.PageHeader) error {
	body, err := c.read(h, &c.dictBody)
	if err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	if c.codec == format.Uncompressed {
		if err := c.src.loan.borrow(int64(len(body) - cap(c.dictBody))); err != nil {
			return err
		}
		c.dictBody = append(c.dictBody[:0], body...) // what was read goes on
		body = c.dictBody
	}
	n := int(h.DictionaryPageHeader.V.NumValues)
	if err := c.dict.decode(&c.leaf, format.Plain, body, n); err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	if c.dict.n < n || n > maxValues {
		return fmt.Errorf("dictionary of %d values: %w", n, errValues)
	}
	c.dictCount++
	return nil
}

// seek lays out a batch with the row, which lies behind those before.
func (c *columnChunk) seek(row int64) error {
	if err := c.find(row); err != nil {
		return err
	}
	if !c.loaded {
		if err := c.load(); err != nil {
			return err
		}
	}
	if c.noNulls {
		if err := c.pass(int(row - c.end)); err != nil {
			return err
		}
	}
	for row >= c.end {
		if err := c.layOut(); err != nil {
			return err
		}
	}
	return nil
}

// load reads the present page.
func (c *columnChunk) load() error {
	body, err := c.read(c.page, &c.data)
	if err != nil {
		return err
	}
	c.loaded, c.used, c.noNulls = true, 0, true
	levels, data, err := splitLevels(c.page, body, c.optional)
	if err != nil {
		return err
	}
	n := int(valuesOf(c.page))
	if c.optional {
		c.levels = newHybrid(levels, 1)
		c.noNulls = c.levels.allOnes(n)
	}
	if c.indexed = c.byDictionary(); !c.indexed {
		return c.plain.decode(&c.leaf, encodingOf(c.page), data, n)
	}
	if len(data) == 0 {
		data = []byte{0} // only nulls
	}
	if c.dict.n == 0 && c.noNulls && n > 0 {
		return errors.New("a page needs a dictionary, and there is none")
	}
	if data[0] > 32 {
		return fmt.Errorf("indices of %d bits", data[0])
	}
	c.indices = newHybrid(data[1:], uint(data[0]))
	return nil
}

// pass goes over rows behind the batch, in a page without nulls.
func (c *columnChunk) pass(n int) error {
	if n <= 0 {
		return nil
	}
	if c.indexed && !c.indices.skip(n) {
		return errValues
	}
	c.used += c.held + n
	c.held = 0
	c.end += int64(n)
	c.first = c.end
	return nil
}

// layOut goes on to the next batch.
func (c *columnChunk) layOut() error {
	n := int(min(batchRows, c.stop-c.end))
	c.used += c.held
	c.first, c.end = c.end, c.end+int64(n)
	c.held = n
	if !c.noNulls {
		if !c.levels.read(c.places[:n]) {
			return errors.New("fewer levels than values")
		}
		c.held = placesOf(c.places[:n])
	}
	if c.indexed {
		return c.readIndices()
	}
	if c.used+c.held > c.plain.n {
		return errValues
	}
	return nil
}

// placesOf replaces definition levels by places, and returns how many there are.
func placesOf(levels []int32) int {
	var n int32
	for i, level := range levels {
		levels[i] = level*(n+1) - 1
		n += level
	}
	return int(n)
}

func (c *columnChunk) readIndices() error {
	indices := c.index[:c.held]
	if !c.indices.read(indices) {
		return errValues
	}
	var most uint32
	for _, i := range indices {
		most = max(most, uint32(i))
	}
	if len(indices) > 0 && int64(most) >= int64(c.dict.n) {
		return errors.New("an index beyond the dictionary")
	}
	return nil
}

// at returns where the value of a row of the batch is; ok is false for null.
func (c *columnChunk) at(row int64) (v *vector, i int, ok bool) {
	i = int(row - c.first)
	if !c.noNulls {
		if i = int(c.places[i]); i < 0 {
			return nil, 0, false
		}
	}
	if c.indexed {
		return &c.dict, int(c.index[i]), true
	}
	return &c.plain, c.used + i, true
}

// value returns the value of a row of the batch, valid until the next call and
// the next seek.
func (c *columnChunk) value(row int64) Value {
	v, i, ok := c.at(row)
	if !ok {
		return Value{}
	}
	return c.shown(v, i)
}

func (c *columnChunk) shown(v *vector, i int) Value {
	switch c.meaning {
	case asText:
		return Value{kindText, v.text(i)}
	case asGUID:
		c.scratch = appendGUID(c.scratch[:0], v.text(i))
	case asBoolean:
		c.scratch = c.meaning.append(c.scratch[:0], v.bit(i))
	default:
		c.scratch = c.meaning.append(c.scratch[:0], v.numbers[i])
	}
	if len(c.scratch) == 0 {
		return Value{} // no number, no time
	}
	return Value{kindText, c.scratch}
}

// time returns the timestamp of a row of the batch in nanoseconds since 1970.
func (c *columnChunk) time(row int64, clock *clock) (int64, bool) {
	v, i, ok := c.at(row)
	switch {
	case !ok:
		return 0, false
	case c.meaning.isTime():
		t := c.meaning.inNanos(v.numbers[i])
		return t, t != unreadableTime
	case c.meaning == asText:
		return clock.nanos(v.text(i))
	}
	return 0, false
}

// wants reports whether the i-th value is one of the IDs.
func (c *columnChunk) wants(v *vector, i int, ids []int) bool {
	if c.meaning == asSigned {
		for _, id := range ids {
			if v.numbers[i] == int64(id) {
				return true
			}
		}
		return false
	}
	raw := c.shown(v, i).raw
	if n := len(raw); n == 0 || raw[n-1] < '0' || raw[n-1] > '9' {
		return false // without the cost of an error
	}
	id, ok := integer(raw)
	return ok && slices.Contains(ids, id)
}
