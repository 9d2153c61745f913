package publishtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"sparkless/publish"
)

// Destination is a new, empty destination with a sink that writes to it.
type Destination struct {
	Sink publish.Sink
	// Again is another sink, made from the same settings.
	Again publish.Sink
	// Held returns the field FindingId of every record that the destination
	// holds, in the order there.
	Held func() ([]string, error)
	// Refuse, Misset, Deny and Disturb make the next Send fail with ErrRefused,
	// with ErrSettings, with ErrDenied, and with a passing error. What they return
	// makes the destination whole again. Nil: this cannot happen to the destination.
	Refuse, Misset, Deny, Disturb func() (mend func())
}

// TestSink holds a sink to the contract of publish.Sink, and of
// publish.Replacer if it is one. open is called once for each part.
func TestSink(t *testing.T, open func(t *testing.T) Destination) {
	t.Helper()
	for _, p := range parts() {
		t.Run(p.name, func(t *testing.T) {
			if err := p.check(open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// part returns an error instead of failing a test, so that the suite can itself
// be tested with sinks that break the contract.
type part struct {
	name  string
	check func(Destination) error
}

func parts() []part {
	return []part{
		{"name", checkName},
		{"order", checkOrder},
		{"one record", func(d Destination) error { return deliverAll(d, some(1)) }},
		{"hostile records", func(d Destination) error { return deliverAll(d, hostile()) }},
		{"records stay the caller's", checkOwnership},
		{"no records", checkEmpty},
		{"cancelled", checkCancelled},
		{"refused", func(d Destination) error { return checkFault(d, d.Refuse, publish.ErrRefused) }},
		{"wrong settings", func(d Destination) error { return checkFault(d, d.Misset, publish.ErrSettings) }},
		{"denied", func(d Destination) error { return checkFault(d, d.Deny, publish.ErrDenied) }},
		{"passing fault", func(d Destination) error { return checkFault(d, d.Disturb, nil) }},
		{"replacing", checkReplacing},
	}
}

// some returns n records as a detector makes them.
func some(n int) []publish.Record {
	records := make([]publish.Record, n)
	for i := range records {
		id := fmt.Sprintf("finding-%04d", i)
		body := fmt.Sprintf(`{"TimeStamp":"2026-11-20T00:00:00Z","NormalProcess":"svchost.exe",`+
			`"PotentiallyMaliciousProcess":"scvhost%d.exe","AnomalyScore":0.8666667,"FindingId":%q,"DataDay":"2026-11-20"}`, i, id)
		records[i] = publish.Record{ID: id, Day: "2026-11-20", Body: json.RawMessage(body)}
	}
	return records
}

// hostile returns records whose values try to get out of every format.
func hostile() []publish.Record {
	values := []string{
		`""`, `"\u0000\u0007\u001b[2J"`, `"a\r\nb,c\";d\te"`, `"=HYPERLINK(\"http://x\")"`, `"\uFF1D1+1"`, `"@x"`, `"-1+1"`,
		`"gpj.\u202Eexe"`, "\"gpj.\u202Eexe\"", `"</script><b>&amp;"`, "\"\xff\xfe\"", `"\ud800"`, `"\u2028"`, `"{\"a\":[1]}"`,
		`["a",{"b":"=1"},null]`, `{"c":"\n"}`, `null`, `true`, `-0.1e-7`, `12345678901234567890`,
	}
	records := some(len(values))
	for i, v := range values {
		records[i].Body = json.RawMessage(fmt.Sprintf(`{"PotentiallyMaliciousProcess":%s,"FindingId":%q}`, v, records[i].ID))
	}
	return records
}

func checkName(d Destination) error {
	name := d.Sink.Name()
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]+$`).MatchString(name) {
		return fmt.Errorf("the name %q holds other than letters, digits, '-', '_' and '.'", name)
	}
	if err := deliverAll(d, some(1)); err != nil {
		return err
	}
	if now, again := d.Sink.Name(), d.Again.Name(); now != name || again != name {
		return fmt.Errorf("the name changed from %q to %q and, with the same settings, %q", name, now, again)
	}
	return nil
}

func checkOrder(d Destination) error { return deliverAll(d, some(300)) }

// deliverAll sends all records and looks whether each arrived once, in order.
func deliverAll(d Destination, records []publish.Record) error {
	for rest := records; len(rest) > 0; {
		n, err := d.Sink.Send(context.Background(), rest)
		if err != nil {
			return fmt.Errorf("Send: %w", err)
		}
		if n < 1 || n > len(rest) {
			return fmt.Errorf("Send took %d of %d records", n, len(rest))
		}
		if _, ok := d.Sink.(publish.Replacer); ok && n != len(rest) {
			return fmt.Errorf("a Replacer took %d of %d records", n, len(rest))
		}
		rest = rest[n:]
	}
	return holds(d, records)
}

// holds compares what the destination holds with records.
func holds(d Destination, records []publish.Record) error {
	var want []string
	for _, r := range records {
		want = append(want, r.ID)
	}
	got, err := d.Held()
	if err != nil {
		return fmt.Errorf("look into the destination: %w", err)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the destination holds\n%q, want\n%q", got, want)
	}
	return nil
}

// checkOwnership gives Send a window of a longer slice, and spoils the records
// once Send has returned.
func checkOwnership(d Destination) error {
	all, want := some(20), some(20)
	for rest := all[:10]; len(rest) > 0; {
		n, err := d.Sink.Send(context.Background(), rest)
		if err != nil || n < 1 || n > len(rest) {
			return fmt.Errorf("Send: %d, %w", n, err)
		}
		rest = rest[n:]
	}
	for i := range all {
		if all[i].ID != want[i].ID || all[i].Day != want[i].Day || string(all[i].Body) != string(want[i].Body) {
			return fmt.Errorf("Send changed record %d to %+v", i, all[i])
		}
	}
	for i := range all {
		clear(all[i].Body)
		all[i] = publish.Record{}
	}
	return holds(d, want[:10])
}

func checkEmpty(d Destination) error {
	if _, ok := d.Sink.(publish.Replacer); ok {
		if err := deliverAll(d, some(3)); err != nil {
			return err
		}
	}
	for _, records := range [][]publish.Record{nil, {}} {
		if n, err := d.Sink.Send(context.Background(), records); n != 0 || err != nil {
			return fmt.Errorf("Send of nothing: %d, %v", n, err)
		}
		if err := holds(d, nil); err != nil {
			return err
		}
	}
	return nil
}

func checkCancelled(d Destination) error {
	if err := deliverAll(d, some(2)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n, err := d.Sink.Send(ctx, some(5))
	if n != 0 || !errors.Is(err, context.Canceled) {
		return fmt.Errorf("Send with a cancelled context: %d, %v", n, err)
	}
	if err := isKind(err, nil); err != nil {
		return err
	}
	return holds(d, some(2))
}

// checkFault makes one Send fail and looks at the kind of its error (nil: a
// passing one), at what the destination holds, and at the Send after it.
func checkFault(d Destination, fault func() func(), kind error) error {
	if fault == nil {
		return nil
	}
	mend := fault()
	records := some(3)
	n, err := d.Sink.Send(context.Background(), records)
	if err == nil {
		return errors.New("Send did not notice the fault")
	}
	if n < 0 || n > len(records) {
		return fmt.Errorf("Send took %d of %d records", n, len(records))
	}
	if err := isKind(err, kind); err != nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("nobody cancelled, but: %w", err)
	}
	mend()
	if _, ok := d.Sink.(publish.Replacer); ok {
		return deliverAll(d, records)
	}
	if err := holds(d, records[:n]); err != nil {
		return fmt.Errorf("after a fault: %w", err)
	}
	for rest := records[n:]; len(rest) > 0; {
		n, err := d.Sink.Send(context.Background(), rest)
		if err != nil || n < 1 {
			return fmt.Errorf("Send after a fault: %d, %w", n, err)
		}
		rest = rest[n:]
	}
	return holds(d, records)
}

// isKind holds err to one kind of those that package publish knows, or to none.
func isKind(err, kind error) error {
	for _, k := range []error{publish.ErrRefused, publish.ErrSettings, publish.ErrDenied} {
		if errors.Is(err, k) != (k == kind) {
			return fmt.Errorf("want an error of the kind %v, got: %w", kind, err)
		}
	}
	return nil
}

// checkReplacing wants exactly the last records; other sinks add to what is there.
func checkReplacing(d Destination) error {
	if _, ok := d.Sink.(publish.Replacer); !ok {
		first, all := some(4)[:3], some(4)
		if err := deliverAll(d, first); err != nil {
			return err
		}
		if _, err := d.Sink.Send(context.Background(), all[3:]); err != nil {
			return err
		}
		return holds(d, all)
	}
	for _, n := range []int{7, 2, 5} {
		if err := deliverAll(d, some(n)); err != nil {
			return err
		}
	}
	return nil
}
