package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"sparkless/storage"
)

// Without a script, and after the first calls of a seeded one, it is a Store.
func TestFaultyWithoutFaults(t *testing.T) {
	h := memHarness()
	inner := map[storage.Store]*Mem{}
	h.New = func(*testing.T) storage.Store {
		f := &Faulty{Store: NewMem()}
		inner[f] = f.Store.(*Mem)
		return f
	}
	h.Remove = func(_ *testing.T, s storage.Store, name string) { inner[s].Remove(name) }
	h.Append = nil
	TestStore(t, h)
}

// scripted returns a store with the object "x" of 10 bytes whose next calls fail.
func scripted(t *testing.T, fault Fault) (*Faulty, storage.Blob) {
	m := NewMem()
	put(t, m, "x", []byte("0123456789"))
	return &Faulty{Store: m, Script: func(c Call) Fault {
		if c.N > 0 {
			return Fault{}
		}
		return fault
	}}, find(t, m, "x")
}

func TestFaultyOpen(t *testing.T) {
	mine := errors.New("mine")
	for _, test := range []struct {
		fault Fault
		read  string
		err   error
	}{
		{Fault{Before: mine}, "", mine},
		{Fault{Break: mine}, "", mine},
		{Fault{Break: mine, BreakAt: 4}, "0123", mine},
		{Fault{Break: mine, BreakAt: 10}, "0123456789", mine},
		{Fault{Break: mine, BreakAt: 11}, "0123456789", nil},
		{Fault{Break: io.ErrUnexpectedEOF, BreakAt: 1}, "0", io.ErrUnexpectedEOF},
	} {
		f, b := scripted(t, test.fault)
		for n, want := range []error{test.err, nil} { // the second call succeeds
			got, err := read(t.Context(), f, b, 0, b.Size)
			if !errors.Is(err, want) || n == 0 && string(got) != test.read {
				t.Errorf("%+v, call %d: %q, error %v", test.fault, n, got, err)
			}
		}
	}
	f, b := scripted(t, Fault{Break: io.EOF, BreakAt: 3})
	body, err := f.Open(t.Context(), b, 0, b.Size)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(body); string(got) != "012" || err != nil {
		t.Errorf("a silently short body: %q, error %v", got, err)
	}
}

func TestFaultyPut(t *testing.T) {
	mine := errors.New("mine")
	f, _ := scripted(t, Fault{Before: mine})
	if err := f.Put(t.Context(), "new", nil); err != mine || len(list(t, f.Store, "new")) != 0 {
		t.Errorf("before: error %v, stored %v", err, list(t, f.Store, "new"))
	}
	f, _ = scripted(t, Fault{After: mine})
	if err := f.Put(t.Context(), "new", nil); err != mine || len(list(t, f.Store, "new")) != 1 {
		t.Errorf("after: error %v, stored %v", err, list(t, f.Store, "new"))
	}
}

func TestFaultyCreate(t *testing.T) {
	mine := errors.New("mine")
	for _, test := range []struct {
		fault  Fault
		stored int
		again  error
	}{{Fault{Before: mine}, 0, nil}, {Fault{After: mine}, 1, storage.ErrExist}} {
		f, _ := scripted(t, test.fault)
		if err := f.Create(t.Context(), "new", nil); err != mine || len(list(t, f.Store, "new")) != test.stored {
			t.Errorf("%+v: error %v, stored %v", test.fault, err, list(t, f.Store, "new"))
		}
		if err := f.Create(t.Context(), "new", nil); !errors.Is(err, test.again) {
			t.Errorf("%+v, again: %v", test.fault, err)
		}
	}
	f, _ := scripted(t, Fault{After: mine})
	if err := f.Create(t.Context(), "x", nil); !errors.Is(err, storage.ErrExist) {
		t.Errorf("of an object that is there: %v", err) // there was nothing to lose
	}
	f.Store = struct{ storage.Store }{f.Store}
	if err := f.Create(t.Context(), "new", nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("no Creator: %v", err)
	}
}

func TestFaultyList(t *testing.T) {
	mine := errors.New("mine")
	for _, test := range []struct {
		fault Fault
		names int
		err   error
	}{
		{Fault{Before: mine}, 0, mine},
		{Fault{Break: mine}, 0, mine},
		{Fault{Break: mine, BreakAt: 2}, 2, mine},
		{Fault{Break: io.EOF, BreakAt: 1}, 1, nil},
		{Fault{}, 3, nil},
	} {
		f, _ := scripted(t, test.fault)
		put(t, f.Store, "y", nil)
		put(t, f.Store, "z", nil)
		n, last := 0, error(nil)
		for _, err := range f.List(t.Context(), "") {
			if last = err; err == nil {
				n++
			}
		}
		if n != test.names || last != test.err {
			t.Errorf("%+v: %d names, error %v", test.fault, n, last)
		}
	}
}

// A seed gives the same faults whatever the order of the calls, another seed
// gives others, the share is about right, and the third call succeeds.
func TestSeeded(t *testing.T) {
	faults, same := 0, 0
	one, again, other := Seeded(1, 0.25), Seeded(1, 0.25), Seeded(2, 0.25)
	for i := range 4000 {
		c := Call{Op: []Op{OpList, OpOpen, OpPut, OpCreate}[i%4], Name: fmt.Sprint("name ", i/8), N: i / 4 % 2}
		f := one(c)
		if f != again(c) {
			t.Fatalf("%+v: the same seed gives another fault", c)
		}
		if f == other(c) && f != (Fault{}) {
			same++
		}
		if f != (Fault{}) {
			faults++
		}
		c.N = 2
		if one(c) != (Fault{}) {
			t.Fatalf("%+v fails", c)
		}
	}
	if faults < 800 || faults > 1200 {
		t.Errorf("%d of 4000 calls fail, want about 1000", faults)
	}
	if same > faults/2 {
		t.Errorf("another seed gives %d of %d faults alike", same, faults)
	}
	if Seeded(1, 0)(Call{}) != (Fault{}) || Seeded(1, 1)(Call{}) == (Fault{}) {
		t.Error("a share of 0 fails, or a share of 1 does not")
	}
}

func TestFaultyLock(t *testing.T) {
	mine := errors.New("mine")
	for _, fault := range []Fault{{Before: mine}, {After: mine}} {
		f, _ := scripted(t, fault)
		if _, _, err := f.Lock(t.Context(), "l"); err != mine {
			t.Errorf("%+v: error %v", fault, err)
		}
		_, unlock := lock(t, f, "l")
		release(t, unlock)
	}
	f, _ := scripted(t, Fault{Break: storage.ErrLockLost})
	held, unlock, err := f.Lock(t.Context(), "l")
	if err != nil || !errors.Is(context.Cause(held), storage.ErrLockLost) {
		t.Errorf("broken: %v, cause %v", err, context.Cause(held))
	}
	release(t, unlock)
}

// A lock that is broken is free, and its holder learns of it.
func TestMemBreakLock(t *testing.T) {
	m := NewMem()
	m.BreakLock("l")
	held, unlock := lock(t, m, "l")
	m.BreakLock("l")
	if <-held.Done(); !errors.Is(context.Cause(held), storage.ErrLockLost) {
		t.Errorf("cause %v", context.Cause(held))
	}
	_, next := lock(t, m, "l")
	if err := unlock(); !errors.Is(err, storage.ErrLockLost) {
		t.Errorf("unlock of the lost lock: %v", err)
	}
	wantLocked(t, m, "l")
	release(t, next)
}
