package logon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
)

// Of an attack on very many accounts no more findings are held than are wanted, and these
// are the same.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	var events []logonEvent
	for i := range 3_000 {
		for n := range 10 + i%7 {
			events = append(events, logonEvent{at: date.Add(time.Duration(n) * time.Second), failed: true, domain: "CONTOSO", user: fmt.Sprint("user", i), address: fmt.Sprintf("192.31.196.%d", i%200)})
		}
	}
	s := stateOf(events)
	s.settle()
	p := DefaultParams()
	p.Budget = 0
	all := finish(t, New(p, "all", 1), s, nil)
	p.Budget = 5
	some := finish(t, New(p, "all", 1), s, nil)
	if len(all) < 3_000 || len(some) != 5 {
		t.Fatalf("%d findings, %d within the budget", len(all), len(some))
	}
	for i := range some {
		if some[i].FindingId != all[i].FindingId {
			t.Errorf("finding %d is %s, want %s", i, some[i].Entity, all[i].Entity)
		}
	}
	held := map[string]anomaly.Finding{}
	for _, f := range all {
		held[f.FindingId] = f
	}
	if strongest(held, 5); len(held) != 5 || held[all[0].FindingId].Entity != all[0].Entity {
		t.Errorf("%d are left", len(held))
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
	s.settle()
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
