package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place is where the export and the work store are.
type place interface {
	// begin makes an empty work store and returns the environment of a process
	// that uses it.
	begin(ctx context.Context, round int) (env []string, err error)
	// end removes the work store.
	end(ctx context.Context) error
	// put adds a blob to the export, remove takes it away again.
	put(ctx context.Context, b blob) error
	remove(ctx context.Context, b blob) error
	// unlock frees what killed processes, by their IDs, had locked, as a minute
	// would do.
	unlock(ctx context.Context, dead map[int]bool) error
	// opened is how often blobs of the export were read, or -1 where nobody counts.
	opened() int64
	// leftovers counts what killed processes have not finished.
	leftovers() (int, error)
	close() error
}

// folderPlace keeps everything in folders.
type folderPlace struct{ export, work string }

// newFolderPlace puts the blobs into a folder below root.
func newFolderPlace(ctx context.Context, root string, blobs []blob) (*folderPlace, error) {
	f := &folderPlace{filepath.Join(root, "export"), filepath.Join(root, "work")}
	for _, b := range blobs {
		if err := f.put(ctx, b); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *folderPlace) begin(context.Context, int) ([]string, error) {
	return []string{"SPARKLESS_STORAGE_FOLDER=" + f.export, "SPARKLESS_WORK_FOLDER=" + f.work}, os.RemoveAll(f.work)
}

func (f *folderPlace) end(context.Context) error { return os.RemoveAll(f.work) }

func (f *folderPlace) put(_ context.Context, b blob) error {
	file := filepath.Join(f.export, filepath.FromSlash(b.name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, b.data, 0o644)
}

func (f *folderPlace) remove(_ context.Context, b blob) error {
	return os.Remove(filepath.Join(f.export, filepath.FromSlash(b.name)))
}

func (f *folderPlace) unlock(context.Context, map[int]bool) error { return nil } // the system does

func (f *folderPlace) opened() int64 { return -1 }

// leftovers counts files in the making.
func (f *folderPlace) leftovers() (int, error) {
	n := 0
	err := filepath.WalkDir(f.work, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), ".sparkless-tmp-") {
			n++
		}
		return err
	})
	return n, err
}

func (f *folderPlace) close() error { return os.RemoveAll(f.export) }
