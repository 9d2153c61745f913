package azure

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sparkless/storage"
)

// Find implements storage.Finder with one request for the blob's properties,
// which costs a tenth of a listing.
func (s *Store) Find(ctx context.Context, name string) (storage.Blob, error) {
	// A service that takes a backslash for a slash would find another blob.
	if !speakable(name) || strings.Contains(name, `\`) {
		return storage.Blob{}, fmt.Errorf("%q: %w", name, storage.ErrNotExist)
	}
	bounded, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	p, err := s.client.NewBlobClient(name).GetProperties(bounded, nil)
	if err == nil && (p.ContentLength == nil || p.ETag == nil) {
		err = errors.New("the answer holds no length or ETag")
	}
	if err != nil {
		return storage.Blob{}, s.failure(ctx, "reading", name, err)
	}
	b := storage.Blob{Name: name, Size: *p.ContentLength, ETag: newVersion(*p.ETag, p.BlobType, p.CreationTime).String()}
	if isFolder(b, p.Metadata) {
		return storage.Blob{}, fmt.Errorf("%s is a folder: %w", s.place(name), storage.ErrNotExist)
	}
	return b, nil
}
