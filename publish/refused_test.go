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

// picky takes batches of up to size records, and refuses one with a bad record.
type picky struct {
	size   int
	bad    map[string]bool
	took   []string
	asked  int
	refuse error
}

func (p *picky) Name() string { return "test-sink" }

func (p *picky) Send(_ context.Context, records []Record) (int, error) {
	p.asked++
	batch := ids(records[:min(p.size, len(records))])
	for _, id := range batch {
		if p.bad[id] {
			return 0, fmt.Errorf("no thanks: %w", p.refuse)
		}
	}
	p.took = append(p.took, batch...)
	return len(batch), nil
}

// Every record but the bad ones arrives, once and in order, wherever the bad ones
// stand, and the sink is not asked without end.
func TestARefusedRecordStopsNoOther(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		records := numbered(1 + rng.IntN(200))
		sink := &picky{size: 1 + rng.IntN(250), bad: map[string]bool{}, refuse: ErrRefused}
		for range rng.IntN(4) {
			i := rng.IntN(len(records)/4+1) * 4 // never three in a row
			sink.bad[records[min(i, len(records)-1)].ID] = true
		}
		var want []string
		for _, r := range records {
			if !sink.bad[r.ID] {
				want = append(want, r.ID)
			}
		}
		work := newStore()
		for run := range 2 {
			sink.asked = 0
			d, err := Deliver(t.Context(), work, testKey, sink, records)
			if (err != nil) != (len(sink.bad) > 0) || err != nil && !errors.Is(err, ErrRefused) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if !slices.Equal(sink.took, want) || d.Refused != len(sink.bad) || d.Left != d.Refused || d.Sent+d.Already+d.Left != len(records) {
				t.Fatalf("seed %d, run %d: %+v, took %q, want %q", seed, run, d, sink.took, want)
			}
			if batches := len(records)/sink.size + 1; sink.asked > batches+len(sink.bad)*2*8+len(sink.bad)*batches {
				t.Fatalf("seed %d: asked %d times", seed, sink.asked)
			}
		}
	}
}

func TestASinkThatRefusesEverythingIsNotHammered(t *testing.T) {
	work, sink := newStore(), &picky{size: 1000, bad: map[string]bool{}, refuse: ErrRefused}
	records := numbered(1000)
	for _, r := range records {
		sink.bad[r.ID] = true
	}
	d, err := Deliver(t.Context(), work, testKey, sink, records)
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), `"r000"`) || sink.asked > 20 || d.Left != 1000 || d.Refused != maxInARow {
		t.Errorf("asked %d times: %+v, %v", sink.asked, d, err)
	}
	for _, final := range []error{ErrSettings, ErrDenied, errPassing} {
		sink.refuse, sink.asked = final, 0
		if d, err := Deliver(t.Context(), work, testKey, sink, records); !errors.Is(err, final) || sink.asked != 1 || d.Left != 1000 {
			t.Errorf("asked %d times: %+v, %v", sink.asked, d, err)
		}
	}
}

// What an outbox owes grows by what is set up when it is written, and forgets
// nobody.
func TestOutboxNamesWhoIsOwed(t *testing.T) {
	work := newStore()
	a, b, file := &picky{}, named{"other"}, replacerFunc{}
	for _, step := range []struct {
		sinks []Sink
		want  []string
	}{
		{nil, nil},
		{[]Sink{file}, nil},
		{[]Sink{b, file, a}, []string{"other", "test-sink"}},
		{[]Sink{a}, []string{"other", "test-sink"}},
	} {
		if err := WriteOutbox(t.Context(), work, testKey, step.sinks, numbered(1)); err != nil {
			t.Fatal(err)
		}
		o, err := ReadOutbox(t.Context(), work, testKey)
		if err != nil || !slices.Equal(o.Sinks, step.want) || len(o.Records) != 1 || o.Owes("other") != slices.Contains(step.want, "other") {
			t.Errorf("%+v, %v, want %q", o, err, step.want)
		}
	}
	// One that cannot be read is written anew; a store that fails stops it.
	name := work.names("outbox/")[0]
	work.objects[name] = work.objects[name][:50]
	if err := WriteOutbox(t.Context(), work, testKey, []Sink{a}, nil); err != nil {
		t.Error(err)
	}
	work.onList = func() error { return errPassing }
	if err := WriteOutbox(t.Context(), work, testKey, []Sink{a}, nil); !errors.Is(err, errPassing) {
		t.Error(err)
	}
}

// named is a sink with another name.
type named struct{ name string }

func (n named) Name() string { return n.name }

func (named) Send(_ context.Context, r []Record) (int, error) { return len(r), nil }
