package job

import (
	"errors"
	"fmt"
	"sync"

	"sparkless/storage/event"
)

// Sizer is what a State offers that can tell how much memory it holds. Without it
// a state is not bounded by Config.Memory.
type Sizer interface {
	// Size is about how many bytes the state holds, not more than a fifth wrong.
	// It is asked often and from the goroutine that uses the state. While Encode
	// runs, or Merge of that state into another, about three quarters as much are
	// taken beside it.
	Size() int
}

// ErrMemory means that the day takes more memory than there is.
var ErrMemory = errors.New("not enough memory")

// UsableMemory is how many of memory bytes (Config.Memory) states and findings may
// take together. The rest is for what is read (ReadingMemory), for the program, and
// for what the garbage collector has yet to free.
func UsableMemory(memory int64) int64 {
	const program = 32 << 20
	return max(memory/20*13-program, memory/4)
}

// ReadingMemory is how many of memory bytes large buffers of what is read may take
// (event.Lanes.Limit).
func ReadingMemory(memory int64) int64 { return memory / 5 }

// budget is the memory of one run, which its states take from, and whoever needs
// memory for a while. A nil budget is without bounds.
type budget struct {
	memory int64 // that was set
	usable int64

	mu      sync.Mutex
	changed sync.Cond
	held    int64 // by states
	lent    int64 // for a while
}

// newBudget returns the budget of Config.Memory, nil for 0.
func newBudget(memory int64) *budget {
	if memory <= 0 {
		return nil
	}
	b := &budget{memory: memory, usable: UsableMemory(memory)}
	b.changed.L = &b.mu
	return b
}

// lend calls do, which takes so many bytes for as long as it runs. It waits where
// others give back what is needed, and fails with ErrMemory where that cannot be
// enough. No account may be updated in do: it could wait for do to end.
func (b *budget) lend(bytes int64, do func() error) error {
	if b == nil {
		return do()
	}
	if err := b.take(bytes); err != nil {
		return err
	}
	defer b.giveBack(bytes)
	return do()
}

func (b *budget) take(bytes int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fits(bytes); err != nil {
		return err
	}
	b.lent += bytes
	return nil
}

func (b *budget) giveBack(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lent -= bytes
	b.changed.Broadcast()
}

// fits waits until so many bytes more fit beside what is held and lent.
func (b *budget) fits(bytes int64) error {
	for b.held+b.lent+bytes > b.usable && b.lent > 0 {
		b.changed.Wait()
	}
	if need := b.held + bytes; need > b.usable {
		return b.exceeded(need)
	}
	return nil
}

func (b *budget) exceeded(need int64) error {
	return fmt.Errorf("%w: the day's names and what is known of them take %s or more, and of the %s of job.memory they may take %s: "+
		"give the job more memory (the container's, and job.memory if that is set), run it for one workspace at a time (storage.workspace), or set job.workers lower",
		ErrMemory, inMiB(need), inMiB(b.memory), inMiB(b.usable))
}

func inMiB(bytes int64) string { return fmt.Sprintf("%d MiB", (bytes+1<<20-1)>>20) }

// asMemory makes ErrMemory of a detector's error that it would need more memory
// than it is allowed: one with the method Memory.
func asMemory(err error) error {
	var limit interface{ Memory() (need, limit int64) }
	if errors.As(err, &limit) {
		return fmt.Errorf("%w: %w: give the job more memory (the container's, and job.memory if that is set), or run it for one workspace at a time (storage.workspace)", ErrMemory, err)
	}
	return err
}

// account is what one state takes from the budget. One goroutine at a time uses
// it. A nil account is of a state that is not bounded.
type account struct {
	budget *budget
	state  Sizer
	held   int64
}

// open begins to account for a state.
func (b *budget) open(state any) *account {
	s, ok := state.(Sizer)
	if b == nil || !ok {
		return nil
	}
	return &account{budget: b, state: s}
}

// update takes what the state has grown by, or gives back what it has shrunk by.
// It fails with ErrMemory if that is too much.
func (a *account) update() error {
	if a == nil {
		return nil
	}
	size := int64(a.state.Size())
	grown := size - a.held
	if grown == 0 {
		return nil
	}
	b := a.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += grown
	a.held = size
	if grown < 0 {
		b.changed.Broadcast()
		return nil
	}
	return b.fits(0)
}

// close gives back all that the state took: nobody uses it any more.
func (a *account) close() {
	if a == nil {
		return
	}
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	a.budget.held -= a.held
	a.held = 0
	a.budget.changed.Broadcast()
}

// lend calls do, which takes memory beside the state: it encodes it, or merges it
// into another. See budget.lend.
func (a *account) lend(do func() error) error {
	if a == nil {
		return do()
	}
	return a.budget.lend(a.held/4*3, do)
}

// updateEvery is how many events are added between two updates: few enough that
// hostile ones, of four kilobytes each, cannot take much meanwhile.
const updateEvery = 1 << 10

// adding returns what adds events to the state, and calls stop with the error
// when that has taken too much memory. Events are added all the same until the
// caller stops.
func (a *account) adding(add func(*event.Record), stop func(error)) func(*event.Record) {
	if a == nil {
		return add
	}
	left := updateEvery
	return func(r *event.Record) {
		add(r)
		if left--; left == 0 {
			left = updateEvery
			if err := a.update(); err != nil {
				stop(err)
			}
		}
	}
}

// mergeInto merges a state into another and closes its account: nobody uses it
// any more.
func mergeInto[S State[S]](to S, held *account, from S, freed *account) error {
	defer freed.close()
	err := freed.lend(func() error {
		to.Merge(from)
		return nil
	})
	return errors.Join(err, held.update())
}

// decodedRatio is how much larger than its file a state is, with what decoding
// takes, and the file.
const decodedRatio = 6
