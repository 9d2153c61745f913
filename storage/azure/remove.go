package azure

import (
	"context"
	"errors"

	"sparkless/storage"
)

// Remove implements storage.Remover. It needs the right to delete, which nothing
// else here does.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	_, err := s.client.NewBlobClient(name).Delete(bounded, nil)
	if err = s.failure(ctx, "removing", name, err); errors.Is(err, storage.ErrNotExist) {
		return nil
	}
	return err
}
