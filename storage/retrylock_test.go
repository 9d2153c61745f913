package storage_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// A Lock is tried again after what may pass, and not when the lock is taken.
func TestRetryOfLock(t *testing.T) {
	for _, test := range []struct {
		err   error
		fails int
		calls int
	}{{errPassing, 2, 3}, {errPassing, 9, 3}, {storage.ErrLocked, 1, 1}, {storage.ErrDenied, 1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			s := storage.RetryStore(&storagetest.Faulty{Store: storagetest.NewMem(), Script: func(c storagetest.Call) storagetest.Fault {
				if calls++; c.N < test.fails {
					return storagetest.Fault{Before: test.err}
				}
				return storagetest.Fault{}
			}}, policy).(storage.Locker)
			held, unlock, err := s.Lock(t.Context(), "l")
			if calls != test.calls || (test.fails < test.calls) != (err == nil) || err != nil && !errors.Is(err, test.err) {
				t.Fatalf("%+v: %d calls, %v", test, calls, err)
			}
			if err != nil {
				return
			}
			if _, _, err := s.Lock(t.Context(), "l"); !errors.Is(err, storage.ErrLocked) {
				t.Errorf("twice: %v", err)
			}
			if err := unlock(); err != nil || held.Err() == nil {
				t.Errorf("unlock: %v", err)
			}
		})
	}
	// A store without locks says so at once.
	_, _, err := storage.RetryStore(struct{ storage.Store }{storagetest.NewMem()}, policy).(storage.Locker).Lock(context.Background(), "l")
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("no Locker: %v", err)
	}
}
