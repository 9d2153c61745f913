package job_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// realHunt is the masquerading hunt over an export.
func realHunt(input storage.Reader, work storage.Store, sinks ...publish.Sink) *job.Hunt[*masquerade.Counts] {
	params := masquerade.NotebookParams()
	params.Frequent, params.Rare, params.Similarity = 0.5, 0.5, 0.5
	return &job.Hunt[*masquerade.Counts]{
		Detector: masquerade.New(params, "all", 2),
		Input:    input,
		Work:     work,
		Engine:   job.Local(2),
		Sinks:    func(event.Window) ([]publish.Sink, error) { return sinks, nil },
		Config:   job.Config{Scope: "all", Workers: 2, ShardSize: shardSize, MaxMalformed: 1, PartialMalformed: 1, MissingHours: 1000},
	}
}

// lookalikes is an export with names that resemble each other, and a malformed line.
func lookalikes(t testing.TB) *export {
	e := newExport(t, 60)
	for i := range 12 {
		lines := strings.ReplaceAll(e.lines(day, 25), `"Process":"w`, `"Process":"service-host-`)
		e.put(blobName(day, i*24), strings.ReplaceAll(lines, `","Pad"`, `.exe","Pad"`))
	}
	e.Append(blobName(day, 0), []byte("{\"broken\n"))
	return e
}

// damages are ways in which an object comes to hold something else.
func damages(rng *rand.Rand, data []byte, other []byte) map[string][]byte {
	flipped, noise := bytes.Clone(data), make([]byte, len(data))
	flipped[rng.IntN(len(data))] ^= 1 << rng.IntN(8)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	return map[string][]byte{
		"empty":     {},
		"cut":       data[:rng.IntN(len(data))],
		"cut by 1":  data[:len(data)-1],
		"longer":    append(bytes.Clone(data), 0),
		"twice":     append(bytes.Clone(data), data...),
		"a bit":     flipped,
		"noise":     noise,
		"zeros":     make([]byte, len(data)),
		"another's": other,
		"text":      []byte("{\"format\":\"sparkless-outbox\",\"version\":99}\n"),
	}
}

// Whatever the work store comes to hold under whichever name, a run makes it
// again or refuses it by name: it neither panics nor sends or finds anything else.
func TestDamagedWorkStore(t *testing.T) {
	input, work, api := lookalikes(t), storagetest.NewMem(), &sink{name: "api", batch: 4}
	first, err := realHunt(input, work, api).Day(t.Context(), day)
	if err != nil || len(first.Records) < 5 {
		t.Fatalf("%d findings, %v", len(first.Records), err)
	}
	whole := content(t, work, "")
	names := slices.Sorted(maps.Keys(whole))
	rng := rand.New(rand.NewPCG(60, 61))
	outcomes := map[string]int{}
	for i, name := range names {
		kind, _, _ := strings.Cut(name, "/")
		for how, data := range damages(rng, []byte(whole[name]), []byte(whole[names[(i+1)%len(names)]])) {
			if bytes.Equal(data, []byte(whole[name])) {
				continue
			}
			work := storagetest.NewMem()
			for n, c := range whole {
				put(t, work, n, []byte(c))
			}
			put(t, work, name, data)
			if kind == "partials" { // otherwise the profile is enough
				work.Remove("profiles/all/masquerade/day=2026-11-20/profile.parquet")
			}
			outcomes[kind+" "+checkDamaged(t, fmt.Sprint(name, ", ", how), name, input, work, first.Records)]++
		}
	}
	for _, want := range []string{"partials made again", "profiles made again", "outbox made again", "outbox refused", "receipts refused", "quarantine made again"} {
		if outcomes[want] == 0 {
			t.Errorf("no %s: %v", want, outcomes)
		}
	}
	if outcomes["receipts made again"] > 0 {
		t.Errorf("damaged receipts passed: %v", outcomes)
	}
}

// checkDamaged runs the day with a damaged object and says what became of it.
func checkDamaged(t *testing.T, what, name string, input storage.Reader, work *storagetest.Mem, want []publish.Record) string {
	t.Helper()
	api := &sink{name: "api", batch: 4}
	r, err := realHunt(input, work, api).Day(t.Context(), day)
	if len(api.taken) > 0 {
		t.Errorf("%s: %d records were sent again", what, len(api.taken))
	}
	if r != nil {
		sameRecords(t, what, r.Records, want)
	}
	if err == nil {
		return "made again"
	}
	if !strings.Contains(err.Error(), name) {
		t.Errorf("%s: not named in: %v", what, err)
	}
	return "refused"
}
