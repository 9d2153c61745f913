package datacollector

import (
	"errors"
	"testing"
	"time"

	"sparkless/publish"
	"sparkless/publish/publishtest"
	"sparkless/storage/storagetest"
)

// A clock that jumps by a day in the middle of a delivery makes the service deny
// what is sent after it. Once it is right again the rest is sent: nothing is
// lost, nothing comes twice.
func TestClockThatJumpsUnderWay(t *testing.T) {
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		server := start(t)
		sink := sinkAt(t, server.URL())
		sink.format.Records = 2
		requests := 0
		sink.config.Now = func() time.Time {
			if requests++; requests > 1 {
				return time.Now().Add(jump)
			}
			return time.Now()
		}
		work, records := storagetest.NewMem(), bodies(`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, `{"n":5}`)
		d, err := publish.Deliver(t.Context(), work, "words/2026-11-20", publish.Retry(sink, publish.Policy{}), records)
		if !errors.Is(err, publish.ErrDenied) || d.Sent != 2 || d.Left != 3 {
			t.Errorf("%v: %+v, %v", jump, d, err)
		}
		sink.config.Now = time.Now
		d, err = publish.Deliver(t.Context(), work, "words/2026-11-20", sink, records)
		if err != nil || d.Already != 2 || d.Sent != 3 {
			t.Errorf("%v, then: %+v, %v", jump, d, err)
		}
		var got []float64
		for _, row := range server.Rows() {
			got = append(got, row.Values["n_d"].(float64))
		}
		if len(got) != 5 || got[0]+got[1]+got[2]+got[3]+got[4] != 15 {
			t.Errorf("%v: the service holds %v", jump, got)
		}
	}
}

// A wait of a day, as a wrong clock makes of a date in Retry-After, ends the
// attempts at once: the next run goes on.
func TestWaitOfADay(t *testing.T) {
	server := start(t)
	server.Script(publishtest.Fault{Status: 429, RetryAfter: 24 * time.Hour})
	sink := publish.Retry(sinkAt(t, server.URL()), publish.Policy{})
	if n, err := sink.Send(t.Context(), bodies(`{"n":1}`)); n != 0 || err == nil || errors.Is(err, publish.ErrDenied) || len(server.Posts()) != 1 {
		t.Errorf("%d, %v, %d posts", n, err, len(server.Posts()))
	}
}
