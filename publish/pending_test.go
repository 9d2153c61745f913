package publish_test

import (
	"testing"

	"sparkless/publish"
	"sparkless/storage/storagetest"
)

// The outbox keeps revisions, so that what is sent from it later leaves the same
// receipts.
func TestOutboxKeepsRevisions(t *testing.T) {
	store := storagetest.NewMem()
	records := []publish.Record{
		{ID: "a", Day: "2026-11-20", Body: []byte(`{"x":1}`), Revision: "r1"},
		{ID: "b", Day: "2026-11-20", Body: []byte(`{"x":2}`)},
	}
	if err := publish.WriteOutbox(t.Context(), store, "k", []string{"a", "b"}, records); err != nil {
		t.Fatal(err)
	}
	o, err := publish.ReadOutbox(t.Context(), store, "k")
	got := o.Records
	if err != nil || len(o.Sinks) != 2 || o.Sinks[1] != "b" || len(got) != 2 || got[0].Revision != "r1" || got[1].Revision != "" {
		t.Errorf("%+v, %v", got, err)
	}
}
