package event

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sparkless/storage"
)

// Lanes reads sets of ranges, each with several requests under way, and bounds
// the requests of all of them together. It keeps the scanners, which know the
// layout of the lines by and by.
type Lanes struct {
	free  chan *Scanner // the right to make a request, and what reads the answer; nil if none is made yet
	share int
	piece int64  // for tests: 0 to choose by the blob
	space *space // nil without a limit
}

// NewLanes returns lanes for total requests at a time, of which one reading gets
// up to share; with less than two it reads each range in one request.
func NewLanes(total, share int) *Lanes {
	l := &Lanes{free: make(chan *Scanner, max(total, 1)), share: max(min(share, total), 1)}
	for range cap(l.free) {
		l.free <- nil
	}
	return l
}

// Limit bounds what all readings together may hold in large buffers, in bytes: the
// lines and windows of compressed blobs, the pages and dictionaries of Parquet. A
// lane waits while others hold too much; a blob that takes more than three quarters
// of it alone ends its reading with ErrMemory. Beside that each lane has about 1 MiB.
// A limit below 32 MiB is taken as that: what the longest line needs. 0 is none. It
// has to be set before the first Read.
func (l *Lanes) Limit(bytes int64) {
	l.space = nil
	if bytes > 0 {
		l.space = newSpace(max(bytes, leastLimit))
	}
}

// take waits for a lane, in turn, and makes its scanner ready for the queries.
func (l *Lanes) take(ctx context.Context, queries []Query, w Window) (*Scanner, error) {
	select {
	case s := <-l.free:
		if s == nil || !slices.EqualFunc(s.queries, queries, Query.equal) {
			s = newScanner(queries, w)
		}
		s.restart(w)
		s.loan = l.space.open()
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (q Query) equal(o Query) bool {
	return slices.Equal(q.EventIDs, o.EventIDs) && slices.Equal(q.Columns, o.Columns) && q.Mode == o.Mode && q.Fields == o.Fields && q.Arrays == o.Arrays
}

// restart makes the scanner as new, but for what it knows of layouts. A buffer
// that one long line needed is not kept, nor are those of large pages.
func (s *Scanner) restart(w Window) {
	s.within(w)
	s.lines = lines{buf: s.lines.buf}
	if len(s.lines.buf) > freeBuffer {
		s.lines.buf = nil
	}
	for _, sel := range s.each {
		sel.restart()
	}
}

// Read prepares to read all ranges; Reading.Lane reads. Ranges of one blob must
// not overlap.
func (l *Lanes) Read(r storage.Reader, q Query, w Window, parts []Range) *Reading {
	return l.ReadEach(r, []Query{q}, w, parts)
}

// piece is what one request reads of a range.
type piece struct {
	part           int
	offset, length int64
	rest           []piece // to be read by others once the blob proves to be divisible
}

// Sizes of pieces: large enough that the wait for a request's first byte counts
// little, small enough that many lanes share a shard. A piece is no longer than
// the longest line, so no line within a piece can be too long.
const (
	pieceSize  = 8 << 20
	largePiece = 16 << 20 // of blobs larger than largeBlob
	largeBlob  = 256 << 20
)

// cut divides a range of lines into pieces of about the same size. Of a whole
// blob only the first is returned: its first bytes tell whether the others may be
// read.
func (l *Lanes) cut(part int, r Range) []piece {
	size := int64(pieceSize)
	if r.Blob.Size > largeBlob {
		size = largePiece
	}
	if l.piece > 0 {
		size = l.piece
	}
	if l.share < 2 || !Splittable(r.Blob) || namedParquet(r.Blob) {
		size = max(r.Length, 1)
	}
	n := max((r.Length+size-1)/size, 1)
	pieces := make([]piece, n)
	for i := range n {
		from := r.Length * i / n
		pieces[i] = piece{part: part, offset: r.Offset + from, length: r.Length*(i+1)/n - from}
	}
	if r.Offset > 0 {
		return pieces
	}
	pieces[0].rest = pieces[1:]
	return pieces[:1]
}

// Lanes returns how many goroutines can be of use, at least one.
func (rd *Reading) Lanes() int {
	n := 0
	for _, p := range rd.queue {
		n += 1 + len(p.rest)
	}
	return max(min(n, rd.lanes.share), 1)
}

// Unreadable returns, by name, the blobs that can never be read, of all that was
// read so far.
func (rd *Reading) Unreadable() []*UnreadableError {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	return slices.SortedFunc(slices.Values(rd.bad), func(a, b *UnreadableError) int { return strings.Compare(a.Blob.Name, b.Blob.Name) })
}

// next takes a piece off the queue. It can wait for one that is still to come.
func (rd *Reading) next(wait bool) (piece, bool) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	for wait && len(rd.queue) == 0 && rd.opening > 0 && !rd.stopped {
		rd.changed.Wait()
	}
	if len(rd.queue) == 0 || rd.stopped {
		return piece{}, false
	}
	p := rd.queue[0]
	rd.queue = rd.queue[1:]
	rd.busy++
	if len(p.rest) > 0 {
		rd.opening++
	}
	return p, true
}

// done ends a piece. A blob that can never be read is remembered, and no more of it
// is read; any other error is returned.
func (rd *Reading) done(p piece, err error) error {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	rd.busy--
	var bad *UnreadableError
	if !errors.As(err, &bad) {
		return err
	}
	if len(p.rest) > 0 {
		rd.opening--
		rd.changed.Broadcast()
	}
	ofIt := func(name string) bool { return name == bad.Blob.Name }
	if !slices.ContainsFunc(rd.bad, func(u *UnreadableError) bool { return ofIt(u.Blob.Name) }) {
		rd.bad = append(rd.bad, bad)
	}
	rd.queue = slices.DeleteFunc(rd.queue, func(p piece) bool { return ofIt(rd.parts[p.part].Blob.Name) })
	return nil
}

// ended returns what a lane returns that has nothing left to read: the last lane
// that the reading is spoiled, if it is.
func (rd *Reading) ended() error {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.busy > 0 || rd.stopped || len(rd.bad) == 0 {
		return nil
	}
	return rd.bad[0]
}

// opened puts the rest of a blob at the front of the queue, if it may be divided.
func (rd *Reading) opened(p piece, divisible bool) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.opening--; divisible {
		rd.queue = slices.Concat(p.rest, rd.queue)
	}
	rd.changed.Broadcast()
}

// stop keeps the lanes from reading on.
func (rd *Reading) stop() {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	rd.stopped = true
	rd.changed.Broadcast()
}
