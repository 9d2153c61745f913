package event

import (
	"bytes"
	"fmt"
	"io"
)

const (
	bufferSize = 256 << 10
	maxLine    = 16 << 20
	// freeBuffer is as much as the buffer of any lane may take; a larger one is
	// borrowed.
	freeBuffer = 4 * bufferSize
	// mostBuffer shows that a line is too long.
	mostBuffer = maxLine + bufferSize
)

// lines cuts what a source reads into lines.
type lines struct {
	src    io.Reader
	blob   string // for errors
	loan   *loan
	buf    []byte
	start  int   // of the unread bytes in buf
	end    int   // of the bytes in buf
	offset int64 // of buf[start] in the decompressed blob
	stop   int64 // lines that start here or later are not ours
	bytes  int64 // of lines handed out or skipped
	open   bool  // at the end: what is left there is not all of its line
	eof    bool
	err    error
}

// next returns the next line without its newline, valid until the next call; of
// one that is longer than maxLine only the beginning, and tooLong. At the end,
// and after an error, ok is false. What is left at an open end stays in buf.
func (l *lines) next() (line []byte, tooLong, ok bool) {
	if l.start < l.end && l.buf[l.start] == '\n' { // of the line before
		l.advance(1)
	}
	searched := 0
	for l.offset < l.stop {
		i := bytes.IndexByte(l.buf[l.start+searched:l.end], '\n')
		switch {
		case i >= 0 && searched+i <= maxLine:
			return l.cut(searched + i), false, true
		case i >= 0 || l.end-l.start > maxLine:
			return l.cut(maxLine), true, true
		}
		searched = l.end - l.start
		if l.eof && l.open {
			return nil, false, false
		}
		if l.eof {
			return l.cut(searched), false, searched > 0
		}
		if !l.fill() {
			return nil, false, false
		}
	}
	return nil, false, false
}

// cut takes n bytes off the buffer.
func (l *lines) cut(n int) []byte {
	line := l.buf[l.start : l.start+n]
	l.advance(n)
	l.bytes += int64(n)
	return line
}

func (l *lines) advance(n int) {
	l.start += n
	l.offset += int64(n)
}

// fill reads more bytes behind those in the buffer. It returns false on error.
func (l *lines) fill() bool {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	if l.end == len(l.buf) {
		if err := l.grow(); err != nil {
			l.err = fmt.Errorf("reading %s: %w", l.blob, err)
			return false
		}
	}
	n, err := l.src.Read(l.buf[l.end:])
	l.end += n
	switch {
	case err == io.EOF:
		l.eof = true
	case err != nil:
		l.err = fmt.Errorf("reading %s: %w", l.blob, err)
		return false
	}
	return true
}

// grow makes the buffer larger.
func (l *lines) grow() error {
	size := len(l.buf) + max(bufferSize, len(l.buf))
	if len(l.buf) < mostBuffer && size > maxLine {
		size = mostBuffer
	}
	if err := l.loan.borrow(borrowed(size) - borrowed(len(l.buf))); err != nil {
		return err
	}
	buf := make([]byte, size)
	copy(buf, l.buf[:l.end])
	l.buf = buf
	return nil
}

// borrowed is what a buffer of lines takes of the loan.
func borrowed(size int) int64 {
	if size <= freeBuffer {
		return 0
	}
	return int64(size)
}

// skipRest goes on to the newline that ends the present line, without keeping
// what is before it. It returns false at the end and on error.
func (l *lines) skipRest() bool {
	for {
		if i := bytes.IndexByte(l.buf[l.start:l.end], '\n'); i >= 0 {
			l.cut(i)
			return true
		}
		l.cut(l.end - l.start)
		if l.eof || !l.fill() {
			return false
		}
	}
}
