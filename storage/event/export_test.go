package event

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
