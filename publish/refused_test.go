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

// narrow takes at most so many records a request, like a proxy before the
// service that answers 413 to longer ones.
type narrow struct {
	picky
	most int
}

func (n *narrow) Send(ctx context.Context, records []Record) (int, error) {
	if len(records) > n.most {
		n.asked++
		return 0, fmt.Errorf("too large: %w", ErrRefused)
	}
	return n.picky.Send(ctx, records)
}

func TestTooManyAtOnceAreNoBadRecords(t *testing.T) {
	for _, c := range []struct{ records, most int }{{5000, 300}, {5000, 33}, {1000, 10}, {7, 1}, {1, 1}} {
		sink := &narrow{picky{size: 5000}, c.most}
		d, err := Deliver(t.Context(), newStore(), testKey, sink, numbered(c.records))
		if err != nil || d.Sent != c.records || sink.asked > c.records*5/c.most+30 {
			t.Errorf("%v: %+v, asked %d times, %v", c, d, sink.asked, err)
		}
	}
}

// A record that is found later arrives, whatever was refused before it, and the
// refused ones do not count as a sink that is down.
func TestRefusedRecordsAreTriedLast(t *testing.T) {
	for _, bad := range [][]int{{0, 2, 4}, {0, 1, 2, 3, 4, 5}} {
		work, sink := newStore(), &picky{size: 100, refuse: ErrRefused, bad: map[string]bool{}}
		all := numbered(8)
		for _, i := range bad {
			sink.bad[all[i].ID] = true
		}
		for range 3 {
			Deliver(t.Context(), work, testKey, sink, all[:7])
		}
		d, err := Deliver(t.Context(), work, testKey, sink, all)
		if len(sink.took) != 8-len(bad) || d.Left != len(bad) || !errors.Is(err, ErrRefused) {
			t.Errorf("%v: %+v, took %q, %v", bad, d, sink.took, err)
		}
	}
}

// Bad ones far from each other: all others arrive, if need be in several runs,
// and what is left is never silent.
func TestScatteredRefusals(t *testing.T) {
	for _, every := range []int{100, 30} {
		work, all := newStore(), numbered(2000)
		sink := &picky{size: 5000, refuse: ErrRefused, bad: map[string]bool{}}
		for i := 11; i < len(all); i += every {
			sink.bad[all[i].ID] = true
		}
		for run := 1; ; run++ {
			d, err := Deliver(t.Context(), work, testKey, sink, all)
			if !errors.Is(err, ErrRefused) || run > 4 {
				t.Fatalf("every %d, run %d: %+v, %v", every, run, d, err)
			}
			if d.Left == len(sink.bad) {
				break
			}
		}
		if len(sink.took) != len(all)-len(sink.bad) {
			t.Errorf("%d records arrived", len(sink.took))
		}
	}
}

// Marks that cannot be read, or kept, keep nothing from being delivered.
func TestMarksAreHints(t *testing.T) {
	work, sink := newStore(), &picky{size: 100, refuse: ErrRefused, bad: map[string]bool{"r001": true}}
	work.onPut = func(_ context.Context, name string) error {
		if strings.HasPrefix(name, "refused/") {
			return errPassing
		}
		return nil
	}
	d, err := Deliver(t.Context(), work, testKey, sink, numbered(3))
	if d.Sent != 2 || !errors.Is(err, errPassing) || !errors.Is(err, ErrRefused) {
		t.Errorf("%+v, %v", d, err)
	}
	work.objects["refused/test-sink/"+testKey+".jsonl"] = []byte("nothing")
	if d, err = Deliver(t.Context(), work, testKey, sink, numbered(4)); d.Sent != 1 || d.Already != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

// A finding that comes back to what it was is sent again: the sink holds what it
// took last.
func TestARevisionThatComesBack(t *testing.T) {
	work, sink := newStore(), &picky{size: 2}
	var got []string
	for _, body := range []string{"A", "B", "A", "A", "B", "B", "A"} {
		r := numbered(3)
		r[1].Revision = body
		before := len(sink.took)
		if _, err := Deliver(t.Context(), work, testKey, sink, r); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(body, len(sink.took)-before))
	}
	if want := []string{"A3", "B1", "A1", "A0", "B1", "B0", "A1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
