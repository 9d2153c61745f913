// Package local is a storage.Store in a plain folder.
//
// An object is a file, its name the path below the folder. No name and no
// symbolic link leads out of it. The version of a file is its modification time
// and size: a program that rewrites a file in place within one tick of the file
// system's clock, and keeps its length, goes unnoticed. Put never does that.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"

	"sparkless/storage"
)

// Config says which folder holds the objects.
type Config struct {
	// Folder is the path of the folder.
	Folder string
	// Create makes the folder, and those above it, when it is missing. It also
	// says that the folder is for keeping objects: what Puts of processes that
	// are gone left behind unfinished, more than a day ago, is removed.
	Create bool
}

// Validate reports what can never work, without looking at the file system.
func (c Config) Validate() error {
	switch {
	case c.Folder == "":
		return fmt.Errorf("no folder is named: %w", storage.ErrInvalid)
	case strings.ContainsRune(c.Folder, 0):
		return fmt.Errorf("folder %q holds a NUL character: %w", c.Folder, storage.ErrInvalid)
	}
	return nil
}

// Store is a folder. It may be used from many goroutines.
type Store struct {
	root *os.Root
	dir  string // as configured, for messages
	abs  string // the same, whatever becomes of the working directory
	// puts makes the last steps of Put and Create one: without it two Puts could give two
	// contents of one name the same time.
	puts sync.Mutex
	// ways are those to give a file a name that no file has, the best first.
	ways []func(temp, name string) error

	mu    sync.Mutex
	locks map[string]bool // names that are held, or being taken
}

// New opens the folder. Close releases it.
func New(c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(c.Folder); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, not a folder: %w", c.Folder, storage.ErrInvalid)
	}
	if c.Create {
		if err := os.MkdirAll(c.Folder, folderMode); err != nil {
			return nil, explain(err)
		}
	}
	abs, err := filepath.Abs(c.Folder)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.Folder)
	if err != nil {
		return nil, explain(err)
	}
	s := &Store{root: root, dir: c.Folder, abs: abs, locks: map[string]bool{}}
	s.ways = []func(temp, name string) error{s.link, s.renameNew}
	if c.Create {
		s.sweep()
	}
	return s, nil
}

// Close releases the folder. Bodies that are open stay readable.
func (s *Store) Close() error { return s.root.Close() }

// version is the ETag of a file.
func version(info fs.FileInfo) string {
	// No inode number: some network file systems make up another at each mount,
	// and then nothing that was planned before could be read.
	return strconv.FormatInt(info.ModTime().UnixNano(), 16) + "-" + strconv.FormatInt(info.Size(), 16)
}

// checkName refuses names that are not paths below the folder, and those that
// another kind of store could not hold.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("%q is no object name: %w", name, storage.ErrInvalid)
	}
	return nil
}

// checkObject also refuses the names of the store's own files.
func checkObject(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if base := path.Base(name); ours(base) {
		return fmt.Errorf("%q: names in %s* and %s* are the store's own: %w", name, tempPrefix, lockPrefix, storage.ErrInvalid)
	}
	return nil
}

// checkNew also refuses names longer than those of Azure's blobs: making deep
// folders takes long.
// (Microsoft Learn, "Naming and Referencing Containers, Blobs, and Metadata".)
func checkNew(name string) error {
	if err := checkObject(name); err != nil {
		return err
	}
	if utf8.RuneCountInString(name) > 1024 || strings.Count(name, "/") >= 254 {
		return fmt.Errorf("%.40q… is longer than 1024 characters or deeper than 254 folders: %w", name, storage.ErrInvalid)
	}
	return nil
}

// ours reports that a file is none of the objects, by the last part of its name.
func ours(base string) bool {
	return strings.HasPrefix(base, tempPrefix) || strings.HasPrefix(base, lockPrefix)
}

// explain adds the error of package storage that err means, if any.
func explain(err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		// ENOTDIR: a folder of the name is a file, so nothing has that name.
		return fmt.Errorf("%w: %w", err, storage.ErrNotExist)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w: check the owner and mode of the file and of the folders above it", err, storage.ErrDenied)
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENAMETOOLONG):
		return fmt.Errorf("%w: %w", err, storage.ErrInvalid)
	case errors.Is(err, fs.ErrClosed), errors.As(err, &errno):
		return err
	}
	// os.Root's own refusals carry no system error: a link leads out.
	return fmt.Errorf("%w: %w", err, storage.ErrInvalid)
}

// Open implements storage.Reader.
func (s *Store) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%q: %w", b.Name, err)
	}
	if err := checkObject(b.Name); err != nil {
		return nil, err
	}
	if offset < 0 || length < 0 || offset > b.Size-length {
		return nil, fmt.Errorf("%q: bytes %d+%d of %d: %w", b.Name, offset, length, b.Size, storage.ErrInvalid)
	}
	// Opening a pipe would wait for a writer, so look first.
	if err := regular(s.root.Stat(b.Name)); err != nil {
		return nil, fmt.Errorf("%q: %w", b.Name, err)
	}
	f, err := s.root.Open(b.Name)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", b.Name, explain(err))
	}
	body := &body{ctx: ctx, f: f, b: b, r: io.NewSectionReader(f, offset, length)}
	if err := body.check(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return body, nil
}

// regular turns the result of Stat into the error for what is no object.
func regular(info fs.FileInfo, err error) error {
	if err != nil {
		return explain(err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("not a regular file: %w", storage.ErrNotExist)
	}
	return nil
}

// body reads a range of one version of a file.
type body struct {
	ctx context.Context
	f   *os.File
	b   storage.Blob
	r   *io.SectionReader
	err error // of an earlier Read; it stays
}

// check fails unless the file is still the version that was listed.
func (b *body) check() error {
	info, err := b.f.Stat()
	if err != nil {
		return fmt.Errorf("%q: %w", b.b.Name, explain(err))
	}
	if !info.Mode().IsRegular() || info.Size() != b.b.Size || version(info) != b.b.ETag {
		return fmt.Errorf("%q: %w", b.b.Name, storage.ErrChanged)
	}
	return nil
}

// Read implements io.Reader. The last bytes of the range are handed out only
// after a second look at the version, because a caller that has all the bytes
// it asked for need not call Read again.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if err := b.ctx.Err(); err != nil {
		return 0, fmt.Errorf("%q: %w", b.b.Name, err)
	}
	n, err := b.r.Read(p)
	at, _ := b.r.Seek(0, io.SeekCurrent)
	atEnd := at == b.r.Size()
	switch {
	case err == io.EOF && !atEnd:
		b.err = fmt.Errorf("%q: holds fewer bytes than listed: %w", b.b.Name, storage.ErrChanged)
	case err != nil && err != io.EOF:
		b.err = fmt.Errorf("%q: %w", b.b.Name, explain(err))
	case n > 0 && atEnd:
		b.err = b.check()
	}
	if b.err != nil {
		return 0, b.err
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error { return b.f.Close() }
