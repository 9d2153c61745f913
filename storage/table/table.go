// Package table keeps rows as one Parquet file that proves itself: people can
// query it with any Parquet tool, and the job can tell whole from damaged.
//
// The file's key-value metadata holds
//
//	sparkless.format  the kind and version of the rows, such as "masquerade-counts/1"
//	sparkless.note    whatever the writer wants to keep beside the rows
//	sparkless.sha256  SHA-256 of the whole file with these 64 digits as zeros
//
// The same rows and note give the same bytes.
package table

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"
)

const (
	keyFormat = "sparkless.format"
	keyNote   = "sparkless.note"
	keySum    = "sparkless.sha256"
)

// ErrDamaged: the bytes are not a whole file written by Encode.
var ErrDamaged = errors.New("damaged or incomplete file")

// ErrFormat: a whole file, of another kind or version than asked for.
var ErrFormat = errors.New("unexpected format")

// Encode writes rows, of a struct type with parquet tags, and a note.
func Encode[T any](format, note string, rows []T) ([]byte, error) {
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[T](&buf,
		parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("sparkless", "1", ""),
		parquet.KeyValueMetadata(keyFormat, format),
		parquet.KeyValueMetadata(keyNote, note),
		parquet.KeyValueMetadata(keySum, strings.Repeat("0", 2*sha256.Size)))
	if _, err := w.Write(rows); err != nil {
		return nil, fmt.Errorf("encoding %s: %w", format, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encoding %s: %w", format, err)
	}
	file := buf.Bytes()
	at, ok := findSum(file)
	if !ok {
		return nil, fmt.Errorf("encoding %s: no place for the checksum", format)
	}
	sum := sha256.Sum256(file)
	hex.Encode(file[at:], sum[:])
	return file, nil
}

// Decode checks file, which Encode wrote with the same format, and returns its
// rows and note. It fails with ErrDamaged or ErrFormat.
func Decode[T any](format string, file []byte) (rows []T, note string, err error) {
	if err := verify(file); err != nil {
		return nil, "", err
	}
	// The checksum vouches for files of ours; a forged one could still make the
	// Parquet reader panic.
	defer func() {
		if p := recover(); p != nil {
			rows, note, err = nil, "", fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if got, _ := f.Lookup(keyFormat); got != format {
		return nil, "", fmt.Errorf("%w: found %q, want %q", ErrFormat, got, format)
	}
	note, _ = f.Lookup(keyNote)
	r := parquet.NewGenericReader[T](f)
	defer r.Close()
	rows = make([]T, r.NumRows())
	for n := 0; n < len(rows); {
		m, err := r.Read(rows[n:])
		n += m
		if err != nil && n < len(rows) {
			return nil, "", fmt.Errorf("%w: %v", ErrDamaged, err)
		}
	}
	return rows, note, nil
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
