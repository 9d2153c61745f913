package event

// SetPiece makes readings cut ranges into pieces of about that many bytes.
func (l *Lanes) SetPiece(size int64) { l.piece = size }
