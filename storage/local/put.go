package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"sparkless/storage"
)

// The objects tell who ran what: they are not for every user of the machine.
const (
	fileMode   = 0o640
	folderMode = 0o750
)

// Put implements storage.Store: it writes a file beside the object and renames
// it. A crash on the way leaves a file that List ignores.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if err := checkNew(name); err != nil {
		return err
	}
	if err := s.put(ctx, name, data, s.replace); err != nil {
		return fmt.Errorf("writing %q: %w", name, s.room(err))
	}
	return nil
}

// room says so when err means that there is no room for a file.
func (s *Store) room(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk of folder %s is full: make room: %w", s.dir, err)
	case errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk of folder %s is full, as far as the quota goes: make room: %w", s.dir, err)
	case errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("the disk of folder %s is full, or takes no file of that size (ulimit -f): %w", s.dir, err)
	}
	return err
}

// put writes a file in the folder of the object, and has place give it the name.
func (s *Store) put(ctx context.Context, name string, data []byte, place func(temp, name string) error) error {
	folder := path.Dir(name)
	if err := s.mkdir(folder); err != nil {
		return err
	}
	temp := path.Join(folder, tempPrefix+rand.Text())
	err := s.write(temp, data)
	if err == nil {
		err = ctx.Err() // the last moment to give up
	}
	if err == nil {
		err = place(temp, name)
	}
	if err != nil {
		_ = s.root.Remove(temp) // else sweep does
		return err
	}
	return s.sync(folder)
}

// write makes the file temp, and returns once its content is on the disk.
func (s *Store) write(temp string, data []byte) error {
	f, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return explain(err)
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = cmp.Or(err, f.Close()); err != nil {
		return explain(err)
	}
	return nil
}

// replace renames temp to name.
func (s *Store) replace(temp, name string) error {
	s.puts.Lock()
	defer s.puts.Unlock()
	old, err := s.root.Stat(name)
	if err == nil && !old.Mode().IsRegular() {
		return fmt.Errorf("the name is taken by a folder: %w", storage.ErrInvalid)
	}
	after := time.Time{}
	if err == nil {
		after = old.ModTime()
	}
	if err := s.date(temp, after); err != nil {
		return explain(err)
	}
	if err := s.root.Rename(temp, name); err != nil {
		return explain(err)
	}
	return nil
}

// date gives temp a modification time later than after. The kernel's own times
// are too coarse to tell two quick Puts of one size apart, and some file systems
// keep whole seconds only.
func (s *Store) date(temp string, after time.Time) error {
	now := time.Now()
	for _, step := range []time.Duration{0, time.Microsecond, time.Millisecond, 2 * time.Second} {
		if after.After(now) {
			now = after
		}
		if err := s.root.Chtimes(temp, now.Add(step), now.Add(step)); err != nil {
			return err
		}
		if info, err := s.root.Lstat(temp); err != nil || info.ModTime().After(after) {
			return err
		}
	}
	return nil
}

// mkdir makes the folder and those above it, and has them on the disk.
func (s *Store) mkdir(folder string) error {
	if info, err := s.root.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	if err := s.root.MkdirAll(folder, folderMode); err != nil {
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EEXIST) {
			return fmt.Errorf("a file has the name of one of its folders: %w", storage.ErrInvalid)
		}
		return explain(err)
	}
	for folder != "." {
		folder = path.Dir(folder)
		if err := s.sync(folder); err != nil {
			return err
		}
	}
	return nil
}

// sync has the names in the folder on the disk.
func (s *Store) sync(folder string) error {
	f, err := s.root.Open(folder)
	if err != nil {
		return explain(err)
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil // not every file system can, and none needs more than it can
	}
	return err
}

// stale is the age at which a file in the making is nobody's any more: writing
// makes it young again. Should its Put be at work after all, that Put fails and
// the object stays as it was.
const stale = 24 * time.Hour

// sweep removes what Puts left behind that were killed. What cannot be looked at
// or removed stays: it is in nobody's way.
func (s *Store) sweep() {
	_ = fs.WalkDir(s.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !unfinished(d.Name()) {
			return nil // also after an error: go on beside it
		}
		if info, err := d.Info(); err == nil && time.Since(info.ModTime()) > stale {
			_ = s.root.Remove(name)
		}
		return nil
	})
}

// unfinished reports that a name is one that put makes.
func unfinished(base string) bool {
	random, ok := strings.CutPrefix(base, tempPrefix)
	return ok && len(random) == len(rand.Text()) && strings.Trim(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
