package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/gofrs/flock"

	"sparkless/storage"
)

// lockPrefix begins the names of the files that Lock locks.
const lockPrefix = ".sparkless-lock-"

// Lock implements storage.Locker with a file beside where the object name would
// be, which List ignores and which stays when the lock is released. The
// operating system holds the lock, for as long as the process lives: it cannot
// be lost unless somebody deletes that file. Two Stores of one process exclude
// each other where the file system locks open files (every local one does),
// not where it locks for the whole process (NFS).
func (s *Store) Lock(ctx context.Context, name string) (held context.Context, unlock func() error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("lock %q: %w", name, err)
	}
	if err := checkNew(name); err != nil {
		return nil, nil, err
	}
	if !s.claim(name) {
		return nil, nil, storage.ThisProcess().Locked(name)
	}
	release, err := s.lock(name)
	if err != nil {
		s.unclaim(name)
		if errors.Is(err, storage.ErrLocked) {
			return nil, nil, err // which names the lock
		}
		return nil, nil, fmt.Errorf("lock %q: %w", name, s.room(err))
	}
	held, cancel := context.WithCancel(ctx)
	return held, sync.OnceValue(func() error {
		cancel()
		err := release()
		s.unclaim(name)
		if err != nil {
			return fmt.Errorf("unlocking %q: %w", name, err)
		}
		return nil
	}), nil
}

// claim keeps this Store's own callers apart.
func (s *Store) claim(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[name] {
		return false
	}
	s.locks[name] = true
	return true
}

func (s *Store) unclaim(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.locks, name)
}

func (s *Store) lock(name string) (release func() error, err error) {
	folder, base := path.Split(name)
	if err := s.mkdir(path.Clean(folder)); err != nil {
		return nil, err
	}
	file := folder + lockPrefix + base
	f, err := s.openLock(file)
	if err != nil {
		return nil, err
	}
	// The library opens files by their path: what it opened has to be the file
	// that the root has found, and still be there.
	l := flock.New(filepath.Join(s.abs, filepath.FromSlash(file)), flock.SetFlag(os.O_RDWR))
	locked, err := l.TryLock()
	switch {
	case errors.Is(err, syscall.ENOLCK), errors.Is(err, errors.ErrUnsupported):
		err = fmt.Errorf("the file system has no locks: %w", errors.ErrUnsupported)
	case err != nil:
		err = explain(err)
	case !locked:
		err = readHolder(f).Locked(name)
	default:
		err = s.sameFile(l, f, file)
	}
	if err != nil {
		return nil, errors.Join(err, l.Unlock(), f.Close())
	}
	writeHolder(f)
	// Where a file system locks for the whole process, closing f ends the lock.
	return func() error { return errors.Join(l.Unlock(), f.Close()) }, nil
}

// openLock opens the lock file, and makes it if need be. A link is none: who
// holds the lock is written to what it leads to.
func (s *Store) openLock(file string) (*os.File, error) {
	notOurs := fmt.Errorf("%q is no regular file: remove it: %w", file, storage.ErrInvalid)
	if info, err := s.root.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return nil, notOurs // a pipe could wait for ever
	}
	f, err := s.root.OpenFile(file, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, explain(err)
	}
	opened, err := f.Stat()
	there, err2 := s.root.Lstat(file)
	switch err = errors.Join(err, err2); {
	case err != nil:
		err = explain(err)
	case !there.Mode().IsRegular() || !os.SameFile(opened, there):
		err = notOurs
	default:
		return f, nil
	}
	_ = f.Close()
	return nil, err
}

// sameFile fails unless l has locked the file f, which is still called file.
func (s *Store) sameFile(l *flock.Flock, f *os.File, file string) error {
	locked, err1 := l.Stat()
	opened, err2 := f.Stat()
	there, err3 := s.root.Lstat(file)
	if err := errors.Join(err1, err2, err3); err != nil {
		return explain(err)
	}
	if !os.SameFile(locked, opened) || !os.SameFile(opened, there) {
		return fmt.Errorf("%q was replaced while it was locked", file)
	}
	return nil
}

// writeHolder says in the lock file who holds it. Nothing depends on it.
func writeHolder(f *os.File) {
	if text, err := json.Marshal(storage.ThisProcess()); err == nil && f.Truncate(0) == nil {
		_, _ = f.WriteAt(append(text, '\n'), 0)
	}
}

// readHolder reads what writeHolder wrote, if anything.
func readHolder(f *os.File) (h storage.Holder) {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return storage.Holder{}
	}
	return h
}
