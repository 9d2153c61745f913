package logon

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sparkless/storage/event"
)

// date is the day that the tests are about.
var date = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// logonEvent is an event in words.
type logonEvent struct {
	at                                    time.Time
	failed                                bool
	domain, user, computer, address, host string
	kind                                  int
	status                                string // of a failure; "" is a wrong password
}

// record is the event as it is read.
func (e logonEvent) record() *event.Record {
	id, kind, pkg := "4624", fmt.Sprint(e.kind), "NTLM"
	var status, sub *string
	if e.kind == 0 {
		kind = "3"
	}
	if e.failed {
		id = "4625"
		code, is := e.status, "0xc000006d"
		if code == "" {
			code = "0xc000006a"
		}
		status, sub = &is, &code
		if code == "0xc000010b" {
			status = &code
		}
	}
	return event.NewRecord(e.at.UnixNano(), &id, &e.computer, &e.user, &e.domain, &kind, &e.address, &e.host, &pkg, status, sub)
}

// stateOf is the state of the events.
func stateOf(events []logonEvent) *State {
	s := newState()
	for _, e := range events {
		s.Add(e.record())
	}
	return s
}

// someLogons are events of a few accounts on few computers, so that they meet.
func someLogons(rng *rand.Rand, n int) []logonEvent {
	all := make([]logonEvent, n)
	for i := range all {
		all[i] = logonEvent{
			at:       date.Add(time.Duration(rng.Int64N(int64(30 * time.Hour)))),
			failed:   rng.IntN(3) == 0,
			domain:   []string{"CONTOSO", "contoso", "", "é"}[rng.IntN(4)],
			user:     fmt.Sprint("User", rng.IntN(8)),
			computer: fmt.Sprintf("host%d.contoso.com", rng.IntN(400)),
			address:  fmt.Sprintf("10.0.%d.%d", rng.IntN(2), rng.IntN(100)),
			kind:     []int{2, 3, 10}[rng.IntN(3)],
			status:   []string{"", "0xc0000064", "0xc000010b"}[rng.IntN(3)],
		}
	}
	return all
}

// pastOf is the merged state of the days before, as a run makes it.
func pastOf(t testing.TB, d *Detector, day *State, before ...*State) *State {
	t.Helper()
	all := d.Past(day)
	for _, b := range before {
		file, err := b.Encode("")
		if err != nil {
			t.Fatal(err)
		}
		one := d.Past(day)
		if _, err := one.Decode(file); err != nil {
			t.Fatal(err)
		}
		all.Merge(one)
	}
	return all
}
