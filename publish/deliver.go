package publish

import (
	"context"
	"errors"
	"fmt"

	"sparkless/storage"
)

// Delivery says what became of the records that Deliver was given.
// Sent + Already + Left is their number.
type Delivery struct {
	Sink    string
	Key     string
	Sent    int // taken by the sink in this call
	Already int // not sent: an earlier receipt, or the same record twice in the input
	Left    int // not delivered
	Refused int // of Left: the sink will never take these records as they are
}

// Stuck reports whether the sink could not be made to take all that it might.
func (d Delivery) Stuck() bool { return d.Left > d.Refused }

// Deliver sends those records to sink that have no receipt in work under key, a
// slash-separated name such as "masquerade/2026-11-20". A record's receipt says
// its ID and its Revision: a finding whose content has changed is sent again.
//
// The receipts of a batch, an object in receipts/<sink name>/<key>/, are written
// after sink has taken it and before the next one is sent. So only a crash
// between the two, or a failing store (see ReceiptError), can send a record
// twice. At most one Deliver may run for the same sink and key at a time.
//
// A record that the sink refuses (ErrRefused) is found by halving, left out and
// named in the error; the others are sent. Deliver stops at any other error, and
// when the sink refuses whatever it is given. The Delivery is right with an error
// too.
//
// A Replacer gets every record each time and needs no receipts.
func Deliver(ctx context.Context, work storage.Store, key string, sink Sink, records []Record) (Delivery, error) {
	if r, ok := sink.(Replacer); ok {
		return replace(ctx, key, r, records)
	}
	d := Delivery{Sink: sink.Name(), Key: key, Left: len(records)}
	kept, err := readReceipts(ctx, work, d.Sink, key)
	if err == nil {
		pending := kept.missing(records)
		d.Already, d.Left = len(records)-len(pending), len(pending)
		err = deliver(ctx, work, sink, kept, pending, &d)
	}
	if err != nil {
		return d, fmt.Errorf("deliver %s to %s: %w", key, d.Sink, err)
	}
	return d, nil
}

// deliver sends all of pending that sink takes.
func deliver(ctx context.Context, work storage.Store, sink Sink, kept *receipts, pending []Record, d *Delivery) error {
	var s search
	for len(pending) > 0 {
		size := s.next(len(pending))
		n, err := send(ctx, sink, pending[:size])
		if n > 0 {
			err = errors.Join(err, kept.keep(ctx, work, d.Sink, pending[:n]))
			d.Sent, d.Left, pending = d.Sent+n, d.Left-n, pending[n:]
			s.taken(n)
		}
		switch {
		case err == nil:
		case n > 0 || !errors.Is(err, ErrRefused):
			return errors.Join(err, s.result())
		case s.refused(size, pending[0], err):
			d.Refused, pending = d.Refused+1, pending[1:]
		}
		if s.hopeless() {
			break
		}
	}
	return s.result()
}

// search finds the records that a sink refuses among those it takes.
type search struct {
	suspects int   // one of so many records at the front is refused; 0: nothing is known
	tries    int   // refusals so far
	inARow   int   // records left out since one was taken
	left     int   // records left out
	first    error // why the first was
}

const (
	// Refusals after which a Deliver ends. Finding one record in a batch of 5,000
	// takes fourteen.
	maxRefusals = 100
	// Records that are refused in a row, each alone, after which it is not them.
	maxInARow = 3
)

// next is how many records to try. Behind one that was left out comes one alone:
// if it is refused too, it may not be the records.
func (s *search) next(pending int) int {
	switch {
	case s.inARow > 0:
		return 1
	case s.suspects > 0:
		return max(1, min(s.suspects, pending)/2)
	}
	return pending
}

func (s *search) taken(n int) { s.suspects, s.inARow = max(0, s.suspects-n), 0 }

// refused notes that the first size records were refused, and reports whether
// that is the one to leave out.
func (s *search) refused(size int, r Record, err error) bool {
	s.tries++
	s.suspects = size
	if size > 1 {
		return false
	}
	if s.left == 0 {
		s.first = fmt.Errorf("record %q: %w", r.ID, err)
	}
	s.suspects = 0
	s.left++
	s.inARow++
	return true
}

func (s *search) hopeless() bool { return s.inARow >= maxInARow || s.tries >= maxRefusals }

// result is the error about the records that were left out.
func (s *search) result() error {
	switch {
	case s.left == 0:
		return nil
	case s.hopeless():
		return fmt.Errorf("%d record(s) left out, the last %d in a row, so those behind were not tried: %w", s.left, s.inARow, s.first)
	}
	return fmt.Errorf("%d record(s) left out, they stay in the outbox: %w", s.left, s.first)
}

// replace hands all records to a sink that holds exactly the last ones.
func replace(ctx context.Context, key string, sink Replacer, records []Record) (Delivery, error) {
	d := Delivery{Sink: sink.Name(), Key: key, Left: len(records)}
	err := ctx.Err()
	if err == nil {
		var n int
		n, err = sink.Send(ctx, records)
		if err == nil && n != len(records) {
			err = fmt.Errorf("the sink broke its contract: it took %d of %d records", n, len(records))
		}
	}
	if err != nil {
		// The destination holds all or nothing of a Send.
		return d, fmt.Errorf("deliver %s to %s: %w", key, d.Sink, err)
	}
	d.Sent, d.Left = len(records), 0
	return d, nil
}

// send holds sink to its contract: a count that cannot be true must not become
// receipts.
func send(ctx context.Context, sink Sink, records []Record) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := sink.Send(ctx, records)
	if n < 0 || n > len(records) || n == 0 && err == nil {
		broken := fmt.Errorf("the sink broke its contract: it took %d of %d records; "+
			"some of them may be sent again", n, len(records))
		return 0, errors.Join(broken, err)
	}
	return n, err
}
