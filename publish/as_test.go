package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var errNoView = errors.New("no view")

// shouted makes a record anew, unless it is one of the bad ones.
func shouted(bad map[string]bool) func(Record) (Record, error) {
	return func(r Record) (Record, error) {
		if bad[r.ID] {
			return Record{}, errNoView
		}
		return Record{ID: "view-" + r.ID, Day: r.Day, Body: []byte(strings.ToUpper(string(r.Body))), Revision: "other"}, nil
	}
}

// Each record arrives as its view, once and in order, whatever the sink takes at a time,
// and nothing again in a second run; one without a view keeps no other back.
func TestAsDeliversViewsOnce(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 3))
		records, bad := numbered(1+rng.IntN(3*mostViewed)), map[string]bool{}
		if rng.IntN(2) == 0 {
			bad[records[rng.IntN(len(records))].ID] = true
		}
		var want []string
		for _, r := range records {
			if !bad[r.ID] {
				want = append(want, "view-"+r.ID+strings.ToLower(string(r.Body)))
			}
		}
		var took []string
		most := 1 + rng.IntN(2*mostViewed)
		sink := As(sinkFunc(func(_ context.Context, some []Record) (int, error) {
			n := min(most, len(some))
			for _, r := range some[:n] {
				took = append(took, r.ID+strings.ToLower(string(r.Body)))
			}
			return n, nil
		}), shouted(bad))
		work := newStore()
		for run := range 2 {
			d, err := Deliver(t.Context(), work, testKey, sink, records)
			if d.Refused != len(bad) || d.Left != len(bad) || len(bad) > 0 != errors.Is(err, errNoView) || len(bad) == 0 && err != nil {
				t.Fatalf("seed %d, run %d: %+v, %v", seed, run, d, err)
			}
			if !slices.Equal(took, want) {
				t.Fatalf("seed %d, run %d: %d arrived of %d", seed, run, len(took), len(want))
			}
		}
	}
}

// A record that is sent again is so under the revision of the given one.
func TestAsGoesByTheGivenRevisions(t *testing.T) {
	sent := 0
	sink := As(sinkFunc(func(_ context.Context, r []Record) (int, error) {
		sent += len(r)
		return len(r), nil
	}), shouted(nil))
	work := newStore()
	for i, revision := range []string{"a", "a", "b", "b"} {
		if _, err := Deliver(t.Context(), work, testKey, sink, []Record{{ID: "x", Body: []byte("{}"), Revision: revision}}); err != nil || sent != 1+i/2 {
			t.Fatalf("run %d: sent %d, %v", i, sent, err)
		}
	}
}

// However many are left, no more are made anew than a batch may hold.
func TestAsMakesFewAtATime(t *testing.T) {
	calls := 0
	sink := As(sinkFunc(func(context.Context, []Record) (int, error) { return 1, nil }), func(r Record) (Record, error) {
		calls++
		return r, nil
	})
	if n, err := sink.Send(t.Context(), numbered(10*mostViewed)); n != 1 || err != nil || calls > mostViewed {
		t.Errorf("%d, %v, after %d views", n, err, calls)
	}
}

func TestAsKeepsTheKindOfSink(t *testing.T) {
	plain := As(sinkFunc(func(_ context.Context, r []Record) (int, error) { return len(r), nil }), shouted(nil))
	if _, ok := plain.(Replacer); ok || plain.Name() != "test-sink" {
		t.Errorf("%T %s", plain, plain.Name())
	}
	var held []Record
	inner := replacerFunc{func(_ context.Context, r []Record) (int, error) {
		held = slices.Clone(r)
		return len(r), nil
	}}
	r, ok := As(inner, shouted(map[string]bool{"r001": true})).(Replacer)
	if !ok || r.Name() != "test-sink" {
		t.Fatal("a Replacer became a plain sink")
	}
	if n, err := r.Send(t.Context(), numbered(2)); n != 0 || !errors.Is(err, ErrRefused) || held != nil {
		t.Errorf("%d, %v, holds %v", n, err, held)
	}
	many := 2*mostViewed + 1
	for _, n := range []int{many, 0} {
		d, err := Deliver(t.Context(), newStore(), testKey, As(inner, shouted(nil)), numbered(n))
		if err != nil || d.Sent != n || len(held) != n || n > 0 && held[n-1].ID != fmt.Sprintf("view-r%03d", n-1) {
			t.Errorf("%d: %+v, %v, holds %d", n, d, err, len(held))
		}
	}
}
