package job_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// What was listed is kept with the day, and which hours lack blobs follows from it
// and from the time: of a day that was read before it was over, the rest is missing.
func TestListedIsKept(t *testing.T) {
	input, work := newExport(t, 71), storagetest.NewMem()
	for _, hour := range []int{0, 1, 3} {
		input.put(blobName(at(0), 12*hour), input.lines(at(0), 3))
	}
	now := at(0).Add(5 * time.Hour)
	h := mindfulHunt(input, work, 30)
	h.Now = func() time.Time { return now }
	r := mustDay(t, h, at(0))
	gap := func(want ...int) {
		t.Helper()
		back, err := h.Recall(t.Context(), event.Day(at(0)))
		if err != nil || back.Listed == nil || len(back.Listed.Coverage) != 1 || len(back.Listed.Coverage[0].Hours) != 3 || back.Listed.Bytes != r.Bytes {
			t.Fatalf("%+v, %v", back.Listed, err)
		}
		if g := back.Missing.Gaps; len(g) != 1 || !slices.Equal(g[0].Hours, want) {
			t.Errorf("missing %v, want %d", g, want)
		}
	}
	gap(2, 4)
	now = at(1)
	gap(2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)
}

// A profile that does not tell what was listed is used all the same.
func TestProfileWithoutListed(t *testing.T) {
	input, work := newExport(t, 72).fill(at(0), 4), storagetest.NewMem()
	h := mindfulHunt(input, work, 30)
	want := mustDay(t, h, at(0))
	const name = "profiles/all/words/day=2026-11-20/profile.parquet"
	file, err := storage.ReadAll(t.Context(), work, name)
	if err != nil {
		t.Fatal(err)
	}
	state := h.Detector.New()
	text, err := state.Decode(file)
	if err != nil || !strings.Contains(text, `"listed":`) {
		t.Fatal(text, err)
	}
	var note map[string]any
	if err := json.Unmarshal([]byte(text), &note); err != nil {
		t.Fatal(err)
	}
	delete(note, "listed")
	old, err := json.Marshal(note)
	if err == nil {
		file, err = state.Encode(string(old))
	}
	if err != nil {
		t.Fatal(err)
	}
	put(t, work, name, file)
	r, err := h.Recall(t.Context(), event.Day(at(0)))
	if err != nil || r.Listed != nil || r.Shards != 0 || len(r.Missing.Gaps) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	sameRecords(t, "recalled", r.Records, want.Records)
	if again := mustDay(t, h, at(0)); again.Reused != again.Shards || again.Shards == 0 || again.Listed == nil {
		t.Errorf("%d of %d shards, %+v", again.Reused, again.Shards, again.Listed)
	}
}
