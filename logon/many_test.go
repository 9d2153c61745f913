package logon

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// Of an attack on very many accounts those that are asked for are the first of all, and
// what is made of one again is the same.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	var events []logonEvent
	for i := range 3_000 {
		for n := range 10 + i%7 {
			events = append(events, logonEvent{at: date.Add(time.Duration(n) * time.Second), failed: true, domain: "CONTOSO", user: fmt.Sprint("user", i), address: fmt.Sprintf("192.31.196.%d", i%200)})
		}
	}
	d := New(DefaultParams(), "all", 1)
	s := stateOf(events)
	s.Rest()
	all := finish(t, d, s, nil)
	n, found, err := d.Rank(t.Context(), event.Day(date), s, nil)
	if err != nil || n != len(all) || n < 3_000 {
		t.Fatalf("%d of %d findings, %v", n, len(all), err)
	}
	at := 0
	for r, err := range found {
		f, bad := anomaly.Of(r)
		if err != nil || bad != nil || !reflect.DeepEqual(f, all[at]) {
			t.Fatalf("finding %d is %+v, want %+v; %v, %v", at, f, all[at], err, bad)
		}
		if at++; at == 20 {
			break
		}
	}
}

// Accounts whose names are cut to the same text share no source: of many accounts and
// many sources that would be more than anybody can hold.
func TestNamesCutAlike(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("D", longest)
	var events []logonEvent
	for i := range 500 {
		events = append(events, logonEvent{at: date, failed: true, domain: long, user: fmt.Sprint("user", i), address: fmt.Sprintf("192.31.196.%d", i%200)})
	}
	events = append(events, logonEvent{at: date, failed: true, domain: "CONTOSO", user: "alice", address: "192.31.196.7"})
	s := stateOf(events)
	s.Rest()
	d := New(DefaultParams(), "all", 1)
	all, _, err := d.judge(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accountsOf(all, s) {
		if want := a.rows[0].domain == "CONTOSO"; (len(a.sources) == 1) != want || len(a.sources) > 1 {
			t.Fatalf("%d sources of %.40s", len(a.sources), a.name())
		}
	}
}
