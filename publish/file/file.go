// Package file publishes records as one file that is replaced whole, as JSON
// lines, as a JSON array, as CSV or as Parquet. Its encoders write the same to any
// writer.
//
// Findings carry names that an attacker chose. In JSON, characters that would
// steer a terminal or reorder text are escaped, which changes no value. In CSV
// they are spelled out as <U+202E>, and what a spreadsheet would take for a
// formula gets an apostrophe in front. Parquet holds them as they are.
package file

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"sparkless/publish"
)

// Config says which file, in which format.
type Config struct {
	// Path of the file. Its folder is created when it is missing. A symbolic
	// link there is replaced, not followed.
	Path string
	// Format is one of the formats; empty takes it from the ending: .jsonl, .ndjson,
	// .json, .csv or .parquet.
	Format string
	// Row is a value of the struct that a Body is the JSON of. Its fields are texts,
	// numbers, truth values, structs and slices of these. Only Parquet needs it, whose
	// columns have their types however the records of a day look.
	Row any
}

// Validate reports every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Path == "" || strings.HasSuffix(c.Path, "/") || strings.ContainsRune(c.Path, 0) {
		errs = append(errs, errors.New("the path names no file"))
	}
	if _, err := c.encoder(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) encoder() (Encoder, error) {
	format := c.Format
	if format == "" {
		format = formatOf(c.Path)
	}
	return NewEncoder(format, c.Row)
}

// Sink replaces one file. It is made by New.
type Sink struct {
	path   string
	name   string
	encode Encoder
}

var _ publish.Replacer = (*Sink)(nil)

// New returns the sink for c, or what Validate reports.
func New(c Config) (*Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	encode, err := c.encoder()
	if err != nil {
		return nil, err
	}
	path := filepath.Clean(c.Path)
	return &Sink{path: path, name: name(path), encode: encode}, nil
}

// name is the base name in the letters that a sink's name may have, with a
// digest of the path to keep files of the same name apart.
func name(path string) string {
	base := strings.Map(func(c rune) rune {
		if c < 128 && (c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'z' || strings.ContainsRune("-_.", c)) {
			return c
		}
		return '_'
	}, filepath.Base(path))
	sum := sha256.Sum256([]byte(filepath.ToSlash(path)))
	return "file-" + base + "-" + hex.EncodeToString(sum[:4])
}

// Name is "file-<base name>-<8 hexadecimal digits of the path's SHA-256>".
func (s *Sink) Name() string { return s.name }

// Replaces marks the sink as a publish.Replacer.
func (s *Sink) Replaces() {}

// Send writes records to a new file beside the old one, syncs it and renames it
// over the old one: a reader sees all of the old or all of the new content, also
// after a crash. On an error the old content stays.
func (s *Sink) Send(ctx context.Context, records []publish.Record) (int, error) {
	err := ctx.Err()
	if err == nil {
		err = s.replace(ctx, records)
	}
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", s.path, sorted(err))
	}
	return len(records), nil
}

// sorted marks what no retry mends.
func sorted(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w: give this user the right to write the file and its folder", publish.ErrDenied, err)
	}
	for _, never := range []error{syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS, syscall.ENAMETOOLONG} {
		if errors.Is(err, never) {
			return fmt.Errorf("%w: %w: choose another path", publish.ErrRefused, err)
		}
	}
	return err
}

func (s *Sink) replace(ctx context.Context, records []publish.Record) error {
	folder := filepath.Dir(s.path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	mode, err := s.mode()
	if err != nil {
		return err
	}
	// Not CreateTemp: its mode ignores the umask.
	temp := filepath.Join(folder, "."+filepath.Base(s.path)+"."+strconv.FormatUint(rand.Uint64(), 36)+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	err = s.fill(ctx, f, records)
	if err == nil {
		err = os.Rename(temp, s.path)
	}
	if err != nil {
		return errors.Join(err, remove(temp))
	}
	syncFolder(folder)
	return nil
}

// mode is that of the file there is, so that a file made private stays so.
func (s *Sink) mode() (fs.FileMode, error) {
	info, err := os.Lstat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0o644, nil
	case err != nil:
		return 0, err
	case info.Mode()&fs.ModeSymlink != 0:
		return 0o644, nil
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%w: it is no regular file, choose another path", publish.ErrRefused)
	}
	return info.Mode().Perm(), nil
}

func (s *Sink) fill(ctx context.Context, f *os.File, records []publish.Record) error {
	w := bufio.NewWriter(f)
	err := s.encode(ctx, w, records)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = ctx.Err()
	}
	return err
}

func remove(temp string) error {
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("left %s behind: %w", temp, err)
	}
	return nil
}

// syncFolder makes the rename last. A file system that cannot sync a folder has
// no such promise to make, so that is no error.
func syncFolder(folder string) {
	if d, err := os.Open(folder); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
