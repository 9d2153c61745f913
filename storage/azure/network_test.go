package azure

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/storagetest/network"
)

// hasty rides out a network that is bad all the time, without waiting long.
var hasty = storage.Policy{Attempts: 30, Base: time.Millisecond, Max: 4 * time.Millisecond, Idle: 300 * time.Millisecond}

// through returns the store of c behind a proxy of its own.
func through(t *testing.T, c Config) (*Store, *network.Proxy) {
	t.Helper()
	p := network.Start(t, c.Endpoint)
	c.Endpoint = p.URL
	s := connect(t, c)
	s.times.again = 4 * time.Millisecond
	return s, p
}

// bytesOf is the content of object i, and of no other.
func bytesOf(i int) []byte {
	return content([]int{0, 1, 999, 70_000, 300_000}[i%5], uint64(i))
}

// filled creates the container of c with objects data/0 to data/9.
func filled(t *testing.T, c Config) *Store {
	t.Helper()
	s := open(t, c)
	for i := range 10 {
		if err := s.Put(t.Context(), fmt.Sprint("data/", i), bytesOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Through a network that fails at every other request, in every way, everything
// arrives, whole and once.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	c := byKey(t)
	c.Container = "bad-network" // faults follow from the path
	direct := filled(t, c)
	const seeds = 24
	limit, faults := make(chan struct{}, 6), make(chan int, seeds)
	var wg sync.WaitGroup
	for seed := range uint64(seeds) {
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			s, p := through(t, c)
			p.Use(network.Seeded(seed, 0.5, network.Reset, network.Refuse, network.Lose, network.Truncate, network.ResetBody, network.Slow))
			work(t, storage.RetryStore(s, hasty), direct, seed)
			faults <- p.Faults()
		})
	}
	wg.Wait()
	sum := 0
	for range seeds {
		sum += <-faults
	}
	if sum < 10*seeds {
		t.Errorf("only %d faults", sum)
	}
}

// work uses everything that s offers, and checks it directly.
func work(t *testing.T, s storage.Store, direct *Store, seed uint64) {
	if err := reads(t.Context(), s); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	name, data := fmt.Sprint("put/", seed), bytesOf(int(seed))
	if err := s.Put(t.Context(), name, data); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	if got, err := storage.ReadAll(t.Context(), direct, name); err != nil || !bytes.Equal(got, data) {
		t.Errorf("seed %d: put %d bytes, got %d, %v", seed, len(data), len(got), err)
	}
	name, data = fmt.Sprint("created/", seed), bytesOf(int(seed)+1)
	err := s.(storage.Creator).Create(t.Context(), name, data) // its own object is there after an answer that was lost
	got, readErr := storage.ReadAll(t.Context(), direct, name)
	if err != nil && !errors.Is(err, storage.ErrExist) || readErr != nil || !bytes.Equal(got, data) {
		t.Errorf("seed %d: created %d bytes with %v, got %d, %v", seed, len(data), err, len(got), readErr)
	}
	name = fmt.Sprint("locks/", seed)
	held, unlock, err := s.(storage.Locker).Lock(t.Context(), name)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	if _, _, err := (direct).Lock(t.Context(), name); !errors.Is(err, storage.ErrLocked) || held.Err() != nil {
		t.Errorf("seed %d: while locked: %v", seed, err)
	}
	if err := unlock(); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	_, unlock, err = direct.Lock(t.Context(), name)
	if err != nil {
		t.Errorf("seed %d: after unlock: %v", seed, err)
		return
	}
	unlock()
}

// reads lists and reads the objects, and returns the first error there is. Wrong
// bytes and names are an error, too.
func reads(ctx context.Context, s storage.Store) error {
	n := 0
	for b, err := range s.List(ctx, "data/") {
		if err != nil {
			return err
		}
		want := bytesOf(n)
		if b.Name != fmt.Sprint("data/", n) || b.Size != int64(len(want)) {
			return fmt.Errorf("%w: %+v, number %d", errWrong, b, n)
		}
		n++
		for _, r := range [][2]int64{{0, b.Size}, {b.Size / 3, b.Size / 2}} {
			got, err := readRange(ctx, s, b, r[0], r[1])
			if err != nil {
				return err
			}
			if !bytes.Equal(got, want[r[0]:r[0]+r[1]]) {
				return fmt.Errorf("%w of %+v, range %v", errWrong, b, r)
			}
		}
	}
	if n != 10 {
		return fmt.Errorf("%w: %d objects", errWrong, n)
	}
	return nil
}

var errWrong = errors.New("wrong answer")

func readRange(ctx context.Context, s storage.Reader, b storage.Blob, offset, length int64) ([]byte, error) {
	body, err := s.Open(ctx, b, offset, length)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var got bytes.Buffer
	_, err = got.ReadFrom(body)
	return got.Bytes(), err
}

// Requests that are not answered, and bodies that stall, are given up and tried
// again.
func TestSilentNetwork(t *testing.T) {
	t.Parallel()
	c := byKey(t)
	direct := filled(t, c)
	var wg sync.WaitGroup
	for i, kind := range []network.Kind{network.Stall, network.StallBody} {
		wg.Go(func() {
			s, p := through(t, c)
			s.patience, s.times.answer = time.Second/2, time.Second/2
			p.Use(func(c network.Call) network.Fault {
				if c.N > 0 || c.Method == "GET" && c.Query == "" && c.Path[len(c.Path)-1] != '4' {
					return network.Fault{} // one body is enough
				}
				return network.Fault{Kind: kind, Bytes: 100_000}
			})
			work(t, storage.RetryStore(s, hasty), direct, uint64(1000+5*i))
			if p.Faults() < 3 {
				t.Errorf("only %d faults", p.Faults())
			}
		})
	}
	wg.Wait()
}

// Through a network that never works there is an error, soon, or what can be had
// in pieces; and never a wrong byte.
func TestDeadNetwork(t *testing.T) {
	t.Parallel()
	c := byKey(t)
	direct := filled(t, c)
	few := storage.Policy{Attempts: 3, Base: time.Millisecond, Max: time.Millisecond, Total: time.Minute, Idle: 300 * time.Millisecond}
	for _, fault := range []network.Fault{
		{Kind: network.Reset}, {Kind: network.Refuse, Status: 500}, {Kind: network.Refuse, Status: 429, RetryAfter: "3600"},
		{Kind: network.Refuse, Status: 200}, {Kind: network.Lose},
		{Kind: network.Truncate}, {Kind: network.ResetBody}, {Kind: network.Truncate, Bytes: 50_000}, {Kind: network.Truncate, Bytes: 1500},
	} {
		s, p := through(t, c)
		p.Use(func(network.Call) network.Fault { return fault })
		r := storage.RetryStore(s, few)
		if err := reads(t.Context(), r); errors.Is(err, errWrong) || err == nil && fault.Bytes < 50_000 {
			t.Errorf("%+v: %v", fault, err)
		}
		err := r.Put(t.Context(), "dead", bytesOf(3))
		got, readErr := storage.ReadAll(t.Context(), direct, "dead")
		if err == nil && !bytes.Equal(got, bytesOf(3)) || readErr != nil && !errors.Is(readErr, storage.ErrNotExist) {
			t.Errorf("%+v: put with %v, and there is %d bytes, %v", fault, err, len(got), readErr)
		}
		if _, unlock, err := r.(storage.Locker).Lock(t.Context(), "dead-lock"); err == nil {
			unlock()
			if _, err := storage.Find(t.Context(), direct, "dead-lock"); err != nil {
				t.Errorf("%+v: a lock that nobody knows: %v", fault, err)
			}
		}
	}
}

// Between the listing and the middle of a body the blob is appended to,
// replaced, deleted. The rest is the rest of what was listed, or an error that
// says what happened.
func TestChangedBehindABrokenBody(t *testing.T) {
	t.Parallel()
	h := harness(byKey)
	data := content(300_000, 1)
	grow := func(t *testing.T, s *Store, n int) { h.Append(t, s, "x", content(n, 2)) }
	remove := func(t *testing.T, s *Store) { h.Remove(t, s, "x") }
	for name, test := range map[string]struct {
		change func(t *testing.T, s *Store)
		want   error
	}{
		"nothing":              {func(*testing.T, *Store) {}, nil},
		"grown":                {func(t *testing.T, s *Store) { grow(t, s, 5_000) }, nil},
		"grown twice":          {func(t *testing.T, s *Store) { grow(t, s, 1); grow(t, s, 400_000) }, nil},
		"gone":                 {remove, storage.ErrNotExist},
		"anew, shorter":        {func(t *testing.T, s *Store) { remove(t, s); grow(t, s, 200_000) }, storage.ErrChanged},
		"anew, as long":        {func(t *testing.T, s *Store) { remove(t, s); grow(t, s, 300_000) }, storage.ErrChanged},
		"anew, empty":          {func(t *testing.T, s *Store) { remove(t, s); grow(t, s, 0) }, storage.ErrChanged},
		"a block blob, longer": {func(t *testing.T, s *Store) { remove(t, s); s.Put(t.Context(), "x", content(400_000, 2)) }, storage.ErrChanged},
		"the container gone": {func(t *testing.T, s *Store) {
			if _, err := s.client.Delete(t.Context(), nil); err != nil {
				t.Error(err)
			}
		}, storage.ErrNotExist},
	} {
		for _, kind := range []network.Kind{network.Truncate, network.ResetBody} {
			c := byKey(t)
			direct := open(t, c)
			h.Append(t, direct, "x", data)
			s, p := through(t, c)
			b, err := s.Find(t.Context(), "x")
			if err != nil {
				t.Fatal(err)
			}
			p.Use(func(call network.Call) network.Fault {
				if call.Method != "GET" || call.N > 0 {
					return network.Fault{}
				}
				return network.Fault{Kind: kind, Bytes: 150_000, Then: func() { test.change(t, direct) }}
			})
			got, err := readRange(t.Context(), storage.Retry(s, hasty), b, 0, b.Size)
			if !errors.Is(err, test.want) || err == nil && !bytes.Equal(got, data) || !bytes.HasPrefix(data, got) || p.Faults() != 1 {
				t.Errorf("%s: %d bytes, equal %v, %v, want %v", name, len(got), bytes.HasPrefix(data, got), err, test.want)
			}
		}
	}
}

// content is size bytes that another seed does not give.
func content(size int, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 7))
	data := make([]byte, 0, size+8)
	for len(data) < size {
		data = binary.LittleEndian.AppendUint64(data, random.Uint64())
	}
	return data[:size]
}
