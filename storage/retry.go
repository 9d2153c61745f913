package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

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
	err = r.p.Do(ctx, func() error {
		folders, err = foldersBelow(ctx, r.r, prefix)
		return err
	})
	return folders, err
}

func (r *retryReader) Find(ctx context.Context, name string) (b Blob, err error) {
	err = r.p.Do(ctx, func() error {
		b, err = Find(ctx, r.r, name)
		return err
	})
	return b, err
}

// List lists again after a failure and leaves out what was already yielded:
// names come in order, so that is everything up to the last one.
func (r *retryReader) List(ctx context.Context, prefix string) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		last, e := "", begin(r.p)
		for {
			err := listAfter(ctx, r.r, prefix, last, func(b Blob) bool {
				last = b.Name
				more := yield(b, nil)
				e.progress() // what the caller does in between takes any time
				return more
			})
			if err == nil {
				return
			}
			if err = e.failed(ctx, err); err != nil {
				yield(Blob{}, err)
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
	if err := r.p.Do(ctx, body.open); err != nil {
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
	effort       effort        // since the last byte
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
	if b.effort.times == 0 {
		b.effort = begin(b.r.p) // the time before is the caller's
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
			b.effort.times = 0
			return n, nil // an error, if any, shows up at the next Read
		}
		if err == nil {
			continue
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // left > 0: the body ended early
		}
		b.drop()
		if err = b.effort.failed(b.ctx, err); err != nil {
			b.err = fmt.Errorf("reading %s at byte %d: %w", b.b.Name, b.offset, err)
			return 0, b.err
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

// RetryStore is Retry for a Store; a Put, Create or Lock that failed is repeated, too.
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
	return r.p.Do(ctx, func() error { return r.s.Put(ctx, name, data) })
}

// Create repeats what failed for a passing reason: after an answer that was lost it
// finds its own object, which is ErrExist. It is errors.ErrUnsupported where the
// store is no Creator.
func (r *retryStore) Create(ctx context.Context, name string, data []byte) error {
	creator, ok := r.s.(Creator)
	if !ok {
		return fmt.Errorf("creating %q: %w", name, errors.ErrUnsupported)
	}
	return r.p.Do(ctx, func() error { return creator.Create(ctx, name, data) })
}

// Remove repeats what failed for a passing reason. It is errors.ErrUnsupported
// where the store is no Remover.
func (r *retryStore) Remove(ctx context.Context, name string) error {
	remover, ok := r.s.(Remover)
	if !ok {
		return fmt.Errorf("removing %q: %w", name, errors.ErrUnsupported)
	}
	return r.p.Do(ctx, func() error { return remover.Remove(ctx, name) })
}

// Lock repeats what failed for a passing reason. It is errors.ErrUnsupported
// where the store is no Locker.
func (r *retryStore) Lock(ctx context.Context, name string) (held context.Context, unlock func() error, err error) {
	l, ok := r.s.(Locker)
	if !ok {
		return nil, nil, fmt.Errorf("lock %q: %w", name, errors.ErrUnsupported)
	}
	err = r.p.Do(ctx, func() error {
		held, unlock, err = l.Lock(ctx, name)
		return err
	})
	return held, unlock, err
}
