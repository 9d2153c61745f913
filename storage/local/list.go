package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"sparkless/storage"
)

// tempPrefix begins the names of files that Put has not finished.
const tempPrefix = ".sparkless-tmp-"

// List implements storage.Reader. It reads only the folders that can hold names
// with the prefix. A symbolic link counts as the file it leads to; one that
// leads nowhere, to a folder, or out of the store's folder is an error that
// names it, as is anything else that is neither file nor folder.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		w := walk{ctx: ctx, s: s, prefix: prefix, yield: func(b storage.Blob) bool { return yield(b, nil) }}
		if err := w.start(); err != nil && !errors.Is(err, errStop) {
			yield(storage.Blob{}, err)
		}
	}
}

// Folders implements storage.FolderLister. A folder without a file in it, or
// below it, is left out: only objects make folders.
func (s *Store) Folders(ctx context.Context, prefix string) ([]string, error) {
	w := walk{ctx: ctx, s: s, prefix: prefix}
	var folders []string
	w.yield = func(b storage.Blob) bool {
		if i := strings.IndexByte(b.Name[len(prefix):], '/'); i >= 0 {
			w.skip = b.Name[:len(prefix)+i+1]
			folders = append(folders, w.skip)
		}
		return true
	}
	err := w.start()
	return folders, err
}

// errStop ends a walk whose caller has seen enough.
var errStop = errors.New("stop")

// walk visits the files whose names start with prefix, in byte order.
type walk struct {
	ctx    context.Context
	s      *Store
	prefix string
	yield  func(storage.Blob) bool
	skip   string // a folder, with the slash, of which no more is wanted
}

// start walks from the deepest folder that prefix names.
func (w *walk) start() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	folder, _ := path.Split(w.prefix)
	folder = strings.TrimSuffix(folder, "/")
	if folder == "" && w.prefix != "" && w.prefix[0] == '/' || folder != "" && checkName(folder) != nil {
		return nil // no object has such a name
	}
	root, err := w.open(folder)
	if root == nil || err != nil {
		return err
	}
	defer root.Close()
	return w.folder(root, folder)
}

// open opens a folder component by component, since a symbolic link on the way
// must be noticed here as it is when walking from above. It returns nil and no
// error when there is no such folder.
func (w *walk) open(folder string) (*os.Root, error) {
	root, err := w.s.root.OpenRoot(".")
	for done := 0; err == nil && done < len(folder); {
		name, _, _ := strings.Cut(folder[done:], "/")
		done = min(done+len(name)+1, len(folder))
		root, err = w.descend(root, name, strings.TrimSuffix(folder[:done], "/"))
		if root == nil {
			return nil, err
		}
	}
	return root, err
}

// descend opens the folder name of root, whose full path is full, and closes root.
func (w *walk) descend(root *os.Root, name, full string) (*os.Root, error) {
	defer root.Close()
	info, err := root.Lstat(name)
	if gone(err) || err == nil && info.Mode().IsRegular() {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w", full, explain(err))
	}
	if !info.IsDir() {
		if _, err := w.object(full, info); err != nil {
			return nil, err
		}
		return nil, nil // a link to a file
	}
	below, err := root.OpenRoot(name)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w", full, explain(err))
	}
	return below, nil
}

// folder visits what is in root, the folder with the given path.
func (w *walk) folder(root *os.Root, folder string) error {
	entries, err := readDir(root)
	if err != nil {
		return fmt.Errorf("%q: %w", folder, explain(err))
	}
	// With a slash behind the folders, walking in this order is byte order.
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(key(a), key(b)) })
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		full := path.Join(folder, e.Name())
		if !w.wanted(full, e) {
			continue
		}
		if err := w.entry(root, full, e); err != nil {
			return err
		}
	}
	return w.ctx.Err()
}

func key(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

func readDir(root *os.Root) ([]fs.DirEntry, error) {
	f, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// wanted reports whether the entry is, or may hold, a name with the prefix.
func (w *walk) wanted(full string, e fs.DirEntry) bool {
	if w.skip != "" && strings.HasPrefix(full, w.skip) {
		return false
	}
	if e.IsDir() {
		return strings.HasPrefix(full+"/", w.prefix) // the walk starts below every slash of prefix
	}
	return strings.HasPrefix(full, w.prefix) && !ours(e.Name())
}

// entry visits one entry of root and, if it is a folder, what is in it.
func (w *walk) entry(root *os.Root, full string, e fs.DirEntry) error {
	if e.IsDir() {
		below, err := root.OpenRoot(e.Name())
		if gone(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%q: %w", full, explain(err))
		}
		defer below.Close()
		return w.folder(below, full)
	}
	info, err := root.Lstat(e.Name())
	if gone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%q: %w", full, explain(err))
	}
	info, err = w.object(full, info)
	if info == nil || err != nil {
		return err
	}
	if err := checkName(full); err != nil {
		return err
	}
	if !w.yield(storage.Blob{Name: full, Size: info.Size(), ETag: version(info)}) {
		return errStop
	}
	return nil
}

// object follows a symbolic link and returns the file's own information, or nil
// for a link that was removed meanwhile.
func (w *walk) object(full string, info fs.FileInfo) (fs.FileInfo, error) {
	if info.Mode()&fs.ModeSymlink == 0 {
		if info.Mode().IsRegular() {
			return info, nil
		}
		return nil, fmt.Errorf("%q is neither a file nor a folder: move it out of %s: %w", full, w.s.dir, storage.ErrInvalid)
	}
	target, err := w.s.root.Stat(full)
	if gone(err) {
		if _, err := w.s.root.Lstat(full); gone(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("the symbolic link %q leads nowhere: %w", full, storage.ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("the symbolic link %q must lead to a file below %s: %w", full, w.s.dir, explain(err))
	}
	if !target.Mode().IsRegular() {
		return nil, fmt.Errorf("the symbolic link %q leads to something other than a file: %w", full, storage.ErrInvalid)
	}
	return target, nil
}

// gone reports that a file was removed between two looks at it.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
