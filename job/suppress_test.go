package job_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// quiet suppresses the finding of a word, unless that is empty.
func quiet(word *string) func() func(publish.Record) (bool, error) {
	return func() func(publish.Record) (bool, error) {
		return func(r publish.Record) (bool, error) { return r.ID == "w-"+*word, nil }
	}
}

// split parts the truth as quiet does.
func split(records []publish.Record, word string) (kept, suppressed []publish.Record) {
	for _, r := range records {
		if r.ID == "w-"+word {
			suppressed = append(suppressed, r)
		} else {
			kept = append(kept, r)
		}
	}
	return kept, suppressed
}

func ids(records []publish.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

// What is suppressed reaches neither outbox nor destination, and a change of the
// rules shows in the next run, which reads no blob.
func TestSuppressed(t *testing.T) {
	input := &opens{export: newExport(t, 70).fill(day, 4)}
	want := input.oracle(day)
	work, api := storagetest.NewMem(), &sink{name: "api", batch: 100}
	word := ""
	h := newHunt(input, work, api)
	h.Suppress = quiet(&word)
	for _, word = range []string{"w3", "", "w5", "nothing"} {
		kept, suppressed := split(want, word)
		if len(suppressed) != boolInt(word == "w3" || word == "w5") {
			t.Fatalf("nothing of %s is found", word)
		}
		r := mustDay(t, h, day)
		sameRecords(t, "kept", r.Records, kept)
		sameRecords(t, "suppressed", r.Suppressed, suppressed)
		o, err := publish.ReadOutbox(t.Context(), work, "all/words/2026-11-20")
		if err != nil {
			t.Fatal(err)
		}
		sameRecords(t, "outbox", o.Records, kept)
		if opened := input.reset(); (len(opened) > 0) != (word == "w3") {
			t.Errorf("%q: opened %v", word, opened)
		}
		if word == "w3" {
			sameRecords(t, "sent", api.taken, kept)
		}
		if len(r.Superseded) > 0 {
			t.Errorf("%q: superseded %q, and all was delivered", word, r.Superseded)
		}
	}
	// Each arrived once, however often it was quiet in between.
	if got := ids(api.taken); !slices.Equal(slices.Sorted(slices.Values(got)), ids(want)) {
		t.Errorf("sent %q, want %q", got, ids(want))
	}
}

// A finding that is owed and suppressed now is not sent. It is said, and it is
// sent when the rule is gone.
func TestSuppressedIsOwedNoMore(t *testing.T) {
	input := newExport(t, 71).fill(day, 4)
	work, api := storagetest.NewMem(), &sink{name: "api", batch: 100, fail: func() error { return errDown }}
	word := ""
	h := newHunt(input, work, api)
	h.Suppress = quiet(&word)
	if r, err := h.Day(t.Context(), day); r == nil || !errors.Is(err, job.ErrUndelivered) {
		t.Fatal(err)
	}
	api.fail, word = nil, "w3"
	for run := range 2 {
		r := mustDay(t, h, day)
		if want := []string{"w-w3"}[:1-run]; !slices.Equal(r.Superseded, want) {
			t.Errorf("run %d: superseded %q, want %q", run, r.Superseded, want)
		}
	}
	if done, err := h.Settle(t.Context(), job.Debts{}); err != nil || len(done) > 0 {
		t.Errorf("settled %+v, %v", done, err)
	}
	kept, suppressed := split(input.oracle(day), word)
	sameRecords(t, "while it is quiet", api.taken, kept)
	word = ""
	mustDay(t, h, day)
	sameRecords(t, "after that", api.taken[len(kept):], suppressed)
}

// A dry run suppresses too, and leaves no trace.
func TestSuppressedInADryRun(t *testing.T) {
	input := newExport(t, 72).fill(day, 4)
	api, word := &sink{name: "api", batch: 100}, "w3"
	h := newHunt(input, storagetest.NewMem(), api)
	h.Suppress, h.DryRun = quiet(&word), true
	r := mustDay(t, h, day)
	kept, suppressed := split(input.oracle(day), word)
	sameRecords(t, "kept", r.Records, kept)
	sameRecords(t, "suppressed", r.Suppressed, suppressed)
	if len(r.Deliveries) != 1 || r.Deliveries[0].Left != len(kept) || len(api.taken) > 0 {
		t.Errorf("%+v", r.Deliveries)
	}
}

// Rules that cannot be applied end the day before anything is written or sent.
func TestSuppressFails(t *testing.T) {
	input := newExport(t, 73).fill(day, 4)
	broken := errors.New("broken rules")
	work, api := storagetest.NewMem(), &sink{name: "api", batch: 100}
	h := newHunt(input, work, api)
	asked := 0
	h.Suppress = func() func(publish.Record) (bool, error) {
		return func(publish.Record) (bool, error) {
			if asked++; asked == 3 {
				return false, broken
			}
			return false, nil
		}
	}
	if r, err := h.Day(t.Context(), day); r != nil || !errors.Is(err, broken) {
		t.Errorf("%+v, %v", r, err)
	}
	if len(content(t, work, "outbox/")) > 0 || len(api.taken) > 0 {
		t.Error("something was written or sent")
	}
}

// Processes die at any call while the rules change from run to run. In the end the
// outbox holds what is not suppressed, as much of it as the budget allows, that was sent,
// each once in a run, and nothing was sent while it was suppressed.
func TestSuppressedThroughCrashes(t *testing.T) {
	input := newExport(t, 74).fill(day, 3)
	want := input.oracle(day)
	for seed := range uint64(60) {
		budget := int(seed % 4)
		rng := rand.New(rand.NewPCG(seed, 7))
		work, word := storagetest.NewMem(), ""
		api := &sink{name: "api", batch: 2}
		for range 4 {
			word = []string{"", "w1", "w3", "w5"}[rng.IntN(4)]
			before := len(api.taken)
			calls, at := 0, 1+rng.IntN(30)
			dead := func() error {
				if calls++; calls >= at {
					return errDown
				}
				return nil
			}
			api.fail = dead
			h := newHunt(input, &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
				if c.Op == storagetest.OpPut {
					return storagetest.Fault{Before: dead()}
				}
				return storagetest.Fault{}
			}}, api)
			h.Engine, h.Suppress, h.Budget = job.Local(1), quiet(&word), budget
			_, err := h.Day(t.Context(), day)
			if err != nil && !errors.Is(err, errDown) {
				t.Fatal(err)
			}
			wantQuiet(t, fmt.Sprint("seed ", seed), api.taken[before:], word)
		}
		before := len(api.taken)
		api.fail = nil
		h := newHunt(input, work, api)
		h.Suppress, h.Budget = quiet(&word), budget
		mustDay(t, h, day)
		wantQuiet(t, fmt.Sprint("seed ", seed), api.taken[before:], word)
		kept, _ := split(want, word)
		if budget > 0 {
			kept = kept[:budget]
		}
		for _, r := range kept {
			if !slices.Contains(ids(api.taken), r.ID) {
				t.Errorf("seed %d: %s never arrived", seed, r.ID)
			}
		}
		wantOutbox(t, work, kept)
	}
}

func wantQuiet(t *testing.T, what string, sent []publish.Record, word string) {
	t.Helper()
	if slices.Contains(ids(sent), "w-"+word) {
		t.Errorf("%s: %s was sent while it was suppressed", what, word)
	}
}

func wantOutbox(t *testing.T, work storage.Store, want []publish.Record) {
	t.Helper()
	o, err := publish.ReadOutbox(t.Context(), work, "all/words/2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	sameRecords(t, "outbox", o.Records, want)
}
