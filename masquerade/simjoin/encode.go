package simjoin

import (
	"strings"
	"unicode/utf8"
)

// input is both sides of a join in the form that is compared.
type input struct {
	left, right side
	extensions  int  // their number; identifiers count from 0
	longest     int  // length of the longest name, in symbols
	folded      bool // several characters share a symbol, so a distance in symbols is a lower bound
}

// side holds names as symbols, one byte a character.
type side struct {
	names  []string
	text   []byte  // the symbols of all names, one name after the other
	starts []int   // name i is text[starts[i]:starts[i+1]]
	stems  []int32 // symbols before the last dot; -1 without a dot
	ext    []int32 // identifier of the extension; -1 without a dot
}

// whole is the text of name i, and stem its text before the last dot.
func (s *side) whole(i int32) []byte { return s.text[s.starts[i]:s.starts[i+1]] }
func (s *side) stem(i int32) []byte  { return s.text[s.starts[i]:][:s.stems[i]] }

// length is the number of symbols of name i, whole or of its stem.
func (s *side) length(i int32, whole bool) int {
	if whole {
		return s.starts[i+1] - s.starts[i]
	}
	return int(s.stems[i])
}

// encode turns names into symbols; a side is empty when the join was stopped. ASCII stands for itself; the first 128
// characters beyond it get a byte each, and later ones share those.
func encode(left, right []string, c *control) *input {
	in := new(input)
	e := encoder{in: in, symbols: map[rune]byte{}, extensions: map[string]int32{}}
	in.left = e.side(left, c)
	in.right = e.side(right, c)
	in.extensions = len(e.extensions)
	return in
}

type encoder struct {
	in         *input
	symbols    map[rune]byte
	extensions map[string]int32
}

func (e *encoder) side(names []string, c *control) side {
	size := 0
	for _, name := range names {
		size += len(name)
	}
	s := side{
		names:  names,
		text:   make([]byte, 0, size),
		starts: make([]int, len(names)+1),
		stems:  make([]int32, len(names)),
		ext:    make([]int32, len(names)),
	}
	for i, name := range names {
		if c.stopped.Load() {
			return side{}
		}
		s.stems[i], s.ext[i] = -1, -1
		if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
			s.text = e.encode(s.text, name[:dot])
			s.stems[i] = int32(len(s.text) - s.starts[i])
			s.text = e.encode(s.text, name[dot:])
			s.ext[i] = e.extension(name[dot:])
			e.in.longest = max(e.in.longest, len(s.text)-s.starts[i])
		}
		s.starts[i+1] = len(s.text)
	}
	return s
}

func (e *encoder) encode(text []byte, name string) []byte {
	for _, r := range name {
		if r < utf8.RuneSelf {
			text = append(text, byte(r))
			continue
		}
		text = append(text, e.symbol(r))
	}
	return text
}

func (e *encoder) symbol(r rune) byte {
	symbol, ok := e.symbols[r]
	if ok {
		return symbol
	}
	symbol = utf8.RuneSelf + byte(len(e.symbols)%utf8.RuneSelf)
	e.in.folded = e.in.folded || len(e.symbols) >= utf8.RuneSelf
	e.symbols[r] = symbol
	return symbol
}

func (e *encoder) extension(ext string) int32 {
	id, ok := e.extensions[ext]
	if !ok {
		id = int32(len(e.extensions))
		e.extensions[ext] = id
	}
	return id
}
