package event

import (
	"bytes"
	"io"
)

// PredictorBytes is about how much memory the predictor of a scanner holds.
func (s *Scanner) PredictorBytes() int {
	d := &s.predictor
	n := d.bytes + 100*d.nodes + 48*cap(d.trail)
	for key, h := range d.observed {
		n += len(key) + len(h.value) + 64
	}
	return n
}

// StopPredicting makes the scanner read every line key by key.
func (s *Scanner) StopPredicting() { s.predictor.resets = maxResets + 1 }

// Elements reads a text as the elements of the arrays that it is, in pieces of some
// bytes.
func Elements(text []byte, piece int) io.Reader {
	return &elements{src: pieces{bytes.NewReader(text), piece}}
}

type pieces struct {
	io.Reader
	most int
}

func (p pieces) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.most)]) }
