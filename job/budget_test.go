package job

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// sized is a state of a size that the test sets.
type sized struct{ size int }

func (s *sized) Size() int { return s.size }

const mib = 1 << 20

// A loan waits for others that end, and fails where their end cannot help.
func TestBudgetLends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(1231 * mib) // of which 768 can be used
		state := &sized{700 * mib}
		a := b.open(state)
		if err := a.update(); err != nil {
			t.Fatal(err)
		}
		var group errgroup.Group
		most, now := int64(0), int64(0)
		var mu sync.Mutex
		use := func(n int64) {
			mu.Lock()
			defer mu.Unlock()
			now += n
			most = max(most, now)
		}
		for range 20 {
			group.Go(func() error {
				return b.lend(30*mib, func() error {
					use(30)
					defer use(-30)
					<-time.After(time.Second)
					return nil
				})
			})
		}
		if err := group.Wait(); err != nil || most != 60 {
			t.Errorf("%d MiB lent at a time, %v", most, err)
		}
		if err := b.lend(69*mib, func() error { panic("there is no room") }); !errors.Is(err, ErrMemory) {
			t.Error(err)
		}
		// A state that grows waits too.
		group.Go(func() error {
			return b.lend(60*mib, func() error {
				<-time.After(time.Second)
				return nil
			})
		})
		synctest.Wait()
		state.size += 50 * mib
		if err := a.update(); err != nil || b.lent != 0 {
			t.Error(err, b.lent)
		}
		a.close()
		if b.held != 0 || group.Wait() != nil {
			t.Error(b.held)
		}
	})
}

// What states hold is what their accounts say, in whatever order they grow,
// shrink and end; the first that is too much is told so.
func TestBudgetAccounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	b := newBudget(1000 * mib)
	states, accounts := make([]*sized, 8), make([]*account, 8)
	for range 5000 {
		i := rng.IntN(8)
		if states[i] == nil {
			states[i] = &sized{}
			accounts[i] = b.open(states[i])
		}
		before := states[i].size
		states[i].size = rng.IntN(150 * mib)
		sum := int64(0)
		for _, s := range states {
			if s != nil {
				sum += int64(s.size)
			}
		}
		err := accounts[i].update()
		if b.held != sum || errors.Is(err, ErrMemory) != (sum > b.usable && states[i].size > before) {
			t.Fatalf("%d held of %d: %v", b.held, sum, err)
		}
		if rng.IntN(3) == 0 {
			accounts[i].close()
			states[i] = nil
		}
	}
	var none *budget
	if a := none.open(&sized{1 << 50}); a.update() != nil || a.lend(func() error { return nil }) != nil {
		t.Error("no budget bounds something")
	}
	if a := b.open(struct{}{}); a != nil {
		t.Error("a state without a size is bounded")
	}
}

// manyNames is a day with so many names, in some blobs.
func manyNames(t *testing.T, names int) storage.Reader {
	mem := storagetest.NewMem()
	const blobs = 24 // no hour lacks
	for i := range blobs {
		var b strings.Builder
		for k := range names / blobs {
			fmt.Fprintf(&b, `{"TimeGenerated":"2026-11-20T%02d:00:00Z","EventID":4688,"Process":"p%d.exe","CommandLine":"%d%s"}`+"\n", i, k*blobs+i, i*k, strings.Repeat("x", 200))
		}
		name := fmt.Sprintf("WorkspaceResourceId=/subscriptions/s/y=2026/m=11/d=20/h=%02d/m=00/PT05M.json", i)
		if err := mem.Put(t.Context(), name, []byte(b.String())); err != nil {
			t.Fatal(err)
		}
	}
	return mem
}

func memoryHunt(t testing.TB, input storage.Reader, work storage.Store, memory int64) *Hunt[*masquerade.Counts] {
	c := DefaultConfig()
	c.Memory, c.Workers, c.ShardSize = memory, 2, 1<<20
	d := masquerade.New(masquerade.NotebookParams(), "s", 2)
	d.Limit(UsableMemory(memory))
	return &Hunt[*masquerade.Counts]{
		Detector: d, Input: input, Work: work, Engine: Local(2), Lanes: event.NewLanes(4, 2), Config: c,
		Sinks: func(event.Window) ([]publish.Sink, error) { return nil, nil },
	}
}

// A day that takes more memory than is allowed ends in an error that says what to
// do, wherever it gets that far; with enough memory it goes through.
func TestDayKeepsToItsMemory(t *testing.T) {
	date := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	input := manyNames(t, 24_000)
	h := memoryHunt(t, input, storagetest.NewMem(), 1<<30)
	r, err := h.Day(t.Context(), date)
	if err != nil {
		t.Fatal(err)
	}
	if h.budget.held != int64(r.Day.Size()) || h.budget.lent != 0 {
		t.Errorf("%d bytes held, %d lent; the day takes %d", h.budget.held, h.budget.lent, r.Day.Size())
	}
	passed := false
	for share := int64(1); share < 120; share += 17 { // of what the day takes, in tenths
		memory := int64(r.Day.Size()) * share / 10
		h := memoryHunt(t, input, storagetest.NewMem(), memory)
		_, err := h.Day(t.Context(), date)
		if passed = passed || err == nil; passed && err != nil || err != nil && !errors.Is(err, ErrMemory) {
			t.Errorf("with %d bytes: %v", memory, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "MiB") || !strings.Contains(err.Error(), "job.memory") || !strings.Contains(err.Error(), "storage.workspace")) {
			t.Errorf("with %d bytes: %v", memory, err)
		}
	}
	if !passed {
		t.Error("the day never fits")
	}
}

// What an earlier run has left is held to the same bounds.
func TestReadBackKeepsToItsMemory(t *testing.T) {
	date := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	input, work := manyNames(t, 24_000), storagetest.NewMem()
	r, err := memoryHunt(t, input, work, 1<<30).Day(t.Context(), date)
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []bool{true, false} {
		if !profile {
			for b := range work.List(t.Context(), "profiles/") {
				if err := work.Put(t.Context(), b.Name, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err = memoryHunt(t, input, work, int64(r.Day.Size())/2).Day(t.Context(), date); !errors.Is(err, ErrMemory) {
			t.Errorf("profile %v: %v", profile, err)
		}
	}
}

// A file that is too large to be what its name says, or for the memory that there
// is, is made again: the day does not fail for it, and it is not read.
func TestFilesTooLargeAreMadeAgain(t *testing.T) {
	date := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	input, work := manyNames(t, 1000), storagetest.NewMem()
	h := memoryHunt(t, input, work, 64*mib)
	if _, err := h.Day(t.Context(), date); err != nil {
		t.Fatal(err)
	}
	for b := range work.List(t.Context(), "") {
		if strings.HasSuffix(b.Name, ".parquet") {
			if err := work.Put(t.Context(), b.Name, make([]byte, 16*mib)); err != nil {
				t.Fatal(err)
			}
		}
	}
	opened := 0
	store := &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
		if c.Op == storagetest.OpOpen && strings.HasSuffix(c.Name, ".parquet") {
			opened++
		}
		return storagetest.Fault{}
	}}
	if _, err := memoryHunt(t, input, store, 64*mib).Day(t.Context(), date); err != nil || opened > 0 {
		t.Errorf("%d opened, %v", opened, err)
	}
}
