// Package storage names, lists and reads blobs, and creates objects atomically.
//
// A Reader is where exports come from; a Store is a Reader that can also keep
// the job's own objects. Both exist for Azure Blob Storage (storage/azure) and
// for a plain folder (storage/local), and both pass storagetest.TestStore.
package storage

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Blob is one version of one object.
type Blob struct {
	// Name is the slash-separated path below the container or folder.
	Name string
	// Size is the number of bytes the object had when it was listed.
	Size int64
	// ETag names the version. It is opaque: two blobs with equal Name, Size and
	// ETag from the same place have the same first Size bytes.
	ETag string
}

// Errors that a Reader or Store wraps, so that callers can tell them apart with
// errors.Is. Every other error is taken for a passing one and may be retried.
var (
	// ErrNotExist: no object of that name (any more).
	ErrNotExist = errors.New("does not exist")
	// ErrChanged: the object is no longer the version that was listed, or holds
	// fewer bytes than listed. Listing again gives the present version.
	ErrChanged = errors.New("changed since it was listed")
	// ErrDenied: the credentials were refused or lack the right.
	ErrDenied = errors.New("not authorised")
	// ErrInvalid: a name or a setting that can never work.
	ErrInvalid = errors.New("invalid")
	// ErrExist: there is an object of that name already.
	ErrExist = errors.New("exists already")
	// ErrLocked: somebody else holds the lock.
	ErrLocked = errors.New("locked by another process")
	// ErrLockLost is the cause with which the context of a lock ends when the
	// lock cannot be kept.
	ErrLockLost = errors.New("the lock was lost")
)

// Reader lists and reads blobs. Its methods may be called from many goroutines.
type Reader interface {
	// List yields the blobs whose names start with prefix ("" for all) in
	// ascending byte order of their names, never directories or directory
	// markers. A prefix that nothing matches yields nothing. It yields at most
	// one error, as the last pair.
	List(ctx context.Context, prefix string) iter.Seq2[Blob, error]

	// Open reads length bytes of exactly the version b, from offset on, with
	// 0 <= offset and offset+length <= b.Size. The reader returns io.EOF after
	// exactly length bytes and never before: a body that ends early is
	// io.ErrUnexpectedEOF. Bytes that were appended after the listing are not
	// read. It fails with ErrNotExist or ErrChanged, at once or from Read, when
	// version b cannot be read any more. Cancelling ctx ends a Read in progress.
	Open(ctx context.Context, b Blob, offset, length int64) (io.ReadCloser, error)
}

// Store is a Reader that also keeps objects.
type Store interface {
	Reader

	// Put creates or replaces the object name as a whole: whoever reads, now or
	// after a crash, sees all of the earlier content or all of data. Two
	// concurrent Puts leave one of the two. Put does not retain data.
	Put(ctx context.Context, name string, data []byte) error
}

// Creator is what a Store offers that can keep an object from being replaced.
type Creator interface {
	// Create puts the object name as Put does, unless there is one: then it fails
	// with ErrExist and changes nothing. Of concurrent Creates of a name, in any
	// process and on any machine, one succeeds. A Create whose answer was lost and
	// that is repeated finds its own object: whoever gets ErrExist reads what is
	// there.
	Create(ctx context.Context, name string, data []byte) error
}

// FolderLister is what a Reader offers that can name the folders directly below
// a prefix without listing what is in them.
type FolderLister interface {
	// Folders returns, sorted, the distinct continuations of prefix up to and
	// including the next slash, as full prefixes: with a blob "x/y=1/z" and the
	// prefix "x/" it returns "x/y=1/".
	Folders(ctx context.Context, prefix string) ([]string, error)
}

// Finder is what a Reader offers that can look one object up without listing.
type Finder interface {
	// Find returns the present version of the object name, or ErrNotExist.
	Find(ctx context.Context, name string) (Blob, error)
}

// Remover is what a Store offers that can take an object away again. The job keeps
// what it puts; this is for what was put only to see whether it can be.
type Remover interface {
	// Remove deletes the object name, and what a lock of that name left behind.
	// It is no error if there is none. Nobody may hold that lock, or take it
	// meanwhile.
	Remove(ctx context.Context, name string) error
}

// Locker is what a Store offers that can keep others out. Locks hold between
// processes and machines, and one that its holder did not live to release is
// free again after a minute at most, whatever the clocks of the machines say.
type Locker interface {
	// Lock takes the lock name, which has the form of an object name, or fails
	// at once: with ErrLocked, saying who holds it if that is known, while
	// somebody else does, also within this process. The context it returns is
	// ctx and ends, with the cause ErrLockLost, when the lock could not be kept
	// and somebody else may take it. Unlock releases the lock and returns once
	// nothing of it is left running; it is called once.
	Lock(ctx context.Context, name string) (held context.Context, unlock func() error, err error)
}
