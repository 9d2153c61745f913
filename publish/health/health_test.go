package health_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/publish"
	"sparkless/publish/health"
)

// slow takes some records at a time, and fails after a number of calls.
type slow struct {
	each, calls int
	taken       []publish.Record
}

var errGone = errors.New("gone")

func (s *slow) Name() string { return "slow" }

func (s *slow) Send(_ context.Context, records []publish.Record) (int, error) {
	if s.calls--; s.calls < 0 {
		return 0, errGone
	}
	n := min(s.each, len(records))
	s.taken = append(s.taken, records[:n]...)
	return n, nil
}

func someRuns(n int) (runs []health.Run) {
	for i := range n {
		runs = append(runs, health.Run{RunId: "r", DataDay: fmt.Sprintf("2026-11-%02dT00:00:00Z", i+1)})
	}
	return runs
}

// All records arrive, in order, in as many calls as the destination wants.
func TestSend(t *testing.T) {
	for _, test := range []struct{ runs, each, calls, taken int }{{1, 1, 1, 1}, {5, 2, 3, 5}, {5, 9, 1, 5}, {0, 1, 0, 0}, {5, 2, 2, 4}, {5, 2, 0, 0}} {
		s := &slow{each: test.each, calls: test.calls}
		n, err := health.Send(t.Context(), s, someRuns(test.runs))
		if n != test.taken || len(s.taken) != n || (err == nil) != (n == test.runs) || err != nil && !errors.Is(err, errGone) {
			t.Errorf("%+v: %d taken, %d there, %v", test, n, len(s.taken), err)
		}
		for i, r := range s.taken {
			if want := fmt.Sprintf(`"DataDay":"2026-11-%02dT00:00:00Z"`, i+1); r.ID != "r" || !strings.Contains(string(r.Body), want) {
				t.Errorf("%+v: %s, want %s", test, r.Body, want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &slow{each: 1, calls: 1}
	if n, err := health.Send(ctx, s, someRuns(1)); n != 0 || !errors.Is(err, context.Canceled) || len(s.taken) > 0 {
		t.Errorf("%d taken after the end: %v", n, err)
	}
}

// What is not known is left out, what is 0 is not, and what could harm whoever looks
// at the text is escaped.
func TestRecord(t *testing.T) {
	none := 0
	s := &slow{each: 1, calls: 1}
	if _, err := health.Send(t.Context(), s, []health.Run{{RunId: "r", Findings: &none, Error: "<b>\u202e\x1b[2J", Workspaces: []string{"\u2066w"}}}); err != nil {
		t.Fatal(err)
	}
	fields, err := s.taken[0].Fields()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	if want := strings.Fields("TimeStamp RunId Command Version Profile Started DurationSeconds ExitCode ExitMeaning Partial Error Workspaces Findings"); !slices.Equal(names, want) {
		t.Errorf("fields %q, want %q", names, want)
	}
	if body := string(s.taken[0].Body); strings.ContainsAny(body, "<\u202e\x1b\u2066") || !strings.Contains(body, `"Findings":0`) {
		t.Errorf("%q", body)
	}
}
