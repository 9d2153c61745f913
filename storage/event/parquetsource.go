package event

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sparkless/storage"
)

const (
	// footerRead is how much of a blob's end is read first; nearly every footer
	// lies within.
	footerRead = 64 << 10
	// smallBlob is the size up to which a blob is read with one request: more
	// requests would take longer than its unwanted columns.
	smallBlob = 1 << 20
	// mostAhead bounds what the columns together read ahead of their pages, and
	// mostRequest, leastRequest what one request reads of a column.
	mostAhead    = 24 << 20
	mostRequest  = 8 << 20
	leastRequest = 1 << 20
	// mostHeld is how much memory is kept for the next blobs: what is read ahead,
	// and pages of about as much.
	mostHeld = 2 * mostAhead
	// aheadShare is as much of a limit as the columns of one lane together may read
	// ahead, in requests of leastLimited at least.
	aheadShare   = 16
	leastLimited = 256 << 10
)

// requestSize is what one request reads of each of so many columns.
func (b *blobAt) requestSize(columns int) int {
	least, ahead := leastRequest, mostAhead
	if b.loan != nil {
		least, ahead = leastLimited, int(min(b.loan.space.limit/aheadShare, mostAhead))
	}
	return max(least, min(mostRequest, ahead/columns))
}

// blobAt reads parts of a blob, with one request each.
type blobAt struct {
	ctx   context.Context // of Open: later Scans read more
	r     storage.Reader
	blob  storage.Blob
	whole []byte // the content of a small blob, once read
	loan  *loan
	spare []byte // for pages that take more than a request, of all columns in turn
	err   error  // that the store returned
}

// read fills p with the bytes from at on.
func (b *blobAt) read(p []byte, at int64) error {
	if b.whole != nil {
		copy(p, b.whole[at:])
		return nil
	}
	if b.err == nil {
		if err := b.request(p, at); err != nil {
			b.err = fmt.Errorf("reading %s: %w", b.blob.Name, err)
		}
	}
	return b.err
}

func (b *blobAt) request(p []byte, at int64) error {
	body, err := b.r.Open(b.ctx, b.blob, at, int64(len(p)))
	if err != nil {
		return err
	}
	_, err = io.ReadFull(body, p)
	if err == nil {
		_, err = body.Read(make([]byte, 1)) // the end, where a change may be reported
	} else if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, body.Close())
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...)
}

// orCorrupt returns the store's error if there was one; else the blob is corrupt
// or unsupported, as err says.
func (b *blobAt) orCorrupt(err error) error {
	if b.err != nil {
		return b.err
	}
	if failed := b.loan.failed(); failed != nil {
		return fmt.Errorf("reading %s: %w", b.blob.Name, failed)
	}
	if errors.Is(err, ErrUnsupported) {
		return fmt.Errorf("reading %s: %w, and run again", b.blob.Name, err)
	}
	return fmt.Errorf("reading %s: %w: %v; replace or remove the blob and run again", b.blob.Name, ErrCorrupt, err)
}

// stretch goes forward through a part of a blob and holds what of it is read
// and not yet used.
type stretch struct {
	src        *blobAt
	request    int    // bytes at a time
	buf        []byte // slack bytes behind it are allocated
	start, end int    // of the unused bytes in buf
	at, stop   int64  // in the blob: behind the bytes in buf, and the end of the stretch
}

// open begins another.
func (w *stretch) open(src *blobAt, at, length int64) {
	w.src, w.start, w.end, w.at, w.stop = src, 0, 0, at, at+length
}

// left is how many bytes of the stretch are not yet used.
func (w *stretch) left() int64 { return int64(w.end-w.start) + w.stop - w.at }

var errShort = errors.New("a page reaches beyond its column's data")

// peek returns the next n bytes, which stay as they are until the next peek.
func (w *stretch) peek(n int) ([]byte, error) {
	if int64(n) > w.left() {
		return nil, errShort
	}
	if have := w.end - w.start; have < n {
		more := min(int64(max(n, w.request)-have), w.stop-w.at)
		if err := w.room(int(more)); err != nil {
			return nil, err
		}
		if err := w.src.read(w.buf[w.end:w.end+int(more)], w.at); err != nil {
			return nil, err
		}
		w.end += int(more)
		w.at += more
	}
	return w.buf[w.start : w.start+n], nil
}

// take returns the next n bytes and passes by them. They stay as they are until
// something else is taken of the blob: a page of many megabytes need not be held
// by each column beside what it decompresses to.
func (w *stretch) take(n int) ([]byte, error) {
	if n <= w.request || int64(n) > w.left() {
		b, err := w.peek(n)
		if err != nil {
			return nil, err
		}
		return b, w.skip(int64(n))
	}
	if len(w.src.spare) < n {
		if err := w.src.loan.borrow(int64(n - len(w.src.spare))); err != nil {
			return nil, err
		}
		w.src.spare = make([]byte, n)
	}
	have := copy(w.src.spare, w.buf[w.start:w.end])
	b := w.src.spare[:n]
	if err := w.src.read(b[have:], w.at); err != nil {
		return nil, err
	}
	w.start, w.at = w.end, w.at+int64(n-have)
	return b, nil
}

// room brings the unused bytes to the front and makes place for more.
func (w *stretch) room(more int) error {
	have := w.end - w.start
	buf := w.buf
	if have+more > len(buf) {
		if err := w.src.loan.borrow(int64(have + more - len(buf))); err != nil {
			return err
		}
		buf = make([]byte, have+more+slack)[:have+more]
	}
	copy(buf, w.buf[w.start:w.end])
	w.buf, w.start, w.end = buf, 0, have
	return nil
}

// skip passes by n bytes, of which none need have been read.
func (w *stretch) skip(n int64) error {
	if n > w.left() {
		return errShort
	}
	if have := int64(w.end - w.start); n > have {
		w.at += n - have
		n = have
	}
	w.start += int(n)
	return nil
}
