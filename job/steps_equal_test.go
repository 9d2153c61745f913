package job_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// damagedDay is a day of up to 40 blobs, some of which cannot be read, with hours that
// have none and with lines that are malformed, more than there are samples of.
func damagedDay(t testing.TB, rng *rand.Rand) *export {
	input := newExport(t, rng.Uint64()).fill(day, 1+rng.IntN(40))
	for range rng.IntN(4) * rng.IntN(8) {
		input.Append(blobName(day, rng.IntN(24)*12), []byte("{broken\n"+input.lines(day, rng.IntN(3))))
	}
	for range rng.IntN(3) {
		input.put(blobName(day, rng.IntN(288))+".gz", cutGzip(t))
	}
	return input
}

// windows are the day, and others that touch it.
func windows(t testing.TB, rng *rand.Rand) event.Window {
	return []event.Window{event.Day(day), event.Day(day), span(t, "20T00:00:00", "20T11:30:00"), span(t, "19T18:00:00", "21T06:00:01"), span(t, "20T09:00:01", "20T10:00:00")}[rng.IntN(5)]
}

// outcome is all that can be seen of a run: what it returned, and what it left.
type outcome struct {
	result, err string
	kept        map[string]string
	sent        []publish.Record
}

func outcomeOf[S job.State[S]](t testing.TB, r *job.Result[S], err error, work *storagetest.Mem, api *sink) outcome {
	o := outcome{err: fmt.Sprint(err), kept: content(t, work, ""), sent: api.taken}
	maps.DeleteFunc(o.kept, func(name, _ string) bool { return strings.HasPrefix(name, "runs/") })
	if r != nil {
		state, err := r.Day.Encode("")
		text, err2 := json.Marshal([]any{r.Window, r.Date, r.Export, r.Listed, r.Shards, r.Reused, r.Bytes, r.BytesRead, r.Stats, r.Missing, r.History, r.Records, r.Deliveries, r.Superseded})
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		o.result = string(text) + string(state)
	}
	return o
}

func sameOutcome(t testing.TB, what string, got, want outcome) {
	t.Helper()
	if got.err != want.err {
		t.Errorf("%s: error %s\nwant %s", what, got.err, want.err)
	}
	if got.result != want.result {
		t.Errorf("%s: result %.2000s\nwant %.2000s", what, got.result, want.result)
	}
	sameRecords(t, what+", sent", got.sent, want.sent)
	for name := range maps.Keys(want.kept) {
		if got.kept[name] != want.kept[name] {
			t.Errorf("%s: %s holds %.300q\nwant %.300q", what, name, got.kept[name], want.kept[name])
		}
	}
	if len(got.kept) != len(want.kept) {
		t.Errorf("%s: %d objects, want %d", what, len(got.kept), len(want.kept))
	}
}

// However a window is cut, shared out and merged, what is kept, sent and returned of it
// is what Window makes of it, error and all, also the second time.
func TestStepsEqualWindow(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 80))
		input, w := damagedDay(t, rng), windows(t, rng)
		c := job.Config{Scope: "all", Workers: 1 + rng.IntN(3), ShardSize: 1 << (10 + rng.IntN(5)), MaxMalformed: float64(rng.IntN(4)) / 3, PartialMalformed: float64(rng.IntN(2)), MissingHours: rng.IntN(2) * 1000}
		failing := rng.IntN(4) == 0
		hunt := func(work storage.Store, api *sink) *job.Hunt[*words] {
			h := newHunt(input, work, api)
			h.Config, h.Now = c, func() time.Time { return at(3) }
			h.Code = "code"
			return h
		}
		batchSize, workers := int64(1<<10)<<rng.IntN(6), 1+rng.IntN(3)
		compare(t, fmt.Sprint("seed ", seed), w, failing, hunt, func(work storage.Store, api *sink) *job.Hunt[*words] {
			h := hunt(work, api)
			h.BatchSize = batchSize
			return h
		}, newMachines(seed, 2+rng.IntN(job.MaxPieces-1)), workers)
	}
}

// compare runs a window twice as Window does, and as many machines do.
func compare[S job.State[S]](t testing.TB, what string, w event.Window, failing bool, local, remote func(storage.Store, *sink) *job.Hunt[S], m *machines, workers int) {
	t.Helper()
	sinks := []*sink{{name: "api", batch: 3}, {name: "api", batch: 3}}
	works := []*storagetest.Mem{storagetest.NewMem(), storagetest.NewMem()}
	for round := range 2 {
		for _, s := range sinks {
			s.sends, s.fail = 0, func() error {
				if failing && round == 0 && s.sends == 2 {
					return errDown
				}
				return nil
			}
		}
		r, err := local(works[0], sinks[0]).Window(t.Context(), w)
		want := outcomeOf(t, r, err, works[0], sinks[0])
		r, err = process(t.Context(), m, remote(works[1], sinks[1]), w, workers)
		got := outcomeOf(t, r, err, works[1], sinks[1])
		sameOutcome(t, fmt.Sprint(what, ", round ", round), got, want)
	}
}

// That holds for the hunt that the program is for, whose states are files of columns.
func TestStepsEqualWindowOfTheRealHunt(t *testing.T) {
	input := lookalikes(t)
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 81))
		shard, batch := int64(1)<<(10+rng.IntN(3)), int64(1)<<(10+rng.IntN(4))
		hunt := func(work storage.Store, api *sink) *job.Hunt[*masquerade.Counts] {
			h := realHunt(input, work, api)
			h.ShardSize, h.BatchSize, h.Now = shard, batch, func() time.Time { return at(3) }
			return h
		}
		compare(t, fmt.Sprint("seed ", seed), event.Day(day), seed == 0, hunt, hunt, newMachines(seed, 2+rng.IntN(4)), 2)
	}
}
