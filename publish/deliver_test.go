package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
)

const (
	testKey      = "masquerade/2026-11-20"
	testReceipts = "receipts/test-sink/masquerade/2026-11-20/"
)

var errPassing = errors.New("the line is down")

// TestDeliverAgainstFaults runs Deliver again and again through failing sends,
// partly taken batches, failing puts and cancelled runs. Nothing may get lost,
// the order of a run holds, and a record arrives twice only if an error said so.
func TestDeliverAgainstFaults(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		work, arrived, excused := newStore(), map[string]int{}, map[string]int{}
		records := numbered(rng.IntN(40))
		done := false
		for run := 0; !done && run < 500; run++ {
			ctx, cancel := context.WithCancel(t.Context())
			work.onPut = func(context.Context, string) error {
				if rng.IntN(6) == 0 {
					return errPassing
				}
				return nil
			}
			last := -1
			sink := sinkFunc(func(_ context.Context, rest []Record) (int, error) {
				n := 1 + rng.IntN(len(rest))
				var err error
				switch rng.IntN(6) {
				case 0:
					n, err = n-1, errPassing
				case 1:
					cancel()
				}
				for _, r := range rest[:n] {
					var i int
					fmt.Sscanf(r.ID, "r%d", &i)
					if i <= last {
						t.Fatalf("seed %d: %s came after r%03d", seed, r.ID, last)
					}
					last = i
					arrived[r.ID]++
				}
				return n, err
			})
			before := len(arrived)
			d, err := Deliver(ctx, work, testKey, sink, records)
			cancel()
			if d.Sent+d.Already+d.Left != len(records) || err == nil && d.Left != 0 || d.Sent < len(arrived)-before {
				t.Fatalf("seed %d: %+v, %v", seed, d, err)
			}
			var lost *ReceiptError
			if errors.As(err, &lost) {
				for _, id := range lost.IDs {
					excused[id]++
				}
			}
			done = err == nil
		}
		if !done || len(arrived) != len(records) {
			t.Fatalf("seed %d: finished %v, %d of %d arrived", seed, done, len(arrived), len(records))
		}
		for id, n := range arrived {
			if n > 1+excused[id] {
				t.Errorf("seed %d: %s arrived %d times, excused %d", seed, id, n, excused[id])
			}
		}
	}
}

// TestReceiptsComeAfterTheYes looks at every moment at which a crash could be.
func TestReceiptsComeAfterTheYes(t *testing.T) {
	work := newStore()
	var events []string
	work.onPut = func(_ context.Context, name string) error {
		events = append(events, "put "+name)
		return nil
	}
	taken := 0
	sink := sinkFunc(func(_ context.Context, rest []Record) (int, error) {
		kept, err := readReceipts(t.Context(), work, "test-sink", testKey)
		if err != nil || len(kept.last) != taken {
			t.Errorf("before batch at %s: %d receipts, %v; want %d", rest[0].ID, len(kept.last), err, taken)
		}
		events = append(events, "send")
		n := min(2, len(rest))
		taken += n
		return n, nil
	})
	d, err := Deliver(t.Context(), work, testKey, sink, numbered(5))
	if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: 5}); err != nil || d != want {
		t.Fatalf("%+v, %v", d, err)
	}
	put := "put " + testReceipts
	if want := []string{"send", put, "send", put, "send", put}; !slices.EqualFunc(events, want, strings.HasPrefix) {
		t.Errorf("events %q", events)
	}
	if len(work.names(testReceipts)) != 3 {
		t.Errorf("receipts %q: want one object for each batch", work.names(testReceipts))
	}
	d, err = Deliver(t.Context(), work, testKey, sink, numbered(5))
	if want := (Delivery{Sink: "test-sink", Key: testKey, Already: 5}); err != nil || d != want || len(events) != 6 {
		t.Errorf("second run: %+v, %v, %q", d, err, events)
	}
}

func TestDeliverKeepsWhatAFailedSendTook(t *testing.T) {
	for _, cause := range []error{errPassing, ErrRefused, ErrDenied} {
		work := newStore()
		d, err := Deliver(t.Context(), work, testKey, sinkFunc(func(context.Context, []Record) (int, error) {
			return 3, fmt.Errorf("then: %w", cause)
		}), numbered(5))
		if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: 3, Left: 2}); !errors.Is(err, cause) || d != want {
			t.Fatalf("%+v, %v", d, err)
		}
		var got []string
		d, err = Deliver(t.Context(), work, testKey, sinkFunc(func(_ context.Context, rest []Record) (int, error) {
			got = append(got, ids(rest)...)
			return len(rest), nil
		}), numbered(5))
		if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: 2, Already: 3}); err != nil || d != want || !slices.Equal(got, []string{"r003", "r004"}) {
			t.Errorf("second run: %+v, %v, %q", d, err, got)
		}
	}
}

func TestDeliverNamesWhatMayBeSentAgain(t *testing.T) {
	work := newStore()
	work.onPut = func(context.Context, string) error { return fmt.Errorf("full: %w", storage.ErrDenied) }
	sends := 0
	_, err := Deliver(t.Context(), work, testKey, sinkFunc(func(context.Context, []Record) (int, error) {
		sends++
		return 12, nil
	}), numbered(15))
	var lost *ReceiptError
	if !errors.As(err, &lost) || !errors.Is(err, storage.ErrDenied) || len(lost.IDs) != 12 || !strings.HasPrefix(lost.Object, testReceipts) || sends != 1 {
		t.Fatalf("%d sends, %v", sends, err)
	}
	for _, part := range []string{"may be sent again", `"r000"`, `"r009" and 2 more`, testReceipts, "test-sink"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %v", part, err)
		}
	}
}

// TestDeliverKeepsReceiptsOfACancelledRun: the run ends between the yes and the put.
func TestDeliverKeepsReceiptsOfACancelledRun(t *testing.T) {
	work := newStore()
	ctx, cancel := context.WithCancel(t.Context())
	d, err := Deliver(ctx, work, testKey, sinkFunc(func(context.Context, []Record) (int, error) {
		cancel()
		return 2, nil
	}), numbered(5))
	if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: 2, Left: 3}); !errors.Is(err, context.Canceled) || d != want {
		t.Fatalf("%+v, %v", d, err)
	}
	kept, err := readReceipts(t.Context(), work, "test-sink", testKey)
	if err != nil || len(kept.last) != 2 {
		t.Errorf("%d receipts, %v", len(kept.last), err)
	}
}

// TestDeliverDoesNotHangOnAStore that never answers a put.
func TestDeliverDoesNotHangOnAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := newStore()
		work.onPut = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		start := time.Now()
		_, err := Deliver(t.Context(), work, testKey, sinkFunc(func(_ context.Context, r []Record) (int, error) {
			return len(r), nil
		}), numbered(1))
		var lost *ReceiptError
		if !errors.As(err, &lost) || time.Since(start) != receiptTime {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestDeliverSendsAChangedRecordAgain(t *testing.T) {
	work, records := newStore(), numbered(3)
	var got []string
	all := sinkFunc(func(_ context.Context, rest []Record) (int, error) {
		got = append(got, ids(rest)...)
		return len(rest), nil
	})
	twice := append(numbered(3), records[1])
	d, err := Deliver(t.Context(), work, testKey, all, twice)
	if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: 3, Already: 1}); err != nil || d != want || len(got) != 3 {
		t.Fatalf("%+v, %v, %q", d, err, got)
	}
	records[1].Body = []byte(`{"FindingId":"r001","x":"changed"}`)
	got = nil
	d, err = Deliver(t.Context(), work, testKey, all, records)
	if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: 1, Already: 2}); err != nil || d != want || !slices.Equal(got, []string{"r001"}) {
		t.Errorf("%+v, %v, %q", d, err, got)
	}
	// Another sink and another key have receipts of their own.
	d, err = Deliver(t.Context(), work, "other/2026-11-20", all, records)
	if err != nil || d.Sent != 3 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDeliverGivesAReplacerEverything(t *testing.T) {
	work := newStore()
	var got []int
	sink := replacerFunc{func(_ context.Context, r []Record) (int, error) {
		got = append(got, len(r))
		return len(r), nil
	}}
	for _, n := range []int{3, 3, 0} {
		d, err := Deliver(t.Context(), work, testKey, sink, numbered(n))
		if want := (Delivery{Sink: "test-sink", Key: testKey, Sent: n}); err != nil || d != want {
			t.Errorf("%+v, %v", d, err)
		}
	}
	if !slices.Equal(got, []int{3, 3, 0}) || len(work.objects) != 0 {
		t.Errorf("sends %v, objects %v", got, work.objects)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d, err := Deliver(ctx, work, testKey, sink, numbered(2)); !errors.Is(err, context.Canceled) || d.Left != 2 || len(got) != 3 {
		t.Errorf("cancelled: %+v, %v", d, err)
	}
	half := replacerFunc{func(context.Context, []Record) (int, error) { return 1, nil }}
	if d, err := Deliver(t.Context(), work, testKey, half, numbered(2)); err == nil || d.Sent != 0 || d.Left != 2 {
		t.Errorf("half: %+v, %v", d, err)
	}
}

// TestDeliverDoesNotBelieveABrokenSink: no receipt comes from an impossible count.
func TestDeliverDoesNotBelieveABrokenSink(t *testing.T) {
	for _, n := range []int{-1, 0, 4} {
		work, sends := newStore(), 0
		d, err := Deliver(t.Context(), work, testKey, sinkFunc(func(context.Context, []Record) (int, error) {
			sends++
			return n, nil
		}), numbered(3))
		if err == nil || d.Sent != 0 || d.Left != 3 || len(work.objects) != 0 || sends != 1 {
			t.Errorf("%d: %+v, %v", n, d, err)
		}
	}
}

func TestDeliverSendsNothingWithoutReadingReceipts(t *testing.T) {
	never := sinkFunc(func(context.Context, []Record) (int, error) {
		t.Error("something was sent")
		return 1, nil
	})
	work := newStore()
	work.onList = func() error { return errPassing }
	if d, err := Deliver(t.Context(), work, testKey, never, numbered(1)); !errors.Is(err, errPassing) || d.Left != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	work.onList = nil
	for _, key := range []string{"", "/", "a/", "/a", "a//b", "../b", "a/../b", "a/.", "a\\b", "a\nb", "a\x00", "\xff"} {
		if _, err := Deliver(t.Context(), work, key, never, numbered(1)); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("key %q: %v", key, err)
		}
		if err := WriteOutbox(t.Context(), work, key, nil, nil); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("outbox key %q: %v", key, err)
		}
	}
	for _, sink := range []string{"", ".", "..", "a/b", "a b", "é", "a\n"} {
		if _, err := readReceipts(t.Context(), work, sink, testKey); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("sink %q: %v", sink, err)
		}
	}
}
