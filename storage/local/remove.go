package local

import (
	"context"
	"errors"
	"fmt"
	"path"

	"sparkless/storage"
)

// Remove implements storage.Remover. The folders that hold the object stay.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if err := checkObject(name); err != nil {
		return err
	}
	folder, base := path.Split(name)
	return errors.Join(s.removeFile(name), s.removeFile(folder+lockPrefix+base))
}

// removeFile removes a file, if it is there; folders, empty ones too, are none.
func (s *Store) removeFile(name string) error {
	info, err := s.root.Lstat(name)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("removing %q: it is a folder: %w", name, storage.ErrInvalid)
	case err == nil:
		err = s.root.Remove(name)
	}
	if err == nil {
		return nil
	}
	if err = explain(err); errors.Is(err, storage.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("removing %q: %w", name, err)
}
