package storagetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sparkless/storage"
)

// lockers returns a new store and, where a place can have several, another one
// at the same place. It returns none where nothing is promised.
func lockers(t *testing.T, h Harness) (s storage.Store, all []storage.Locker) {
	s = h.New(t)
	l, ok := s.(storage.Locker)
	if !ok {
		return s, nil
	}
	all = []storage.Locker{l}
	if h.Again != nil {
		all = append(all, h.Again(t, s).(storage.Locker))
	}
	return s, all
}

// lock takes the lock name, which must be free.
func lock(t *testing.T, l storage.Locker, name string) (held context.Context, unlock func() error) {
	t.Helper()
	held, unlock, err := l.Lock(t.Context(), name)
	if err != nil {
		t.Fatalf("Lock(%q): %v", name, err)
	}
	if err := held.Err(); err != nil {
		t.Fatalf("Lock(%q): the context has ended: %v", name, err)
	}
	return held, unlock
}

func release(t *testing.T, unlock func() error) {
	t.Helper()
	if err := unlock(); err != nil {
		t.Errorf("unlock: %v", err)
	}
}

// wantLocked fails unless the lock name is taken, by this process.
func wantLocked(t *testing.T, l storage.Locker, name string) {
	t.Helper()
	_, unlock, err := l.Lock(t.Context(), name)
	if err == nil {
		unlock()
	}
	if !errors.Is(err, storage.ErrLocked) || !strings.Contains(fmt.Sprint(err), name) || !strings.Contains(fmt.Sprint(err), fmt.Sprint(os.Getpid())) {
		t.Errorf("Lock(%q) of a lock that is held: error %v, want ErrLocked that names it and its holder", name, err)
	}
}

// testLock: a lock keeps others out until it is released, others of other names
// not, and again and again.
func testLock(t *testing.T, h Harness) {
	s, all := lockers(t, h)
	for i, l := range all {
		type key struct{}
		held, unlock, err := l.Lock(context.WithValue(t.Context(), key{}, i), "locks/x")
		if err != nil {
			t.Fatal(err)
		}
		if held.Value(key{}) != i {
			t.Error("the context of the lock is not of the caller's")
		}
		for _, other := range all {
			wantLocked(t, other, "locks/x")
			_, unlockOther := lock(t, other, "locks/y")
			release(t, unlockOther)
		}
		put(t, s, "beside", []byte("a lock is in nobody's way"))
		if held.Err() != nil {
			t.Errorf("the lock was lost: %v", context.Cause(held))
		}
		release(t, unlock)
		if !errors.Is(held.Err(), context.Canceled) || errors.Is(context.Cause(held), storage.ErrLockLost) {
			t.Errorf("after unlock the context says %v, cause %v", held.Err(), context.Cause(held))
		}
	}
}

// testLockCancel: cancelling the caller's context ends that of the lock, which
// stays until it is unlocked.
func testLockCancel(t *testing.T, h Harness) {
	_, all := lockers(t, h)
	for _, l := range all {
		ctx, cancel := context.WithCancelCause(t.Context())
		held, unlock, err := l.Lock(ctx, "x")
		if err != nil {
			t.Fatal(err)
		}
		why := errors.New("told to stop")
		cancel(why)
		<-held.Done()
		if context.Cause(held) != why {
			t.Errorf("the context of the lock ended with %v", context.Cause(held))
		}
		for _, other := range all {
			wantLocked(t, other, "x")
		}
		if _, _, err := l.Lock(ctx, "y"); !errors.Is(err, context.Canceled) {
			t.Errorf("Lock of a caller that has given up: %v", err)
		}
		release(t, unlock)
		_, unlock = lock(t, l, "x")
		release(t, unlock)
	}
}

// testLockRace: of many that try at once one gets the lock, and all get it in
// the end.
func testLockRace(t *testing.T, h Harness) {
	_, all := lockers(t, h)
	const racers, rounds = 8, 3
	for round := range rounds * len(all) {
		var wg sync.WaitGroup
		var winners atomic.Int32
		unlocks := make(chan func() error, racers)
		for i := range racers {
			wg.Go(func() {
				_, unlock, err := all[i%len(all)].Lock(t.Context(), "raced")
				if err == nil {
					winners.Add(1)
					unlocks <- unlock
				} else if !errors.Is(err, storage.ErrLocked) {
					t.Errorf("racer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := winners.Load(); n != 1 {
			t.Errorf("round %d: %d of %d hold the lock", round, n, racers)
		}
		for range winners.Load() {
			release(t, <-unlocks)
		}
	}
}

// testLockNames: a lock needs no folder and no object, and no name leads out.
func testLockNames(t *testing.T, h Harness) {
	_, all := lockers(t, h)
	if len(all) == 0 {
		return
	}
	for _, name := range []string{"", ".", "..", "/abs", "../up", "a/../../up", "a//b", "a/", "a\\b", "nul\x00", "bad\xffutf8"} {
		if _, _, err := all[0].Lock(t.Context(), name); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("Lock(%q): error %v, want ErrInvalid", name, err)
		}
	}
	for _, name := range []string{"a", "new/folder/b=1/lock", "ü x%+#?&"} {
		_, unlock := lock(t, all[len(all)-1], name)
		release(t, unlock)
	}
}
