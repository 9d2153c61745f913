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
// slash-separated name such as "masquerade/2026-11-20". A record's last receipt
// says its ID and its Revision: a finding whose content has changed is sent again.
//
// The receipts of a batch, an object in receipts/<sink name>/<key>/, are written
// after sink has taken it and before the next one is sent. So a record is sent
// twice only when the run dies between the two, when the store fails (see
// ReceiptError), or when a sink repeats a request whose answer was lost. At most
// one Deliver may run for the same sink and key at a time.
//
// A record that the sink refuses (ErrRefused) is found by halving, left out and
// named in the error; the others are sent. The next Deliver tries it last. Deliver
// stops at any other error, and when the sink refuses whatever it is given. The
// Delivery is right with an error too.
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
	before := refusedBefore(ctx, work, d.Sink, d.Key)
	pending = behind(pending, before)
	var s search
	var refused []Record
	var stop error
	for len(pending) > 0 && stop == nil && !s.hopeless() {
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
			stop = err
		case s.refused(size, pending[0], err):
			d.Refused, refused, pending = d.Refused+1, append(refused, pending[0]), pending[1:]
		}
	}
	if len(refused) > 0 {
		refused = append(refused, marked(pending, before)...)
		stop = errors.Join(stop, keepRefused(ctx, work, d.Sink, d.Key, refused))
	}
	if stop != nil && s.left == 0 {
		return stop
	}
	return errors.Join(stop, s.result(len(pending)))
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
