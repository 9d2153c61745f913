package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
	"time"

	"sparkless/storage"
)

var _ storage.Creator = (*Store)(nil)

// Create implements storage.Creator: it writes a file beside the object and gives it
// the name in one step of the file system that fails where there is such a name: a
// hard link, or where the file system has none, a renaming that replaces nothing.
// Where it has neither, Create fails with errors.ErrUnsupported. A crash on the way
// leaves a file that List ignores.
func (s *Store) Create(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if err := checkNew(name); err != nil {
		return err
	}
	err := s.taken(name) // before a file is written in vain
	if err == nil {
		err = s.put(ctx, name, data, s.add)
	}
	if err != nil {
		return fmt.Errorf("creating %q: %w", name, s.room(err))
	}
	return nil
}

// taken fails if there is something of the name. Whoever is told that an object is
// there may build on it, so its name is on the disk by then: whoever made it may be
// about to see to that.
func (s *Store) taken(name string) error {
	if _, err := s.root.Lstat(name); err != nil {
		if err = explain(err); errors.Is(err, storage.ErrNotExist) {
			return nil
		}
		return err
	}
	if info, err := s.root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("the name is taken by what is no file: %w", storage.ErrInvalid)
	}
	if err := s.sync(path.Dir(name)); err != nil {
		return err
	}
	return fmt.Errorf("it %w", storage.ErrExist)
}

// add gives temp a name that nothing has.
func (s *Store) add(temp, name string) error {
	s.puts.Lock()
	defer s.puts.Unlock()
	if err := s.date(temp, time.Time{}); err != nil {
		return explain(err)
	}
	for _, way := range s.ways {
		err := way(temp, name)
		switch {
		case errors.Is(err, fs.ErrExist):
			if err := s.taken(name); err != nil {
				return err
			}
			return fmt.Errorf("it %w", storage.ErrExist) // when it was looked for
		case err == nil:
			return nil
		case !unknown(err):
			return explain(err)
		}
	}
	return fmt.Errorf("the file system of folder %s can neither link files nor rename them without replacing others: keep the folder on another one: %w", s.dir, errors.ErrUnsupported)
}

// unknown reports that a file system, or the system, does not know such an operation.
// (link(2) and renameat2(2) of Linux: EPERM and EINVAL.)
func unknown(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL)
}

// link gives temp the name by a hard link.
func (s *Store) link(temp, name string) error {
	if err := s.root.Link(temp, name); err != nil {
		return err
	}
	_ = s.root.Remove(temp) // else sweep does; the object stays
	return nil
}

// renameNew renames temp, unless there is such a name.
func (s *Store) renameNew(temp, name string) error {
	folder, err := s.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer folder.Close()
	return renameNew(folder, path.Base(temp), path.Base(name))
}
