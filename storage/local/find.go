package local

import (
	"context"
	"fmt"

	"sparkless/storage"
)

// Find implements storage.Finder with one look at the file: a listing would read
// the whole folder around it.
func (s *Store) Find(ctx context.Context, name string) (storage.Blob, error) {
	if err := ctx.Err(); err != nil {
		return storage.Blob{}, err
	}
	none := fmt.Errorf("%q: %w", name, storage.ErrNotExist)
	if checkObject(name) != nil {
		return storage.Blob{}, none
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return storage.Blob{}, fmt.Errorf("%q: %w", name, explain(err))
	}
	if !info.Mode().IsRegular() {
		return storage.Blob{}, none
	}
	return storage.Blob{Name: name, Size: info.Size(), ETag: version(info)}, nil
}
