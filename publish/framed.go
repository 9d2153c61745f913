package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// A framed object is JSON lines that prove themselves:
//
//	{"format":"sparkless-receipts","version":1,"name":"receipts/s/k.jsonl"}
//	one JSON value per line
//	{"lines":1,"sha256":"…"}
//
// The header carries the object's own name, so that a copy under the name of
// another day is noticed. The last line counts the lines between and holds the
// SHA-256 of every byte before it.
//
// Versions of the frame and of what is in it:
//   - receipts 1: {"id":…,"revision":…}
//   - receipts 2: and "nth", if there are several receipts of the ID
//   - refused 1: {"id":…,"revision":…}
//   - outbox 1: {"id":…,"day":…,"body":…}, the body byte for byte as delivered
//   - outbox 2: before these a line {"sinks":[…]}, where the records are to go
type format struct {
	name    string
	version int
	// remedy tells an operator what to do about an object that cannot be read.
	remedy string
}

type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Name    string `json:"name"`
}

type trailer struct {
	Lines  int    `json:"lines"`
	SHA256 string `json:"sha256"`
}

// ErrDamaged means that an object in the work store is not what was written.
var ErrDamaged = errors.New("damaged")

// errLater: a later release wrote the object, unless its version is damaged.
var errLater = errors.New("from a later release")

// encode frames lines, which hold no line feed, as the object name.
func (f format) encode(name string, lines [][]byte) ([]byte, error) {
	out, err := marshalLine(header{Format: f.name, Version: f.version, Name: name})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, line := range lines {
		out = append(out, line...)
		out = append(out, '\n')
	}
	last, err := checksum(out, len(lines))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return append(out, last...), nil
}

// decode returns the lines of the object name. Nothing less than the very bytes
// that encode wrote for this name passes.
func (f format) decode(name string, data []byte) ([][]byte, error) {
	lines, err := f.lines(name, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; %s", name, err, f.remedy)
	}
	return lines, nil
}

func (f format) lines(name string, data []byte) ([][]byte, error) {
	first, rest, whole := bytes.Cut(data, []byte("\n"))
	if err := f.checkHeader(name, first); err != nil {
		return nil, err
	}
	if !whole || len(rest) == 0 || rest[len(rest)-1] != '\n' {
		return nil, fmt.Errorf("%w: it ends in the middle of a line", ErrDamaged)
	}
	lines := bytes.Split(rest[:len(rest)-1], []byte("\n"))
	lines, last := lines[:len(lines)-1], lines[len(lines)-1]
	if !bytes.HasPrefix(last, []byte(`{"lines":`)) {
		return nil, fmt.Errorf("%w: the checksum line at the end is missing", ErrDamaged)
	}
	want, err := checksum(data[:len(data)-len(last)-1], len(lines))
	if err != nil {
		return nil, err
	}
	// Compared as bytes: a lenient parser would let some flipped bits pass.
	if !bytes.Equal(want, data[len(data)-len(last)-1:]) {
		return nil, fmt.Errorf("%w: the checksum does not agree with the content", ErrDamaged)
	}
	return lines, nil
}

// checkHeader comes before the checksum, because a later version may end in
// another way.
func (f format) checkHeader(name string, line []byte) error {
	var h header
	if err := json.Unmarshal(line, &h); err != nil || h.Format != f.name || h.Version < 1 {
		return fmt.Errorf("%w: it does not begin like a file of format %s", ErrDamaged, f.name)
	}
	if h.Version > f.version {
		return fmt.Errorf("damaged, or %w: it has version %d of %s, this one reads up to %d",
			errLater, h.Version, f.name, f.version)
	}
	if h.Name != name {
		return fmt.Errorf("%w: it was written as %q and copied or moved here", ErrDamaged, h.Name)
	}
	return nil
}

// checksum returns the last line for everything that stands before it.
func checksum(content []byte, lines int) ([]byte, error) {
	sum := sha256.Sum256(content)
	return marshalLine(trailer{Lines: lines, SHA256: hex.EncodeToString(sum[:])})
}

// marshalLine encodes v as one line with its line feed. It leaves <, > and & as
// they are, which json.Marshal does not.
func marshalLine(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return buf.Bytes(), err
}
