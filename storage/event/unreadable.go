package event

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sparkless/storage"
)

// ErrCorrupt means that the blob's bytes are not what its name or its first bytes
// say, as with a gzip stream that ends early.
var ErrCorrupt = errors.New("corrupt content")

// ErrUnsupported means that the blob may well be whole, but is written in a way
// that is not read; the error says how to write it.
var ErrUnsupported = errors.New("unsupported format")

// UnreadableError says that this version of a blob can never be read, however
// often it is tried: Err wraps ErrCorrupt or ErrUnsupported and names the blob.
// What may pass (a network that fails, a right that is missing, a blob that
// changed or went) is no such error, and neither is a line that is malformed.
type UnreadableError struct {
	Blob storage.Blob
	Err  error
}

func (e *UnreadableError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *UnreadableError) Unwrap() error { return e.Err }

// judge makes an UnreadableError of an error that is about the blob's
// content, unless the blob has changed: what was read may then have been of two
// versions.
func judge(ctx context.Context, r storage.Reader, b storage.Blob, err error) error {
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) {
		return err
	}
	if again := checkVersion(ctx, r, b); again != nil {
		return fmt.Errorf("%w; before that: %v", again, err)
	}
	return &UnreadableError{b, err}
}

// checkVersion asks for the last byte of a blob: a store then says whether it is
// the version that was listed.
func checkVersion(ctx context.Context, r storage.Reader, b storage.Blob) error {
	n := min(b.Size, 1)
	body, err := r.Open(ctx, b, b.Size-n, n)
	if err == nil {
		_, err = io.Copy(io.Discard, body)
		err = errors.Join(err, body.Close())
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", b.Name, err)
	}
	return nil
}

// guard turns a panic of a library, on data that no writer writes, into an
// error.
func guard(read func() error) (err error) {
	defer recovered(&err)
	return read()
}

// recovered is to be deferred: it turns a panic into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("unreadable: %v", p)
	}
}
