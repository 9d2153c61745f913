// Package table keeps columns as one Parquet file that proves itself: people can
// query it with any Parquet tool, and the job can tell whole from damaged.
//
// The file's key-value metadata holds
//
//	sparkless.format  the kind and version of the rows, such as "masquerade-counts/1"
//	sparkless.note    whatever the writer wants to keep beside the rows
//	sparkless.extra   what it has to say of all rows together, if anything
//	sparkless.sha256  SHA-256 of the whole file with these 64 digits as zeros
//
// The same columns and note give the same bytes.
//
// Rows go in and out by columns, as they lie in the file: taking structs apart,
// row by row, took most of the time of a day's partial files.
package table

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

const (
	keyFormat = "sparkless.format"
	keyNote   = "sparkless.note"
	keyExtra  = "sparkless.extra"
	keySum    = "sparkless.sha256"
)

// ErrDamaged means that the bytes are not a whole file written by a Writer.
var ErrDamaged = errors.New("damaged or incomplete file")

// ErrFormat means that the file is whole, and of another kind or version than asked for.
var ErrFormat = errors.New("unexpected format")

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Kind is what a column holds in each row.
type Kind uint8

const (
	// Int is a whole number.
	Int Kind = iota
	// Time is nanoseconds since 1970, UTC.
	Time
	// Text is a text or nothing.
	Text
	// Tallies is a list of texts, each with a number: a list of structs of value
	// and count.
	Tallies
)

// Values are what one column holds in a group of rows.
type Values struct {
	// Ints are the rows' numbers or times, or the numbers of all their tallies.
	Ints []int64
	// Lens says how many texts each row has: of Text at most one.
	Lens []byte
	// Texts are those of the column Text, row after row. Of Tallies they are the
	// distinct ones, in any order.
	Texts Texts
	// Refs are the texts of the rows' tallies, as indices of Texts.
	Refs []int32
}

// Reset makes v empty and keeps its memory.
func (v *Values) Reset() {
	v.Ints, v.Lens, v.Refs = v.Ints[:0], v.Lens[:0], v.Refs[:0]
	v.Texts.plain, v.Texts.ends = v.Texts.plain[:0], v.Texts.ends[:0]
}

// Texts is a list of texts that lie one behind the other, as they do in a file.
type Texts struct {
	plain []byte   // each behind its length in four bytes: Parquet's plain encoding
	ends  []uint32 // where each ends
}

// Len is how many texts there are.
func (t *Texts) Len() int { return len(t.ends) }

// At returns the i-th text, valid until the list changes.
func (t *Texts) At(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.plain[start+4 : t.ends[i]]
}

// Add appends a text. A list holds less than 2 GiB.
func (t *Texts) Add(text []byte) {
	t.plain = binary.LittleEndian.AppendUint32(t.plain, uint32(len(text)))
	t.plain = append(t.plain, text...)
	t.ends = append(t.ends, uint32(len(t.plain)))
}

// AddString appends a text as Add does.
func (t *Texts) AddString(text string) {
	t.plain = binary.LittleEndian.AppendUint32(t.plain, uint32(len(text)))
	t.plain = append(t.plain, text...)
	t.ends = append(t.ends, uint32(len(t.plain)))
}

// Grow makes room for so many more texts of so many bytes in all.
func (t *Texts) Grow(texts, bytes int) {
	t.plain = slices.Grow(t.plain, 4*texts+bytes)
	t.ends = slices.Grow(t.ends, texts)
}

// add appends texts that lie as offsets say.
func (t *Texts) add(data []byte, offsets []uint32) {
	t.Grow(len(offsets), len(data))
	for i := 1; i < len(offsets); i++ {
		t.Add(data[offsets[i-1]:offsets[i]])
	}
}

// verify compares the checksum without trusting anything else in the file.
func verify(file []byte) error {
	at, ok := findSum(file)
	if !ok {
		return fmt.Errorf("%w: no checksum", ErrDamaged)
	}
	want := file[at : at+2*sha256.Size]
	h := sha256.New()
	h.Write(file[:at])
	h.Write(bytes.Repeat([]byte("0"), 2*sha256.Size))
	h.Write(file[at+2*sha256.Size:])
	if hex.EncodeToString(h.Sum(nil)) != string(want) {
		return fmt.Errorf("%w: checksum differs", ErrDamaged)
	}
	return nil
}

// findSum finds the digits of the checksum in the footer. Thrift's compact
// protocol puts two bytes between key and value: the header of the value's
// field and its length, 64.
func findSum(file []byte) (int, bool) {
	mark := append([]byte(keySum), 0x18, 2*sha256.Size)
	at := bytes.LastIndex(file, mark)
	if at < 0 || at+len(mark)+2*sha256.Size > len(file) {
		return 0, false
	}
	return at + len(mark), true
}
