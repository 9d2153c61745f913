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
	Sent    int // taken by the sink in this call
	Already int // not sent: an earlier receipt, or the same record twice in the input
	Left    int // not delivered
}

// Deliver sends those records to sink that have no receipt in work under key, a
// slash-separated name such as "masquerade/2026-11-20". A record's receipt says
// its ID and its Revision: a finding whose content has changed is sent again.
//
// The receipts, receipts/<sink name>/<key>.jsonl, are written anew after each
// batch that sink has taken and before the next one is sent. So only a crash
// between the two, or a failing store (see ReceiptError), can send a record
// twice. At most one Deliver may run for the same sink and key at a time.
//
// A Replacer gets every record each time and needs no receipts.
//
// Deliver stops at the first error. The Delivery is right with an error too.
func Deliver(ctx context.Context, work storage.Store, key string, sink Sink, records []Record) (Delivery, error) {
	if r, ok := sink.(Replacer); ok {
		return replace(ctx, key, r, records)
	}
	name := sink.Name()
	d := Delivery{Sink: name, Left: len(records)}
	kept, err := readReceipts(ctx, work, name, key)
	if err != nil {
		return d, fmt.Errorf("deliver %s to %s: %w", key, name, err)
	}
	pending := kept.missing(records)
	d.Already, d.Left = len(records)-len(pending), len(pending)
	for len(pending) > 0 {
		n, err := send(ctx, sink, pending)
		if n > 0 {
			err = errors.Join(err, kept.keep(ctx, work, name, pending[:n]))
			d.Sent, d.Left, pending = d.Sent+n, d.Left-n, pending[n:]
		}
		if err != nil {
			return d, fmt.Errorf("deliver %s to %s: %w", key, name, err)
		}
	}
	return d, nil
}

// replace hands all records to a sink that holds exactly the last ones.
func replace(ctx context.Context, key string, sink Replacer, records []Record) (Delivery, error) {
	d := Delivery{Sink: sink.Name(), Left: len(records)}
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
