package storage

import (
	"context"
	"fmt"
	"io"
)

// Find returns the present version of the object name, or ErrNotExist.
func Find(ctx context.Context, r Reader, name string) (Blob, error) {
	if f, ok := r.(Finder); ok {
		return f.Find(ctx, name)
	}
	for b, err := range r.List(ctx, name) {
		if err != nil {
			return Blob{}, err
		}
		if b.Name == name {
			return b, nil
		}
		break // a longer name: name itself would have come first
	}
	return Blob{}, fmt.Errorf("%s: %w", name, ErrNotExist)
}

// ReadAll returns the whole present content of the object name, or ErrNotExist.
func ReadAll(ctx context.Context, r Reader, name string) ([]byte, error) {
	b, err := Find(ctx, r, name)
	if err != nil {
		return nil, err
	}
	return ReadBlob(ctx, r, b)
}

// ReadBlob returns the whole content of the version b.
func ReadBlob(ctx context.Context, r Reader, b Blob) ([]byte, error) {
	body, err := r.Open(ctx, b, 0, b.Size)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data := make([]byte, b.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, fmt.Errorf("reading %s: %w", b.Name, err)
	}
	return data, nil
}
