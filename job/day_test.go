package job_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

func TestDayFromBlobsToReceipts(t *testing.T) {
	input := &opens{export: newExport(t, 1).fill(day, 24)}
	input.put(blobName(day, 7), "{broken\n"+input.lines(day, 3))
	want := input.oracle(day)
	work, api := storagetest.NewMem(), &sink{name: "api", batch: 3}
	h := newHunt(input, work, api)
	h.MaxMalformed = 0.1
	r := mustDay(t, h, day)
	sameRecords(t, "result", r.Records, want)
	sameRecords(t, "sent", api.taken, want)
	kept, err := publish.ReadOutbox(t.Context(), work, "all/words/2026-11-20")
	if err != nil || !slices.Equal(kept.Sinks, []string{"api"}) {
		t.Fatal(kept.Sinks, err)
	}
	sameRecords(t, "outbox", kept.Records, want)
	var size int64
	for _, b := range r.Export.Blobs {
		size += b.Size
	}
	if r.Shards < 3 || r.Reused != 0 || r.Bytes != size || r.BytesRead != size || r.Date != day || r.Stats.OutsideDay == 0 || r.Stats.Other == 0 {
		t.Errorf("%d shards, %d reused, %d bytes, %+v", r.Shards, r.Reused, r.Bytes, r.Stats)
	}
	if want := (publish.Delivery{Sink: "api", Key: "all/words/2026-11-20", Sent: len(want)}); len(r.Deliveries) != 1 || r.Deliveries[0] != want {
		t.Errorf("%+v", r.Deliveries)
	}
	if got := len(input.reset()); got != 24 { // not the empty one
		t.Errorf("%d blobs opened", got)
	}
	if got, want := fmt.Sprint(r.Stats), fmt.Sprint(input.stats(day)); got != want {
		t.Errorf("stats %s, the oracle says %s", got, want)
	}
	files := content(t, work, "")

	// A second run, at any hour of the day, reads and sends nothing.
	again := mustDay(t, h, day.Add(13*time.Hour))
	sameRecords(t, "second result", again.Records, want)
	if opened := input.reset(); len(opened) > 0 || len(api.taken) != len(want) || again.Reused != again.Shards || again.Shards != r.Shards || again.BytesRead != 0 {
		t.Errorf("opened %v, sent %d, reused %d", opened, len(api.taken), again.Reused)
	}
	if fmt.Sprint(again.Stats) != fmt.Sprint(r.Stats) || !maps.Equal(content(t, work, ""), files) {
		t.Error("the second run changed something")
	}
	if d := again.Deliveries[0]; d.Already != len(want) || d.Sent != 0 {
		t.Errorf("%+v", d)
	}
}

// Every number of workers, alone or sharing their shards, and an engine that runs
// each item twice at once, leave the same bytes.
func TestWorkersDoNotShow(t *testing.T) {
	input := newExport(t, 2).fill(day, 40)
	var want map[string]string
	for i, workers := range []int{1, 1, 2, 8, 8, 100} {
		for _, engine := range []job.Engine{job.Local(workers), twice{}} {
			work, api := storagetest.NewMem(), &sink{name: "api"}
			h := newHunt(input, work, api)
			h.Engine, h.Workers = engine, workers
			if i > 0 {
				h.Lanes = event.NewLanes(workers, []int{1, workers}[i%2])
			}
			var most job.Progress
			h.Observe = func(p job.Progress) { most = maxProgress(most, p) }
			r := mustDay(t, h, day)
			sameRecords(t, "result", r.Records, input.oracle(day))
			files := content(t, work, "")
			if want == nil {
				want = files
			}
			if !maps.Equal(files, want) {
				t.Errorf("%d workers, %T: other files", workers, engine)
			}
			if most.Done != r.Shards || most.BytesDone != r.Bytes || r.Reused > r.Shards {
				t.Errorf("%d workers, %T: %+v, %d shards", workers, engine, most, r.Shards)
			}
		}
	}
}

// A blob that lanes share is cut, and leaves the same bytes as when one reads it.
func TestLanesDoNotShow(t *testing.T) {
	input := newExport(t, 3)
	long := strings.ReplaceAll(input.lines(day, 1000), `"Pad":"`, `"Pad":"`+strings.Repeat("x", 20<<10))
	input.put(blobName(day, 0), long) // three requests
	input.put(blobName(day, 1), "{broken\n"+input.lines(day, 10))
	var want map[string]string
	for _, lanes := range []int{1, 4} {
		work := storagetest.NewMem()
		asked := &opens{export: input}
		h := newHunt(asked, work, &sink{name: "api"})
		h.Lanes, h.ShardSize = event.NewLanes(lanes, lanes), 1<<30
		r := mustDay(t, h, day)
		files := content(t, work, "")
		if want == nil {
			want = files
			sameRecords(t, "result", r.Records, input.oracle(day))
		}
		if cut := asked.reset()[blobName(day, 0)] > 1; cut != (lanes > 1) || !maps.Equal(files, want) {
			t.Errorf("%d lanes: cut %v, other files than with one: %v", lanes, cut, !maps.Equal(files, want))
		}
	}
}

func maxProgress(a, b job.Progress) job.Progress {
	return job.Progress{Done: max(a.Done, b.Done), BytesDone: max(a.BytesDone, b.BytesDone)}
}

// twice is an engine that may run an item more than once.
type twice struct{}

func (twice) Run(ctx context.Context, items int, do func(context.Context, int) error) error {
	return job.Local(6).Run(ctx, 2*items, func(ctx context.Context, i int) error { return do(ctx, i/2) })
}

func TestNoBlobsSaysWhatIsThere(t *testing.T) {
	empty, filled := newExport(t, 7), newExport(t, 7).fill(day, 3)
	for _, c := range []struct {
		input     *export
		workspace string
		want      []string
	}{
		{empty, "", []string{"WorkspaceResourceId=", "container"}},
		{empty, "contoso", []string{"WorkspaceResourceId=", "container"}},
		{filled, "", []string{"2026-11-27", "/workspaces/contoso", "export rule"}},
		{filled, "contoso", []string{"2026-11-27", "/workspaces/contoso"}},
		{filled, "fabrikam", []string{`"fabrikam"`, "storage.workspace", "/workspaces/contoso"}},
	} {
		work := storagetest.NewMem()
		h := newHunt(c.input, work)
		h.Workspace = c.workspace
		r, err := h.Day(t.Context(), day.AddDate(0, 0, 7))
		if r != nil || !errors.Is(err, job.ErrNoBlobs) || len(content(t, work, "")) > 0 {
			t.Errorf("%q: %v, %v", c.workspace, r, err)
		}
		for _, part := range c.want {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v does not name %s", c.workspace, err, part)
			}
		}
	}
	broken := errors.New("broken")
	f := &storagetest.Faulty{Store: filled.Mem, Script: func(storagetest.Call) storagetest.Fault { return storagetest.Fault{Before: broken} }}
	if _, err := newHunt(f, storagetest.NewMem()).Day(t.Context(), day); !errors.Is(err, broken) || errors.Is(err, job.ErrNoBlobs) {
		t.Errorf("a listing that fails: %v", err)
	}
	h := newHunt(filled, storagetest.NewMem())
	h.Workspace = "/Subscriptions/S/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/Contoso"
	sameRecords(t, "portal casing", mustDay(t, h, day).Records, filled.oracle(day))
}

// A share of exactly the limit passes, one line more does not.
func TestMalformedShareAtTheEdge(t *testing.T) {
	for lines, bads := range map[int][]int{1: {0, 1}, 3: {0, 1, 2, 3}, 10: {1, 3, 6, 7}, 49: {1, 48}, 100: {1, 7, 14, 28, 29, 55, 56, 57, 58}} {
		for _, bad := range bads {
			input := newExport(t, 8)
			broken := strings.Repeat("{broken \x1b[31m}\n", bad)
			input.put(blobName(day, 1), broken+strings.Repeat(input.line(day, "w")+"\n", lines-bad))
			work := storagetest.NewMem()
			h := newHunt(input, work)
			h.MaxMalformed = float64(bad) / float64(lines)
			r := mustDay(t, h, day)
			if r.Stats.MalformedLines() != int64(bad) || r.Stats.Lines != int64(lines) {
				t.Fatalf("%+v", r.Stats)
			}
			if bad == 0 {
				continue
			}
			h.MaxMalformed = float64(bad-1) / float64(lines)
			r, err := h.Day(t.Context(), day)
			if r != nil || !errors.Is(err, job.ErrMalformed) {
				t.Fatalf("%d of %d at %v: %v", bad, lines, h.MaxMalformed, err)
			}
			for _, part := range []string{fmt.Sprintf("%d of %d", bad, lines), "job.max-malformed", blobName(day, 1), "byte 0", "not valid JSON"} {
				if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\x1b") {
					t.Fatalf("%q does not name %s", err, part)
				}
			}
		}
	}
}

// Too many malformed lines: nothing is written for delivery, and nothing sent.
func TestMalformedDayIsNotDelivered(t *testing.T) {
	input := newExport(t, 9).fill(day, 12)
	input.put(blobName(day, 287), strings.Repeat("no JSON\n", 50))
	work, api := storagetest.NewMem(), &sink{name: "api"}
	h := newHunt(input, work, api)
	for range 2 { // from the blobs, and from the profile
		if _, err := h.Day(t.Context(), day); !errors.Is(err, job.ErrMalformed) || api.sends > 0 || len(content(t, work, "outbox/")) > 0 {
			t.Errorf("sent %d, %v", api.sends, err)
		}
	}
	h.MaxMalformed = 1
	sameRecords(t, "with a higher limit", mustDay(t, h, day).Records, input.oracle(day))
}

func TestDryRunLeavesDestinationsAlone(t *testing.T) {
	input := newExport(t, 10).fill(day, 12)
	want := input.oracle(day)
	work, api := storagetest.NewMem(), &sink{name: "api"}
	h := newHunt(input, work, api)
	h.DryRun = true
	r := mustDay(t, h, day)
	sameRecords(t, "dry run", r.Records, want)
	if api.sends > 0 || len(content(t, work, "outbox/")) > 0 || len(content(t, work, "receipts/")) > 0 {
		t.Errorf("%d sends, files %v", api.sends, slices.Collect(maps.Keys(content(t, work, ""))))
	}
	h.DryRun = false
	sameRecords(t, "then in earnest", mustDay(t, h, day).Records, want)
	sameRecords(t, "sent", api.taken, want)
}

func TestFailingSinkKeepsTheFindings(t *testing.T) {
	input := newExport(t, 11).fill(day, 12)
	want := input.oracle(day)
	for _, cause := range []error{errors.New("down"), publish.ErrDenied, publish.ErrRefused} {
		work := storagetest.NewMem()
		good, bad := &sink{name: "good", batch: 2}, &sink{name: "bad", batch: 2}
		batches := 0
		bad.fail = func() error {
			if batches++; batches > 2 {
				return cause
			}
			return nil
		}
		h := newHunt(input, work, bad, good)
		r, err := h.Day(t.Context(), day)
		if !errors.Is(err, job.ErrUndelivered) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "bad") {
			t.Fatal(err)
		}
		sameRecords(t, "result", r.Records, want)
		sameRecords(t, "the sink that works", good.taken, want)
		sameRecords(t, "the other", bad.taken, want[:4])
		for i, d := range r.Deliveries {
			if sent := []int{4, len(want)}[i]; d.Sent != sent || d.Left != len(want)-sent {
				t.Errorf("%+v", d)
			}
		}
		if kept, err := publish.ReadOutbox(t.Context(), work, "all/words/2026-11-20"); err != nil || len(kept.Records) != len(want) {
			t.Errorf("outbox of %d, %v", len(kept.Records), err)
		}
		bad.fail = nil
		mustDay(t, h, day)
		byID := func(a, b publish.Record) int { return strings.Compare(a.ID, b.ID) } // a refused one comes last
		slices.SortFunc(bad.taken, byID)
		sorted := slices.Clone(want)
		slices.SortFunc(sorted, byID)
		sameRecords(t, "the sink that works again", bad.taken, sorted)
		sameRecords(t, "the other again", good.taken, want)
	}
}

func TestSinksThatCannotBeMade(t *testing.T) {
	h := newHunt(newExport(t, 12).fill(day, 3), storagetest.NewMem())
	broken := errors.New("no such folder")
	h.Sinks = func(w event.Window) ([]publish.Sink, error) {
		if w != event.Day(day) {
			t.Errorf("sinks for %v", w)
		}
		return nil, broken
	}
	if _, err := h.Day(t.Context(), day); !errors.Is(err, broken) {
		t.Error(err)
	}
	h = newHunt(newExport(t, 12).fill(day, 3), storagetest.NewMem(), &sink{name: "api"})
	h.Detector = &counter{finishErr: broken}
	if r, err := h.Day(t.Context(), day); r != nil || !errors.Is(err, broken) || len(content(t, h.Work, "outbox/")) > 0 {
		t.Error(r, err)
	}
}

// A run that is told to stop keeps what it has finished; the next one goes on.
func TestStoppedRunGoesOn(t *testing.T) {
	for _, after := range []int{1, 20, 60, 120} {
		input := &opens{export: newExport(t, 13).fill(day, 48)}
		work, api := storagetest.NewMem(), &sink{name: "api"}
		h := newHunt(input, work, api)
		h.Engine = job.Local(1)
		ctx, cancel := context.WithCancel(t.Context())
		adds := 0
		h.Detector = &counter{onAdd: func() {
			if adds++; adds == after {
				cancel()
			}
		}}
		r, err := h.Day(ctx, day)
		if r != nil || !errors.Is(err, context.Canceled) || errors.Is(err, job.ErrUndelivered) || api.sends > 0 {
			t.Fatalf("%v, %v", r, err)
		}
		opened, saved := input.reset(), len(content(t, work, "partials/"))
		if len(opened) > 40 {
			t.Errorf("after %d events %d blobs were opened", after, len(opened))
		}
		r = mustDay(t, h, day)
		sameRecords(t, "the next run", r.Records, input.oracle(day))
		if r.Reused != saved || after > 30 && saved == 0 {
			t.Errorf("%d partials saved, %d reused", saved, r.Reused)
		}
	}
}

func TestProgress(t *testing.T) {
	input := newExport(t, 14).fill(day, 40)
	h := newHunt(input, storagetest.NewMem(), &sink{name: "api"})
	h.Engine = job.Local(8)
	var phases []job.Phase
	var last job.Progress
	inside := false
	h.Observe = func(p job.Progress) {
		if inside {
			t.Error("calls overlap")
		}
		inside = true
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
		if p.Phase == job.Reading {
			if p.Done < last.Done || p.BytesDone < last.BytesDone || p.Done > p.Shards || p.BytesDone > p.Bytes {
				t.Errorf("%+v after %+v", p, last)
			}
			last = p
		}
		inside = false
	}
	r := mustDay(t, h, day)
	if want := []job.Phase{job.Listing, job.Reading, job.Merging, job.Finishing, job.Delivering, job.Over}; !slices.Equal(phases, want) {
		t.Errorf("phases %v", phases)
	}
	if last.Done != r.Shards || last.Shards != r.Shards || last.BytesDone != r.Bytes || last.Reused != 0 {
		t.Errorf("%+v at the end of %d shards, %d bytes", last, r.Shards, r.Bytes)
	}
	phases = nil
	mustDay(t, h, day)
	if want := []job.Phase{job.Listing, job.Finishing, job.Delivering, job.Over}; !slices.Equal(phases, want) {
		t.Errorf("second run: %v", phases)
	}
}

// The detector's next version, another scope and another workspace use nothing
// of each other.
func TestHuntsDoNotMix(t *testing.T) {
	input := newExport(t, 16).fill(day, 12)
	other := strings.Replace(blobName(day, 3), "contoso", "fabrikam", 1)
	input.put(other, input.line(day, "elsewhere"))
	work := storagetest.NewMem()
	all := input.oracle(day)
	h := newHunt(input, work)
	sameRecords(t, "all", mustDay(t, h, day).Records, all)
	one := newHunt(input, work)
	one.Workspace = "fabrikam"
	sameRecords(t, "one workspace", mustDay(t, one, day).Records, []publish.Record{wordRecord(day, "elsewhere", 1)})
	sameRecords(t, "all again", mustDay(t, h, day).Records, all)
	next := newHunt(input, work)
	next.Detector = &counter{version: 1}
	if r := mustDay(t, next, day); r.Reused != 0 {
		t.Errorf("the next version uses %d shards of this one", r.Reused)
	}
	scoped := newHunt(input, work)
	scoped.Scope = "berlin"
	if r := mustDay(t, scoped, day); r.Reused != 0 {
		t.Errorf("another scope uses %d shards", r.Reused)
	}
}

// A size that was set once does not stay; one that was chosen does.
func TestShardSizeThatWasSetDoesNotStay(t *testing.T) {
	input := &opens{export: newExport(t, 17).fill(day, 24)}
	work := storagetest.NewMem()
	set := newHunt(input, work)
	shards := mustDay(t, set, day).Shards
	input.reset()
	input.put(blobName(day, 100), input.lines(day, 2))
	auto := newHunt(input, work)
	auto.ShardSize = 0
	r := mustDay(t, auto, day)
	sameRecords(t, "result", r.Records, input.oracle(day))
	if shards < 2 || r.Shards != 1 || r.Reused != 0 {
		t.Errorf("%d shards before; now %d, of which %d reused", shards, r.Shards, r.Reused)
	}
	if again := mustDay(t, auto, day); again.Reused != 1 {
		t.Errorf("again: %d shards, %d reused", again.Shards, again.Reused)
	}
}

func TestConfigValidate(t *testing.T) {
	if err := job.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	bad := job.Config{Workers: 0, ShardSize: -1, History: 367, MaxMalformed: 1.01, Scope: "../x"}
	err := bad.Validate()
	for _, name := range []string{"job.workers", "job.shard-size", "job.history", "job.max-malformed", "job.scope"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
	for history, ok := range map[int]bool{-1: false, 0: true, 366: true} {
		c := job.DefaultConfig()
		c.History = history
		if err := c.Validate(); (err == nil) != ok {
			t.Errorf("%d days: %v", history, err)
		}
	}
	for scope, ok := range map[string]bool{"all": true, "a.b-c_D9": true, "": false, ".": false, "..": false, ".x": false, "a/b": false, `a\b`: false, "a b": false, "é": false, "a\x00": false, strings.Repeat("x", 101): false} {
		c := job.DefaultConfig()
		c.Scope = scope
		if err := c.Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", scope, err)
		}
	}
}
