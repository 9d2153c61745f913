package storage_test

import (
	"errors"
	"io"
	"testing"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

func TestFindAndReadAll(t *testing.T) {
	m := storagetest.NewMem()
	content := map[string]string{"a/x": "one", "a/x.bak": "two", "a/x/y": "three", "a/y.bak": "four", "a/empty": ""}
	for name, data := range content {
		if err := m.Put(t.Context(), name, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range content {
		b, err := storage.Find(t.Context(), m, name)
		if err != nil || b.Name != name || b.Size != int64(len(want)) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
		if data, err := storage.ReadAll(t.Context(), m, name); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"a/y", "a", "a/", "a/x.", "b"} { // longer names exist, or none
		if _, err := storage.ReadAll(t.Context(), m, name); !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is not whole is an error, never less content.
func TestReadAllIsWholeOrAnError(t *testing.T) {
	m := storagetest.NewMem()
	if err := m.Put(t.Context(), "x", []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	mine := errors.New("mine")
	for _, test := range []struct {
		op    storagetest.Op
		fault storagetest.Fault
		want  error
	}{
		{storagetest.OpList, storagetest.Fault{Before: mine}, mine},
		{storagetest.OpList, storagetest.Fault{Break: mine}, mine},
		{storagetest.OpOpen, storagetest.Fault{Before: mine}, mine},
		{storagetest.OpOpen, storagetest.Fault{Break: mine}, mine},
		{storagetest.OpOpen, storagetest.Fault{Break: mine, BreakAt: 9}, mine},
		{storagetest.OpOpen, storagetest.Fault{Break: storage.ErrChanged, BreakAt: 9}, storage.ErrChanged},
		{storagetest.OpOpen, storagetest.Fault{Break: io.EOF, BreakAt: 9}, io.ErrUnexpectedEOF},
		{storagetest.OpOpen, storagetest.Fault{Break: io.EOF}, nil}, // which error is ReadFull's business
	} {
		f := &storagetest.Faulty{Store: m, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op == test.op {
				return test.fault
			}
			return storagetest.Fault{}
		}}
		data, err := storage.ReadAll(t.Context(), f, "x")
		if err == nil || data != nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s %+v: %q, %v", test.op, test.fault, data, err)
		}
	}
}
