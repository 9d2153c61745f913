package storage_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// A Create is tried again after what may pass. Where it had been done all the same,
// its own object is in the way.
func TestRetryOfCreate(t *testing.T) {
	for _, test := range []struct {
		fault storagetest.Fault
		fails int
		calls int
		want  error
	}{
		{storagetest.Fault{}, 0, 1, nil},
		{storagetest.Fault{Before: errPassing}, 2, 3, nil},
		{storagetest.Fault{Before: errPassing}, 9, 3, errPassing},
		{storagetest.Fault{After: errPassing}, 1, 2, storage.ErrExist},
		{storagetest.Fault{Before: storage.ErrDenied}, 1, 1, storage.ErrDenied},
		{storagetest.Fault{Before: storage.ErrExist}, 1, 1, storage.ErrExist},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls, inner := 0, storagetest.NewMem()
			s := storage.RetryStore(&storagetest.Faulty{Store: inner, Script: func(c storagetest.Call) storagetest.Fault {
				if calls++; c.N < test.fails {
					return test.fault
				}
				return storagetest.Fault{}
			}}, policy).(storage.Creator)
			if err := s.Create(t.Context(), "x", []byte("mine")); !errors.Is(err, test.want) || calls != test.calls {
				t.Errorf("%+v: %d calls, %v", test, calls, err)
			}
			done := test.fault.Before == nil || test.fails < test.calls && test.fails < 3 && !storage.Permanent(test.fault.Before)
			if data, err := storage.ReadAll(t.Context(), inner, "x"); done != (err == nil && string(data) == "mine") {
				t.Errorf("%+v: there is %q, %v", test, data, err)
			}
		})
	}
	// A store that cannot says so at once.
	err := storage.RetryStore(struct{ storage.Store }{storagetest.NewMem()}, policy).(storage.Creator).Create(context.Background(), "x", nil)
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("no Creator: %v", err)
	}
}
