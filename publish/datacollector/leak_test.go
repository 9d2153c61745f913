package datacollector

import (
	"testing"

	"go.uber.org/goleak"

	"sparkless/publish/publishtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNothingOutlivesSend: no goroutine, and so no connection, also after an
// answer with much behind it, or none.
func TestNothingOutlivesSend(t *testing.T) {
	server := start(t)
	sink := sinkAt(t, server.URL())
	before := goleak.IgnoreCurrent()
	server.Script(publishtest.Fault{Status: 503}, publishtest.Fault{}, publishtest.Fault{Taken: true})
	for want := range 5 {
		_, err := sink.Send(t.Context(), bodies(`{"a":1}`))
		if (err == nil) != (want > 2) {
			t.Errorf("Send %d: %v", want, err)
		}
		goleak.VerifyNone(t, before)
	}
}
