// Package storagetest holds what tests of storage need: TestStore, the suite
// that every Store passes; NewMem, a Store in memory; and Faulty, a Store that
// fails when told to. The package azurite below it runs a real blob service.
package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sparkless/storage"
)

// Mem is a Store in memory. It may be used from many goroutines.
type Mem struct {
	mu      sync.Mutex
	objects map[string]object
	made    uint64 // how many objects were created or replaced so far
	locks   map[string]context.CancelCauseFunc
}

// object is one version; its bytes are never changed in place.
type object struct {
	data []byte
	// made tells objects of one name apart. Appending keeps it: the bytes
	// that were there stay.
	made uint64
}

func (o object) blob(name string) storage.Blob {
	return storage.Blob{Name: name, Size: int64(len(o.data)), ETag: strconv.FormatUint(o.made, 10)}
}

// NewMem returns an empty Mem.
func NewMem() *Mem {
	return &Mem{objects: map[string]object{}, locks: map[string]context.CancelCauseFunc{}}
}

// List implements storage.Reader. It yields what was there when it began.
func (m *Mem) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		for _, b := range m.blobs(prefix) {
			if err := ctx.Err(); err != nil {
				yield(storage.Blob{}, err)
				return
			}
			if !yield(b, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(storage.Blob{}, err)
		}
	}
}

func (m *Mem) blobs(prefix string) []storage.Blob {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []storage.Blob
	for _, name := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.HasPrefix(name, prefix) {
			found = append(found, m.objects[name].blob(name))
		}
	}
	return found
}

// Open implements storage.Reader.
func (m *Mem) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if offset < 0 || length < 0 || offset > b.Size-length {
		return nil, fmt.Errorf("%q: range %d+%d of %d bytes: %w", b.Name, offset, length, b.Size, storage.ErrInvalid)
	}
	m.mu.Lock()
	o, ok := m.objects[b.Name]
	m.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%q: %w", b.Name, storage.ErrNotExist)
	}
	if o.blob(b.Name).ETag != b.ETag || int64(len(o.data)) < b.Size {
		return nil, fmt.Errorf("%q: %w", b.Name, storage.ErrChanged)
	}
	return &memBody{ctx, bytes.NewReader(o.data[offset : offset+length])}, nil
}

type memBody struct {
	ctx context.Context
	r   *bytes.Reader
}

func (b *memBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

func (b *memBody) Close() error { return nil }

// Put implements storage.Store.
func (m *Mem) Put(ctx context.Context, name string, data []byte) error {
	return m.put(ctx, name, data, true)
}

// Create implements storage.Creator.
func (m *Mem) Create(ctx context.Context, name string, data []byte) error {
	return m.put(ctx, name, data, false)
}

func (m *Mem) put(ctx context.Context, name string, data []byte, replace bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("%q: %w", name, storage.ErrInvalid)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[name]; ok && !replace {
		return fmt.Errorf("%q %w", name, storage.ErrExist)
	}
	m.made++
	m.objects[name] = object{data: bytes.Clone(data), made: m.made}
	return nil
}

// Lock implements storage.Locker.
func (m *Mem) Lock(ctx context.Context, name string) (held context.Context, unlock func() error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return nil, nil, fmt.Errorf("%q: %w", name, storage.ErrInvalid)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name] != nil {
		return nil, nil, storage.ThisProcess().Locked(name)
	}
	held, cancel := context.WithCancelCause(ctx)
	lost := false
	m.locks[name] = func(cause error) {
		lost = true
		cancel(cause)
	}
	return held, func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		cancel(nil)
		if lost {
			return fmt.Errorf("%q: %w", name, storage.ErrLockLost)
		}
		delete(m.locks, name)
		return nil
	}, nil
}

// BreakLock ends the lock name, if it is held, as if it could not be kept.
func (m *Mem) BreakLock(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if lose := m.locks[name]; lose != nil {
		lose(storage.ErrLockLost)
		delete(m.locks, name)
	}
}

// Append adds data to the end of the object name, and creates it when it is
// missing. Versions listed before stay readable, as with an append blob.
func (m *Mem) Append(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok {
		m.made++
		o.made = m.made
	}
	o.data = slices.Concat(o.data, data)
	m.objects[name] = o
}

// Remove deletes the object name, if it is there.
func (m *Mem) Remove(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
}

// Folders implements storage.FolderLister.
func (m *Mem) Folders(ctx context.Context, prefix string) ([]string, error) {
	var folders []string
	for b, err := range m.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if i := strings.IndexByte(b.Name[len(prefix):], '/'); i >= 0 {
			folders = append(folders, b.Name[:len(prefix)+i+1])
		}
	}
	// Names are sorted, so equal continuations stand together.
	return slices.Compact(folders), nil
}
