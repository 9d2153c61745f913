package event

import "sync/atomic"

// Reached is how far a reading is.
type Reached struct {
	// Bytes is how much of the ranges is read, as stored. It never falls, and is the
	// length of all ranges once all is read, whatever was skipped or read twice.
	Bytes int64
	// Ranges is how many of them are read to their ends.
	Ranges int
	// Lines is how many lines were read that are not blank, as in Stats.
	Lines int64
}

// Reached tells how far the lanes are by now. It may be asked at any time, and by
// any goroutine.
func (rd *Reading) Reached() Reached {
	return Reached{rd.reached.bytes.Load(), int(rd.reached.ranges.Load()), rd.reached.lines.Load()}
}

// reached is what the lanes of a reading add up, a buffer or a batch of rows at a
// time.
type reached struct {
	bytes, ranges, lines atomic.Int64
}

// tally is a scanner's part of it: how far the open piece is. Nothing is counted
// while sum is nil, nor of a silent piece: its range is read once more.
type tally struct {
	sum    *reached
	silent bool
	start  int64 // of the piece, in the blob
	end    int64
	at     int64 // what of the piece is before it counts
	lines  int64 // that count
	before int64 // of them, those of earlier pieces
}

// open begins a piece.
func (t *tally) open(p piece) {
	t.start, t.end, t.before = p.offset, p.offset+p.length, t.lines
	t.at = t.start
}

// reach counts what is read up to a place in the blob, and lines since the scanner
// was taken. Places and numbers that are behind do not count, nor what is behind
// the piece.
func (t *tally) reach(at, lines int64) {
	if t.sum == nil || t.silent {
		return
	}
	if at = min(at, t.end); at > t.at {
		t.sum.bytes.Add(at - t.at)
		t.at = at
	}
	if lines > t.lines {
		t.sum.lines.Add(lines - t.lines)
		t.lines = lines
	}
}

// row counts the rows before the given one, of so many in the piece: in Parquet only
// the bytes of wanted columns are read, so rows say how far it is.
func (t *tally) row(row, rows int64) {
	if t.sum == nil || t.silent || rows <= 0 {
		return
	}
	t.reach(t.start+int64(float64(t.end-t.start)*float64(row)/float64(rows)), t.before+row)
}

// begin has what the scanner reads from now on counted in sum.
func (t *tally) begin(sum *reached) { *t = tally{sum: sum} }

// watch has the piece that is opened counted, as the source goes through it.
func (s *Scanner) watch(src *source, p piece) {
	if s.tally.sum == nil || s.tally.silent {
		return
	}
	s.tally.open(p)
	src.seen = func(at int64) { s.tally.reach(at, s.stats.Lines) }
}

// count counts a piece that is read to its end, and the range if nothing is missing
// of that.
func (rd *Reading) count(s *Scanner, p piece) {
	t := &s.tally
	if t.silent {
		return
	}
	t.reach(t.end, s.stats.Lines)
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.left[p.part] -= t.end - t.start; rd.left[p.part] == 0 {
		rd.ranges.Add(1)
	}
}
