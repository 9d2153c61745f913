package storage_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// Whoever wants to know hears of each failure that is followed by a pause.
func TestRetryNotifies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := storagetest.NewMem()
		fails := 2
		faulty := &storagetest.Faulty{Store: mem, Script: func(c storagetest.Call) storagetest.Fault {
			if fails--; fails >= 0 {
				return storagetest.Fault{Before: storagetest.ErrInjected}
			}
			return storagetest.Fault{}
		}}
		var heard []error
		p := storage.DefaultPolicy()
		p.Notify = func(err error) { heard = append(heard, err) }
		if err := storage.RetryStore(faulty, p).Put(t.Context(), "x", nil); err != nil {
			t.Fatal(err)
		}
		if len(heard) != 2 || !errors.Is(heard[0], storagetest.ErrInjected) {
			t.Errorf("heard %v", heard)
		}
	})
}
