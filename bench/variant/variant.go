// Package variant rewrites lines of a sample day into forms that are harder to
// read and mean the same: the same events, names, paths and times, unless said
// otherwise. A seed and the lines stand for exactly one result.
package variant

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// Kind is a way to rewrite lines.
type Kind string

// The kinds.
const (
	// Shuffled puts the keys of every record in an order of its own.
	Shuffled Kind = "shuffled"
	// Wide gives every record 226 columns, as many as the table has.
	Wide Kind = "wide"
	// Hostile has long escapes, quotes, records inside of strings and of nested
	// objects, keys and names that are spelled with escapes, and blanks.
	Hostile Kind = "hostile"
	// Broken is Hostile with bytes that are no UTF-8, some of them in names, which
	// makes other names.
	Broken Kind = "broken"
)

// Rewriter rewrites one blob after the other.
type Rewriter struct {
	kind Kind
	rng  *rand.Rand
	pads [][]byte
}

// New returns a rewriter.
func New(kind Kind, seed uint64) *Rewriter {
	return &Rewriter{kind: kind, rng: rand.New(rand.NewPCG(seed, 0)), pads: padding()}
}

// Blob returns the lines of data, rewritten.
func (w *Rewriter) Blob(data []byte) ([]byte, error) {
	var out []byte
	for line := range bytes.Lines(data) {
		columns, err := split(bytes.TrimRight(line, "\r\n"))
		if err != nil {
			return nil, err
		}
		out = append(out, '{')
		for i, c := range w.rewrite(columns) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, c...)
		}
		out = append(out, "}\n"...)
	}
	return out, nil
}

func (w *Rewriter) rewrite(columns [][]byte) [][]byte {
	switch w.kind {
	case Shuffled:
		w.rng.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
		return columns
	case Wide:
		return w.widen(columns)
	default:
		return w.poison(columns)
	}
}

// columnsOfTable is how many columns SecurityEvent has.
const columnsOfTable = 226

// padding are columns that no record uses, most of them empty.
func padding() (pads [][]byte) {
	for i := range columnsOfTable {
		value := `""`
		switch i % 5 {
		case 0:
			value = `"-"`
		case 1:
			value = "0"
		case 2:
			value = "null"
		}
		pads = append(pads, fmt.Appendf(nil, `"Unused%03d":%s`, i, value))
	}
	return pads
}

// widen spreads padding evenly between the columns.
func (w *Rewriter) widen(columns [][]byte) [][]byte {
	missing := columnsOfTable - len(columns)
	var out [][]byte
	used := 0
	for i, c := range columns {
		out = append(out, c)
		for used < missing*(i+1)/len(columns) {
			out = append(out, w.pads[used])
			used++
		}
	}
	return out
}

// split cuts a line's object into its columns, each as `"key":value`.
func split(line []byte) (columns [][]byte, err error) {
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return nil, fmt.Errorf("no object: %.80q", line)
	}
	start, depth := 1, 0
	for i := 1; i < len(line)-1; i++ {
		switch line[i] {
		case '"':
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				columns = append(columns, line[start:i])
				start = i + 1
			}
		}
	}
	return append(columns, line[start:len(line)-1]), nil
}
