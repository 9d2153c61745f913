package publish

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"sparkless/storage"
)

// memStore keeps objects in memory. onPut, if set, decides about each Put first.
type memStore struct {
	objects map[string][]byte
	onPut   func(ctx context.Context, name string) error
	onList  func() error
}

func newStore() *memStore { return &memStore{objects: map[string][]byte{}} }

// names are those of the objects that begin with prefix, in order.
func (m *memStore) names(prefix string) []string {
	var out []string
	for name := range m.objects {
		if strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (m *memStore) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		if m.onList != nil {
			if err := m.onList(); err != nil {
				yield(storage.Blob{}, err)
				return
			}
		}
		for _, name := range m.names(prefix) {
			if !yield(storage.Blob{Name: name, Size: int64(len(m.objects[name]))}, nil) {
				return
			}
		}
	}
}

func (m *memStore) Open(_ context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	data, ok := m.objects[b.Name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", b.Name, storage.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(data[offset : offset+length])), nil
}

func (m *memStore) Put(ctx context.Context, name string, data []byte) error {
	if m.onPut != nil {
		if err := m.onPut(ctx, name); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.objects[name] = bytes.Clone(data)
	return nil
}

// sinkFunc is a sink whose Send is a function.
type sinkFunc func(ctx context.Context, records []Record) (int, error)

func (sinkFunc) Name() string { return "test-sink" }

func (f sinkFunc) Send(ctx context.Context, records []Record) (int, error) { return f(ctx, records) }

// replacerFunc is the same as a Replacer.
type replacerFunc struct{ sinkFunc }

func (replacerFunc) Replaces() {}

func numbered(n int) []Record {
	records := make([]Record, n)
	for i := range records {
		records[i] = Record{ID: fmt.Sprintf("r%03d", i), Day: "2026-11-20", Body: fmt.Appendf(nil, `{"FindingId":"r%03d","x":"<é>"}`, i)}
	}
	return records
}

func ids(records []Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}
