package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sparkless/storage"
)

// receiptTime bounds the put of the receipts after the run was told to stop.
const receiptTime = 30 * time.Second

var receiptFormat = format{
	name:    "sparkless-receipts",
	version: 2,
	remedy: "nothing was sent: put back an intact copy (or use the release that wrote it), " +
		"or delete the object to send all its records again",
}

// receipt proves that a sink took one revision of a record.
type receipt struct {
	ID       string `json:"id"`
	Revision string `json:"revision"`
	// Nth counts the receipts of this ID: what the sink holds is what it took last.
	Nth int `json:"nth,omitempty"`
}

// receipts are those of one sink and one key: one object for each batch that the
// sink has taken, which is never written again. So whoever writes receipts takes
// none away, and a long delivery does not write the early ones again and again.
type receipts struct {
	folder string               // of the objects, with a slash at the end
	last   map[string][]receipt // by ID, those with the highest Nth
}

// add takes a receipt into account.
func (r *receipts) add(one receipt) {
	switch last := r.last[one.ID]; {
	case len(last) == 0 || one.Nth > last[0].Nth:
		r.last[one.ID] = []receipt{one}
	case one.Nth == last[0].Nth:
		r.last[one.ID] = append(last, one)
	}
}

// has reports whether the sink holds this revision.
func (r *receipts) has(id, revision string) bool {
	return slices.ContainsFunc(r.last[id], func(one receipt) bool { return one.Revision == revision })
}

// next is the receipt for a record that is taken now.
func (r *receipts) next(rec Record) receipt {
	one := receipt{ID: rec.ID, Revision: rec.revision()}
	if last := r.last[rec.ID]; len(last) > 0 {
		one.Nth = last[0].Nth + 1
	}
	return one
}

// ReceiptError says that a sink took records whose receipts could not be kept:
// a later Deliver sends these records again, under the same IDs.
type ReceiptError struct {
	Sink   string
	Object string   // name the receipts would have in the work store
	IDs    []string // the records that may be sent again, in order
	Err    error    // why the receipts could not be kept
}

// Error names the first ten records; IDs holds them all.
func (e *ReceiptError) Error() string {
	const shown = 10
	var ids strings.Builder
	for i, id := range e.IDs[:min(shown, len(e.IDs))] {
		if i > 0 {
			ids.WriteString(", ")
		}
		fmt.Fprintf(&ids, "%q", id)
	}
	if more := len(e.IDs) - shown; more > 0 {
		fmt.Fprintf(&ids, " and %d more", more)
	}
	return fmt.Sprintf("%s has taken %d record(s) but the receipts %s could not be written, "+
		"so these records may be sent again: %s: %v", e.Sink, len(e.IDs), e.Object, ids.String(), e.Err)
}

// Unwrap returns Err.
func (e *ReceiptError) Unwrap() error { return e.Err }

// readReceipts returns what work holds for this sink and key. Only objects that
// are not there count as none.
func readReceipts(ctx context.Context, work storage.Reader, sink, key string) (*receipts, error) {
	if err := checkNames(sink, key); err != nil {
		return nil, err
	}
	base := "receipts/" + sink + "/" + key
	r := &receipts{folder: base + "/", last: map[string][]receipt{}}
	// Earlier releases kept all of them in one object.
	err := r.read(ctx, work, base+".jsonl")
	if err != nil && !errors.Is(err, storage.ErrNotExist) {
		return nil, err
	}
	for b, err := range work.List(ctx, r.folder) {
		if err == nil {
			err = r.read(ctx, work, b.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("read the receipts %s: %w", r.folder, err)
		}
	}
	return r, nil
}

// read adds the receipts of one object.
func (r *receipts) read(ctx context.Context, work storage.Reader, name string) error {
	data, err := storage.ReadAll(ctx, work, name)
	if err != nil {
		return fmt.Errorf("read the receipts %s: %w", name, err)
	}
	lines, err := receiptFormat.decode(name, data)
	if err != nil {
		return err
	}
	for i, line := range lines {
		var one receipt
		if err := json.Unmarshal(line, &one); err != nil || one.ID == "" || one.Revision == "" {
			return fmt.Errorf("%s: %w: line %d is no receipt; %s", name, ErrDamaged, i+2, receiptFormat.remedy)
		}
		r.add(one)
	}
	return nil
}

// missing returns the records without a receipt, each once, in order.
func (r *receipts) missing(records []Record) []Record {
	var out []Record
	queued := map[receipt]bool{}
	for _, rec := range records {
		one := receipt{ID: rec.ID, Revision: rec.revision()}
		if r.has(one.ID, one.Revision) || queued[one] {
			continue
		}
		queued[one] = true
		out = append(out, rec)
	}
	return out
}

// keep writes receipts for records, a batch that sink has just taken. A run that
// was told to stop still keeps them: without them the next run would send the
// records again.
func (r *receipts) keep(ctx context.Context, work storage.Store, sink string, records []Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiptTime)
	defer cancel()
	name, data, err := r.batch(records)
	if err == nil {
		err = work.Put(ctx, name, data)
	}
	if err != nil {
		ids := make([]string, len(records))
		for i, rec := range records {
			ids[i] = rec.ID
		}
		return &ReceiptError{Sink: sink, Object: name, IDs: ids, Err: err}
	}
	return nil
}

// batch encodes the receipts of records. The name says the content: the same
// batch again has the same.
func (r *receipts) batch(records []Record) (name string, data []byte, err error) {
	lines := make([][]byte, len(records))
	for i, rec := range records {
		one := r.next(rec)
		line, err := marshalLine(one)
		if err != nil {
			return r.folder, nil, err
		}
		lines[i] = bytes.TrimSuffix(line, []byte("\n"))
		r.add(one)
	}
	name = r.folder + Digest(bytes.Join(lines, []byte("\n"))) + ".jsonl"
	data, err = receiptFormat.encode(name, lines)
	return name, data, err
}

// checkNames refuses what would leave the folder of this sink or this key.
func checkNames(sink, key string) error {
	if !validName(sink) {
		return fmt.Errorf("sink name %q: %w: use letters, digits, '-', '_' and '.'", sink, storage.ErrInvalid)
	}
	return checkKey(key)
}

func validName(name string) bool {
	if name == "" || name == "." || name == ".." {
		return false
	}
	return strings.IndexFunc(name, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		return !letter && !(c >= '0' && c <= '9') && !strings.ContainsRune("-_.", c)
	}) < 0
}

func checkKey(key string) error {
	bad := !utf8.ValidString(key) || strings.ContainsRune(key, '\\') || strings.IndexFunc(key, unicode.IsControl) >= 0
	for part := range strings.SplitSeq(key, "/") {
		bad = bad || part == "" || part == "." || part == ".."
	}
	if bad {
		return fmt.Errorf("key %q: %w: want a slash-separated name such as detector/2006-01-02", key, storage.ErrInvalid)
	}
	return nil
}
