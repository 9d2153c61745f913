package publishtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/publish"
)

// memory is a sink that takes at most three records at a time. Its fields break
// the contract in one way each.
type memory struct {
	held                     []string
	kept                     []publish.Record
	name                     func() string
	send                     func(m *memory, ctx context.Context, r []publish.Record) (int, error)
	refuse, misset, deny, ko bool
}

func (m *memory) Name() string {
	if m.name != nil {
		return m.name()
	}
	return "memory"
}

func (m *memory) Send(ctx context.Context, r []publish.Record) (int, error) {
	if m.send != nil {
		return m.send(m, ctx, r)
	}
	return m.take(ctx, r[:min(3, len(r))])
}

func (m *memory) take(ctx context.Context, r []publish.Record) (int, error) {
	fault := map[bool]error{m.refuse: publish.ErrRefused, m.misset: publish.ErrSettings, m.deny: publish.ErrDenied, m.ko: errors.New("passing")}[true]
	m.refuse, m.misset, m.deny, m.ko = false, false, false, false
	if err := errors.Join(ctx.Err(), fault); err != nil {
		return 0, err
	}
	for _, one := range r {
		m.held = append(m.held, findingID(one))
	}
	return len(r), nil
}

func findingID(r publish.Record) string {
	var row struct{ FindingId string }
	_ = json.Unmarshal(r.Body, &row) // a spoilt record has no ID, which is the point
	return row.FindingId
}

type replacer struct{ *memory }

func (replacer) Replaces() {}

func (r replacer) Send(ctx context.Context, records []publish.Record) (int, error) {
	if r.send != nil {
		return r.send(r.memory, ctx, records)
	}
	held := r.held
	r.held = nil
	n, err := r.take(ctx, records)
	if err != nil {
		r.held = held
	}
	return n, err
}

func destination(sink publish.Sink, m *memory) Destination {
	raise := func(flag *bool) func() func() {
		return func() func() {
			*flag = true
			return func() {}
		}
	}
	return Destination{
		Sink: sink, Again: sink,
		Held: func() ([]string, error) {
			for _, r := range m.kept {
				m.held = append(m.held, findingID(r))
			}
			m.kept = nil
			return m.held, nil
		},
		Refuse: raise(&m.refuse), Misset: raise(&m.misset), Deny: raise(&m.deny), Disturb: raise(&m.ko),
	}
}

func TestTheSuitePassesGoodSinks(t *testing.T) {
	TestSink(t, func(*testing.T) Destination {
		m := &memory{}
		return destination(m, m)
	})
	TestSink(t, func(*testing.T) Destination {
		m := &memory{}
		return destination(replacer{m}, m)
	})
}

// bad is a sink that breaks one rule, and the part that is there to notice.
type bad struct {
	part     string
	breaks   string
	replaces bool
	sink     memory
}

// miscounting are wrong about which records they took.
func miscounting() []bad {
	calls := 0
	return []bad{
		{"name", "a space", false, memory{name: func() string { return "a b" }}},
		{"name", "changes", false, memory{name: func() string { calls++; return fmt.Sprint("n", calls) }}},
		{"order", "takes none", false, memory{send: func(*memory, context.Context, []publish.Record) (int, error) { return 0, nil }}},
		{"order", "takes more than given", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			n, err := m.take(ctx, r)
			return n + 1, err
		}}},
		{"order", "from the end", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			return m.take(ctx, r[len(r)-1:])
		}}},
		{"order", "says more than it took", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			_, err := m.take(ctx, r[:1])
			return min(2, len(r)), err
		}}},
		{"order", "a Replacer in parts", true, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			return m.take(ctx, r[:1])
		}}},
		{"hostile records", "refuses", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			if strings.Contains(string(r[0].Body), "HYPERLINK") {
				return 0, publish.ErrRefused
			}
			return m.take(ctx, r[:1])
		}}},
		{"records stay the caller's", "modifies", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			n, err := m.take(ctx, r)
			r[0].Day = ""
			return n, err
		}}},
		{"records stay the caller's", "appends", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			n, err := m.take(ctx, r)
			_ = append(r, publish.Record{ID: "mark"})
			return n, err
		}}},
		{"records stay the caller's", "retains", false, memory{send: func(m *memory, _ context.Context, r []publish.Record) (int, error) {
			m.kept = append(m.kept, slices.Clone(r)...)
			return len(r), nil
		}}},
		{"no records", "invents one", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			if len(r) == 0 {
				return m.take(ctx, some(1))
			}
			return m.take(ctx, r)
		}}},
		{"no records", "keeps the old ones", true, memory{send: (*memory).take}},
	}
}

// misbehaving are wrong about errors, the context or what they hold.
func misbehaving() []bad {
	return []bad{
		{"cancelled", "goes on", false, memory{send: func(m *memory, _ context.Context, r []publish.Record) (int, error) {
			return m.take(context.Background(), r)
		}}},
		{"cancelled", "another error", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			if ctx.Err() != nil {
				return 0, errors.New("ended")
			}
			return m.take(ctx, r)
		}}},
		{"refused", "not sorted", false, memory{send: unsorted}},
		{"wrong settings", "not sorted", false, memory{send: unsorted}},
		{"wrong settings", "refused", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			n, err := m.take(ctx, r)
			if err != nil {
				err = fmt.Errorf("%w: %w", publish.ErrRefused, err)
			}
			return n, err
		}}},
		{"denied", "not sorted", false, memory{send: unsorted}},
		{"passing fault", "refused", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			n, err := m.take(ctx, r)
			if err != nil {
				err = publish.ErrRefused
			}
			return n, err
		}}},
		{"passing fault", "hidden", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			m.ko = false
			return m.take(ctx, r)
		}}},
		{"passing fault", "took them all the same", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			ko := m.ko
			m.ko = false
			n, err := m.take(ctx, r)
			if ko {
				return 0, errors.New("passing")
			}
			return n, err
		}}},
		{"replacing", "adds", true, memory{send: (*memory).take}},
		{"replacing", "replaces without saying so", false, memory{send: func(m *memory, ctx context.Context, r []publish.Record) (int, error) {
			m.held = nil
			return m.take(ctx, r)
		}}},
	}
}

func TestTheSuiteCatchesBadSinks(t *testing.T) {
	for _, c := range append(miscounting(), misbehaving()...) {
		t.Run(c.part+"/"+c.breaks, func(t *testing.T) {
			m := c.sink
			d := destination(&m, &m)
			if c.replaces {
				d = destination(replacer{&m}, &m)
			}
			for _, p := range parts() {
				if p.name == c.part {
					if err := p.check(d); err == nil {
						t.Error("not noticed")
					}
					return
				}
			}
			t.Error("no such part")
		})
	}
}

func unsorted(m *memory, ctx context.Context, r []publish.Record) (int, error) {
	n, err := m.take(ctx, r)
	if err != nil {
		err = errors.New("something")
	}
	return n, err
}
