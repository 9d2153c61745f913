package storagetest

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"iter"
	"sync"

	"sparkless/storage"
)

// ErrInjected is the passing error that Seeded injects.
var ErrInjected = errors.New("injected fault")

// Op names a method of a Store.
type Op string

// The methods that Faulty can make fail.
const (
	OpList   Op = "List"
	OpOpen   Op = "Open"
	OpPut    Op = "Put"
	OpCreate Op = "Create"
	OpLock   Op = "Lock"
)

// Call is one call that reached a Faulty store.
type Call struct {
	Op Op
	// Name is the object or lock, or the prefix of a List.
	Name string
	// N is how many calls with the same Op and Name came before: 0 for the first.
	N int
}

// Fault says how a call fails. The zero value lets it succeed.
type Fault struct {
	// Before fails the call before anything is done.
	Before error
	// After fails the call although it was done: a Put or Create whose answer got lost.
	// A lock is given back at once, as its store does. It has no effect on List
	// and Open; they have Break.
	After error
	// Break ends the bytes of an Open, or the names of a List, after BreakAt of
	// them. io.EOF makes a body end early without an error, against the
	// contract: the defect that a caller must notice. In a List it hides names.
	// It ends the context of a lock, at once and with Break as the cause.
	Break   error
	BreakAt int64
}

// Faulty is a Store that fails by script. A nil Script never fails. Script is
// called once per call, possibly from many goroutines, and must not keep state
// that depends on their order: that is what Call.N is for.
type Faulty struct {
	Store  storage.Store
	Script func(Call) Fault

	mu    sync.Mutex
	calls map[Call]int
}

// Seeded returns a script that lets about share (0 to 1) of the first calls of
// each Op and Name fail with ErrInjected, in ways that follow from seed alone.
// From the third call on it never fails, so that retries succeed.
func Seeded(seed uint64, share float64) func(Call) Fault {
	return func(c Call) Fault {
		if c.N >= 2 {
			return Fault{}
		}
		h := fnv.New64a()
		h.Write([]byte{byte(c.N)})
		h.Write([]byte(string(c.Op) + "\x00" + c.Name))
		x := mix(h.Sum64() ^ mix(seed))
		if float64(x>>11)/(1<<53) >= share {
			return Fault{}
		}
		switch kind := mix(x); {
		case kind%2 == 0, c.Op == OpLock:
			return Fault{Before: ErrInjected}
		case c.Op == OpPut, c.Op == OpCreate:
			return Fault{After: ErrInjected}
		default:
			return Fault{Break: ErrInjected, BreakAt: int64(kind >> 8 % 100)}
		}
	}
}

// mix spreads x over all 64 bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// fault counts the call and asks the script.
func (f *Faulty) fault(op Op, name string) Fault {
	if f.Script == nil {
		return Fault{}
	}
	c := Call{Op: op, Name: name}
	f.mu.Lock()
	if f.calls == nil {
		f.calls = map[Call]int{}
	}
	n := f.calls[c]
	f.calls[c]++
	f.mu.Unlock()
	c.N = n
	return f.Script(c)
}

// List implements storage.Reader.
func (f *Faulty) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		fault := f.fault(OpList, prefix)
		if fault.Before != nil {
			yield(storage.Blob{}, fault.Before)
			return
		}
		left := fault.BreakAt
		for b, err := range f.Store.List(ctx, prefix) {
			if fault.Break != nil && err == nil {
				if left == 0 {
					break
				}
				left--
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
		if fault.Break != nil && fault.Break != io.EOF {
			yield(storage.Blob{}, fault.Break)
		}
	}
}

// Open implements storage.Reader.
func (f *Faulty) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	fault := f.fault(OpOpen, b.Name)
	if fault.Before != nil {
		return nil, fault.Before
	}
	body, err := f.Store.Open(ctx, b, offset, length)
	if err != nil || fault.Break == nil {
		return body, err
	}
	return &brokenBody{body, fault.BreakAt, fault.Break}, nil
}

// brokenBody passes left bytes on and then fails with err.
type brokenBody struct {
	io.ReadCloser
	left int64
	err  error
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Put implements storage.Store.
func (f *Faulty) Put(ctx context.Context, name string, data []byte) error {
	fault := f.fault(OpPut, name)
	if fault.Before != nil {
		return fault.Before
	}
	if err := f.Store.Put(ctx, name, data); err != nil {
		return err
	}
	return fault.After
}

// Create implements storage.Creator if Store does.
func (f *Faulty) Create(ctx context.Context, name string, data []byte) error {
	c, ok := f.Store.(storage.Creator)
	if !ok {
		return errors.ErrUnsupported
	}
	fault := f.fault(OpCreate, name)
	if fault.Before != nil {
		return fault.Before
	}
	if err := c.Create(ctx, name, data); err != nil {
		return err
	}
	return fault.After
}

// Folders implements storage.FolderLister; it never fails by itself.
func (f *Faulty) Folders(ctx context.Context, prefix string) ([]string, error) {
	if l, ok := f.Store.(storage.FolderLister); ok {
		return l.Folders(ctx, prefix)
	}
	return nil, errors.ErrUnsupported
}

// Lock implements storage.Locker if Store does.
func (f *Faulty) Lock(ctx context.Context, name string) (held context.Context, unlock func() error, err error) {
	l, ok := f.Store.(storage.Locker)
	if !ok {
		return nil, nil, errors.ErrUnsupported
	}
	fault := f.fault(OpLock, name)
	if fault.Before != nil {
		return nil, nil, fault.Before
	}
	held, unlock, err = l.Lock(ctx, name)
	switch {
	case err != nil:
		return nil, nil, err
	case fault.After != nil:
		unlock()
		return nil, nil, fault.After
	case fault.Break != nil:
		lost, cancel := context.WithCancelCause(held)
		cancel(fault.Break)
		return lost, unlock, nil
	}
	return held, unlock, nil
}
