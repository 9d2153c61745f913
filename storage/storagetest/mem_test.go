package storagetest

import (
	"testing"

	"sparkless/storage"
)

func memHarness() Harness {
	return Harness{
		New:    func(*testing.T) storage.Store { return NewMem() },
		Remove: func(_ *testing.T, s storage.Store, name string) { s.(*Mem).Remove(name) },
		Append: func(_ *testing.T, s storage.Store, name string, data []byte) { s.(*Mem).Append(name, data) },
	}
}

func TestMem(t *testing.T) { TestStore(t, memHarness()) }

// The objects that are read can be made by Append as well as by Put.
func TestMemAppended(t *testing.T) {
	h := memHarness()
	h.Create = func(t *testing.T, s storage.Store, name string, data []byte) {
		s.(*Mem).Remove(name)
		s.(*Mem).Append(name, data[:len(data)/2])
		s.(*Mem).Append(name, data[len(data)/2:])
	}
	TestStore(t, h)
}
