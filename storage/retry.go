package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"time"
)

// Policy bounds retries. The zero value means DefaultPolicy.
type Policy struct {
	// Attempts is how often in a row an operation may fail before its error is
	// returned. Progress (bytes read, blobs listed) starts the count anew.
	Attempts int
	// Base is the pause after the first failure; it doubles up to Max. A random
	// half of each pause is left out, so that workers do not return together.
	Base, Max time.Duration
	// Idle is how long a body may wait for its next byte before it counts as
	// broken; 0 is for ever.
	Idle time.Duration
	// Notify, if set, is told each failure that is followed by a pause. It is
	// called from many goroutines.
	Notify func(error)
}

// DefaultPolicy rides out about a minute of trouble.
func DefaultPolicy() Policy {
	return Policy{Attempts: 6, Base: 500 * time.Millisecond, Max: 20 * time.Second, Idle: time.Minute}
}

// pause waits, after a failure, before attempt number failed+1, or until ctx ends.
func (p Policy) pause(ctx context.Context, failed int, err error) error {
	if p.Notify != nil {
		p.Notify(err)
	}
	d := p.Base
	for i := 1; i < failed && d < p.Max; i++ {
		d *= 2
	}
	d = min(d, p.Max)
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Permanent reports whether repeating the operation cannot help: the object is
// gone or changed, the credentials are refused, the name is impossible, the
// lock is taken, or the caller gave up.
func Permanent(err error) bool {
	for _, target := range []error{ErrNotExist, ErrChanged, ErrDenied, ErrInvalid, ErrLocked, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Retry returns a Reader that repeats what failed for a passing reason, and
// resumes a body at the byte where it broke, or stalled, so that its caller sees
// each byte once. Errors that Permanent names are returned at once.
func Retry(r Reader, p Policy) Reader {
	if p.Attempts == 0 {
		p = DefaultPolicy()
	}
	return &retryReader{r, p}
}

type retryReader struct {
	r Reader
	p Policy
}

func (r *retryReader) Folders(ctx context.Context, prefix string) (folders []string, err error) {
	err = r.p.do(ctx, func() error {
		folders, err = foldersBelow(ctx, r.r, prefix)
		return err
	})
	return folders, err
}

func (r *retryReader) Find(ctx context.Context, name string) (b Blob, err error) {
	err = r.p.do(ctx, func() error {
		b, err = Find(ctx, r.r, name)
		return err
	})
	return b, err
}

// do runs f until it succeeds, fails for good, or has failed p.Attempts times.
func (p Policy) do(ctx context.Context, f func() error) error {
	for failed := 1; ; failed++ {
		err := f()
		if err == nil || Permanent(err) {
			return err
		}
		if failed >= p.Attempts {
			return fmt.Errorf("after %d attempts: %w", failed, err)
		}
		if stop := p.pause(ctx, failed, err); stop != nil {
			return stop
		}
	}
}

// List lists again after a failure and leaves out what was already yielded:
// names come in order, so that is everything up to the last one.
func (r *retryReader) List(ctx context.Context, prefix string) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		last, failed := "", 0
		for {
			err := listAfter(ctx, r.r, prefix, last, func(b Blob) bool {
				last, failed = b.Name, 0
				return yield(b, nil)
			})
			if err == nil {
				return
			}
			failed++
			if Permanent(err) || failed >= r.p.Attempts {
				yield(Blob{}, err)
				return
			}
			if stop := r.p.pause(ctx, failed, err); stop != nil {
				yield(Blob{}, stop)
				return
			}
		}
	}
}

// listAfter hands the blobs with names above after to yield, until it refuses.
func listAfter(ctx context.Context, r Reader, prefix, after string, yield func(Blob) bool) error {
	for b, err := range r.List(ctx, prefix) {
		if err != nil {
			return err
		}
		if after != "" && b.Name <= after {
			continue
		}
		if !yield(b) {
			return nil
		}
	}
	return nil
}

func (r *retryReader) Open(ctx context.Context, b Blob, offset, length int64) (io.ReadCloser, error) {
	body := &retryBody{ctx: ctx, r: r, b: b, offset: offset, left: length}
	if err := r.p.do(ctx, body.open); err != nil {
		return nil, err
	}
	return body, nil
}

// retryBody is the rest of a range: left bytes from offset on.
type retryBody struct {
	ctx          context.Context // of Open: its Reads may have to open again
	r            *retryReader
	b            Blob
	offset, left int64
	body         io.ReadCloser // nil while broken
	watch        watch         // over body
	failed       int           // failures since the last byte
	err          error         // that ended the body; it stays
}

func (b *retryBody) open() (err error) {
	w := newWatch(b.ctx, b.r.p.Idle)
	if b.body, err = b.r.r.Open(w.ctx, b.b, b.offset, b.left); err != nil {
		b.body = nil
		w.end()
		return err
	}
	b.watch = w
	return nil
}

// Read hands out the last bytes only after a look at the inner reader's end: a
// caller that has all the bytes it asked for need not read on.
func (b *retryBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		b.end()
	}
	switch {
	case b.err != nil:
		return 0, b.err
	case b.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	for {
		n, err := b.read(p)
		if n > 0 && b.left == 0 {
			b.end()
		}
		if b.err != nil {
			return 0, b.err
		}
		if n > 0 {
			b.failed = 0
			return n, nil // an error, if any, shows up at the next Read
		}
		if err == nil {
			continue
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // left > 0: the body ended early
		}
		b.drop()
		b.failed++
		if Permanent(err) || b.failed >= b.r.p.Attempts {
			b.err = fmt.Errorf("reading %s at byte %d: %w", b.b.Name, b.offset, err)
			return 0, b.err
		}
		if stop := b.r.p.pause(b.ctx, b.failed, err); stop != nil {
			return 0, stop
		}
	}
}

// read opens the rest if need be and reads from it once.
func (b *retryBody) read(p []byte) (int, error) {
	if b.body == nil {
		if err := b.open(); err != nil {
			return 0, err
		}
	}
	n, err := b.watch.read(b.body, p)
	n = int(min(int64(n), b.left))
	b.offset, b.left = b.offset+int64(n), b.left-int64(n)
	if err != nil && err != io.EOF && n > 0 {
		if Permanent(err) {
			return 0, err // the bytes belong to a version that is gone
		}
		b.drop()
	}
	return n, err
}

// end reads the inner reader's end once, where it may still report that the
// version changed while it was read.
func (b *retryBody) end() {
	if b.body == nil {
		return
	}
	_, err := b.watch.read(b.body, make([]byte, 1))
	b.drop()
	if err != nil && err != io.EOF && Permanent(err) {
		b.err = fmt.Errorf("reading %s: %w", b.b.Name, err)
	}
}

func (b *retryBody) drop() {
	if b.body != nil {
		b.body.Close()
		b.body = nil
		b.watch.end()
	}
}

// watch ends the Reads of one body that wait too long for a byte, by cancelling
// the context that the body was opened with.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	idle   time.Duration
	timer  *time.Timer // nil if nothing is too long
}

var errStalled = errors.New("the body stalled")

func newWatch(ctx context.Context, idle time.Duration) watch {
	w := watch{idle: idle}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	if idle > 0 {
		w.timer = time.AfterFunc(idle, func() { w.cancel(errStalled) })
		w.timer.Stop() // until a Read
	}
	return w
}

func (w watch) read(body io.Reader, p []byte) (int, error) {
	if w.timer == nil {
		return body.Read(p)
	}
	w.timer.Reset(w.idle)
	n, err := body.Read(p)
	w.timer.Stop()
	if err != nil && err != io.EOF && context.Cause(w.ctx) == errStalled {
		err = fmt.Errorf("%w: no byte for %v", errStalled, w.idle) // not what Permanent takes for the caller's wish
	}
	return n, err
}

func (w watch) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.cancel(nil)
}

func (b *retryBody) Close() error {
	b.drop()
	b.left = 0
	return nil
}

// RetryStore is Retry for a Store; a Put that failed is repeated, too.
func RetryStore(s Store, p Policy) Store {
	if p.Attempts == 0 {
		p = DefaultPolicy()
	}
	return &retryStore{retryReader{s, p}, s}
}

type retryStore struct {
	retryReader
	s Store
}

func (r *retryStore) Put(ctx context.Context, name string, data []byte) error {
	return r.p.do(ctx, func() error { return r.s.Put(ctx, name, data) })
}
